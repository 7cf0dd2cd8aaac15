package zerobyte

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

type restoreParams struct {
	Snapshot string `doc:"which snapshot: the beginning of its id" fr:"quel cliché : le début de son identifiant" names:"zerobyte_snapshot"`
	Path     string `doc:"which file or folder in it; all of it if left out" fr:"quel fichier ou dossier dedans ; tout si omis" rest:"true" optional:"true"`
}

// A restoreArgs is one restore. Its target is never empty and never anything but a folder of its own.
type restoreArgs struct {
	RepoAt     string `json:"repoAt"`
	Repository string `json:"repository"`
	Snapshot   string `json:"snapshot"`
	Path       string `json:"path,omitempty"` // "" is everything
	Kind       string `json:"kind,omitempty"` // of the path: file or dir
	Target     string `json:"target"`
}

var _ = ops.Names(&set, "zerobyte_snapshot", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	jobs, err := s.jobs(ctx)
	if err != nil {
		return nil, err
	}
	var list []ops.Choice
	for _, r := range reposOf(jobs) {
		all, err := s.snapshots(ctx, r, "")
		if err != nil {
			return nil, err
		}
		for _, j := range jobs { // the newest of each job
			at := slices.IndexFunc(all, func(n snapshot) bool { return j.Repository.ID == r.ID && slices.Contains(n.Tags, j.tag()) })
			if at >= 0 {
				list = append(list, ops.Choice{Value: all[at].ID, Also: []string{j.Name}, Hint: ops.T("%s, %s old", "%s, vieux de %s", ops.Name(j.Name), ops.Since(all[at].At.time()))})
			}
		}
	}
	return list, nil
})

// reposOf are the repositories that jobs write to, each once.
func reposOf(jobs []job) (list []repository) {
	for _, j := range jobs {
		if !slices.ContainsFunc(list, func(r repository) bool { return r.ID == j.Repository.ID }) {
			list = append(list, j.Repository)
		}
	}
	return list
}

var _ = ops.Add(&set, ops.Spec{
	Name: "zerobyte.restore", Command: "zb_restore", Theme: theme, Risk: ops.Reversible, Examples: []string{"1a038ec0", "1a038ec0 /pg_dump"},
	Doc: ops.T("Have Zerobyte restore a snapshot into a new folder on its machine; nothing that is there is touched.", "Faire restaurer un cliché par Zerobyte dans un nouveau dossier de sa machine ; rien de ce qui existe n’est touché."),
	Phrases: []ops.Text{
		ops.T("restore a zerobyte snapshot", "restaure un cliché zerobyte"), ops.T("get the backup back from zerobyte", "récupère la sauvegarde de zerobyte"),
	},
}, func(ctx context.Context, s *System, p restoreParams) (ops.Plan, error) {
	if s.o.Scratch == "" {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("Nothing can be restored: the configuration names no folder on Zerobyte's machine for it (restore_root).", "Rien ne peut être restauré : la configuration ne nomme aucun dossier pour cela sur la machine de Zerobyte (restore_root)."), nil)
	}
	if p.Path != "" && !path.IsAbs(p.Path) {
		return ops.Plan{}, &ops.Error{Kind: ops.Invalid, Param: "path", Say: ops.T("The path begins with /, as in the snapshot, not %s.", "Le chemin commence par /, comme dans le cliché, et non par %s.", ops.Name(clip(p.Path, 60)))}
	}
	repo, from, err := s.snapshot(ctx, p.Snapshot)
	if err != nil {
		return ops.Plan{}, err
	}
	args := restoreArgs{RepoAt: repo.address(), Repository: repo.Name, Snapshot: from.ID}
	size := from.Bytes
	if clean := path.Clean(p.Path); p.Path != "" && clean != "/" {
		args.Path = clean
		if args.Kind, size, err = s.within(ctx, repo, from, clean); err != nil {
			return ops.Plan{}, err
		}
	}
	if args.Target, err = s.target(ctx, args); err != nil {
		return ops.Plan{}, err
	}
	return restorePlan(args, from, size), nil
})

func restorePlan(a restoreArgs, from snapshot, size int64) ops.Plan {
	what := ops.T("all of it", "en entier")
	if a.Path != "" {
		what = ops.Raw(ops.Name(clip(a.Path, 100)).String())
	}
	big := ops.T("size not known", "taille inconnue")
	if size > 0 {
		big = ops.T("%s", "%s", ops.Size(size))
	}
	return ops.Plan{
		Title: ops.T("Restore snapshot %s of %s, %s (%s old, %s), into a new folder of Zerobyte's machine", "Restaurer le cliché %s de %s, %s (vieux de %s, %s), dans un nouveau dossier de la machine de Zerobyte",
			ops.Name(a.Snapshot), ops.Name(a.Repository), what, ops.Since(from.At.time()), big),
		Target: a.Snapshot, Locks: []string{"zerobyte-restore:" + a.Target},
		Facts: []ops.Fact{
			{Name: "snapshot", Value: a.Snapshot + " " + from.At.time().UTC().Format(time.RFC3339), Label: ops.T("the snapshot", "le cliché")},
			{Name: "size", Value: strconv.FormatInt(size, 10), Label: ops.T("what would come", "ce qui viendrait")},
			{Name: "target", Value: a.Target, Label: ops.T("the new folder", "le nouveau dossier")},
		},
		Costs: []ops.Text{
			ops.T("Zerobyte does not say how much is free there; if it runs full, the restore fails and what came stays.", "Zerobyte ne dit pas combien il reste de place là-bas ; si le disque se remplit, la restauration échoue et ce qui est venu reste."),
			ops.T("Nothing that is there now is overwritten. The folder stays until you remove it on that machine: Zerobyte has no way to.", "Rien de ce qui existe n’est écrasé. Le dossier reste jusqu’à ce que tu le retires sur cette machine : Zerobyte ne sait pas le faire."),
		},
		Steps: []ops.Step{restoreJob.Do(a), arrived.Verify(a)},
		Done:  ops.T("%s restored into %s on Zerobyte's machine", "%s restauré dans %s sur la machine de Zerobyte", ops.Name(a.Snapshot), ops.Name(a.Target)),
	}
}

// snapshot finds a snapshot by the beginning of its id, or the newest of a job by the job's name.
func (s *System) snapshot(ctx context.Context, word string) (repository, snapshot, error) {
	jobs, err := s.jobs(ctx)
	if err != nil {
		return repository{}, snapshot{}, err
	}
	e := &ops.Error{Kind: ops.NotFound, Param: "snapshot", Say: ops.T("Zerobyte has no snapshot %s.", "Zerobyte n’a pas de cliché %s.", ops.Name(clip(word, 40)))}
	type hit struct {
		repository
		snapshot
	}
	var hits []hit
	for _, r := range reposOf(jobs) {
		all, err := s.snapshots(ctx, r, "")
		if err != nil {
			return repository{}, snapshot{}, err
		}
		for _, one := range all {
			if len(word) >= 4 && strings.HasPrefix(one.ID, strings.ToLower(word)) {
				hits = append(hits, hit{r, one})
			}
		}
		for _, j := range jobs {
			at := slices.IndexFunc(all, func(n snapshot) bool { return j.Repository.ID == r.ID && slices.Contains(n.Tags, j.tag()) })
			if at < 0 {
				continue
			}
			if strings.EqualFold(j.Name, word) {
				hits = append(hits, hit{r, all[at]})
			}
			e.Choices = append(e.Choices, ops.Choice{Value: all[at].ID, Hint: ops.T("%s, %s old", "%s, vieux de %s", ops.Name(j.Name), ops.Since(all[at].At.time()))})
		}
	}
	if len(hits) > 1 {
		e.Say = ops.T("Zerobyte has several snapshots that are called so: %s. Give more of the id.", "Zerobyte a plusieurs clichés de ce nom : %s. Donne plus de chiffres.", ops.Name(clip(word, 40)))
	}
	if len(hits) != 1 {
		return repository{}, snapshot{}, e
	}
	return hits[0].repository, hits[0].snapshot, nil
}

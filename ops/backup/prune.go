package backup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"vigie/ops"
)

type pruneParams struct{}

// mostRemoved is how many folders one plan removes: what fits into a plan that somebody reads.
const mostRemoved = 40

var _ = ops.Add(&set, ops.Spec{
	Name: "backup.prune", Command: "backup_prune", Theme: themeBackup, Risk: ops.Destructive, Examples: []string{""},
	Doc: ops.T("Remove the old backups of mine that the retention no longer keeps; the plan names each of them.",
		"Supprimer mes anciennes sauvegardes que la rétention ne garde plus ; le plan nomme chacune."),
	Phrases: []ops.Text{
		ops.T("remove old backups", "supprime les vieilles sauvegardes"), ops.T("thin out the backups", "fais le ménage dans les sauvegardes"),
		ops.T("delete the old backups", "efface les anciennes sauvegardes"),
	},
}, func(_ context.Context, s *System, _ pruneParams) (ops.Plan, error) {
	list, err := s.folders()
	if err != nil {
		return ops.Plan{}, refused(s.o.Root, err)
	}
	kept := s.o.Keep.Keep(s.points(list), now(), s.o.Zone)
	plan := ops.Plan{Target: s.o.Stack, Locks: []string{"backup:files"}, Done: ops.T("old backups removed", "anciennes sauvegardes supprimées")}
	var stay []string
	size, n := int64(0), 0
	for _, f := range slices.Backward(list) { // the oldest first
		if !f.removable() || kept[f.stamp] != nil || n >= mostRemoved {
			if f.finished && f.wrong.IsZero() {
				stay = append(stay, f.stamp)
			}
			continue
		}
		n, size = n+1, size+f.size()
		plan.Steps = append(plan.Steps, remove.Do(removeArgs{f.stamp, f.digest, f.size(), len(f.Files)}))
		plan.Facts = append(plan.Facts, ops.Fact{Name: f.stamp, Value: f.digest, Label: ops.T("backup %s", "sauvegarde %s", ops.Name(f.stamp))})
	}
	if n == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("There is nothing to remove: all %d backups that I made are kept.", "Il n’y a rien à supprimer : mes %d sauvegardes sont toutes gardées.", len(list)), nil)
	}
	plan.Steps = append(plan.Steps, stayed.Verify(stayedArgs{stay}))
	plan.Facts = append(plan.Facts, ops.Fact{Name: "stay", Value: join(stay), Label: ops.T("backups that stay", "sauvegardes qui restent")})
	plan.Title = ops.T("Remove %s that I made, %s", "Supprimer %s que j’ai faites, %s", backups(n), ops.Size(size))
	r := s.o.Keep
	plan.Costs = []ops.Text{
		ops.T("%s stay: %d days, %d weeks, %d months, %d years, and the newest proof of each item", "%s restent : %d jours, %d semaines, %d mois, %d ans, et la dernière preuve de chaque élément",
			backups(len(stay)), r.Daily, r.Weekly, r.Monthly, r.Yearly),
		ops.T("What goes cannot be brought back from here; what is off-site stays there.", "Ce qui part ne revient pas d’ici ; ce qui est hors site y reste."),
	}
	return plan, nil
})

func backups(n int) ops.Count {
	return ops.Count{N: n, EnOne: "backup", EnMany: "backups", FrOne: "sauvegarde", FrMany: "sauvegardes"}
}

// removable reports whether f is ours, whole, old enough, and holds nothing that we did not put there.
func (f folder) removable() bool {
	strays, err := f.strays()
	return f.finished && f.wrong.IsZero() && now().Sub(f.at) > young && err == nil && len(strays) == 0
}

// points are the finished backups, with what each proves. A damaged one is none: it neither stands in for another, nor goes.
func (s *System) points(list []folder) (points []Point) {
	known := s.memories()
	for _, f := range list {
		if !f.finished || !f.wrong.IsZero() {
			continue
		}
		p := Point{Name: f.stamp, At: f.at, Partial: len(f.Missing) > 0}
		for _, file := range f.Files {
			m, path := known[file.Artefact], filepath.Join(f.path, file.Name)
			if !m.Read.condemns(path) && !m.Tried.condemns(path) {
				p.Holds = append(p.Holds, file.Artefact)
			}
			if m.Proved.Path == path {
				p.Proves = append(p.Proves, file.Artefact)
			}
		}
		points = append(points, p)
	}
	return points
}

type removeArgs struct {
	Stamp  string `json:"stamp"`
	Digest string `json:"digest"` // SHA-256 of its manifest
	Size   int64  `json:"size"`
	Files  int    `json:"files"`
}

var remove = ops.Declare(&set, "backup.remove", func(a removeArgs) ops.Text {
	return ops.T("remove %s: %s, %s", "supprimer %s : %s, %s", ops.Name(a.Stamp), artefacts(a.Files), ops.Size(a.Size))
}, func(ctx context.Context, s *System, a removeArgs) error {
	leave, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer leave()
	f, err := s.folder(a.Stamp)
	if err != nil {
		return err
	}
	half := open(filepath.Join(s.o.Root, removingName+a.Stamp), f.at)
	info, err := os.Lstat(f.path)
	switch {
	case err != nil && half.digest == a.Digest:
		err = s.finish(half) // cut short before
	case errors.Is(err, fs.ErrNotExist): // gone already, but perhaps for its empty shell
		if err = s.disk.Remove(half.path); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	case err != nil:
		return refused(f.path, err)
	case !info.IsDir() || f.digest != a.Digest:
		return ops.Fail(ops.Drifted, ops.T("%s is not the backup that the plan was made of", "%s n’est plus la sauvegarde du plan", ops.Name(a.Stamp)), nil)
	case !f.removable():
		return ops.Fail(ops.Failed, ops.T("%s holds what I did not put there, or is under 3 days old: I leave it alone", "%s contient ce que je n’y ai pas mis, ou a moins de 3 jours : je n’y touche pas", ops.Name(a.Stamp)), nil)
	default:
		err = s.remove(f)
	}
	if err != nil {
		return refused(f.path, err)
	}
	ops.Progress(ctx, ops.T("%s freed", "%s libérés", ops.Size(a.Size)))
	return nil
})

type stayedArgs struct {
	Stay []string `json:"stay"`
}

var stayed = ops.Declare(&set, "backup.stayed", func(a stayedArgs) ops.Text {
	return ops.T("the other %s are still whole", "les %s restantes sont toujours entières", backups(len(a.Stay)))
}, func(ctx context.Context, s *System, a stayedArgs) error {
	for _, stamp := range a.Stay {
		f, err := s.folder(stamp)
		if err != nil {
			return err
		}
		if !f.finished || !f.wrong.IsZero() {
			return ops.Fail(ops.Failed, ops.T("%s is no longer whole: %s", "%s n’est plus entière : %s", ops.Name(stamp), f.wrong), nil)
		}
	}
	ops.Progress(ctx, ops.T("%d of %d still here", "%d sur %d toujours là", len(a.Stay), len(a.Stay)))
	return nil
})

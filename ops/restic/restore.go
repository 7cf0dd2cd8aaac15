package restic

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"vigie/ops"
)

type restoreParams struct {
	Repository string `doc:"which repository" fr:"quel dépôt" names:"restic"`
	Snapshot   string `doc:"which snapshot: the beginning of its id, or latest" fr:"quel cliché : le début de son identifiant, ou latest" default:"latest" not:"/"`
	Path       string `doc:"which file or folder in it" fr:"quel fichier ou dossier dedans" rest:"true"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "restic.restore", Command: "restore_files", Theme: theme, Risk: ops.Reversible, Examples: []string{"vpai-backups latest /opt/javisi/backups/pg_dump", "vpai-backups /opt/javisi/backups/pg_dump"},
	Doc: ops.T("Get files out of a backup into a new folder; nothing that is there is touched.", "Sortir des fichiers d’une sauvegarde dans un nouveau dossier ; rien de ce qui existe n’est touché."),
	Phrases: []ops.Text{
		ops.T("restore files from the backup", "restaure des fichiers depuis la sauvegarde"), ops.T("get a file back from yesterday", "récupère un fichier d’hier"),
		ops.T("I deleted a file", "j’ai supprimé un fichier"),
	},
}, func(ctx context.Context, s *System, p restoreParams) (ops.Plan, error) {
	r, err := s.pick(p.Repository)
	if err != nil {
		return ops.Plan{}, err
	}
	if !path.IsAbs(p.Path) {
		return ops.Plan{}, &ops.Error{Kind: ops.Invalid, Param: "path", Say: ops.T("The path begins with /, as in the backup, not %s.", "Le chemin commence par /, comme dans la sauvegarde, et non par %s.", ops.Name(clip(p.Path, 60)))}
	}
	from, err := s.find(ctx, r, p.Snapshot)
	if err != nil {
		return ops.Plan{}, err
	}
	what := path.Clean(p.Path)
	size, err := s.weighPath(ctx, r, from, what)
	if err != nil {
		return ops.Plan{}, err
	}
	to, err := s.fresh(r, from, what)
	if err != nil {
		return ops.Plan{}, err
	}
	free, err := s.room(size)
	if err != nil {
		return ops.Plan{}, err
	}
	return restorePlan(s, r, from, to, size, free), nil
})

type restoreArgs struct {
	target
	Files  int   `json:"files"`
	Others int   `json:"others,omitempty"` // folders, links
	Bytes  int64 `json:"bytes"`
}

func restorePlan(s *System, r *Repository, from Snapshot, to target, size load, free int64) ops.Plan {
	args := restoreArgs{to, size.files, size.others, size.bytes}
	age := ops.T("%s old", "vieux de %s", ops.Since(from.At))
	return ops.Plan{
		Title: ops.T("Restore %s from snapshot %s of %s (%s, %s) into a new folder", "Restaurer %s depuis le cliché %s de %s (%s, %s) dans un nouveau dossier",
			ops.Name(clip(to.Path, 100)), ops.Name(from.Short()), ops.Name(r.Name), age, ops.Size(size.bytes)),
		Target: path.Base(to.Path), Locks: []string{"restore:" + to.Name},
		Facts: []ops.Fact{
			{Name: "snapshot", Value: from.ID, Label: ops.T("the snapshot", "le cliché")},
			{Name: "time", Value: from.At.UTC().Format(time.RFC3339), Label: ops.T("its time", "sa date")},
			{Name: "size", Value: fmt.Sprintf("%d B in %d files, %d other", size.bytes, size.files, size.others), Label: ops.T("what would come", "ce qui viendrait")},
			{Name: "target", Value: filepath.Join(s.o.RestoreRoot, to.Name), Label: ops.T("the new folder", "le nouveau dossier")},
		},
		Costs: []ops.Text{
			ops.T("%s on a disk with %s free", "%s sur un disque où %s sont libres", ops.Size(size.bytes), ops.Size(free)),
			ops.T("Nothing that is there now is touched. The folder stays until you remove it; /undo removes it within 24 h.", "Rien de ce qui existe n’est touché. Le dossier reste jusqu’à ce que tu le retires ; /undo le retire pendant 24 h."),
		},
		Steps: []ops.Step{
			makeTarget.Do(to).Undoing(discardTarget.Do(to)),
			restoreInto.Do(args),
			restored.Verify(args),
		},
		Done:    ops.T("%s restored into %s", "%s restauré dans %s", ops.Name(clip(to.Path, 100)), ops.Name(s.at(to))),
		UndoFor: 24 * time.Hour,
	}
}

// spare is what must stay free on the disk beside what comes: 5 % of that, and never under 256 MB.
func spare(bytes int64) int64 { return max(bytes/20, 256e6) }

// room says how much is free where files are restored, and refuses what does not fit.
func (s *System) room(size load) (free int64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.o.RestoreRoot, &fs); err != nil {
		return 0, fmt.Errorf("asking how much is free in %s: %w", s.o.RestoreRoot, err)
	}
	free = int64(fs.Bavail) * fs.Bsize
	blocks := int64(size.files+size.others) * 4096 // the least that each takes
	if need := size.bytes + blocks + spare(size.bytes); need > free {
		return free, ops.Fail(ops.Invalid, ops.T("It does not fit: %s would come, and %s has %s free (%s must be left).", "Cela ne tient pas : %s viendraient, et %s n’a que %s de libre (%s doivent rester).",
			ops.Size(size.bytes), ops.Name(s.o.RestoreRoot), ops.Size(free), ops.Size(spare(size.bytes))), nil)
	}
	return free, nil
}

var (
	makeTarget = ops.Declare(&set, "restic.make-target", func(t target) ops.Text {
		return ops.T("make the folder %s", "créer le dossier %s", ops.Name(t.Name))
	}, func(_ context.Context, s *System, t target) error { return s.make(t) })

	discardTarget = ops.Declare(&set, "restic.discard-target", func(t target) ops.Text {
		return ops.T("remove the folder %s, if it is the one made for this", "retirer le dossier %s, si c’est bien celui créé pour cela", ops.Name(t.Name))
	}, func(ctx context.Context, s *System, t target) error { return s.discard(ctx, t) })

	restoreInto = ops.Declare(&set, "restic.restore", func(a restoreArgs) ops.Text {
		return ops.T("restore %s (%s, %s) into it", "y restaurer %s (%s, %s)", ops.Name(clip(a.Path, 100)), filesOf(a.Files), ops.Size(a.Bytes))
	}, func(ctx context.Context, s *System, a restoreArgs) error { return s.restore(ctx, a) })

	restored = ops.Declare(&set, "restic.restored", func(a restoreArgs) ops.Text {
		return ops.T("every file is there in its full size: %s, %s", "chaque fichier est là en entier : %s, %s", filesOf(a.Files), ops.Raw(strconv.FormatInt(a.Bytes, 10)+" B"))
	}, func(ctx context.Context, s *System, a restoreArgs) error { return s.compare(ctx, a) })
)

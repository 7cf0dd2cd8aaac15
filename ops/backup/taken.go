package backup

import (
	"context"
	"path/filepath"
	"slices"

	"vigie/ops"
)

type takeArgs struct {
	Root  string   `json:"root"`
	Token string   `json:"token"`
	Names []string `json:"names"`
	Need  int64    `json:"need"` // bytes that should be free
}

var takeStep = ops.Declare(&set, "backup.take", func(a takeArgs) ops.Text {
	if len(a.Names) == 1 {
		return ops.T("save %s into a new folder in %s, read back", "sauvegarder %s dans un nouveau dossier de %s, puis relire", ops.Name(a.Names[0]), ops.Name(a.Root))
	}
	return ops.T("save %s into a new folder in %s, each read back: %s", "sauvegarder %s dans un nouveau dossier de %s, en relisant chacun : %s", artefacts(len(a.Names)), ops.Name(a.Root), listed(a.Names, 6))
}, func(ctx context.Context, s *System, a takeArgs) error {
	free, err := room(s.o.Root)
	if err != nil {
		return refused(s.o.Root, err)
	}
	if a.Need > free {
		return tooFull(s.o.Root, a.Need, free)
	}
	f, err := s.take(ctx, a.Token, a.Names)
	if err != nil {
		return err
	}
	ops.Progress(ctx, ops.T("%d of %d saved, %s, in %s", "%d sur %d sauvegardés, %s, dans %s", len(f.Files), len(a.Names), ops.Size(f.size()), ops.Name(f.stamp)))
	return nil
})

type takenArgs struct {
	Token string   `json:"token"`
	Names []string `json:"names"`
}

// The check reads the disk, not what the step before it said.
var takenStep = ops.Declare(&set, "backup.taken", func(a takenArgs) ops.Text {
	return ops.T("the backup holds all of it, byte for byte as saved", "la sauvegarde contient tout, octet pour octet")
}, func(ctx context.Context, s *System, a takenArgs) error {
	list, err := s.folders()
	if err != nil {
		return refused(s.o.Root, err)
	}
	at := slices.IndexFunc(list, func(f folder) bool { return f.Token == a.Token && f.finished })
	if at < 0 {
		return ops.Fail(ops.Failed, ops.T("there is no finished backup of this", "il n’y a pas de sauvegarde terminée de cela"), nil)
	}
	f := list[at]
	if err := f.rereads(ctx); err != nil {
		return err
	}
	if len(f.Missing) > 0 {
		return ops.Fail(ops.Failed, ops.T("partial: %d of %d are saved and read back in %s (%s); not %s", "partiel : %d sur %d sauvegardés et relus dans %s (%s) ; pas %s",
			len(f.Files), len(a.Names), ops.Name(f.stamp), ops.Size(f.size()), f.missing(4)), nil)
	}
	ops.Progress(ctx, ops.T("%d of %d, %s, in %s, read back", "%d sur %d, %s, dans %s, relus", len(f.Files), len(a.Names), ops.Size(f.size()), ops.Name(f.stamp)))
	return nil
})

// rereads reads all of a finished backup, and fails unless each byte is as it was saved.
func (f folder) rereads(ctx context.Context) error {
	if !f.wrong.IsZero() {
		return ops.Fail(ops.Failed, ops.T("backup %s is damaged: %s", "la sauvegarde %s est abîmée : %s", ops.Name(f.stamp), f.wrong), nil)
	}
	for i, saved := range f.Files {
		digest, _, err := sum(ctx, filepath.Join(f.path, saved.Name))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || digest != saved.SHA256 {
			return ops.Fail(ops.Failed, ops.T("%s in backup %s does not read back as it was saved", "%s, dans la sauvegarde %s, ne se relit pas comme il a été écrit", ops.Name(saved.Name), ops.Name(f.stamp)), err)
		}
		ops.Progress(ctx, ops.T("%d of %d read back", "%d sur %d relus", i+1, len(f.Files)))
	}
	return nil
}

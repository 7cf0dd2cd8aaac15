package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"vigie/ops"
)

// pinsName is the folder below the target in which links stand for what was chosen, one for each artefact: so its path is
// known before the file is.
const pinsName = "vigie-restore"

// pin is where the chosen copy of an artefact will be.
func pin(target, artefact string) string { return filepath.Join(target, pinsName, safe(artefact)) }

type pinArgs struct {
	Target string   `json:"target"`
	Names  []string `json:"names"`
	// Attempt is used up by choosing: the next plan has another.
	Attempt string `json:"attempt,omitempty"`
}

var pinStep = ops.Declare(&set, "backup.pin", func(a pinArgs) ops.Text {
	return ops.T("choose the newest copy of each, %s, as %s", "choisir la copie la plus récente de chacun, %s, dans %s", artefacts(len(a.Names)), ops.Name(filepath.Join(a.Target, pinsName)))
}, func(ctx context.Context, s *System, a pinArgs) error {
	s.attempted(ctx, a.Attempt)
	found, err := s.arrived(ctx, a.Target)
	if err != nil {
		return err
	}
	if list := lacking(a.Names, found); len(list) > 0 {
		return ops.Fail(ops.Failed, ops.T("not in %s: %s", "pas dans %s : %s", ops.Name(a.Target), listed(list, 6)), nil)
	}
	if err := s.disk.Mkdir(filepath.Join(a.Target, pinsName)); err != nil && !errors.Is(err, fs.ErrExist) {
		return refused(a.Target, err)
	}
	for _, name := range a.Names {
		if err := chosen(found[name], pin(a.Target, name)); err != nil {
			return refused(pin(a.Target, name), err)
		}
	}
	ops.Progress(ctx, ops.T("%d chosen, the oldest from %s ago", "%d choisies, la plus ancienne date d’il y a %s", len(a.Names), coarse(now().Sub(oldestOf(a.Names, found)))))
	return nil
})

// chosen makes at stand for the bytes of c: as a second name of them, so that another file in its place changes nothing;
// where the file system has no such thing, or c is a folder, as a link to it.
func chosen(c clone, at string) error {
	if err := letGo(osDisk{}, at); err != nil {
		return err
	}
	if err := os.Link(c.path, at); err == nil && !c.bare {
		return nil
	}
	return os.Symlink(c.path, at)
}

// letGo removes a name that was chosen before, and never the last name that a file has.
func letGo(d disk, at string) error {
	info, err := os.Lstat(at)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); info.Mode().IsRegular() && (!ok || st.Nlink < 2) {
		return fmt.Errorf("%s is the only copy of what was chosen: move it away first", at)
	}
	return d.Remove(at)
}

var unpin = ops.Declare(&set, "backup.unpin", func(a pinArgs) ops.Text {
	return ops.T("let go of the chosen copies; the files themselves stay in %s", "lâcher les copies choisies ; les fichiers eux-mêmes restent dans %s", ops.Name(a.Target))
}, func(ctx context.Context, s *System, a pinArgs) error {
	var errs []error
	for _, name := range a.Names {
		errs = append(errs, letGo(s.disk, pin(a.Target, name)))
	}
	dir := filepath.Join(a.Target, pinsName)
	if err := s.disk.Remove(dir); err != nil && !isGone(err) {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil { // it is no reason to put back what was restored
		ops.Progress(ctx, ops.T("something stays in %s: %s", "il reste quelque chose dans %s : %s", ops.Name(dir), clipped(err.Error(), 160)))
	}
	return nil
})

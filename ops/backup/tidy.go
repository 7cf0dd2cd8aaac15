package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// remove takes a folder away: at once by its name, so that no half of it is ever taken for a backup, and then file by file.
func (s *System) remove(f folder) error {
	away := filepath.Join(s.o.Root, removingName+f.stamp)
	if err := s.disk.Rename(f.path, away); err != nil {
		return err
	}
	if err := s.disk.Sync(s.o.Root); err != nil {
		return err
	}
	f.path = away
	return s.finish(f)
}

// finish removes what is left of a folder that is being removed; its manifest goes last. Only what it names goes.
func (s *System) finish(f folder) error {
	if !strings.HasPrefix(filepath.Base(f.path), removingName) {
		return errors.New("it is not being removed")
	}
	if f.digest != "" && f.Version == 0 {
		return errors.New("its manifest cannot be read, so what is in it cannot be told")
	}
	if err := empty(s.disk, filepath.Join(f.path, savingName)); err != nil {
		return err
	}
	var names []string
	for _, file := range f.Files {
		names = append(names, file.Name)
	}
	for _, name := range append(names, markerName+partial, manifestName+partial, markerName, manifestName) {
		if err := s.disk.Remove(filepath.Join(f.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.disk.Remove(f.path)
}

// tidy removes what earlier tries left unfinished, if it was ours and a finished backup holds a newer copy of each file in it.
func (s *System) tidy() {
	list, err := s.folders()
	if err != nil {
		return // it costs room, and /backups shows it
	}
	for _, f := range list {
		if f.finished || !f.wrong.IsZero() {
			continue
		}
		needed := slices.ContainsFunc(f.Files, func(old Saved) bool {
			_, err := os.Lstat(filepath.Join(f.path, old.Name))
			return !errors.Is(err, fs.ErrNotExist) && !slices.ContainsFunc(list, func(g folder) bool {
				newer, ok := g.of(old.Artefact)
				return ok && g.finished && g.wrong.IsZero() && newer.Started.After(old.Started)
			})
		})
		if strays, err := f.strays(); !needed && err == nil && len(strays) == 0 {
			_ = s.remove(f)
		}
	}
	s.sweep()
}

// sweep goes on with removals that were cut short.
func (s *System) sweep() {
	entries, err := os.ReadDir(s.o.Root)
	if err != nil {
		return
	}
	for _, e := range entries {
		stamp, ok := strings.CutPrefix(e.Name(), removingName)
		if at, err := time.Parse(stampForm, stamp); ok && err == nil && e.IsDir() {
			_ = s.finish(open(filepath.Join(s.o.Root, e.Name()), at))
		}
	}
}

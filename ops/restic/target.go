package restic

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"vigie/ops"
)

const (
	// markerFile says in a folder that we made it, and for what. Nothing is ever removed that has none.
	markerFile = "vigie-restore.json"
	// filesDir is where in the folder the restored files are: no file of a snapshot can take the marker's place.
	filesDir = "files"
)

// A target is one folder to restore into, and what goes there. It is what the marker says.
type target struct {
	Name       string `json:"name"` // of the folder in the restore root
	Repository string `json:"repository"`
	Snapshot   string `json:"snapshot"` // whole id
	Path       string `json:"path"`     // in the snapshot
}

// root opens the folder that everything is restored into: what is done through it stays in it, whatever links are there.
func (s *System) root() (*os.Root, error) {
	if s.o.RestoreRoot == "" {
		return nil, ops.Fail(ops.Invalid, ops.T("Nothing can be restored: the configuration names no folder for it (restore_root).", "Rien ne peut être restauré : la configuration ne nomme aucun dossier pour cela (restore_root)."), nil)
	}
	root, err := os.OpenRoot(s.o.RestoreRoot)
	if err != nil {
		return nil, ops.Fail(ops.Invalid, ops.T("The folder to restore into, %s, cannot be used: make it, for me alone.", "Le dossier où restaurer, %s, est inutilisable : crée-le, pour moi seul.", ops.Name(s.o.RestoreRoot)), err)
	}
	return root, nil
}

// fresh names a folder that does not exist yet. It depends on nothing but the snapshot, the path and what is in the root.
func (s *System) fresh(r *Repository, from Snapshot, p string) (target, error) {
	root, err := s.root()
	if err != nil {
		return target{}, err
	}
	defer root.Close()
	t := target{Repository: r.Name, Snapshot: from.ID, Path: p}
	base := fmt.Sprintf("%s-%s-%x", r.Name, from.Short(), sha256.Sum256([]byte(p)))[:len(r.Name)+len(from.Short())+8]
	for n := 1; n < 1000; n++ {
		if t.Name = base; n > 1 {
			t.Name += "-" + strconv.Itoa(n)
		}
		if _, err := root.Lstat(t.Name); errors.Is(err, fs.ErrNotExist) {
			return t, nil
		} else if err != nil {
			return t, fmt.Errorf("looking into the restore folder: %w", err)
		}
	}
	return t, ops.Fail(ops.Invalid, ops.T("There are too many old restores in %s: remove some.", "Il y a trop d’anciennes restaurations dans %s : retires-en.", ops.Name(s.o.RestoreRoot)), nil)
}

// at is where the target's files are.
func (s *System) at(t target) string { return filepath.Join(s.o.RestoreRoot, t.Name, filesDir) }

// make makes the target's folder and marks it. One that a run before made for the same is taken up; anything else is refused.
func (s *System) make(t target) error {
	root, err := s.root()
	if err != nil {
		return err
	}
	defer root.Close()
	err = root.Mkdir(t.Name, 0o700) // what comes out may be anything: passwords, dumps
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the folder to restore into: %w", err)
	}
	if err != nil && !marked(root, t) && !bare(root, t) {
		return ops.Fail(ops.Failed, ops.T("%s is there already, and not of this restore", "%s existe déjà, et n’est pas de cette restauration", ops.Name(t.Name)), nil)
	}
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	tmp := filepath.Join(t.Name, markerFile+".new")
	if marked(root, t) { // and perhaps locked by a restic of before: the file must stay the same
		return mkdirAgain(root, filepath.Join(t.Name, filesDir))
	}
	if err := root.WriteFile(tmp, body, 0o600); err != nil {
		return fmt.Errorf("marking the folder to restore into: %w", err)
	}
	if err := root.Rename(tmp, filepath.Join(t.Name, markerFile)); err != nil {
		return fmt.Errorf("marking the folder to restore into: %w", err)
	}
	return mkdirAgain(root, filepath.Join(t.Name, filesDir))
}

func mkdirAgain(root *os.Root, name string) error {
	if err := root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the folder to restore into: %w", err)
	}
	return nil
}

// marked reports whether the target's folder says that it was made for it.
func marked(root *os.Root, t target) bool {
	body, err := root.ReadFile(filepath.Join(t.Name, markerFile))
	var says target
	return err == nil && json.Unmarshal(body, &says) == nil && says == t
}

// bare reports whether there is nothing in the target's folder but a marker that was being written.
func bare(root *os.Root, t target) bool {
	dir, err := root.Open(t.Name)
	if err != nil {
		return false
	}
	defer dir.Close()
	list, err := dir.Readdirnames(2)
	return len(list) == 0 && err == io.EOF || len(list) == 1 && list[0] == markerFile+".new"
}

// hold takes the target for one restic alone. The lock goes with the file: restic inherits it, so it also holds while one
// runs that outlived the bot. It waits until nobody holds it.
func (s *System) hold(ctx context.Context, t target) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(s.o.RestoreRoot, t.Name, markerFile), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("locking the folder to restore into: %w", err), f.Close())
		}
		ops.Progress(ctx, ops.T("a restic that was started before still works there; waiting for it", "un restic lancé auparavant y travaille encore ; j’attends"))
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), f.Close())
		case <-time.After(time.Second):
		}
	}
}

// discard removes the target's folder, if its marker says that it is ours. The marker goes last: what was removed half can be
// removed again.
func (s *System) discard(ctx context.Context, t target) error {
	root, err := s.root()
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.Lstat(t.Name); errors.Is(err, fs.ErrNotExist) {
		ops.Progress(ctx, ops.T("there is nothing to remove", "il n’y a rien à retirer"))
		return nil
	}
	if bare(root, t) {
		return errors.Join(root.RemoveAll(filepath.Join(t.Name, markerFile+".new")), root.Remove(t.Name))
	}
	if !marked(root, t) {
		return ops.Fail(ops.Failed, ops.T("%s has no mark of this restore, so I leave it alone", "%s ne porte pas la marque de cette restauration, je n’y touche pas", ops.Name(t.Name)), nil)
	}
	lock, err := s.hold(ctx, t)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := removeAll(root, filepath.Join(t.Name, filesDir)); err != nil {
		return fmt.Errorf("removing what was restored: %w", err)
	}
	if err := root.Remove(filepath.Join(t.Name, markerFile)); err != nil {
		return fmt.Errorf("removing what was restored: %w", err)
	}
	if err := root.Remove(t.Name); err != nil { // somebody put something beside it
		return ops.Fail(ops.Failed, ops.T("what was restored is gone; %s holds something else and stays", "ce qui avait été restauré est retiré ; %s contient autre chose et reste", ops.Name(t.Name)), err)
	}
	return nil
}

// removeAll removes a tree, also where restored folders do not let their owner write.
func removeAll(root *os.Root, name string) error {
	err := root.RemoveAll(name)
	if err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = fs.WalkDir(root.FS(), name, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = root.Chmod(p, 0o700)
		}
		return nil
	}) // what it could not reach, the next line tells
	return root.RemoveAll(name)
}

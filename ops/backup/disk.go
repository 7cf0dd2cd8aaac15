package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"vigie/ops"
)

// A disk is what changes files, call by call: the seam at which a test pulls the plug.
type disk interface {
	Mkdir(path string) error
	Write(path string, body []byte) error // a new file, on the disk when it returns
	Sync(path string) error               // of a file, or of a folder's list of names
	Rename(from, to string) error         // replaces, at once
	Remove(path string) error             // of a file, or of an empty folder
}

type osDisk struct{}

func (osDisk) Mkdir(path string) error { return os.Mkdir(path, 0o700) }

func (osDisk) Write(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

func (osDisk) Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) Remove(path string) error     { return os.Remove(path) }

// replace writes body to path: whoever reads it finds the old or the new, whole, whatever happens in between.
func replace(d disk, path string, body []byte) error {
	part := path + partial
	if err := errors.Join(d.Write(part, body)); err != nil {
		return err
	}
	if err := d.Rename(part, path); err != nil {
		return err
	}
	return d.Sync(filepath.Dir(path))
}

// empty removes a folder and all that is in it. Nothing in it is a link to elsewhere: only links themselves go.
func empty(d disk, path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		inner := filepath.Join(path, e.Name())
		if e.IsDir() {
			err = empty(d, inner)
		} else {
			err = d.Remove(inner)
		}
		if err != nil {
			return err
		}
	}
	return d.Remove(path)
}

// room is how many bytes somebody without privileges can still write below path.
func room(path string) (int64, error) {
	var fsys syscall.Statfs_t
	for {
		err := syscall.Statfs(path, &fsys)
		if err == nil {
			return int64(fsys.Bavail) * fsys.Bsize, nil
		}
		if !errors.Is(err, syscall.ENOENT) || path == "/" {
			return 0, fmt.Errorf("asking how much room is left: %w", &fs.PathError{Op: "statfs", Path: path, Err: err})
		}
		path = filepath.Dir(path)
	}
}

// sum is the SHA-256 of a file in hex, and how long it is.
func sum(ctx context.Context, path string) (string, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.CopyBuffer(h, reader(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return f.Read(p)
	}), make([]byte, 256<<10))
	if err != nil {
		return "", 0, fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

// refused says in words why the disk would not.
func refused(path string, err error) error {
	name := ops.Name(path)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ops.Fail(ops.Failed, ops.T("the disk of %s is full: free some room, then ask again", "le disque de %s est plein : libère de la place, puis redemande", name), err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ops.Fail(ops.Failed, ops.T("I may not write to %s: give its folder to the user that I run as", "je n’ai pas le droit d’écrire dans %s : donne son dossier à l’utilisateur qui me fait tourner", name), err)
	case errors.Is(err, fs.ErrNotExist):
		return ops.Fail(ops.Failed, ops.T("%s is no longer there", "%s n’est plus là", name), err)
	}
	return ops.Fail(ops.Failed, ops.T("the disk refused %s: %s", "le disque a refusé %s : %s", name, clipped(err.Error(), 200)), err)
}

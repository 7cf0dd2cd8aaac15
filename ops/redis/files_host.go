package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// A host is the data directory as this machine sees it. Whoever owns the directory is not trusted: nothing here follows a
// link out of it.
type host struct {
	root *os.Root
	path string
}

// openHost opens a directory in which we may make files that belong to its owner.
func openHost(dir string) (*host, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the data directory: %w", err)
	}
	const writable, enterable = 2, 1
	info, err := root.Stat(".")
	if err == nil {
		err = syscall.Access(dir, writable|enterable)
	}
	if me := os.Geteuid(); err == nil && me != 0 && me != infoOf(info).UID {
		err = fs.ErrPermission
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("opening the data directory: %w", err)
	}
	return &host{root, dir}, nil
}

func (h *host) close() { h.root.Close() }

func infoOf(f fs.FileInfo) FileInfo {
	i := FileInfo{Name: f.Name(), Mode: f.Mode(), Size: f.Size(), Modified: f.ModTime()}
	if sys, ok := f.Sys().(*syscall.Stat_t); ok {
		i.UID, i.GID = int(sys.Uid), int(sys.Gid)
	}
	return i
}

func (h *host) Stat(_ context.Context, name string) (FileInfo, error) {
	f, err := h.root.Lstat(name)
	if err != nil {
		return FileInfo{}, err
	}
	return infoOf(f), nil
}

func (h *host) ReadFile(_ context.Context, name string) (io.ReadCloser, FileInfo, error) {
	f, err := h.root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0) // a pipe in its place must not hold us
	if err != nil {
		return nil, FileInfo{}, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("it is no plain file")}
	}
	if err != nil {
		f.Close()
		return nil, FileInfo{}, err
	}
	return f, infoOf(info), nil
}

func (h *host) WriteFile(ctx context.Context, name string, info FileInfo, r io.Reader) (err error) {
	if info.Replace {
		if err := h.remove(ctx, name); err != nil {
			return err
		}
	}
	f, err := h.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if failed := f.Close(); err == nil {
			err = failed
		}
		if err != nil {
			err = errors.Join(err, h.root.Remove(name))
		}
	}()
	n, err := io.Copy(f, io.LimitReader(under{ctx, r}, info.Size+1))
	if err == nil && n != info.Size {
		err = fmt.Errorf("writing %s: %d bytes came, %d were to", name, n, info.Size)
	}
	if err == nil {
		err = f.Chown(info.UID, info.GID)
	}
	if err == nil {
		err = f.Chmod(info.Mode.Perm())
	}
	if err == nil && !info.Modified.IsZero() {
		err = h.root.Chtimes(name, time.Time{}, info.Modified)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	return h.settle(name)
}

// Link takes the place of to in one step: to is never absent.
func (h *host) Link(_ context.Context, from, to string) error {
	next := to + ourMark + "link"
	if ours(to) {
		next = to + "-link"
	}
	if err := h.root.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := h.root.Link(from, next); err != nil {
		return err
	}
	if err := h.root.Rename(next, to); err != nil {
		return err
	}
	if err := h.root.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // to was that file already
		return err
	}
	return h.settle(to)
}

func (h *host) list(_ context.Context, dir string) (names []string, err error) {
	all, err := fs.ReadDir(h.root.FS(), path.Clean(dir))
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names, err
}

func (h *host) remove(_ context.Context, names ...string) error {
	for _, name := range names {
		if err := h.root.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

func (h *host) free(context.Context) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(h.path, &st); err != nil {
		return -1, &fs.PathError{Op: "statfs", Path: h.path, Err: err}
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// settle has the disk know of a new name.
func (h *host) settle(name string) error {
	d, err := h.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

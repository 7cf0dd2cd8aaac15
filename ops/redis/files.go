package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"

	"vigie/ops"
)

// ourMark is in the name of every file that Vigie makes in the data directory.
const ourMark = ".vigie-"

// ours reports whether a name is one that Vigie gave: nothing else is ever removed or written over.
func ours(name string) bool { return strings.Contains(path.Base(name), ourMark) }

// A store is where files can be looked at, read, made, and given a second name: the container, or its data directory as this
// machine sees it. Names are paths below the data directory.
type store interface {
	Stat(ctx context.Context, name string) (FileInfo, error)
	ReadFile(ctx context.Context, name string) (io.ReadCloser, FileInfo, error)
	WriteFile(ctx context.Context, name string, info FileInfo, r io.Reader) error
	Link(ctx context.Context, from, to string) error

	list(ctx context.Context, dir string) ([]string, error)
	// remove is for [drop] and for what was proved to be needed no more.
	remove(ctx context.Context, names ...string) error
	free(ctx context.Context) (int64, error) // bytes; -1 if that cannot be told now
	close()
}

// store opens the data directory: as this machine sees it if it may be changed there, else through the container.
func (s *System) store(dir string) store {
	if s.o.Data != "" {
		if h, err := openHost(s.o.Data); err == nil {
			return h
		}
	}
	return within{s.o.Server, dir}
}

// exists looks at a file that may be absent.
func exists(ctx context.Context, st store, name string) (FileInfo, bool, error) {
	info, err := st.Stat(ctx, name)
	if ops.KindOf(err) == ops.NotFound || errors.Is(err, fs.ErrNotExist) {
		return FileInfo{}, false, nil
	}
	return info, err == nil, err
}

// sizeOf is how large a directory's files are in all.
func sizeOf(ctx context.Context, st store, dir string) (n int64, err error) {
	names, err := st.list(ctx, dir)
	for _, name := range names {
		if info, ok, err := exists(ctx, st, path.Join(dir, name)); err == nil && ok {
			n += info.Size
		}
	}
	return n, err
}

// A within is the data directory of a container. Listing and removing take a container that runs.
type within struct {
	c   Container
	dir string
}

func (w within) at(name string) string { return path.Join(w.dir, name) }

func (w within) Stat(ctx context.Context, name string) (FileInfo, error) {
	return w.c.Stat(ctx, w.at(name))
}

func (w within) ReadFile(ctx context.Context, name string) (io.ReadCloser, FileInfo, error) {
	return w.c.ReadFile(ctx, w.at(name))
}

func (w within) WriteFile(ctx context.Context, name string, info FileInfo, r io.Reader) error {
	return w.c.WriteFile(ctx, w.at(name), info, r)
}

func (w within) Link(ctx context.Context, from, to string) error {
	return w.c.Link(ctx, w.at(from), w.at(to))
}

func (w within) list(ctx context.Context, dir string) ([]string, error) {
	out, err := w.script(ctx, `ls -1A -- "$1"`, w.at(dir))
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' }), err
}

func (w within) remove(ctx context.Context, names ...string) error {
	full := make([]string, len(names))
	for i, name := range names {
		full[i] = w.at(name)
	}
	_, err := w.script(ctx, `rm -rf -- "$@"`, full...)
	return err
}

func (w within) free(ctx context.Context) (int64, error) {
	if running, err := w.c.Running(ctx); err != nil || !running {
		return -1, err
	}
	out, err := w.script(ctx, `df -Pk -- "$1" | tail -n 1`, w.dir)
	if err != nil {
		return -1, err
	}
	f := strings.Fields(out)
	if len(f) < 4 {
		return -1, fmt.Errorf("asking for free disk space: %q", short(out))
	}
	kb, err := strconv.ParseInt(f[3], 10, 64)
	return kb << 10, err
}

func (w within) script(ctx context.Context, text string, args ...string) (string, error) {
	out, exit, err := script(ctx, w.c, w.dir, text, nil, args...)
	if err == nil && exit != 0 {
		err = ops.Fail(ops.Failed, ops.T("Working in the data directory did not succeed: %s", "Le travail dans le dossier de données n’a pas abouti : %s", short(out)), nil)
	}
	return out, err
}

func (w within) close() {}

// dataError says in words why work in the data directory did not succeed.
func dataError(err error) error {
	var said *ops.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), strings.Contains(err.Error(), "no space left"), strings.Contains(err.Error(), "No space left"):
		return ops.Fail(ops.Failed, ops.T("The disk with the data of Redis is full.", "Le disque des données de Redis est plein."), err)
	case errors.As(err, &said):
		return err
	case errors.Is(err, fs.ErrPermission):
		return ops.Fail(ops.Failed, ops.T("I may not do that in the data directory of Redis.", "Je n’ai pas le droit de faire ça dans le dossier de données de Redis."), err)
	}
	return fmt.Errorf("working in the data directory: %w", err)
}

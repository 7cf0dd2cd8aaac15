package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

const (
	pace     = 300 * time.Millisecond // between two looks while waiting
	saveTime = 30 * time.Minute       // how long a save may take
)

// bgsave has the server write its data to its dump file, and returns once that is done. It is judged by what the server says
// of the save, not by the time of the last one: that has a resolution of a second, and is set at the start as well.
func (s *System) bgsave(ctx context.Context) (state, error) {
	begun := time.Now()
	started, before := false, int64(0)
	for {
		st, err := s.look(ctx)
		switch {
		case err != nil:
			return st, err
		case st.saving || st.rewriting:
			ops.Progress(ctx, ops.T("saving, %s", "enregistre, %s", ops.Since(begun)))
		case started && st.saveOK && (st.saves < 0 || st.saves > before):
			return st, nil
		case started:
			return st, ops.Fail(ops.Failed, ops.T("%s could not save its data: its disk is full, or its folder is not its own. /logs %s tells why.",
				"%s n’a pas pu enregistrer ses données : disque plein, ou dossier qui n’est pas à lui. /logs %s dit pourquoi.", s.name(), s.o.Service), nil)
		default:
			before = st.saves
			r, err := s.ask(ctx, "BGSAVE")
			switch {
			case err == nil:
				started = strings.Contains(r[0], "started")
			case len(r) == 0 || !strings.Contains(r[0], "already in progress") && !strings.Contains(r[0], "child process"):
				return st, err
			}
		}
		if time.Since(begun) > saveTime {
			return st, ops.Fail(ops.Failed, ops.T("%s is still saving after %s", "%s enregistre encore au bout de %s", s.name(), ops.Span(saveTime)), nil)
		}
		if err := nap(ctx); err != nil {
			return st, err
		}
	}
}

// nap lets one pace pass, or as much of it as ctx allows.
func nap(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pace):
		return nil
	}
}

// Save has the server save, and copies what it saved to path on this machine, which must not be there yet. The copy was read
// back whole when Save returns without an error; else there is none.
func (s *System) Save(ctx context.Context, file string, progress func(ops.Text)) (Info, error) {
	st, err := s.bgsave(ctx)
	if err != nil {
		return Info{}, err
	}
	if _, err := os.Lstat(file); err == nil {
		return Info{}, ops.Fail(ops.Invalid, ops.T("%s is there already.", "%s existe déjà.", ops.Name(file)), nil)
	}
	part := file + ".part"
	err = s.copyOut(ctx, path.Join(st.dir, st.file), part, progress)
	var info Info
	if err == nil {
		info, err = s.Verify(ctx, part)
	}
	if err == nil {
		err = os.Link(part, file) // never takes the place of a file
	}
	if failed := os.Remove(part); err == nil {
		err = failed
	}
	if err != nil {
		return Info{}, copying(err)
	}
	return info, nil
}

func copying(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return ops.Fail(ops.Failed, ops.T("The disk that the copy goes to is full.", "Le disque où va la copie est plein."), err)
	}
	return fmt.Errorf("copying what Redis saved: %w", err)
}

// copyOut streams a file of the container into a new file. A save that the server begins meanwhile makes a new file and
// leaves this one as it is.
func (s *System) copyOut(ctx context.Context, from, to string, progress func(ops.Text)) (err error) {
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) { // of a copy that was cut off
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	var bad limited
	w := &teller{w: out, say: progress}
	exit, err := s.o.Server.Exec(ctx, Exec{Argv: []string{"cat", from}, Stdout: w, Stderr: &bad})
	switch {
	case w.err != nil:
		return w.err
	case err != nil:
		return err
	case exit != 0:
		return fmt.Errorf("reading %s in the container: %s", from, short(bad.String()))
	}
	if err := out.Sync(); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// A teller tells how much went through it, now and then.
type teller struct {
	w    io.Writer
	say  func(ops.Text)
	n    int64
	told time.Time
	err  error
}

func (t *teller) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	t.n += int64(n)
	t.err = err
	if t.say != nil && time.Since(t.told) > time.Second {
		t.told = time.Now()
		t.say(ops.T("%s copied", "%s copiés", ops.Size(t.n)))
	}
	return n, err
}

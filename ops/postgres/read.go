package postgres

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"vigie/ops"
)

func (c *cluster) Read(ctx context.Context, f File, say func(ops.Text)) (Contents, error) {
	found, err := c.read(ctx, f, say)
	if ops.KindOf(err) == ops.Invalid {
		return found, ops.Fail(ops.Invalid, ops.T("The dump %s %s.", "Le dump %s %s.", ops.Name(f.Name), ops.SayOf(err)), err)
	}
	return found, err
}

func (c *cluster) read(ctx context.Context, f File, say func(ops.Text)) (Contents, error) {
	if f.Size == 0 {
		return Contents{}, ops.Fail(ops.Invalid, ops.T("is empty: 0 bytes. Was its pg_dump given the password?", "est vide : 0 octet. Son pg_dump avait-il le mot de passe ?"), nil)
	}
	r, err := c.open(ctx, f)
	if err != nil {
		return Contents{}, err
	}
	r.each = percent(say, ops.T("reading it back", "relecture"))
	found, err := c.contents(ctx, r)
	if err != nil {
		r.from.Close() // err is what went wrong first
		return found, err
	}
	if found.SHA256, err = r.finish(); err != nil {
		err = unreadable(f.Path, err)
	}
	return found, err
}

// contents reads what a dump holds.
func (c *cluster) contents(ctx context.Context, r *reading) (Contents, error) {
	if r.dir {
		return c.contentsOfDir(ctx, r)
	}
	in, packed, stop, err := c.unpack(ctx, r)
	if err != nil {
		return Contents{}, err
	}
	format, err := formatOf(in)
	var found Contents
	switch {
	case err != nil:
	case format == Plain:
		var s script
		if s, err = scan(in, nil); err == nil {
			err = s.plain()
		}
		found = s.Contents
	default:
		found, err = c.contentsOfArchive(ctx, in, format)
	}
	if e := stop(); err == nil {
		err = e
	}
	found.Format, found.Packed = format, packed
	return found, err
}

// contentsOfArchive has the server's own pg_restore read an archive to its end, and counts what passes.
func (c *cluster) contentsOfArchive(ctx context.Context, in io.Reader, format Format) (Contents, error) {
	count := readCustom
	if format == Tar {
		count = readTar
	}
	passing := aside(in, count)
	x := input(passing, format)
	x.Argv, x.Env, x.Stdout = []string{"pg_restore", "-f", "/dev/null"}, c.env(), io.Discard
	err := c.proved(c.run(ctx, x))
	if err == nil {
		_, err = io.Copy(io.Discard, x.Stdin) // the compression round it has an end of its own to check
	}
	found, h := passing.found()
	return found, newer(err, h)
}

// proved says of an archive that pg_restore does not read that it is torn, unless there is more to say of it.
func (c *cluster) proved(err error) error {
	if e, ok := errors.AsType[*ops.Error](err); ok && e.Kind == ops.Failed && e.Err != nil {
		return torn(e.Err)
	}
	return err
}

// newer says of a dump that the tools are too old for, which version it is from.
func newer(err error, h header) error {
	if err == nil || h.Version == "" || !strings.Contains(err.Error(), "unsupported version") {
		return err
	}
	return ops.Fail(ops.Invalid, ops.T("was written by a newer pg_dump (archive format %s, of a server %s) than this server's tools read: upgrade the server first",
		"a été écrit par un pg_dump plus récent (format d’archive %s, d’un serveur %s) que les outils de ce serveur : mets d’abord le serveur à niveau", cut(h.Format, 8), cut(h.Version, 12)), err)
}

// A passer lets what is read be counted on the side.
type passer struct {
	io.Reader
	to     *io.PipeWriter
	counts Contents
	head   header
	ended  chan struct{}
}

func aside(in io.Reader, count func(io.Reader) (Contents, header)) *passer {
	from, to := io.Pipe()
	p := &passer{Reader: io.TeeReader(in, to), to: to, ended: make(chan struct{})}
	go func() { // waited for in found
		defer close(p.ended)
		p.counts, p.head = count(from)
		_, _ = io.Copy(io.Discard, from) // it may have had enough before the end
	}()
	return p
}

// found is what was counted, once everything was read that will be.
func (p *passer) found() (Contents, header) {
	p.to.Close()
	<-p.ended
	c := p.counts
	c.Database, c.Version = p.head.Database, p.head.Version
	return c, p.head
}

// contentsOfDir puts a directory into the container for as long as pg_restore reads it.
func (c *cluster) contentsOfDir(ctx context.Context, r *reading) (Contents, error) {
	passing := aside(r, readTar)
	place, remove, err := c.place(ctx, passing)
	if err == nil {
		err = c.proved(c.run(ctx, Exec{Argv: []string{"pg_restore", "-f", "/dev/null", place}, Env: c.env(), Stdout: io.Discard}))
		remove()
	}
	found, h := passing.found()
	found.Format = Directory
	return found, newer(err, h)
}

// place unpacks a tar in the container's /tmp, one at a time; remove takes it away again. A place that a process which ended left behind
// is taken over. No shell does it: see the package's documentation.
func (c *cluster) place(ctx context.Context, tar io.Reader) (dir string, remove func(), err error) {
	select {
	case c.placing <- struct{}{}:
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
	dir = "/tmp/vigie-dump"
	clear := Exec{Argv: []string{"rm", "-rf", dir}, Stdout: io.Discard}
	remove = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer func() { cancel(); <-c.placing }()
		_ = c.run(ctx, clear) // what stays is taken over next time
	}
	if err = c.run(ctx, clear); err == nil {
		err = c.run(ctx, Exec{Argv: []string{"mkdir", "-m", "700", dir}, Stdout: io.Discard})
	}
	if err == nil {
		// Of the two blocks that end a tar, busybox's does not read the second. That all is there is for pg_restore to see.
		err = c.run(ctx, Exec{Argv: []string{"tar", "-x", "-f", "-", "-C", dir}, Stdin: tar, Tail: true, Stdout: io.Discard})
	}
	if err != nil {
		remove()
	}
	return dir, remove, err
}

// plain says why a script cannot be restored, if it cannot.
func (s script) plain() error {
	switch {
	case s.wide != "":
		return ops.Fail(ops.Invalid, ops.T("is not only about one database (%s): it was made with --create or by pg_dumpall", "ne concerne pas qu’une base (%s) : il a été fait avec --create ou par pg_dumpall", ops.Name(s.wide)), nil)
	case s.meta != "":
		return ops.Fail(ops.Invalid, ops.T("commands psql itself (%s): I do not run that", "commande psql lui-même (%s) : je n’exécute pas cela", ops.Name(s.meta)), nil)
	case s.complete:
		return nil
	case len(s.Tables) == 0 && len(s.Rows) == 0 && s.Version == "":
		return ops.Fail(ops.Invalid, ops.T("is no dump of PostgreSQL", "n’est pas un dump de PostgreSQL"), nil)
	}
	return ops.Fail(ops.Invalid, ops.T("does not read back whole: its last line is missing", "ne se relit pas en entier : il lui manque sa dernière ligne"), nil)
}

// percent tells how much of a dump has passed, at most once a second.
func percent(say func(ops.Text), doing ops.Text) func(read, total int64) {
	var told time.Time
	return func(read, total int64) {
		if say == nil || total <= 0 || time.Since(told) < time.Second {
			return
		}
		if told.IsZero() { // what takes less than a second need not be told
			told = time.Now()
			return
		}
		told = time.Now()
		say(ops.T("%s, %d %%", "%s, %d %%", doing, min(100*read/total, 100)))
	}
}

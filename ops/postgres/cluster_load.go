package postgres

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"vigie/ops"
)

func (c *cluster) Load(ctx context.Context, to Copy, say func(ops.Text)) error {
	f, err := c.one(ctx, to.Dump)
	if err != nil {
		return err
	}
	found, err := c.find(ctx, to.Scratch)
	switch {
	case err != nil:
		return err
	case found == nil || !found.Mark.is(to.role(), to.Key): // it is never another database that a dump goes into
		return notOurs(to.Scratch)
	case found.Mark.Loaded:
		return nil
	}
	if err := c.unchanged(ctx, f, to.SHA256); err != nil {
		return err
	}
	err = c.guarded(ctx, to.Scratch, func(ctx context.Context) error {
		err := c.fill(ctx, to, f, false, say)
		if err != nil && strings.Contains(err.Error(), "out of shared memory") {
			err = c.fill(ctx, to, f, true, say)
		}
		if err == nil && say != nil {
			say(ops.T("all rows are in; collecting statistics", "toutes les lignes y sont ; calcul des statistiques"))
		}
		if err == nil {
			err = c.do(ctx, to.Scratch, "ANALYZE;")
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.mark(ctx, to.Scratch, Mark{Role: to.role(), Key: to.Key, Loaded: true, At: time.Now()})
}

// unchanged fails unless the file is still the one that was planned with, before anything of it is run.
func (c *cluster) unchanged(ctx context.Context, f File, sha string) error {
	r, err := c.open(ctx, f)
	if err != nil {
		return err
	}
	got, err := r.finish()
	switch {
	case err != nil:
		return unreadable(f.Path, err)
	case got != sha:
		return changed(f)
	}
	return nil
}

// fill restores the file into the scratch database. In one transaction it leaves all or nothing; a dump of so many objects that the
// server has no room for their locks goes in apart, each on its own, into a database that nobody uses and that is marked as loaded
// only afterwards.
func (c *cluster) fill(ctx context.Context, to Copy, f File, apart bool, say func(ops.Text)) error {
	r, err := c.open(ctx, f)
	if err != nil {
		return err
	}
	p := &passing{say: say, apart: apart}
	r.each = p.read
	err = c.pour(ctx, to, r, p)
	if err != nil {
		r.from.Close() // err is what went wrong first
		return aboutDump(f, err)
	}
	sha, err := r.finish()
	switch {
	case err != nil:
		return unreadable(f.Path, err)
	case sha != to.SHA256:
		return changed(f)
	}
	return nil
}

func changed(f File) error {
	return ops.Fail(ops.Failed, ops.T("%s is no longer the file that the plan was made with. Nothing was changed; ask again.", "%s n’est plus le fichier sur lequel repose le plan. Rien n’a été modifié ; redemande.", ops.Name(f.Name)), nil)
}

func aboutDump(f File, err error) error {
	if ops.KindOf(err) == ops.Invalid {
		return ops.Fail(ops.Failed, ops.T("The dump %s %s.", "Le dump %s %s.", ops.Name(f.Name), ops.SayOf(err)), err)
	}
	return err
}

func (c *cluster) one(ctx context.Context, path string) (File, error) {
	all, err := c.Dumps(ctx)
	if err != nil {
		return File{}, err
	}
	for _, f := range all {
		if f.Path == path {
			return f, nil
		}
	}
	return elsewhere("", path)
}

func (c *cluster) pour(ctx context.Context, to Copy, r *reading, p *passing) error {
	if to.Owner != "" {
		if err := c.extend(ctx, to); err != nil {
			return err
		}
	}
	if r.dir {
		place, remove, err := c.place(ctx, r)
		if err != nil {
			return err
		}
		defer remove()
		return c.restore(ctx, to, Exec{}, p, place)
	}
	in, _, stop, err := c.unpack(ctx, r)
	if err != nil {
		return err
	}
	format, err := formatOf(in)
	switch {
	case err != nil:
	case format == Plain:
		err = c.perform(ctx, to, in, r)
	default:
		if err = c.restore(ctx, to, input(in, format), p); err == nil {
			if _, e := io.Copy(io.Discard, in); e != nil { // the compression has an end of its own to check
				err = torn(e)
			}
		}
	}
	if e := stop(); err == nil {
		err = e
	}
	return err
}

// extend makes the extensions of a dump that is restored with the rights of its owner, who could not make them.
func (c *cluster) extend(ctx context.Context, to Copy) error {
	f, err := c.one(ctx, to.Dump)
	if err != nil {
		return err
	}
	found, err := c.Read(ctx, f, nil)
	if err != nil {
		return err
	}
	var sql strings.Builder
	for _, e := range found.Extensions {
		fmt.Fprintf(&sql, "CREATE EXTENSION IF NOT EXISTS %s;\n", ident(e))
	}
	return c.do(ctx, to.Scratch, sql.String())
}

// restore runs pg_restore into the scratch database, with the input of x.
func (c *cluster) restore(ctx context.Context, to Copy, x Exec, p *passing, more ...string) error {
	argv := []string{"pg_restore", "-w", "-U", c.user(), "-d", conninfo(to.Scratch), "--exit-on-error", "--verbose"}
	if !p.apart {
		argv = append(argv, "--single-transaction")
	}
	if to.Owner != "" {
		argv = append(argv, "--no-owner", "--no-privileges", "--no-comments", "--role="+to.Owner)
	}
	x.Argv, x.Env, x.Stdout, x.Stderr = append(argv, more...), c.env(), io.Discard, p
	return c.run(ctx, x)
}

// perform runs a script into the scratch database. Its last COMMIT is ours, and comes only when the whole script was seen, and was seen to
// be the one that was planned with. One with large objects commits others on the way: that is why only what is marked is loaded.
func (c *cluster) perform(ctx context.Context, to Copy, in *bufio.Reader, r *reading) error {
	if to.Owner != "" {
		return ops.Fail(ops.Invalid, ops.T("is plain SQL that gives things to roles which are not here; only an archive can be given to another owner", "est du SQL qui donne des objets à des rôles absents ; seule une archive peut être donnée à un autre propriétaire"), nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	script := pipe(cancel, func(w io.Writer) error {
		if _, err := io.WriteString(w, "BEGIN;\n"); err != nil {
			return err
		}
		s, err := scan(in, w)
		if err == nil {
			err = s.plain()
		}
		if err != nil {
			return err // without the COMMIT
		}
		if _, err = io.Copy(io.Discard, r); err == nil && hex.EncodeToString(r.sum.Sum(nil)) != to.SHA256 {
			err = ops.Fail(ops.Failed, ops.T("changed since the plan was made", "a changé depuis que le plan a été fait"), nil)
		}
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, "\n;\nCOMMIT;\n")
		return err
	})
	err := c.psql(ctx, to.Scratch, script, io.Discard)
	if e := script.Close(); err == nil {
		err = e
	}
	return err
}

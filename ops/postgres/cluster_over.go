package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"

	"vigie/ops"
)

// locking takes every table before anything is changed: an archive's own script takes as long as it needs for a lock.
const locking = `BEGIN;
SET LOCAL lock_timeout = '15s';
DO $vigie$ DECLARE t regclass; BEGIN
	FOR t IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' LOOP
		EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', t);
	END LOOP;
END $vigie$;
`

func (c *cluster) Overwrite(ctx context.Context, to Copy, say func(ops.Text)) error {
	f, err := c.one(ctx, to.Dump)
	if err != nil {
		return err
	}
	if err := c.unchanged(ctx, f, to.SHA256); err != nil {
		return err
	}
	r, err := c.open(ctx, f)
	if err != nil {
		return err
	}
	r.each = percent(say, ops.T("restoring", "restauration"))
	err = c.guarded(ctx, to.Database, func(ctx context.Context) error { return c.pourOver(ctx, to, r) })
	r.from.Close() // it was seen whole before
	now, e := c.settledMark(ctx, to)
	switch {
	case e != nil:
		return ops.Fail(ops.Unknown, ops.T("PostgreSQL was told to restore over %s and did not answer: it is either as it was or as in the dump.",
			"PostgreSQL a reçu l’ordre de restaurer par-dessus %s et n’a pas répondu : elle est soit comme avant, soit comme dans le dump.", ops.Name(to.Database)), e)
	case now:
		return c.do(ctx, to.Database, "ANALYZE;")
	case err == nil:
		err = ops.Fail(ops.Failed, ops.T("PostgreSQL did not keep it", "PostgreSQL ne l’a pas gardé"), nil)
	}
	return ops.Fail(ops.Failed, ops.T("%s is as it was: %s", "%s est restée comme avant : %s", ops.Name(to.Database), because(err)), err)
}

// pourOver has pg_restore write its script, and psql run it in one transaction. That is committed only if the script was written to its
// end, and with the mark in it by which it is known afterwards.
func (c *cluster) pourOver(ctx context.Context, to Copy, r *reading) error {
	x := Exec{Argv: []string{"pg_restore", "--clean", "--if-exists", "-f", "-"}, Env: c.env()}
	if r.dir {
		place, remove, err := c.place(ctx, r)
		if err != nil {
			return err
		}
		defer remove()
		x.Argv = append(x.Argv, place)
	} else {
		unpacked, _, stop, err := c.unpack(ctx, r)
		if err != nil {
			return err
		}
		defer stop() // pg_restore has read all of it that matters, or says why not
		format, err := formatOf(unpacked)
		if err != nil {
			return err
		}
		in := input(unpacked, format)
		x.Stdin, x.Tail = in.Stdin, in.Tail
	}
	ctx, cancel := context.WithCancel(ctx)
	script := pipe(cancel, func(w io.Writer) error {
		if _, err := io.WriteString(w, locking); err != nil {
			return err
		}
		if err := c.written(ctx, x, w); err != nil {
			return err // without the COMMIT
		}
		_, err := fmt.Fprintf(w, "\n;\nALTER DATABASE %s SET vigie.mark TO %s;\nCOMMIT;\n", ident(to.Database), literal(Mark{Role: Replaced, Key: to.Key}.String()))
		return err
	})
	err := c.psql(ctx, to.Database, script, io.Discard)
	if e := script.Close(); err == nil {
		err = e
	}
	return err
}

// written passes pg_restore's script on, unless it would end our transaction or command psql.
func (c *cluster) written(ctx context.Context, e Exec, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	out := pipe(cancel, func(w io.Writer) error {
		e.Stdout = w
		return c.run(ctx, e)
	})
	s, err := scan(out, w)
	if e := out.Close(); err == nil {
		err = e
	}
	switch {
	case err != nil:
		return err
	case s.transact, s.wide != "":
		return ops.Fail(ops.Failed, ops.T("the dump would end the transaction that protects it", "le dump terminerait la transaction qui la protège"), nil)
	}
	return nil
}

// settledMark looks whether the restore over the database took, once no try of ours is under way in it any more.
func (c *cluster) settledMark(ctx context.Context, to Copy) (took bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	end := strings.ReplaceAll(`DO $vigie$ BEGIN
	FOR i IN 1..200 LOOP
		PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = DB AND application_name = 'vigie' AND pid <> pg_backend_pid();
		PERFORM pg_stat_clear_snapshot();
		IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = DB AND application_name = 'vigie') THEN RETURN; END IF;
		PERFORM pg_sleep(0.1);
	END LOOP;
	RAISE EXCEPTION 'vigie busy';
END $vigie$;`, "DB", literal(to.Database))
	for {
		if err = c.do(ctx, outside, end); err == nil {
			found, err := c.find(ctx, to.Database)
			return found != nil && found.Mark.is(Replaced, to.Key), err
		}
		if e := nap(ctx); e != nil {
			return false, err
		}
	}
}

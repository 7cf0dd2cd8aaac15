package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/ops"
)

// what is one database as it has to be made again: in the words of CREATE DATABASE, which differ between versions.
const what = `SELECT json_build_object('Owner', pg_get_userbyid(d.datdba), 'Made', concat_ws(' ',
	'OWNER', quote_ident(pg_get_userbyid(d.datdba)), 'ENCODING', quote_literal(pg_encoding_to_char(d.encoding)),
	'LC_COLLATE', quote_literal(d.datcollate), 'LC_CTYPE', quote_literal(d.datctype),
	CASE to_jsonb(d)->>'datlocprovider'
		WHEN 'i' THEN 'LOCALE_PROVIDER icu ICU_LOCALE ' || quote_literal(coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'))
			|| coalesce(' ICU_RULES ' || quote_literal(to_jsonb(d)->>'daticurules'), '')
		WHEN 'b' THEN 'LOCALE_PROVIDER builtin BUILTIN_LOCALE ' || quote_literal(to_jsonb(d)->>'datlocale')
		WHEN 'c' THEN 'LOCALE_PROVIDER libc' END,
	'TABLESPACE', quote_ident(t.spcname)))
FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = `

func (c *cluster) Create(ctx context.Context, to Copy) (done bool, err error) {
	found, err := c.find(ctx, to.Scratch)
	switch {
	case err != nil:
		return false, err
	case found != nil && found.Mark.is(to.role(), to.Key) && found.Mark.Loaded:
		return true, nil
	case found != nil:
		if err := c.Drop(ctx, to.Scratch, Mark{Role: to.role(), Key: to.Key}); err != nil {
			return false, err
		}
	}
	with, err := c.like(ctx, to)
	if err != nil {
		return false, err
	}
	if err := c.do(ctx, outside, "CREATE DATABASE "+ident(to.Scratch)+" TEMPLATE template0 "+with+";"); err != nil {
		return false, err
	}
	return false, c.mark(ctx, to.Scratch, Mark{Role: to.role(), Key: to.Key, At: time.Now()})
}

// like is what the database that is to be made anew is made with. One that is gone gets the owner that the configuration names, or
// the role of its own name.
func (c *cluster) like(ctx context.Context, to Copy) (string, error) {
	var live []struct{ Owner, Made string }
	if err := c.ask(ctx, outside, "SELECT coalesce(json_agg(x), '[]') FROM ("+what+literal(to.Database)+") AS y(x);", &live); err != nil {
		return "", err
	}
	if len(live) == 1 {
		return live[0].Made, nil
	}
	owner := c.Options.Databases[to.Database].Owner
	if owner == "" {
		all, err := c.Roles(ctx)
		if err != nil {
			return "", err
		}
		owner = c.user()
		for _, r := range all {
			if r == to.Database {
				owner = r
			}
		}
	}
	return "OWNER " + ident(owner), nil
}

// find looks for one database by its name; nil is none.
func (c *cluster) find(ctx context.Context, database string) (*Database, error) {
	all, err := c.Databases(ctx)
	for i := range all {
		if all[i].Name == database {
			return &all[i], err
		}
	}
	return nil, err
}

func (c *cluster) mark(ctx context.Context, database string, m Mark) error {
	return c.do(ctx, outside, fmt.Sprintf("ALTER DATABASE %s SET vigie.mark TO %s;", ident(database), literal(m.String())))
}

// Unmark works in any state of the mark: who asks for it names the one that it means.
func (c *cluster) Unmark(ctx context.Context, database string, m Mark) error {
	found, err := c.find(ctx, database)
	if err != nil || found == nil || !found.Mark.is(m.Role, m.Key) {
		return err
	}
	return c.do(ctx, outside, fmt.Sprintf("ALTER DATABASE %s RESET vigie.mark;", ident(database)))
}

func (c *cluster) Drop(ctx context.Context, database string, m Mark) error {
	found, err := c.find(ctx, database)
	if err != nil || found == nil {
		return err
	}
	switch {
	case found.Mark.is(m.Role, m.Key) && m.Role.aside():
	case found.Mark == Mark{} && strings.HasSuffix(database, "_"+m.Key): // ended between the making of it and the marking
		empty := false
		if err := c.ask(ctx, database, isEmpty, &empty); err != nil {
			return err
		}
		if !empty {
			return notOurs(database)
		}
	default:
		return notOurs(database)
	}
	// FORCE ends what a try that was cut off left running in it.
	return c.do(ctx, outside, "DROP DATABASE IF EXISTS "+ident(database)+" WITH (FORCE);")
}

const isEmpty = `SELECT to_json(NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
	AND NOT EXISTS (SELECT FROM pg_largeobject_metadata));`

func notOurs(database string) error {
	return ops.Fail(ops.Failed, ops.T("There is a database %s that is not mine. I leave it alone; rename it and ask again.", "Il y a une base %s qui n’est pas à moi. Je n’y touche pas ; renomme-la et redemande.", ops.Name(database)), nil)
}

package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// outside is a database to connect to while others are made, renamed and dropped.
const outside = "postgres"

func (c *cluster) About(ctx context.Context) (About, error) {
	var a struct {
		Version string
		Super   bool
		Standby bool
		WAL     int64
	}
	err := c.ask(ctx, outside, `SELECT json_build_object('Version', split_part(current_setting('server_version'), ' ', 1), 'Standby', pg_is_in_recovery(),
		'Super', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), 'WAL', pg_size_bytes(current_setting('max_wal_size')));`, &a)
	if err != nil {
		return About{}, err
	}
	id, err := c.Container.ID(ctx)
	return About{Container: id, Version: a.Version, Super: a.Super, Standby: a.Standby, MaxWAL: a.WAL}, err
}

// markOf is the SQL that gives the mark of the database with the id.
const markOf = `(SELECT substr(v, length('vigie.mark=') + 1) FROM pg_db_role_setting, unnest(setconfig) v
	WHERE setdatabase = %s AND setrole = 0 AND v LIKE 'vigie.mark=%%')`

func (c *cluster) Databases(ctx context.Context) ([]Database, error) {
	var rows []struct {
		Database
		MarkText *string
	}
	err := c.ask(ctx, outside, `SELECT coalesce(json_agg(json_build_object('Name', d.datname, 'OID', d.oid::bigint, 'Owner', pg_get_userbyid(d.datdba),
		'Size', pg_database_size(d.oid), 'Encoding', pg_encoding_to_char(d.encoding), 'Open', d.datallowconn, 'Tablespace', t.spcname,
		'Provider', CASE to_jsonb(d)->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
		'Locale', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', d.datcollate),
		'Prepared', (SELECT count(*) FROM pg_prepared_xacts x WHERE x.database = d.datname),
		'Slots', (SELECT json_agg(s.slot_name) FROM pg_replication_slots s WHERE s.database = d.datname),
		'MarkText', `+fmt.Sprintf(markOf, "d.oid")+`) ORDER BY d.datname), '[]')
		FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE NOT d.datistemplate;`, &rows)
	if err != nil {
		return nil, err
	}
	list := make([]Database, 0, len(rows))
	for _, r := range rows {
		if r.MarkText != nil {
			r.Database.Mark = parseMark(*r.MarkText)
		}
		list = append(list, r.Database)
	}
	return list, nil
}

func (c *cluster) Roles(ctx context.Context) (list []string, err error) {
	return list, c.ask(ctx, outside, `SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_roles;`, &list)
}

func (c *cluster) Sessions(ctx context.Context, database string) (list []Session, err error) {
	return list, c.ask(ctx, outside, `SELECT coalesce(json_agg(s), '[]') FROM (SELECT coalesce(usename, '') AS "User", coalesce(application_name, '') AS "App",
		coalesce(host(client_addr), '') AS "From", count(*) AS "Count", count(*) FILTER (WHERE state LIKE '%in transaction%' OR state = 'active') AS "Busy"
		FROM pg_stat_activity WHERE datname = `+literal(database)+` AND backend_type = 'client backend' AND application_name <> `+literal(name)+`
		GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3) s;`, &list)
}

// A probe of a minute is no probe.
const probeLimit = time.Minute

func (c *cluster) Try(ctx context.Context, database string, p Probe) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	sql := p.SQL
	if sql == "" {
		sql = readSome
	}
	e := Exec{Argv: psqlArgs(c.user(), database), Env: c.env(), Stdout: io.Discard}
	if p.Password != nil && p.Password.Reveal() != "" {
		e.Argv, e.Env = psqlArgs(p.User, database), []string{"PGAPPNAME=" + name, "PGCONNECT_TIMEOUT=10", "LC_ALL=C", "PGPASSWORD=" + p.Password.Reveal()}
	} else if p.User != "" {
		sql = "SET SESSION AUTHORIZATION " + literal(p.User) + ";\n" + sql
	}
	e.Stdin = strings.NewReader(sql + "\n;\n")
	return c.run(ctx, e)
}

// readSome reads a row of each of the largest tables.
const readSome = `DO $$ DECLARE t regclass; BEGIN
	FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
		ORDER BY relpages DESC LIMIT 3 LOOP
		EXECUTE format('SELECT 1 FROM %s LIMIT 1', t);
	END LOOP;
END $$`

package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// inRows finds the columns that say when a row was made, the surest first: what applications call them.
const inRows = `SELECT coalesce(json_agg(json_build_object('Schema', n.nspname, 'Name', c.relname, 'Column', made.name, 'Zoned', made.zoned) ORDER BY n.nspname, c.relname), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
	SELECT a.attname AS name, a.atttypid = 'timestamptz'::regtype AS zoned,
		CASE WHEN w ~ '^(creat|insert|date_?creat|added)' THEN 1 WHEN w ~ '^(start|begin|began)' THEN 2 WHEN w ~ '^(time|timestamp|ts|date|at$|logged|occurred|sent|received)' THEN 3
			WHEN w ~ '^(updat|modif|chang)' THEN 4 END AS rank
	FROM pg_attribute a, lower(a.attname) w
	WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
		AND w ~ '^(creat|insert|date_?creat|added|start|begin|began|time|timestamp|ts|date|at$|logged|occurred|sent|received|updat|modif|chang)'
	ORDER BY rank, a.attnum LIMIT 1) made ON true
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
	AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e');` // an extension's tables are its own

type counted struct {
	Schema, Name string
	Column       *string
	Zoned        *bool
}

// query is the SQL that counts the table. Times without a zone are taken for UTC, as the applications here write them; times that are
// infinite are no times.
func (t counted) query(i int, since time.Time) string {
	from := ident(t.Schema) + "." + ident(t.Name)
	if t.Column == nil {
		return fmt.Sprintf("SELECT %d, count(*), NULL::float8, 0 FROM %s", i, from)
	}
	at := ident(*t.Column)
	if t.Zoned == nil || !*t.Zoned {
		at = "(" + at + " AT TIME ZONE 'UTC')"
	}
	return fmt.Sprintf("SELECT %d, count(*), extract(epoch FROM max(%s) FILTER (WHERE isfinite(%s)))::float8, count(*) FILTER (WHERE %s > to_timestamp(%f) AND isfinite(%s)) FROM %s",
		i, at, at, at, float64(since.UnixMicro())/1e6, at, from)
}

// atOnce is how many tables one statement counts.
const atOnce = 100

func (c *cluster) Census(ctx context.Context, database string, since time.Time) ([]Table, error) {
	var found []counted
	if err := c.ask(ctx, database, inRows, &found); err != nil {
		return nil, err
	}
	if since.IsZero() {
		since = time.Unix(1<<36, 0) // newer than that is nothing
	}
	list := make([]Table, len(found))
	for from := 0; from < len(found); from += atOnce {
		var queries []string
		for i, t := range found[from:min(from+atOnce, len(found))] {
			queries = append(queries, t.query(from+i, since))
		}
		var rows [][4]*json.Number
		sql := "SET lock_timeout = '10s';\nSELECT json_agg(json_build_array(i, n, t, f)) FROM (" + strings.Join(queries, "\nUNION ALL ") + ") AS x(i, n, t, f);"
		if err := c.ask(ctx, database, sql, &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			i, _ := r[0].Int64()
			t := &list[i]
			t.Name, t.Timed = tableName(found[i].Schema, found[i].Name), found[i].Column != nil
			t.Rows, _ = r[1].Int64()
			t.Fresh, _ = r[3].Int64()
			if r[2] != nil {
				epoch, _ := r[2].Float64()
				whole, part := math.Modf(epoch)
				t.Newest = time.Unix(int64(whole), int64(part*1e9)).UTC()
			}
		}
	}
	return list, nil
}

package assets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/ops"
)

// A table is what is known of one database's asset_provenance.
type table struct {
	source
	there   bool
	schema  string
	columns map[string]string // name → type, as PostgreSQL says it
	daily   bool              // asset_cost_daily is there, and may be read
	rows    int64
	newest  time.Time // zero where nothing tells
	err     error     // why it cannot be said
}

// known are the columns that are shown or asked by, as the stack's migration makes them.
var known = []string{"type", "provider", "model", "output_name", "result_url", "render_id", "cost_usd", "generated_at"}

// lacks are the known columns that the table does not have.
func (t table) lacks() (list []string) {
	for _, name := range known {
		if _, ok := t.columns[name]; !ok {
			list = append(list, name)
		}
	}
	return list
}

// probe asks every database for the table.
func (s *System) probe(ctx context.Context) []table {
	list := make([]table, len(s.sources))
	s.each(func(at int, from source) {
		t := table{source: from}
		t.err = s.reading(ctx, from, func(tx pgx.Tx) error { return t.look(ctx, tx) })
		list[at] = t
	})
	return list
}

const (
	// whereIs finds the table as a query that only says its name would, and else in another schema.
	whereIs = `SELECT n.nspname, has_table_privilege(c.oid, 'SELECT'), c.oid::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relname = 'asset_provenance' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\_%'
		ORDER BY c.oid = to_regclass('asset_provenance')::oid DESC NULLS LAST, n.nspname LIMIT 1`
	columnsOf = `SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = $1::bigint::oid AND attnum > 0 AND NOT attisdropped`
	hasDaily  = `SELECT coalesce((SELECT has_table_privilege(c.oid, 'SELECT') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relname = 'asset_cost_daily' AND n.nspname = $1), false)`
)

// look fills in what one database says of the table.
func (t *table) look(ctx context.Context, tx pgx.Tx) error {
	var may bool
	var id int64
	switch err := tx.QueryRow(ctx, whereIs).Scan(&t.schema, &may, &id); {
	case err == pgx.ErrNoRows:
		return nil
	case err != nil:
		return fmt.Errorf("looking for the table: %w", err)
	case !may:
		return ops.Fail(ops.Unavailable, ops.T("%s may not read asset_provenance in %s: as its owner, GRANT SELECT on it", "%s ne peut pas lire asset_provenance dans %s : en tant que propriétaire, fais GRANT SELECT",
			ops.Name(t.db.User), ops.Name(t.name)), nil)
	}
	t.there, t.columns = true, map[string]string{}
	rows, err := tx.Query(ctx, columnsOf, id)
	if err != nil {
		return fmt.Errorf("asking for its columns: %w", err)
	}
	var name, kind string
	if _, err := pgx.ForEachRow(rows, []any{&name, &kind}, func() error { t.columns[name] = kind; return nil }); err != nil {
		return fmt.Errorf("asking for its columns: %w", err)
	}
	if err := tx.QueryRow(ctx, hasDaily, t.schema).Scan(&t.daily); err != nil {
		return fmt.Errorf("looking for asset_cost_daily: %w", err)
	}
	var newest *float64
	if err := tx.QueryRow(ctx, `SELECT count(*), max(`+t.when()+`) FROM `+t.from()).Scan(&t.rows, &newest); err != nil {
		return fmt.Errorf("counting its rows: %w", err)
	}
	t.newest = moment(newest)
	return nil
}

// from is the table in SQL.
func (t table) from() string { return pgx.Identifier{t.schema, "asset_provenance"}.Sanitize() }

// text is a column as text, empty where it is not there.
func (t table) text(column string) string {
	if t.columns[column] == "" {
		return `''::text`
	}
	return `coalesce(` + pgx.Identifier{column}.Sanitize() + `::text, '')`
}

// dated is the column that says when; "" if none does.
func (t table) dated() string {
	for _, name := range []string{"generated_at", "created_at"} {
		if slices.Contains([]string{"timestamp with time zone", "timestamp without time zone", "date"}, t.columns[name]) {
			return name
		}
	}
	return ""
}

// when is when a row was made, in seconds since 1970.
func (t table) when() string {
	if name := t.dated(); name != "" {
		return `extract(epoch FROM ` + pgx.Identifier{name}.Sanitize() + `::timestamptz)::float8`
	}
	return `NULL::float8`
}

var numbers = []string{"numeric", "double precision", "real", "integer", "bigint", "smallint"}

// cost is a row's cost in USD; NULL where it is not known.
func (t table) cost() string {
	switch kind := t.columns["cost_usd"]; {
	case kind == "":
		return `NULL::float8`
	case slices.Contains(numbers, kind):
		return `nullif("cost_usd"::float8, 'NaN'::float8)`
	}
	return `CASE WHEN "cost_usd"::text ~ '^ *[0-9]{1,9}([.][0-9]{1,12})? *$' THEN "cost_usd"::text::float8 END`
}

// odd says in words what is unusual about the table.
func (t table) odd() (list []ops.Text) {
	for _, name := range t.lacks() {
		list = append(list, ops.T("%s has no column %s", "%s n’a pas de colonne %s", ops.Name("asset_provenance"), ops.Name(name)))
	}
	if kind := t.columns["cost_usd"]; kind != "" && !slices.Contains(numbers, kind) {
		list = append(list, ops.T("%s is of type %s: what is no number is not added up", "%s est de type %s : ce qui n’est pas un nombre n’est pas compté", ops.Name("cost_usd"), kind))
	}
	if t.dated() == "" {
		list = append(list, ops.T("nothing in it tells when: the whole of it is shown, in no order", "rien n’y dit quand : tout est montré, sans ordre"))
	}
	return list
}

func moment(seconds *float64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(*seconds * 1000))
}

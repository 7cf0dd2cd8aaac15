// Package assets tells what pictures and videos were made, by whom and for how much: what workflows of the stack register in a
// table asset_provenance. It only looks.
//
// Which database holds that table is not agreed upon: the migration makes it in one, the workflow writes into another, and the
// dashboards read a third. So all that are configured are asked, at every look, and the answer says which one it is; two that
// hold rows are a defect of the stack, and said to be one. Nothing is taken for granted of the table but its name: columns that are
// missing or of another type are said, and the rest is shown.
//
// Read assets.go (what can be set), probe.go (where the table is, and its shape), read.go (rows and sums), look.go and show.go,
// find.go, explain.go.
package assets

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/ops"
)

// Options say where the table may be.
type Options struct {
	DSN       string   // PostgreSQL's, of a role that may only SELECT; it is secret
	Databases []string // on that server; none: the one that DSN names
	More      []string // DSNs of others, each with its database
	Zone      *time.Location
}

// A System is the databases that may hold the table. [New] makes one; it keeps no connection open between looks.
type System struct {
	sources []source
	zone    *time.Location
}

// A source is one database.
type source struct {
	name string
	db   *pgx.ConnConfig
}

var set ops.Set[*System]

// Bind returns every op in this package, asking s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a system; it does not connect. The only errors are a DSN that cannot be read, which is not quoted, and none at all.
func New(o Options) (*System, error) {
	s := &System{zone: o.Zone}
	if s.zone == nil {
		s.zone = time.UTC
	}
	if o.DSN != "" {
		db, err := parse(o.DSN)
		if err != nil {
			return nil, err
		}
		if len(o.Databases) == 0 {
			s.add(db)
		}
		for _, name := range o.Databases {
			other := db.Copy()
			other.Database = name
			s.add(other)
		}
	}
	for _, dsn := range o.More {
		db, err := parse(dsn)
		if err != nil {
			return nil, err
		}
		s.add(db)
	}
	if len(s.sources) == 0 {
		return nil, ops.Fail(ops.Invalid, ops.T("no database is named that could hold asset_provenance", "aucune base n’est nommée qui pourrait contenir asset_provenance"), nil)
	}
	return s, nil
}

// add takes a database in, unless it is there already. Two of one name are told apart by their hosts.
func (s *System) add(db *pgx.ConnConfig) {
	name := db.Database
	for _, other := range s.sources {
		switch {
		case other.db.Database == db.Database && other.db.Host == db.Host && other.db.Port == db.Port:
			return
		case other.name == name:
			name = db.Database + "@" + db.Host
		}
	}
	s.sources = append(s.sources, source{name, db})
}

func parse(dsn string) (*pgx.ConnConfig, error) {
	db, err := pgx.ParseConfig(dsn)
	if err != nil { // err quotes the DSN
		return nil, ops.Fail(ops.Invalid, ops.T("the address of a database of assets cannot be read: it is like postgres://reader:PASSWORD@postgresql:5432/n8n",
			"l’adresse d’une base de créations est illisible : elle est de la forme postgres://lecteur:MOT_DE_PASSE@postgresql:5432/n8n"), nil)
	}
	if db.RuntimeParams == nil {
		db.RuntimeParams = map[string]string{}
	}
	db.RuntimeParams["application_name"] = "vigie"
	if db.ConnectTimeout == 0 {
		db.ConnectTimeout = 5 * time.Second
	}
	db.DefaultQueryExecMode = pgx.QueryExecModeExec // no prepared statements: a pooler may stand between
	return db, nil
}

// String names the databases, and no secret.
func (s *System) String() string {
	text := "assets in"
	for _, one := range s.sources {
		text += " " + one.name
	}
	return text
}

// GoString is String: printing a System in any way must not print a DSN.
func (s *System) GoString() string { return s.String() }

const lookTime = 10 * time.Second

var _ = ops.Names(&set, "assets_database", func(_ context.Context, s *System) (list []ops.Choice, _ error) {
	for _, one := range s.sources {
		list = append(list, ops.Choice{Value: one.name})
	}
	return list, nil
})

// reading does something in a transaction of a database that cannot write. Its error is in words, without the DSN.
func (s *System) reading(ctx context.Context, from source, do func(pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	db, err := pgx.ConnectConfig(ctx, from.db.Copy())
	if err != nil {
		return from.explain(err)
	}
	defer func() {
		bound, cancel := context.WithTimeout(context.Background(), time.Second) // also when the look was broken off
		defer cancel()
		_ = db.Close(bound) // everything was read
	}()
	zone := s.zone.String()
	if zone == "Local" || zone == "" {
		zone = "UTC" // PostgreSQL does not know this machine's
	}
	err = pgx.BeginTxFunc(ctx, db, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '8s', true), set_config('lock_timeout', '3s', true), set_config('TimeZone', $1, true)`, zone); err != nil {
			return fmt.Errorf("setting limits: %w", err)
		}
		return do(tx)
	})
	return from.explain(err)
}

// each does something with every database at once, and waits for all.
func (s *System) each(do func(at int, from source)) {
	var all sync.WaitGroup
	for at, from := range s.sources {
		all.Go(func() { do(at, from) })
	}
	all.Wait()
}

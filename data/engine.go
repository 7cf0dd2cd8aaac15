package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"

	"vigie/data/postgres"
	"vigie/data/sqlite"
)

// An engine is what differs between the two databases, none of which is SQL.
type engine interface {
	write(ctx context.Context) (*sql.DB, error)
	read(ctx context.Context) (*sql.DB, error)
	migrate(ctx context.Context, db *sql.DB) error
	current(ctx context.Context, db *sql.DB) error // the schema is the one this program knows
	size(ctx context.Context, db *sql.DB) (int64, error)
	explain(error) error
	snapshot() sql.IsolationLevel // under which a transaction sees one moment
	patience() time.Duration      // how long one transaction may take; 0 where it cannot hang
	close() error
}

func engineOf(o Options) (engine, error) {
	switch {
	case o.DSN != "":
		return &onPostgres{dsn: o.DSN}, nil
	case o.Path != "":
		file, err := sqlite.At(o.Path)
		return &onSQLite{File: file}, err
	}
	return nil, errors.New("the store needs a path or a dsn")
}

// versions is the table that says which migrations were run.
const versions = "schema_version"

func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, steps fs.FS) error {
	p, err := goose.NewProvider(dialect, db, steps, goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("reading the store's schema: %w", err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the store's schema version: %w", err)
	}
	if has > knows {
		return fmt.Errorf("%w: its schema is %d, this program knows %d", ErrNewer, has, knows)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the store: %w", err)
	}
	return nil
}

// same reports an error unless the schema is exactly the one that steps end at. It only reads.
func same(ctx context.Context, db *sql.DB, steps fs.FS) error {
	list, err := fs.Glob(steps, "*.sql")
	if err != nil || len(list) == 0 {
		return fmt.Errorf("reading the store's schema: %v", err)
	}
	var has sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM "+versions).Scan(&has); err != nil {
		return fmt.Errorf("reading the store's schema version (has vigie run on it yet?): %w", err)
	}
	knows, err := goose.NumericComponent(list[len(list)-1])
	switch {
	case err != nil:
		return fmt.Errorf("reading the store's schema: %w", err)
	case has.Int64 > knows:
		return fmt.Errorf("%w: its schema is %d, this program knows %d", ErrNewer, has.Int64, knows)
	case has.Int64 < knows:
		return fmt.Errorf("the database was written by an older vigie (schema %d, not %d): start this one once on it", has.Int64, knows)
	}
	return nil
}

type onSQLite struct {
	sqlite.File
	lock *sqlite.Lock
}

func (e *onSQLite) write(context.Context) (*sql.DB, error) {
	lock, err := e.Lock()
	if held := new(sqlite.Locked); errors.As(err, &held) {
		return nil, fmt.Errorf("%w: %w", ErrInUse, held)
	}
	if err != nil {
		return nil, err
	}
	e.lock = lock
	if err := e.Create(); err != nil {
		return nil, err
	}
	return e.Writer()
}

func (e *onSQLite) read(context.Context) (*sql.DB, error) { return e.Reader() }
func (e *onSQLite) explain(err error) error               { return e.Explain(err) }
func (e *onSQLite) patience() time.Duration               { return 0 } // the busy timeout bounds it

func (e *onSQLite) snapshot() sql.IsolationLevel { return sql.LevelDefault }

func (e *onSQLite) migrate(ctx context.Context, db *sql.DB) error {
	return migrate(ctx, goose.DialectSQLite3, db, sqlite.Migrations)
}

func (e *onSQLite) current(ctx context.Context, db *sql.DB) error {
	return same(ctx, db, sqlite.Migrations)
}

func (e *onSQLite) size(ctx context.Context, db *sql.DB) (int64, error) { return e.Size(ctx, db) }

func (e *onSQLite) close() error {
	if e.lock == nil {
		return nil
	}
	return e.lock.Release()
}

// grace is how long the server may take to notice that the process before us is gone: a restart is no
// second Vigie.
const grace = 2 * time.Second

type onPostgres struct {
	dsn  string
	pool *pgxpool.Pool // of the readers
}

func (e *onPostgres) write(ctx context.Context) (*sql.DB, error) {
	db, err := postgres.Writer(e.dsn)
	if err != nil {
		return nil, err
	}
	err = db.PingContext(ctx) // takes the lock
	held := new(postgres.Locked)
	for deadline := time.Now().Add(grace); errors.As(err, &held) && time.Now().Before(deadline) && ctx.Err() == nil; {
		<-time.After(20 * time.Millisecond)
		err = db.PingContext(ctx)
	}
	if err != nil {
		return nil, errors.Join(e.explain(fmt.Errorf("opening the store's database: %w", err)), db.Close())
	}
	return db, nil
}

func (e *onPostgres) read(ctx context.Context) (db *sql.DB, err error) {
	db, e.pool, err = postgres.Reader(ctx, e.dsn)
	return db, err
}

func (e *onPostgres) explain(err error) error {
	if held := new(postgres.Locked); errors.As(err, &held) && !errors.Is(err, ErrInUse) {
		return fmt.Errorf("%w: %w", ErrInUse, held)
	}
	return err
}

func (e *onPostgres) patience() time.Duration      { return 30 * time.Second }
func (e *onPostgres) snapshot() sql.IsolationLevel { return sql.LevelRepeatableRead }

func (e *onPostgres) migrate(ctx context.Context, db *sql.DB) error {
	return migrate(ctx, goose.DialectPostgres, db, postgres.Migrations)
}

func (e *onPostgres) current(ctx context.Context, db *sql.DB) error {
	return same(ctx, db, postgres.Migrations)
}

func (e *onPostgres) size(ctx context.Context, db *sql.DB) (int64, error) {
	return postgres.Size(ctx, db)
}

func (e *onPostgres) close() error {
	if e.pool != nil {
		e.pool.Close()
	}
	return nil
}

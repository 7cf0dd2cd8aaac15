// Package postgres opens the store on a PostgreSQL server.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations is the schema, step by step.
var Migrations = sub(migrations)

func sub(all embed.FS) fs.FS {
	f, err := fs.Sub(all, "migrations")
	if err != nil {
		panic(err) // unreachable: the folder is embedded
	}
	return f
}

// A Locked error says that another process has the database.
type Locked struct {
	Database, Host string
	Holder         int64 // the server's process for it, as in pg_stat_activity
}

func (l *Locked) Error() string {
	return fmt.Sprintf("server process %d has database %s on %s", l.Holder, l.Database, l.Host)
}

// lockKey is the advisory lock that the one Vigie of a database holds ("vigie" in ASCII).
const lockKey = 0x7669676965

// connectTimeout bounds one attempt to connect when the DSN does not.
const connectTimeout = 10 * time.Second

// Writer opens the one connection that writes the journal. It holds the database's advisory lock for as
// long as it lives, and it takes the lock again whenever it has to be opened again: who does not hold the
// lock cannot write. The lock belongs to the session, so a pooler in transaction mode cannot be used.
func Writer(dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the store's dsn: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	sessions(config.RuntimeParams)
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(lock))
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return db, nil
}

// sessions makes a commit that has returned durable, whatever the server's default is, and has the
// server notice within a minute that we are gone, so that the lock is free again.
func sessions(params map[string]string) {
	for name, value := range map[string]string{
		"application_name":        "vigie",
		"synchronous_commit":      "on",
		"tcp_keepalives_idle":     "20",
		"tcp_keepalives_interval": "10",
		"tcp_keepalives_count":    "4",
	} {
		if _, set := params[name]; !set || name == "synchronous_commit" {
			params[name] = value
		}
	}
}

func lock(ctx context.Context, c *pgx.Conn) error {
	var got bool
	if err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockKey)).Scan(&got); err != nil {
		return fmt.Errorf("taking the database's lock: %w", err)
	}
	if !got {
		var pid sql.NullInt64
		_ = c.QueryRow(ctx, `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
			AND (classid::bigint << 32 | objid::bigint) = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
			int64(lockKey)).Scan(&pid) // only to be helpful
		return &Locked{c.Config().Database, c.Config().Host, pid.Int64}
	}
	return nil
}

// Reader opens connections that see what is committed and cannot write.
func Reader(ctx context.Context, dsn string) (*sql.DB, *pgxpool.Pool, error) {
	pool, err := open(ctx, dsn, func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		c.ShouldPing = always // a restart of the server breaks no read
	})
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	db.SetMaxIdleConns(0) // the pool keeps them
	return db, pool, nil
}

func always(context.Context, pgxpool.ShouldPingParams) bool { return true }

// Engine opens the connections of the workflow engine, which keeps its own tables in its own schema.
func Engine(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	return open(ctx, dsn, func(*pgxpool.Config) {})
}

func open(ctx context.Context, dsn string, adapt func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("reading the store's dsn: %w", err)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	sessions(config.ConnConfig.RuntimeParams)
	config.MaxConns = 4
	adapt(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the store's database: %w", err)
	}
	return pool, nil
}

// Size is how many bytes the database takes.
func Size(ctx context.Context, db *sql.DB) (n int64, err error) {
	if err = db.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&n); err != nil {
		return 0, fmt.Errorf("measuring the database: %w", err)
	}
	return n, nil
}

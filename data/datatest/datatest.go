// Package datatest proves that a store keeps its promises, on whichever database it is.
package datatest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver of Raw

	"vigie/data"
	"vigie/data/sqlite"
	"vigie/ops"
)

// A Place makes room for a new store, gone when the test is over.
type Place func(testing.TB) data.Options

// Each runs a test on both databases.
func Each(t *testing.T, test func(*testing.T, Place)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres) })
}

// SQLite is a [Place] in a file.
func SQLite(t testing.TB) data.Options {
	return data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")}
}

// Open opens a store until the end of the test.
func Open(t testing.TB, o data.Options) *data.Store {
	t.Helper()
	s, err := data.Open(context.Background(), o)
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// Raw opens the database behind a store, to do to it what only an intruder would.
func Raw(t testing.TB, o data.Options) *sql.DB {
	t.Helper()
	var db *sql.DB
	var err error
	if o.DSN != "" {
		db, err = sql.Open("pgx", o.DSN)
	} else {
		var file sqlite.File
		if file, err = sqlite.At(o.Path); err == nil {
			db, err = file.Engine()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// childEnv names the job that a test binary does instead of its tests.
const childEnv = "VIGIE_DATATEST_CHILD"

// Main is TestMain for packages that use [Postgres] or [StartChild]: it stops the server, and it is where the
// binary becomes one of the children when it was started as one.
func Main(m *testing.M, children map[string]func()) {
	if name := os.Getenv(childEnv); name != "" {
		child, ok := children[name]
		if name == "store" {
			child, ok = writeForEver, true
		}
		if !ok {
			fmt.Fprintln(os.Stderr, "no such child:", name)
			os.Exit(2)
		}
		child()
		os.Exit(0)
	}
	server.allowed = true
	code := m.Run()
	if err := server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping PostgreSQL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// whole fails the test unless the journal is an unbroken chain of n entries.
func whole(t testing.TB, s *data.Store, n int64) {
	t.Helper()
	report, err := s.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if report.Entries != n || len(report.Breaks) > 0 || report.Head.Seq != n {
		t.Fatalf("want an unbroken chain of %d entries, got %d, head %d, breaks %v", n, report.Entries, report.Head.Seq, report.Breaks)
	}
}

// note is an entry that says something.
func note(format string, args ...any) ops.Entry {
	return ops.Entry{What: ops.Note, Note: fmt.Sprintf(format, args...)}
}

// must is for calls that have no business failing.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

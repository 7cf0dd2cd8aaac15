// Package sqlite opens the one file that the embedded store lives in.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
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

// A File is an absolute path of a database.
type File string

// At checks that there can be a database at path. The folder must exist: a typo in the configuration
// must not start an empty journal elsewhere.
func At(path string) (File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the database %s: %w", path, err)
	}
	dir, err := os.Stat(filepath.Dir(abs))
	switch {
	case err != nil:
		return "", fmt.Errorf("the folder of the database %s cannot be used: %w", abs, err)
	case !dir.IsDir():
		return "", fmt.Errorf("the database %s cannot be in %s, which is not a folder", abs, filepath.Dir(abs))
	}
	if file, err := os.Stat(abs); err == nil && !file.Mode().IsRegular() {
		return "", fmt.Errorf("the database %s is not a file", abs)
	}
	return File(abs), nil
}

// Create makes an empty file that only its owner may read, if there is none, and takes an existing one
// out of the sight of everybody (a group that was let in on purpose stays). SQLite gives the files it
// puts beside it the same mode.
func (f File) Create() error {
	made, err := os.OpenFile(string(f), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		return made.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("creating the database %s: %w", f, err)
	}
	old, err := os.Stat(string(f))
	if err != nil {
		return fmt.Errorf("looking at the database %s: %w", f, err)
	}
	if mode := old.Mode().Perm(); mode&0o007 != 0 {
		if err := os.Chmod(string(f), mode&^0o007); err != nil {
			return fmt.Errorf("closing the database %s to strangers: %w", f, err)
		}
	}
	return nil
}

// dsn must begin with "file:" so that SQLite itself applies mode=ro.
func (f File) dsn(query string) string {
	u := url.URL{Scheme: "file", Path: string(f), OmitHost: true, RawQuery: query}
	return u.String()
}

// busy is how long a statement waits for another connection's write, in ms.
const busy = "_busy_timeout=10000"

// durable: a commit that has returned survives a power cut, as far as the disk tells the truth.
const durable = busy + "&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_foreign_keys=1"

// Writer opens the one connection that writes the journal.
func (f File) Writer() (*sql.DB, error) { return f.open(durable, 1) }

// Reader opens connections that see what is committed and cannot write.
func (f File) Reader() (*sql.DB, error) { return f.open(busy+"&mode=ro&_query_only=1", 4) }

// Engine opens the connections of the workflow engine, which keeps its own tables in the same file.
func (f File) Engine() (*sql.DB, error) { return f.open(durable, 4) }

func (f File) open(query string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", f.dsn(query))
	if err != nil {
		return nil, f.Explain(err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// Explain says which file an error is about, and what it means where SQLite is short with it.
func (f File) Explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s is not a SQLite database: %w", f, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the database %s is damaged (restore a copy of it, or move it away to begin a new journal): %w", f, err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("the database %s, or its disk, is read-only: %w", f, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("no space left for the database %s: %w", f, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("the database %s cannot be opened: %w", f, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("the database %s is locked by another program: %w", f, err)
	}
	return fmt.Errorf("database %s: %w", f, err)
}

// Size is how many bytes the database takes on disk, with its write-ahead log.
func (f File) Size(context.Context, *sql.DB) (int64, error) {
	var sum int64
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(string(f) + suffix)
		if errors.Is(err, fs.ErrNotExist) && suffix != "" {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("measuring the database: %w", err)
		}
		sum += info.Size()
	}
	return sum, nil
}

// String is the path.
func (f File) String() string { return string(f) }

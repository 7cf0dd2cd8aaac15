package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vigie/data"
	"vigie/data/sqlite"
	"vigie/ops"
)

// entryBytes is about what one entry of the journal takes.
const entryBytes = 400

// journal measures durable entries of one and of many callers, beside a bare INSERT with its commit and a bare fsync.
func (b *bench) journal(ctx context.Context) ([]row, error) {
	dir, err := os.MkdirTemp(b.dir, "journal-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	store, err := data.Open(ctx, data.Options{Path: filepath.Join(dir, "vigie.db")})
	if err != nil {
		return nil, fmt.Errorf("opening a store: %w", err)
	}
	rows, err := b.appends(ctx, store, dir)
	return rows, errors.Join(err, store.Close())
}

func (b *bench) appends(ctx context.Context, store *data.Store, dir string) (rows []row, err error) {
	inserts, err := bareInserts(dir, 1000)
	if err != nil {
		return nil, err
	}
	syncs, err := bareSyncs(dir, 1000)
	if err != nil {
		return nil, err
	}
	insert := times(inserts)
	for _, callers := range []int{1, 16, 128} {
		each := max(30, 1000/callers)
		took, all, err := entries(ctx, store, callers, each)
		if err != nil {
			return nil, err
		}
		r := row{what: fmt.Sprintf("journal: entries durably written by %d callers", callers), n: len(took)}
		if callers == 1 {
			r.what = "journal: one entry, durable"
			r.got, r.floor, r.floorIs = times(took), insert, fmt.Sprintf("INSERT + commit (fsync alone %s)", times(syncs))
		} else {
			r.got = value(float64(len(took))/all.Seconds(), "/s")
			r.floor, r.floorIs = value(1/mean(inserts).Seconds(), "/s"), "INSERT + commit, one after the other"
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// entries has callers append one entry after the other, each of them, and gives how long each entry and all took.
func entries(ctx context.Context, store *data.Store, callers, each int) ([]time.Duration, time.Duration, error) {
	took := make([]time.Duration, callers*each)
	e := ops.Entry{Who: 7, Name: "ann", Via: "telegram", What: ops.Read, Op: "docker.status", Note: strings.Repeat("x", entryBytes/2)}
	var group errgroup.Group
	began := time.Now()
	for c := range callers {
		group.Go(func() error {
			for i := range each {
				start := time.Now()
				if _, err := store.Append(ctx, e); err != nil {
					return fmt.Errorf("appending to the journal: %w", err)
				}
				took[c*each+i] = time.Since(start)
			}
			return nil
		})
	}
	err := group.Wait()
	return took, time.Since(began), err
}

func bareInserts(dir string, n int) (list []time.Duration, err error) {
	file, err := sqlite.At(filepath.Join(dir, "bare.db"))
	if err != nil {
		return nil, fmt.Errorf("opening a bare database: %w", err)
	}
	db, err := file.Writer()
	if err != nil {
		return nil, fmt.Errorf("opening a bare database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Exec("CREATE TABLE t (n INTEGER PRIMARY KEY, note TEXT)"); err != nil {
		return nil, fmt.Errorf("making a table: %w", err)
	}
	note := strings.Repeat("x", entryBytes)
	for range n {
		began := time.Now()
		if _, err := db.Exec("INSERT INTO t (note) VALUES ($1)", note); err != nil {
			return nil, fmt.Errorf("inserting: %w", err)
		}
		list = append(list, time.Since(began))
	}
	return list, nil
}

func bareSyncs(dir string, n int) (list []time.Duration, err error) {
	file, err := os.Create(filepath.Join(dir, "bare"))
	if err != nil {
		return nil, fmt.Errorf("making a file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	note := strings.Repeat("x", entryBytes)
	for range n {
		began := time.Now()
		_, err := file.WriteString(note)
		if err = errors.Join(err, file.Sync()); err != nil {
			return nil, fmt.Errorf("writing a file: %w", err)
		}
		list = append(list, time.Since(began))
	}
	return list, nil
}

func mean(list []time.Duration) (sum time.Duration) {
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(max(1, len(list)))
}

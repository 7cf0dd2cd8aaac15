package data_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vigie/data"
	"vigie/data/datatest"
	"vigie/data/sqlite"
	"vigie/ops"
)

// BenchmarkAppend is one journaled entry, for 1, 16 and 128 callers at once.
func BenchmarkAppend(b *testing.B) {
	for name, place := range map[string]datatest.Place{"sqlite": datatest.SQLite, "postgres": datatest.Postgres} {
		for _, callers := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("%s/%d", name, callers), func(b *testing.B) {
				s := datatest.Open(b, place(b))
				e := ops.Entry{Who: 7, Name: "ann", Via: "telegram", What: ops.Read, Op: "docker.status", Note: strings.Repeat("x", 200)}
				jobs := make(chan struct{})
				var all sync.WaitGroup
				for range callers {
					all.Go(func() {
						for range jobs {
							if _, err := s.Append(context.Background(), e); err != nil {
								b.Error(err)
							}
						}
					})
				}
				for b.Loop() {
					jobs <- struct{}{}
				}
				close(jobs)
				all.Wait()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// BenchmarkBare is what one Append is made of: one INSERT with its commit, and one fsync.
func BenchmarkBare(b *testing.B) {
	note := strings.Repeat("x", 400)
	b.Run("insert", func(b *testing.B) {
		file, err := sqlite.At(filepath.Join(b.TempDir(), "bare.db"))
		if err != nil {
			b.Fatal(err)
		}
		db, err := file.Writer()
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE TABLE t (n INTEGER PRIMARY KEY, note TEXT)"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := db.Exec("INSERT INTO t (note) VALUES ($1)", note); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("fsync", func(b *testing.B) {
		file, err := os.Create(filepath.Join(b.TempDir(), "bare"))
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		for b.Loop() {
			if _, err := file.WriteString(note); err != nil {
				b.Fatal(err)
			}
			if err := file.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkVerify is the walk along the chain, by entry.
func BenchmarkVerify(b *testing.B) {
	s := datatest.Open(b, datatest.SQLite(b))
	const entries = 20_000
	batch := make([]ops.Entry, 1000)
	for i := range batch {
		batch[i] = ops.Entry{Who: 7, Name: "ann", Via: "telegram", What: ops.Read, Op: "docker.status", Note: strings.Repeat("x", 200)}
	}
	for range entries / len(batch) {
		if _, err := s.Append(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var report data.VerifyReport
		report, err := s.Verify(context.Background())
		if err != nil || len(report.Breaks) > 0 || report.Entries != entries {
			b.Fatal(report, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/entries, "ns/entry")
}

// BenchmarkRecord is one recorded update of a full answer to getUpdates.
func BenchmarkRecord(b *testing.B) {
	s := datatest.Open(b, datatest.SQLite(b))
	body := []byte(`{"update_id":1,"message":"` + strings.Repeat("x", 500) + `"}`)
	id := int64(0)
	for b.Loop() {
		batch := make([]data.Update, 100)
		for i := range batch {
			id++
			batch[i] = data.Update{ID: id, Body: body}
		}
		if _, err := s.Record(context.Background(), "telegram", batch); err != nil {
			b.Fatal(err)
		}
		for _, u := range batch {
			if err := s.Handled(context.Background(), "telegram", u.ID); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "updates/s")
}

package data_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/datatest"
	"vigie/ops"
)

func TestMain(m *testing.M) { datatest.Main(m, nil) }

func TestStore(t *testing.T) { datatest.Each(t, datatest.Run) }

func TestKilledWhileWriting(t *testing.T) { datatest.Each(t, datatest.KillStore) }

// A connection that breaks takes the lock with it. The store takes both again, unless somebody else has
// the lock by then: that one's journal must not be touched.
func TestPostgresConnectionBreaks(t *testing.T) {
	o, ctx := datatest.Postgres(t), context.Background()
	s, raw := datatest.Open(t, o), datatest.Raw(t, o)
	write := func() error {
		_, err := s.Append(ctx, ops.Entry{What: ops.Note})
		return err
	}
	other, err := raw.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	breakAll := func() {
		t.Helper()
		if _, err := other.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
	}
	until := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !done(); <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	breakAll()
	until("it does not write again", func() bool { return write() == nil })
	if _, err := data.Open(ctx, o); !errors.Is(err, data.ErrInUse) {
		t.Errorf("the lock was not taken again: %v", err)
	}

	until("nobody else gets the lock", func() bool {
		breakAll()
		var got bool
		if err := other.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(0x7669676965)).Scan(&got); err != nil {
			t.Fatal(err)
		}
		return got
	})
	until("it wrote, or did not say why not", func() bool { return errors.Is(write(), data.ErrInUse) })
	head, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(); !errors.Is(err, data.ErrInUse) {
		t.Errorf("writing without the lock: %v", err)
	}
	if after, err := s.Head(ctx); err != nil || after != head {
		t.Errorf("it wrote without the lock: %v (%v)", after, err)
	}
	if _, err := other.ExecContext(ctx, "SELECT pg_advisory_unlock_all()"); err != nil {
		t.Fatal(err)
	}
	until("it does not write again", func() bool { return write() == nil })
	if report, err := s.Verify(ctx); err != nil || len(report.Breaks) > 0 || report.Entries < 3 {
		t.Errorf("%v (%v)", report, err)
	}
}

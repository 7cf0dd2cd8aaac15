package datatest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vigie/data"
	"vigie/ops"
)

func alone(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	s := Open(t, o)
	if second, err := data.Open(ctx, o); !errors.Is(err, data.ErrInUse) || !strings.Contains(err.Error(), "process") {
		t.Fatalf("a second one: %v %v", second, err)
	}
	must[[]ops.Entry](t)(s.Append(ctx, note("the refused one took nothing")))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("closing twice: %v", err)
	}
	for range 10 { // a restart is no second one
		s = Open(t, o)
		whole(t, s, 1)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func readOnly(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	if s, err := data.OpenReadOnly(ctx, o); err == nil {
		t.Fatalf("reading a database that is not there: %v", s)
	}
	s := Open(t, o)
	must[[]ops.Entry](t)(s.Append(ctx, note("a"), note("b")))
	for _, running := range []bool{true, false} {
		if !running {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		r, err := data.OpenReadOnly(ctx, o)
		if err != nil {
			t.Fatalf("reading, the bot running: %v: %v", running, err)
		}
		whole(t, r, 2)
		if _, err := r.Append(ctx, note("c")); !errors.Is(err, data.ErrReadOnly) {
			t.Errorf("appending: %v", err)
		}
		if err := r.Handled(ctx, "x", 1); !errors.Is(err, data.ErrReadOnly) {
			t.Errorf("marking: %v", err)
		}
		if list, err := r.Unhandled(ctx, "x"); err != nil || len(list) > 0 {
			t.Errorf("reading updates: %v %v", list, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	whole(t, Open(t, o), 2)
}

func newer(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	if err := Open(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	add := "INSERT INTO schema_version (version_id, is_applied) VALUES (99, $1)"
	if _, err := Raw(t, o).ExecContext(ctx, add, true); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func(context.Context, data.Options) (*data.Store, error){"Open": data.Open, "OpenReadOnly": data.OpenReadOnly} {
		if s, err := open(ctx, o); !errors.Is(err, data.ErrNewer) {
			t.Errorf("%s: %v %v", name, s, err)
		}
	}
	if _, err := Raw(t, o).ExecContext(ctx, "DELETE FROM schema_version WHERE version_id > 0"); err != nil {
		t.Fatal(err)
	}
	if s, err := data.OpenReadOnly(ctx, o); err == nil {
		t.Errorf("an older schema was read: %v", s)
	}
}

func closed(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	others := goleak.IgnoreCurrent()
	s := Open(t, o)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for {
				if _, err := s.Append(ctx, note("until the end")); err != nil {
					if !errors.Is(err, data.ErrClosed) {
						t.Errorf("appending while it closes: %v", err)
					}
					return
				}
			}
		})
	}
	for deadline := time.Now().Add(time.Minute); must[ops.Entry](t)(s.Head(ctx)).Seq < 20; {
		if time.Now().After(deadline) {
			t.Fatal("nobody writes")
		}
		<-time.After(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if err := s.Handled(ctx, "x", 1); !errors.Is(err, data.ErrClosed) {
		t.Errorf("marking: %v", err)
	}
	if _, err := s.Head(ctx); err == nil {
		t.Error("reading from a closed store worked")
	}
	if err := goleak.Find(others); err != nil {
		t.Error(err)
	}
}

package runs_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vigie/data/datatest"
	"vigie/data/runs"
)

func TestGoesOnAfterARestart(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		c, s := newCalls(), datatest.Open(t, place(t))
		others := goleak.IgnoreCurrent()
		first := durable(t, s)
		hold, finish := make(chan struct{}), make(chan struct{})
		launch(t, first, func(_ context.Context, id string, n int) (bool, error) {
			c.add(id, n)
			if n == 1 && id == "a" {
				close(hold)
				<-finish
			}
			return n < 3 && id == "a", nil
		})
		start(t, first, "over")
		c.await(t, 1)
		start(t, first, "a")
		c.await(t, 2)
		<-hold
		closed := make(chan struct{})
		go func() { // waited for below
			defer close(closed)
			shut(t, first)
		}()
		close(finish)
		<-closed

		second := durable(t, s)
		launch(t, second, func(_ context.Context, id string, n int) (bool, error) {
			c.add(id, n)
			return n < 3, nil
		})
		start(t, second, "a")    // is under way
		start(t, second, "over") // is over
		for n := 2; n < 4; n++ {
			c.await(t, 1)
		}
		shut(t, second)
		if err := goleak.Find(others); err != nil {
			t.Errorf("left running: %v", err)
		}
		if got := c.all(); got != "[over 0 a 0 a 1 a 2 a 3]" {
			t.Error(got)
		}
	})
}

// Nobody's ended context ends a run: not that of NewDBOS, of Launch or of Start.
func TestOutlivesContexts(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		s, c := datatest.Open(t, place(t)), newCalls()
		ctx, cancel := context.WithCancel(t.Context())
		d, err := runs.NewDBOS(ctx, s, runs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close(context.Background()) })
		going := make(chan struct{})
		if err := d.Launch(ctx, func(ctx context.Context, id string, n int) (bool, error) {
			c.add(id, n)
			<-going
			return n < 2, ctx.Err()
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Start(ctx, "a", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		c.await(t, 1)
		cancel()
		close(going)
		c.await(t, 2)
		shut(t, d)
		if got := c.all(); got != "[a 0 a 1 a 2]" {
			t.Error(got)
		}
	})
}

// When the engine cannot write down that a step ended, the step is called again as soon as it can.
func TestEngineThatCannotWrite(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		o, c := place(t), newCalls()
		s, db := datatest.Open(t, o), datatest.Raw(t, o)
		table := "operation_outputs"
		if o.DSN != "" {
			table = "dbos.operation_outputs"
		}
		failed := make(told, 100)
		d, err := runs.NewDBOS(t.Context(), s, runs.Options{Log: slog.New(slog.NewTextHandler(failed, nil))})
		if err != nil {
			t.Fatal(err)
		}
		broken := false
		launch(t, d, func(ctx context.Context, id string, n int) (bool, error) {
			c.add(id, n)
			if n == 1 && !broken {
				broken = true
				if _, err := db.ExecContext(ctx, "ALTER TABLE "+table+" RENAME TO away"); err != nil {
					t.Error(err)
				}
			}
			return n < 3, nil
		})
		start(t, d, "a")
		c.await(t, 2)
		back := "ALTER TABLE away RENAME TO operation_outputs"
		if o.DSN != "" {
			back = "ALTER TABLE dbos.away RENAME TO operation_outputs"
		}
		for deadline := time.After(soon); ; {
			select {
			case line := <-failed:
				if !strings.Contains(line, "could not be recorded") {
					continue
				}
			case <-deadline:
				t.Fatal("it did not fail")
			}
			break
		}
		if _, err := db.Exec(back); err != nil {
			t.Fatal(err)
		}
		c.await(t, 3)
		shut(t, d)
		if got := c.all(); got != "[a 0 a 1 a 1 a 2 a 3]" {
			t.Error(got)
		}
	})
}

// told is a log whose lines can be waited for.
type told chan string

func (c told) Write(line []byte) (int, error) {
	select {
	case c <- string(line):
	default: // nobody waits any more
	}
	return len(line), nil
}

func TestEnvironmentThatWouldLoseRuns(t *testing.T) {
	t.Setenv("DBOS__APPVERSION", "2")
	s := datatest.Open(t, datatest.SQLite(t))
	if d, err := runs.NewDBOS(t.Context(), s, runs.Options{}); err == nil {
		t.Errorf("taken: %v", d)
	}
}

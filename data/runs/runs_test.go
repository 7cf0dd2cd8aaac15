package runs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/datatest"
	"vigie/data/runs"
	"vigie/ops"
)

func TestMain(m *testing.M) { datatest.Main(m, map[string]func(){"runs": runsChild}) }

// soon bounds what must happen at once, on a slow machine.
const soon = time.Minute

// maker returns a new runner, which the test closes.
type maker func(testing.TB) ops.Runner

func durable(t testing.TB, s *data.Store) *runs.DBOS {
	t.Helper()
	d, err := runs.NewDBOS(t.Context(), s, runs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRunners(t *testing.T) {
	makers := map[string]maker{
		"direct":   func(testing.TB) ops.Runner { return runs.NewDirect(nil) },
		"sqlite":   func(t testing.TB) ops.Runner { return durable(t, datatest.Open(t, datatest.SQLite(t))) },
		"postgres": func(t testing.TB) ops.Runner { return durable(t, datatest.Open(t, datatest.Postgres(t))) },
	}
	for name, runner := range makers {
		t.Run(name, func(t *testing.T) {
			t.Run("steps come in order, each once", func(t *testing.T) { inOrder(t, runner) })
			t.Run("a run is started once", func(t *testing.T) { once(t, runner) })
			t.Run("an error or a panic ends that run", func(t *testing.T) { failing(t, runner) })
			t.Run("runs go side by side", func(t *testing.T) { together(t, runner) })
			t.Run("close waits for the step and not for the run", func(t *testing.T) { closing(t, runner) })
			t.Run("close does not wait for ever", func(t *testing.T) { impatient(t, runner) })
			t.Run("its life has an order", func(t *testing.T) { life(t, runner) })
		})
	}
}

// A log of what advance was called with.
type calls struct {
	mu   sync.Mutex // guards list
	list []string
	news chan struct{}
}

func newCalls() *calls { return &calls{news: make(chan struct{}, 1000)} }

func (c *calls) add(id string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, fmt.Sprint(id, " ", n))
	c.news <- struct{}{}
}

func (c *calls) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.list)
}

// await waits until there are n calls.
func (c *calls) await(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(soon)
	for range n {
		select {
		case <-c.news:
		case <-deadline:
			t.Fatalf("after %v: %s", soon, c.all())
		}
	}
}

func launch(t *testing.T, r ops.Runner, advance ops.Advance) {
	t.Helper()
	if err := r.Launch(t.Context(), advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
}

func start(t *testing.T, r ops.Runner, id string) {
	t.Helper()
	if err := r.Start(t.Context(), id, json.RawMessage(`{"steps": [1, 2]}`)); err != nil {
		t.Fatal(err)
	}
}

func shut(t *testing.T, r ops.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func inOrder(t *testing.T, runner maker) {
	r, c := runner(t), newCalls()
	launch(t, r, func(_ context.Context, id string, n int) (bool, error) {
		c.add(id, n)
		return n < 4, nil
	})
	start(t, r, "a")
	c.await(t, 5)
	shut(t, r)
	if got := c.all(); got != "[a 0 a 1 a 2 a 3 a 4]" {
		t.Error(got)
	}
}

func once(t *testing.T, runner maker) {
	r, c := runner(t), newCalls()
	launch(t, r, func(_ context.Context, id string, n int) (bool, error) {
		c.add(id, n)
		return n < 1, nil
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := r.Start(t.Context(), "a", json.RawMessage(`1`)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c.await(t, 2)
	start(t, r, "a")
	start(t, r, "b")
	c.await(t, 2)
	shut(t, r)
	if got := c.all(); got != "[a 0 a 1 b 0 b 1]" {
		t.Error(got)
	}
}

func failing(t *testing.T, runner maker) {
	r, c := runner(t), newCalls()
	launch(t, r, func(_ context.Context, id string, n int) (bool, error) {
		c.add(id, n)
		switch {
		case id == "error" && n == 1:
			return true, errors.New("no")
		case id == "cancelled" && n == 1:
			return true, fmt.Errorf("a call of mine took too long: %w", context.DeadlineExceeded)
		case id == "panic" && n == 1:
			panic("oh")
		}
		return n < 2, nil
	})
	for _, id := range []string{"error", "panic", "cancelled"} {
		start(t, r, id)
		c.await(t, 2)
		start(t, r, id)
	}
	start(t, r, "good")
	c.await(t, 3)
	shut(t, r)
	if got := c.all(); got != "[error 0 error 1 panic 0 panic 1 cancelled 0 cancelled 1 good 0 good 1 good 2]" {
		t.Error(got)
	}
}

func together(t *testing.T, runner maker) {
	r := runner(t)
	ready, done := make(chan string), make(chan struct{})
	launch(t, r, func(context.Context, string, int) (bool, error) {
		ready <- ""
		<-done
		return false, nil
	})
	for i := range 5 {
		start(t, r, fmt.Sprint(i))
	}
	for range 5 {
		select {
		case <-ready:
		case <-time.After(soon):
			t.Fatal("they wait for each other")
		}
	}
	close(done)
	shut(t, r)
}

func closing(t *testing.T, runner maker) {
	r, c := runner(t), newCalls()
	finish := make(chan struct{})
	launch(t, r, func(ctx context.Context, id string, n int) (bool, error) {
		c.add(id, n)
		<-finish
		return true, ctx.Err()
	})
	start(t, r, "a")
	c.await(t, 1)
	closed := make(chan struct{})
	go func() { // waited for below
		defer close(closed)
		shut(t, r)
	}()
	deadline := time.After(soon)
	for !errors.Is(r.Start(t.Context(), "a", nil), runs.ErrClosed) { // until Close has begun
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatal("it does not begin to close")
		}
	}
	select {
	case <-closed:
		t.Fatal("it did not wait")
	default:
	}
	close(finish)
	<-closed
	if got := c.all(); got != "[a 0]" {
		t.Errorf("a step began after Close: %s", got)
	}
}

func impatient(t *testing.T, runner maker) {
	r := runner(t)
	began, ended := make(chan struct{}), make(chan struct{})
	launch(t, r, func(ctx context.Context, _ string, _ int) (bool, error) {
		close(began)
		<-ctx.Done() // only Close can end it
		close(ended)
		return false, ctx.Err()
	})
	start(t, r, "a")
	<-began
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closing: %v", err)
	}
	<-ended
}

func life(t *testing.T, runner maker) {
	r := runner(t)
	advance := func(context.Context, string, int) (bool, error) { return false, nil }
	if err := r.Start(t.Context(), "a", nil); !errors.Is(err, runs.ErrNotLaunched) {
		t.Errorf("starting before Launch: %v", err)
	}
	launch(t, r, advance)
	if err := r.Launch(t.Context(), advance); !errors.Is(err, runs.ErrLaunched) {
		t.Errorf("launching twice: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := r.Start(ended, "a", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("starting with an ended context: %v", err)
	}
	shut(t, r)
	shut(t, r)
	if err := r.Start(t.Context(), "a", nil); !errors.Is(err, runs.ErrClosed) {
		t.Errorf("starting after Close: %v", err)
	}
}

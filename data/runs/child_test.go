package runs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/data/datatest"
	"vigie/data/runs"
)

const (
	killedSteps = 30 // in each run
	killedRuns  = 4
)

// runsChild launches, starts its runs (again) and says which step begins and which has ended. The run
// "stuck" stands still in step 2.
func runsChild() {
	s := datatest.ChildStore()
	d, err := runs.NewDBOS(context.Background(), s, runs.Options{})
	if err != nil {
		panic(err)
	}
	var out sync.Mutex // guards stdout
	say := func(word, id string, n int) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(word, id, n)
	}
	err = d.Launch(context.Background(), func(_ context.Context, id string, n int) (bool, error) {
		say("began", id, n)
		if id == "stuck" && n == 2 {
			select {}
		}
		<-time.After(time.Duration(rand.IntN(2_000)) * time.Microsecond)
		say("ended", id, n)
		return n+1 < killedSteps, nil
	})
	if err != nil {
		panic(err)
	}
	for _, id := range os.Args[1:] {
		if err := d.Start(context.Background(), id, json.RawMessage(`{}`)); err != nil {
			panic(err)
		}
	}
	select {}
}

// A progress knows how far each run is, from what children say.
type progress struct {
	began map[string]int // the last step that began
	fresh map[string]bool
}

// take checks one line: after a kill a run goes on at the step that was under way, or at the next one if
// its end had been recorded; otherwise strictly one after the other.
func (p *progress) take(t *testing.T, line string) {
	t.Helper()
	var word, id string
	var n int
	if _, err := fmt.Sscanf(line, "%s %s %d", &word, &id, &n); err != nil {
		t.Fatalf("the child says %q", line)
	}
	if word != "began" {
		return
	}
	last, seen := p.began[id]
	if !seen {
		last = -1
	}
	if n != last+1 && !(n == last && p.fresh[id]) {
		t.Errorf("%s: step %d began after step %d", id, n, last)
	}
	p.began[id], p.fresh[id] = n, false
}

func (p *progress) killed() {
	for id := range p.began {
		p.fresh[id] = true
	}
}

func TestKilledInAStep(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		o := place(t)
		say := func(c *datatest.Child) string {
			select {
			case line := <-c.Lines:
				return line
			case <-time.After(soon):
				t.Fatal("the child says nothing")
			}
			return ""
		}
		child := datatest.StartChild(t, "runs", o, "stuck")
		for say(child) != "began stuck 2" {
		}
		child.Kill()
		for range 2 { // each time anew
			child = datatest.StartChild(t, "runs", o)
			if line := say(child); line != "began stuck 2" {
				t.Errorf("it goes on with: %s", line)
			}
			child.Kill()
		}
	})
}

func TestKilledAnywhere(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		o := place(t)
		p := progress{map[string]int{}, map[string]bool{}}
		finished := func() (n int) {
			for _, last := range p.began {
				if last == killedSteps-1 {
					n++
				}
			}
			return n
		}
		kills, ids := 0, []string{}
		for ; kills < 20; kills++ {
			for range killedRuns {
				if len(ids) < 10*killedRuns {
					ids = append(ids, fmt.Sprint("r", len(ids)))
				}
			}
			child := datatest.StartChild(t, "runs", o, ids...)
			for range 1 + rand.IntN(100) {
				select {
				case line := <-child.Lines:
					p.take(t, line)
				case <-time.After(soon):
					t.Fatal("the child says nothing")
				}
			}
			<-time.After(time.Duration(rand.IntN(3_000)) * time.Microsecond)
			for _, line := range child.Kill() {
				p.take(t, line)
			}
			p.killed()
		}
		child := datatest.StartChild(t, "runs", o, ids...)
		for deadline := time.After(soon); finished() < len(ids); {
			select {
			case line := <-child.Lines:
				p.take(t, line)
			case <-deadline:
				t.Fatalf("%d of %d runs finished: %v", finished(), len(ids), p.began)
			}
		}
		for _, line := range child.Kill() {
			p.take(t, line)
		}
		t.Logf("%d kills, %d runs of %d steps", kills, len(ids), killedSteps)
	})
}

func TestGoesOnAfterARestart(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		o, c := place(t), newCalls()
		s := datatest.Open(t, o)
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
		if got := c.all(); got != "[over 0 a 0 a 1 a 2 a 3]" && got != "[over 0 a 0 a 1 a 2 a 2 a 3]" {
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

package openclaw

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
)

// confirm lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}

// A place is an OpenClaw for the suite: a real program, or the stand-in.
type place interface {
	container() Container
	asks(id, username, code string, ago time.Duration) // somebody wrote to it for the first time
	configured(agents map[string]string)               // what its configuration says of agents' models, by id, as JSON; "" is nothing
}

// A world is a gate on a system.
type world struct {
	*System
	t    *testing.T
	gate *ops.Gate
	over chan ops.Run
}

func newWorld(t *testing.T, s *System) *world {
	t.Helper()
	w := &world{System: s, t: t, over: make(chan ops.Run, 16)}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour, Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.Over() {
				w.over <- r
			}
		}}
	if err := w.gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.gate.Runner.Launch(t.Context(), w.gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) ask(op string, args ...string) (*ops.Answer, *ops.Run, error) {
	ask := ops.Ask{Op: op, Args: ops.Args{}}
	for i := 0; i+1 < len(args); i += 2 {
		ask.Args[args[i]] = args[i+1]
	}
	return w.gate.Ask(w.t.Context(), ann, ask, "here")
}

// do asks, says yes and waits for the end.
func (w *world) do(op string, args ...string) ops.Run {
	w.t.Helper()
	_, r, err := w.ask(op, args...)
	if err != nil {
		w.t.Fatalf("%s %v: %v", op, args, err)
	}
	if _, err := w.gate.Decide(w.t.Context(), ann, r.ID, ops.Decision{Yes: true}); err != nil {
		w.t.Fatal(err)
	}
	return <-w.over
}

// how is the end of a run in one line.
func how(r ops.Run) string {
	parts := []string{string(r.State)}
	for _, s := range r.Steps {
		parts = append(parts, ops.Unmark(s.Note.En))
	}
	return strings.Join(append(parts, "why: "+ops.Unmark(r.Why.En)), " | ")
}

// words is everything that an answer says.
func words(a *ops.Answer) string {
	var lines []string
	for _, block := range a.Blocks {
		lines = append(lines, ops.Unmark(block.Line.En))
	}
	return strings.Join(lines, "\n")
}

// sightings is what one look of the watcher tells, by subject.
func (w *world) sightings() map[string]ops.Trouble {
	got := map[string]ops.Trouble{}
	w.Watcher().(*watcher).lookOnce(w.t.Context(), func(s ops.Sighting) {
		for _, t := range s.Troubles {
			got[t.Subject] = t
		}
	})
	return got
}

// Package opstest is what the tests of the operated systems share: a gate on their ops, and a person who asks it and says yes.
package opstest

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

// Ann asks for everything here.
var Ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}

// Confirm is a policy that lets everybody look, and asks for a yes before anything else.
type Confirm struct{}

// Decide implements [ops.Policy].
func (Confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

// Secret is a secret of a test.
type Secret string

// Reveal tells it.
func (s Secret) Reveal() string { return string(s) }

// A World is a gate with a store of its own.
type World struct {
	T    testing.TB
	Gate *ops.Gate
	Who  ops.Caller // who asks and says yes; ann at first
	// Heard, if it is set before anything is asked, gets each run as it goes.
	Heard func(ops.Run)

	over chan ops.Run
}

// Open opens a gate on ops, for as long as the test runs.
func Open(t testing.TB, bound ...ops.Bound) *World {
	t.Helper()
	return OpenWith(t, func(*ops.Gate) {}, bound...)
}

// OpenWith opens one that is changed before it opens.
func OpenWith(t testing.TB, change func(*ops.Gate), bound ...ops.Bound) *World {
	t.Helper()
	w := &World{T: t, Who: Ann, over: make(chan ops.Run, 64)}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	w.Gate = &ops.Gate{Policy: Confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour, Broken: func(err error) { t.Errorf("the gate broke: %v", err) }, Watch: w.watch}
	change(w.Gate)
	if err := w.Gate.Open(bound...); err != nil {
		t.Fatal(err)
	}
	if err := w.Gate.Runner.Launch(t.Context(), w.Gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *World) watch(r ops.Run) {
	if w.Heard != nil {
		w.Heard(r)
	}
	if r.Over() {
		w.over <- r
	}
}

// Ask asks for op with parameters in pairs.
func (w *World) Ask(op string, pairs ...string) (*ops.Answer, *ops.Run, error) {
	return w.Gate.Ask(w.T.Context(), w.Who, *ops.AskFor(ops.Text{}, op, pairs...).Ask, "here")
}

// Yes says yes to a run, and waits for its end.
func (w *World) Yes(id string) ops.Run {
	w.T.Helper()
	r, err := w.TryYes(id)
	if err != nil {
		w.T.Fatal(err)
	}
	return r
}

// TryYes says yes to a run, and waits for its end, unless the gate does not take it.
func (w *World) TryYes(id string) (ops.Run, error) {
	if _, err := w.Gate.Decide(w.T.Context(), w.Who, id, ops.Decision{Yes: true}); err != nil {
		return ops.Run{}, err
	}
	return w.End(id), nil
}

// End waits for the end of a run; those that end before it are passed over.
func (w *World) End(id string) ops.Run {
	for {
		if r := w.Next(); r.ID == id {
			return r
		}
	}
}

// Next waits for the next run that ends.
func (w *World) Next() ops.Run { return <-w.over }

// Do asks, says yes and waits for the end.
func (w *World) Do(op string, pairs ...string) ops.Run {
	w.T.Helper()
	_, r, err := w.Ask(op, pairs...)
	if err != nil {
		w.T.Fatalf("%s %v: %v", op, pairs, err)
	}
	return w.Yes(r.ID)
}

// How is the end of a run in one line: its state, what its steps found, why it ended.
func How(r ops.Run) string {
	parts := []string{string(r.State)}
	for _, s := range r.Steps {
		parts = append(parts, ops.Unmark(s.Note.En))
	}
	if !r.Why.IsZero() {
		parts = append(parts, "why: "+ops.Unmark(r.Why.En))
	}
	return strings.Join(parts, " | ")
}

// Words is everything that an answer says, in English, with its buttons in a last line.
func Words(a *ops.Answer) string {
	var lines []string
	for _, block := range a.Blocks {
		if block.Code != "" {
			lines = append(lines, "> "+block.Code)
			continue
		}
		lines = append(lines, ops.Unmark(block.Line.En))
	}
	var buttons []string
	for _, row := range a.Buttons {
		for _, button := range row {
			buttons = append(buttons, "["+ops.Unmark(button.Label.En)+"]")
		}
	}
	if len(buttons) > 0 {
		lines = append(lines, strings.Join(buttons, " "))
	}
	return strings.Join(lines, "\n")
}

// Holds checks that text has every part in it.
func Holds(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

// Sightings is what a look of a watcher tells, by subject.
func Sightings(look func(tell func(ops.Sighting))) map[string]ops.Trouble {
	got := map[string]ops.Trouble{}
	look(func(s ops.Sighting) {
		for _, t := range s.Troubles {
			got[t.Subject] = t
		}
	})
	return got
}

package models

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/models/modelstest"
)

type secret string

func (s secret) Reveal() string { return string(s) }

// confirm lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}

// A world is a system on a proxy, with a gate before it.
type world struct {
	*System
	t    *testing.T
	gate *ops.Gate
	over chan ops.Run
}

func newWorld(t *testing.T, url string, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, over: make(chan ops.Run, 8)}
	o := Options{URL: url, Key: secret(modelstest.Master)}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.System, err = New(o); err != nil {
		t.Fatal(err)
	}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.Over() {
				w.over <- r
			}
		}}
	if err := w.gate.Open(Bind(w.System)); err != nil {
		t.Fatal(err)
	}
	if err := w.gate.Runner.Launch(t.Context(), w.gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.gate.Close(context.Background()), store.Close()); err != nil {
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

// look is everything that an op that looks says, in both languages, or its error.
func (w *world) look(op string, args ...string) string {
	w.t.Helper()
	a, _, err := w.ask(op, args...)
	if err != nil {
		return "error: " + ops.Unmark(ops.SayOf(err).En)
	}
	var b strings.Builder
	for _, block := range a.Blocks {
		for _, row := range block.Table {
			fmt.Fprintln(&b, "|", strings.Join(row, " | "))
		}
		fmt.Fprintln(&b, ops.Unmark(block.Line.En), ops.Unmark(block.Line.Fr))
	}
	return b.String()
}

// do asks, says yes and waits for the end; it is the plan, and the end in a line.
func (w *world) do(op string, args ...string) (ops.Plan, string) {
	w.t.Helper()
	_, r, err := w.ask(op, args...)
	if err != nil {
		return ops.Plan{}, "error: " + ops.Unmark(ops.SayOf(err).En)
	}
	if _, err := w.gate.Decide(w.t.Context(), ann, r.ID, ops.Decision{Yes: true}); err != nil {
		w.t.Fatal(err)
	}
	select {
	case end := <-w.over:
		parts := []string{string(end.State)}
		for _, s := range end.Steps {
			parts = append(parts, ops.Unmark(s.Note.En))
		}
		return r.Plan, strings.Join(append(parts, ops.Unmark(end.Why.En)), " | ")
	case <-time.After(time.Minute):
		w.t.Fatal("the run did not end")
	}
	return ops.Plan{}, ""
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

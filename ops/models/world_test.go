package models

import (
	"fmt"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/models/modelstest"
	"vigie/ops/opstest"
)

// A world is a system on a proxy, with a gate before it.
type world struct {
	*System
	*opstest.World
	t *testing.T
}

func newWorld(t *testing.T, url string, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t}
	o := Options{URL: url, Key: opstest.Secret(modelstest.Master)}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.System, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.World = opstest.Open(t, Bind(w.System))
	return w
}

// look is everything that an op that looks says, in both languages, or its error.
func (w *world) look(op string, args ...string) string {
	w.t.Helper()
	a, _, err := w.Ask(op, args...)
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
	_, r, err := w.Ask(op, args...)
	if err != nil {
		return ops.Plan{}, "error: " + ops.Unmark(ops.SayOf(err).En)
	}
	return r.Plan, opstest.How(w.Yes(r.ID))
}

package realtest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/postgres"
)

// confirm is a policy that lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

// A desk is a gate on a system, for one person.
type desk struct {
	t     testing.TB
	gate  *ops.Gate
	who   ops.Caller
	ended chan ops.Run
	step  func(ops.Run) // is told of every change, if it is set before anything is asked
}

func newDesk(t testing.TB, bound ...ops.Bound) *desk {
	t.Helper()
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, who: ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, ended: make(chan ops.Run, 16)}
	d.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if d.step != nil {
				d.step(r)
			}
			if r.Over() {
				d.ended <- r
			}
		}}
	if err := d.gate.Open(bound...); err != nil {
		t.Fatal(err)
	}
	if err := d.gate.Runner.Launch(t.Context(), d.gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (w *world) desk(t testing.TB) *desk { return newDesk(t, postgres.Bind(w.system)) }

// ask asks «restore database=n8n».
func (d *desk) ask(line string) (*ops.Answer, *ops.Run, error) {
	name, rest, _ := strings.Cut(line, " ")
	ask := ops.Ask{Op: name, Args: ops.Args{}}
	for _, pair := range strings.Fields(rest) {
		k, v, _ := strings.Cut(pair, "=")
		ask.Args[k] = v
	}
	return d.gate.Ask(d.t.Context(), d.who, ask, "here")
}

// plan asks, and fails the test unless there is a plan.
func (d *desk) plan(line string) *ops.Run {
	d.t.Helper()
	_, r, err := d.ask(line)
	if err != nil {
		d.t.Fatalf("%s: %v", line, err)
	}
	return r
}

// do asks, says yes and waits for the end.
func (d *desk) do(line string) ops.Run {
	d.t.Helper()
	return d.yes(d.plan(line).ID)
}

func (d *desk) yes(id string) ops.Run {
	d.t.Helper()
	if _, err := d.gate.Decide(d.t.Context(), d.who, id, ops.Decision{Yes: true}); err != nil {
		d.t.Fatal(err)
	}
	return d.end(id)
}

func (d *desk) end(id string) ops.Run {
	for r := range d.ended {
		if r.ID == id {
			return r
		}
	}
	panic("unreachable")
}

// must does it, and fails the test unless it succeeds.
func (d *desk) must(line string) ops.Run {
	d.t.Helper()
	r := d.do(line)
	if r.State != ops.Succeeded {
		d.t.Fatalf("%s: %s", line, told(r))
	}
	return r
}

// told is a run in words.
func told(r ops.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s %s\n", r.State, r.Ended.Sub(r.Began), ops.Unmark(r.Plan.Title.En), ops.Unmark(r.Why.En))
	for _, s := range append(r.Steps, r.Undone...) {
		fmt.Fprintf(&b, "  %s: %s · %s · %s\n", s.State, ops.Unmark(s.Step.Text.En), ops.Unmark(s.Note.En), s.Ended.Sub(s.Began))
	}
	for _, c := range r.Plan.Costs {
		fmt.Fprintf(&b, "  cost: %s\n", ops.Unmark(c.En))
	}
	return b.String()
}

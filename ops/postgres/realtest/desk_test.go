package realtest

import (
	"fmt"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/postgres"
)

// A desk is a gate on a system, for one person.
type desk struct{ *opstest.World }

func newDesk(t testing.TB, bound ...ops.Bound) *desk { return &desk{opstest.Open(t, bound...)} }

func (w *world) desk(t testing.TB) *desk { return newDesk(t, postgres.Bind(w.system)) }

// ask asks «restore database=n8n».
func (d *desk) ask(line string) (*ops.Answer, *ops.Run, error) {
	name, rest, _ := strings.Cut(line, " ")
	ask := ops.Ask{Op: name, Args: ops.Args{}}
	for _, pair := range strings.Fields(rest) {
		k, v, _ := strings.Cut(pair, "=")
		ask.Args[k] = v
	}
	return d.Gate.Ask(d.T.Context(), d.Who, ask, "here")
}

// plan asks, and fails the test unless there is a plan.
func (d *desk) plan(line string) *ops.Run {
	d.T.Helper()
	_, r, err := d.ask(line)
	if err != nil {
		d.T.Fatalf("%s: %v", line, err)
	}
	return r
}

// do asks, says yes and waits for the end.
func (d *desk) do(line string) ops.Run {
	d.T.Helper()
	return d.Yes(d.plan(line).ID)
}

// must does it, and fails the test unless it succeeds.
func (d *desk) must(line string) ops.Run {
	d.T.Helper()
	r := d.do(line)
	if r.State != ops.Succeeded {
		d.T.Fatalf("%s: %s", line, told(r))
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

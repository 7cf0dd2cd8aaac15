package ops_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

var fade = ops.Declare(&set, "lamp.fade",
	func(a lampArgs) ops.Text {
		return ops.T("fade %s to %s", "faire varier %s vers %s", ops.Name(a.Lamp), a.State)
	},
	func(ctx context.Context, h *house, a lampArgs) error {
		h.set(a.Lamp, "half")
		for i := range 100 {
			ops.Glimpse(ctx, ops.File{Name: "lamp.png", Type: "image/png", Data: []byte{byte(i)}})
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(time.Second):
			}
		}
		h.set(a.Lamp, a.State)
		return nil
	})

var _ = ops.Add(&set, ops.Spec{Name: "lamp.dim", Command: "dim", Risk: ops.Disruptive, Theme: lampTheme, Examples: []string{"hall on"}},
	func(_ context.Context, h *house, p switchParams) (ops.Plan, error) {
		step := fade.Do(lampArgs{p.Lamp, p.State}).Undoing(turn.Do(lampArgs{p.Lamp, "off"})).StoppingAtOnce()
		return ops.Plan{Title: ops.T("Dim %s", "Varier %s", ops.Name(p.Lamp)), Target: p.Lamp, Steps: []ops.Step{step, shines.Verify(lampArgs{p.Lamp, p.State})},
			Done: ops.T("dimmed", "varié")}, nil
	})

// What may be ended at any moment is, and what it had begun is taken away; a picture of it is told and not kept.
func TestStopEndsWhatStopsAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		var seen []byte
		w.gate.Watch = func(r ops.Run) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if r.Glimpse != nil {
				seen = r.Glimpse.Data
			} else if r.State == ops.Undoing {
				seen = nil
			}
		}
		r := w.mustAsk(bob, "dim", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		if len(seen) != 1 || seen[0] != 3 {
			t.Errorf("after 3.5 s the picture is %v", seen)
		}
		if s := w.run(r.ID); s.Glimpse != nil || w.house.state("hall") != "half" {
			t.Errorf("kept %v; the lamp is %s", s.Glimpse, w.house.state("hall"))
		}
		if err := w.gate.Stop(t.Context(), dan, r.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := w.run(r.ID)
		if got.State != ops.Halted || !got.Halting || w.house.state("hall") != "off" || got.Undoable(time.Now()) || seen != nil {
			t.Errorf("%s, halting %v, the lamp is %s, picture %v", got.State, got.Halting, w.house.state("hall"), seen)
		}
	})
}

// Told to end, the bot does not wait for it either; a person decides, and what was begun can be taken away or gone on with.
func TestTheBotsEndCutsWhatStopsAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "dim", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		began := time.Now()
		if err := w.gate.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := w.run(r.ID)
		if time.Since(began) > time.Second || got.State != ops.Uncertain || !got.Undoable(time.Now()) {
			t.Errorf("after %v: %s, undoable %v", time.Since(began), got.State, got.Undoable(time.Now()))
		}
	})
}

// Without an undo nothing could take away what it began: it is a step like any other.
func TestStoppingAtOnceNeedsAnUndo(t *testing.T) {
	if s := fade.Do(lampArgs{"hall", "on"}).StoppingAtOnce(); s.AtOnce {
		t.Error("a change without an undo may be cut")
	}
	if s := shines.Verify(lampArgs{"hall", "on"}).StoppingAtOnce(); s.AtOnce {
		t.Error("a check is a change that may be cut")
	}
}

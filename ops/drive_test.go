package ops_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

func TestAFailedStepIsUndoneInReverse(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.fail["is hall on"] = errBoom
		r := w.mustAsk(bob, "switch", "hall", "on", "attic")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := w.run(r.ID)
		want := "set hall on; set attic on; is hall on; set attic off; set hall off"
		if got.State != ops.Broke || w.house.called() != want || len(got.Undone) != 2 {
			t.Errorf("%s; did %s", got.State, w.house.called())
		}
		if !strings.HasSuffix(w.journal(r.ID), "bob undo turn attic off\nbob undone turning\nbob undo turn hall off\nbob undone turning\nbob run-failed boom\n") {
			t.Errorf("journal:\n%s", w.journal(r.ID))
		}
	})
}

func TestAnUndoThatFailsDoesNotStopTheOthers(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.fail["is hall on"], w.house.fail["set attic off"] = errBoom, errBoom
		r := w.mustAsk(bob, "switch", "hall", "on", "attic")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := w.run(r.ID)
		if got.Undone[0].State != ops.StepFailed || got.Undone[1].State != ops.StepEnded || w.house.state("hall") != "off" {
			t.Errorf("put back: %+v", got.Undone)
		}
	})
}

func TestAnUnknownOutcomeIsNeverRepeatedByItself(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.fail["set hall on"] = ops.Fail(ops.Unknown, ops.T("no answer", "pas de réponse"), nil)
		r := w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.run(r.ID); got.State != ops.Uncertain || w.house.called() != "set hall on" {
			t.Fatalf("%s; did %s", got.State, w.house.called())
		}
		w.house.set("hall", "on") // it had taken
		v := w.again("vigie.verify", r.ID)
		synctest.Wait()
		if w.run(v.ID).State != ops.Succeeded || w.run(r.ID).State != ops.Succeeded {
			t.Errorf("verified: %s, and the first: %s", w.run(v.ID).State, w.run(r.ID).State)
		}
		if n := strings.Count(w.house.called(), "set hall on"); n != 1 {
			t.Errorf("it was sent %d times", n)
		}
	})
}

// again asks for one of the kernel's own ops on a run, and confirms it where that is asked for.
func (w *world) again(op, run string) *ops.Run {
	w.t.Helper()
	_, r, err := w.gate.Ask(w.t.Context(), bob, ops.Ask{Op: op, Args: ops.Args{"run": run}}, "test:1")
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	if r.State == ops.Waiting {
		if err := w.yes(bob, r); err != nil {
			w.t.Fatalf("%s: %v", op, err)
		}
	}
	return r
}

func TestUndoAfterwards(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall", "on", "attic")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		u := w.again("vigie.undo", r.ID)
		synctest.Wait()
		if w.run(u.ID).State != ops.Succeeded || w.run(r.ID).State != ops.PutBack || w.house.state("hall")+w.house.state("attic") != "offoff" {
			t.Errorf("undo is %s, the run %s: %s", w.run(u.ID).State, w.run(r.ID).State, w.house.called())
		}
		if _, _, err := w.gate.Ask(t.Context(), bob, ops.Ask{Op: "undo", Args: ops.Args{"run": r.ID}}, ""); kind(err) != ops.Invalid {
			t.Errorf("undone twice: %v", err)
		}
		second := w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, second); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(25 * time.Hour)
		if _, _, err := w.gate.Ask(t.Context(), bob, ops.Ask{Op: "undo", Args: ops.Args{"run": second.ID}}, ""); kind(err) != ops.Invalid {
			t.Errorf("undone after a day: %v", err)
		}
	})
}

func TestUndoIsNoWayRoundARule(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.gate.Policy = judge(func(r ops.Request) ops.Verdict {
			if r.Op.Name == "lamp.switch" {
				return ops.Verdict{Demand: ops.Others, N: 1, Role: ops.Operator, Rule: "two"}
			}
			return byRisk(r)
		})
		_, u, err := w.gate.Ask(t.Context(), bob, ops.Ask{Op: "undo", Args: ops.Args{"run": r.ID}}, "")
		if err != nil || u.Verdict.Demand != ops.Others {
			t.Fatalf("undoing what takes two takes %v, %v", u, err)
		}
		if err := w.yes(bob, u); kind(err) != ops.Denied {
			t.Errorf("and bob alone could: %v", err)
		}
	})
}

func TestOnePlanAtATimeOnATarget(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.slow["set hall on"] = time.Minute
		first, second := w.mustAsk(bob, "switch", "hall"), w.mustAsk(dan, "switch", "hall")
		other := w.mustAsk(dan, "switch", "attic")
		for _, r := range []*ops.Run{first, second, other} {
			if err := w.yes(r.Who, r); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if s := w.run(other.ID).State; s != ops.Succeeded {
			t.Errorf("another target waits: %s", s)
		}
		if s := w.run(second.ID).State; s != ops.Queued {
			t.Errorf("the second on the same target is %s", s)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if a, b := w.run(first.ID).State, w.run(second.ID).State; a != ops.Succeeded || b != ops.Outdated {
			t.Errorf("first %s, second %s", a, b)
		}
	})
}

func TestStopAtAStepBoundary(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.slow["set hall on"] = time.Minute
		r, waits := w.mustAsk(bob, "switch", "hall", "on", "attic"), w.mustAsk(dan, "switch", "attic")
		for _, r := range []*ops.Run{r, waits} {
			if err := w.yes(r.Who, r); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := w.gate.Stop(t.Context(), cat, r.ID); kind(err) != ops.Denied {
			t.Errorf("a viewer stopped it: %v", err)
		}
		for _, id := range []string{waits.ID, r.ID} {
			if err := w.gate.Stop(t.Context(), dan, id); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if s := w.run(waits.ID).State; s != ops.Halted {
			t.Errorf("what waited in the queue is %s", s)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.run(r.ID); got.State != ops.Halted || got.At != 1 || w.house.called() != "set hall on" {
			t.Fatalf("%s at %d; did %s", got.State, got.At, w.house.called())
		}
		c := w.again("vigie.resume", r.ID)
		synctest.Wait()
		if w.run(c.ID).State != ops.Succeeded || w.run(r.ID).State != ops.Continued {
			t.Errorf("resumed: %s, %s", w.run(c.ID).State, w.run(r.ID).State)
		}
		w.again("vigie.undo", c.ID)
		synctest.Wait()
		if w.house.state("hall")+w.house.state("attic") != "offoff" {
			t.Errorf("undoing what went on in two parts left hall %s, attic %s", w.house.state("hall"), w.house.state("attic"))
		}
	})
}

func TestStopEndsAWaitAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.stuck["hall"] = true
		r := w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := w.run(r.ID).State; s != ops.Running {
			t.Fatalf("the check should wait, and is %s", s)
		}
		if err := w.gate.Stop(t.Context(), bob, r.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := w.run(r.ID).State; s != ops.Halted {
			t.Errorf("a wait was not ended: %s", s)
		}
	})
}

// TestTheBotEndsInTheMiddle cuts a process short at every write of a run, starts another on the same store, and
// checks that nothing is repeated, nothing goes on by itself, and a person is offered what is left.
func TestTheBotEndsInTheMiddle(t *testing.T) {
	cuts := 0
	for cut := 1; ; cut++ {
		over := false
		t.Run(fmt.Sprintf("write %d", cut), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { over = cutShort(t, cut) })
		})
		if over {
			break
		}
		cuts++
	}
	if cuts < 7 {
		t.Errorf("only %d places to cut were found", cuts)
	}
}

func cutShort(t *testing.T, cut int) (over bool) {
	w := newWorld(t)
	w.launch()
	r := w.mustAsk(bob, "switch", "hall", "on", "attic")
	writes := 0
	w.store.refuse = func(ops.Doc, []ops.Entry) error {
		if writes++; writes >= cut {
			return errBoom // from here on nothing reaches the disk: as after kill -9
		}
		return nil
	}
	_ = w.yes(bob, r)
	synctest.Wait()
	over = writes < cut
	w.store.refuse = nil
	before := w.house.called()
	if err := w.store.Close(); err != nil { // no Gate.Close: a killed process says no goodbye
		t.Fatal(err)
	}
	w.start()
	left := w.launch()
	synctest.Wait()
	defer w.end()
	got := w.run(r.ID)
	if w.house.called() != before {
		t.Errorf("the new process did something by itself: %s, before %s", w.house.called(), before)
	}
	switch {
	case over && (got.State != ops.Succeeded || len(left) != 1): // nobody was told of its end: the test does not
		t.Errorf("not cut, and it is %s, left %d", got.State, len(left))
	case over:
	case cut == 1 && got.State != ops.Waiting:
		t.Errorf("the approval was lost, and it is %s", got.State)
	case cut > 1:
		if len(left) == 1 && got.State == ops.Succeeded && got.At == len(got.Steps) {
			return over // proved; only the journal's last line was missing
		}
		if len(left) != 1 || got.State != ops.Left && got.State != ops.Uncertain {
			t.Fatalf("it is %s, left %d", got.State, len(left))
		}
		begun := got.At < len(got.Steps) && !got.Steps[got.At].Step.Check && got.Steps[got.At].State == ops.StepUnknown
		if (got.State == ops.Uncertain) != begun {
			t.Errorf("it is %s with steps %+v", got.State, got.Steps)
		}
		if got.State == ops.Left && len(got.Steps) > 0 {
			c := w.again("vigie.resume", r.ID)
			synctest.Wait()
			if w.run(c.ID).State != ops.Succeeded || w.house.state("hall")+w.house.state("attic") != "onon" {
				t.Errorf("resumed: %s", w.run(c.ID).State)
			}
		}
	}
	return over
}

func TestEndingInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.launch()
		w.house.slow["set hall on"] = time.Minute
		r := w.mustAsk(bob, "switch", "hall", "on", "attic")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ended := make(chan error)
		go func() { ended <- w.gate.Close(context.Background()) }()
		synctest.Wait()
		if _, err := w.ask(dan, "switch", "cellar"); kind(err) != ops.Unavailable {
			t.Errorf("new work is taken while ending: %v", err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := w.run(r.ID); got.State != ops.Left || got.At != 1 || w.house.called() != "set hall on" {
			t.Errorf("%s at step %d; did %s", got.State, got.At, w.house.called())
		}
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.start()
		if left := w.launch(); len(left) != 1 {
			t.Errorf("%d runs are offered again", len(left))
		}
		if err := w.gate.Told(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		if left, err := w.gate.Recover(t.Context()); err != nil || len(left) != 0 {
			t.Errorf("it is offered twice: %v", err)
		}
		w.end()
	})
}

func TestTheSameWordsMakeOneRun(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.gate.Policy = judge(func(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow, Rule: "anything goes"} })
		ask := func(key string) *ops.Run {
			_, r, err := w.gate.Ask(ops.Once(t.Context(), key), bob, ops.Ask{Op: "switch", Args: ops.Args{"lamp": "hall"}}, "test:1")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return r
		}
		first, again, other := ask("update 7"), ask("update 7"), ask("update 8")
		if !again.Again || again.ID != first.ID || again.State != ops.Succeeded || first.Again || other.ID == first.ID {
			t.Errorf("first %s, again %s (%v, %s), other %s", first.ID, again.ID, again.Again, again.State, other.ID)
		}
		if n := strings.Count(w.journal(first.ID), "bob asked"); n != 1 {
			t.Errorf("the journal says %d times that it was asked", n)
		}
		if a, b := ask(""), ask(""); a.ID == b.ID {
			t.Error("words without a key are one")
		}
	})
}

func TestAnEndIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.launch()
		r, old := w.mustAsk(bob, "switch", "attic"), w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, old); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * time.Minute)
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(24*time.Hour - 5*time.Minute)
		if runs, err := w.gate.Runs(t.Context(), ops.Succeeded); err != nil || len(runs) != 2 {
			t.Errorf("%d runs are done: %v", len(runs), err)
		}
		w.end()
		w.start()
		if left := w.launch(); len(left) != 1 || left[0].ID != r.ID {
			t.Errorf("after a day, of one that ended a day ago and one since, told of %d", len(left))
		}
		if err := w.gate.Told(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		if left, err := w.gate.Recover(t.Context()); err != nil || len(left) != 0 {
			t.Errorf("told again: %d, %v", len(left), err)
		}
		w.end()
	})
}

func TestAPanicIsUnknown(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.fail = nil // a nil map is read without harm; lamps is what breaks
		r := w.mustAsk(bob, "switch", "hall")
		w.house.mu.Lock()
		lamps := w.house.lamps
		w.house.mu.Unlock()
		w.house.slow["set hall on"] = time.Second
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		w.house.mu.Lock()
		w.house.lamps = nil
		w.house.mu.Unlock()
		time.Sleep(time.Second)
		w.house.mu.Lock()
		w.house.lamps = lamps
		w.house.mu.Unlock()
		if got := w.run(r.ID); got.State != ops.Uncertain {
			t.Errorf("after a panic the run is %s", got.State)
		}
	})
}

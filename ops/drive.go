package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// StepLimit is how long one step may take before its outcome is unknown. A step with a shorter limit of its
// own says so itself.
const StepLimit = 2 * time.Hour

// Advance is for the [Runner]: it carries a stored, approved run on by one step.
func (g *Gate) Advance(ctx context.Context, id string, _ int) (more bool, err error) {
	r, err := g.load(ctx, id)
	if err != nil {
		return false, err
	}
	l := g.alive(id)
	switch r.State {
	case Queued:
		more, err = g.begin(ctx, r, l)
	case Running:
		more, err = g.step(ctx, r, l)
	case Undoing:
		more, err = g.unstep(ctx, r)
	}
	if err != nil {
		g.broken(fmt.Errorf("run %s: %w", id, err))
	}
	if !more {
		g.forget(id)
	}
	return more, err
}

// begin waits for the run's targets and plans again: only exactly what was approved goes ahead.
func (g *Gate) begin(ctx context.Context, r *Run, l *liveRun) (bool, error) {
	wait, done := g.stoppable(ctx, l)
	err := g.locks.acquire(wait, r.ID, r.Plan.Locks, func(behind []string) { g.tellQueue(ctx, r, behind) })
	done()
	r.Behind = nil
	if by, ending := g.halted(l); by != nil || ending {
		return false, g.halt(ctx, r, by)
	}
	if err != nil {
		return false, err
	}
	op, ok := g.ops[r.Ask.Op]
	if !ok {
		return false, g.end(ctx, r, Outdated, HasDrifted, T("I no longer have the command %s", "je n’ai plus la commande %s", Name(r.Ask.Op)))
	}
	plan, err := op.plan(withCaller(ctx, r.Who), r.Plan.Args)
	if err != nil {
		return false, g.end(ctx, r, Outdated, HasDrifted, SayOf(err))
	}
	if err := g.never(plan); err != nil {
		return false, g.end(ctx, r, Outdated, Refused, err.Say)
	}
	if plan.Hash() != r.Hash {
		return false, g.end(ctx, r, Outdated, HasDrifted,
			T("things changed since the plan was shown: %s", "la situation a changé depuis l’affichage du plan : %s", Join("; ", Drift(r.Plan, plan)...)))
	}
	r.State, r.Began = Running, now()
	if err := g.save(ctx, r, g.entry(r, r.Who, Began, "")); err != nil {
		return false, g.unwritten(err)
	}
	g.tell(r)
	return true, nil
}

// step runs the step at r.At, written down before and after.
func (g *Gate) step(ctx context.Context, r *Run, l *liveRun) (bool, error) {
	if r.At >= len(r.Steps) {
		return false, g.succeed(ctx, r)
	}
	s := &r.Steps[r.At]
	if s.State == StepBegan { // by a process that is gone: never repeated by itself
		return false, g.uncertain(ctx, r, T("I ended while this was under way", "je me suis arrêté pendant cette étape"))
	}
	if by, ending := g.halted(l); by != nil || ending {
		return g.stand(ctx, r, by)
	}
	s.State, s.Began = StepBegan, now()
	if err := g.save(ctx, r, g.entry(r, r.Who, StepBegan, s.Step.Text.En)); err != nil {
		return false, g.unwritten(err)
	}
	g.tell(r)
	note, err := g.run(ctx, r, s, l)
	s.Ended, s.Note, r.Glimpse = now(), note, nil
	return g.outcome(ctx, r, s, err)
}

// outcome writes down how the step at r.At went, and says what that means for the run.
func (g *Gate) outcome(ctx context.Context, r *Run, s *StepRun, err error) (bool, error) {
	kind := KindOf(err)
	switch {
	case err == nil:
		s.State = StepEnded
		r.At++
		if err := g.save(ctx, r, g.entry(r, r.Who, StepEnded, s.Note.En)); err != nil {
			return false, g.unwritten(err)
		}
		g.tell(r)
		return true, nil
	case errors.Is(err, errStopped) && s.Step.AtOnce:
		s.State = StepUnknown // as far as it came; its undo takes that away
		by, _ := g.halted(g.alive(r.ID))
		return g.putBack(ctx, r, *by)
	case errors.Is(err, errDraining) && s.Step.AtOnce:
		return false, g.uncertain(ctx, r, wasToldToEnd)
	case errors.Is(err, errStopped), errors.Is(err, errDraining):
		s.State = "" // it only looked; it can be looked at again
		by, _ := g.halted(g.alive(r.ID))
		return g.stand(ctx, r, by)
	case kind == Unknown, kind == Unavailable && s.Step.Check:
		return false, g.uncertain(ctx, r, SayOf(err))
	}
	say := g.hide(SayOf(err))
	if s.Step.Check && s.Step.Stay { // it only looked: it can be looked at again
		s.State, s.Note = "", say
		return false, g.end(ctx, r, Halted, Stopped, say)
	}
	s.State, s.Note, r.Why = StepFailed, say, say
	r.State = Undoing
	if err := g.save(ctx, r, g.entry(r, r.Who, StepFailed, err.Error())); err != nil {
		return false, g.unwritten(err)
	}
	g.tell(r)
	return true, nil
}

// run carries out one step. A panic is a failure whose extent nobody knows.
func (g *Gate) run(ctx context.Context, r *Run, s *StepRun, l *liveRun) (note Text, err error) {
	k, ok := g.runners[s.Step.Kind]
	if !ok {
		return Text{}, Fail(Failed, T("nothing here can do a step of kind %s", "rien ici ne sait faire une étape %s", Name(s.Step.Kind)), nil)
	}
	if err := g.neverStep(s.Step); err != nil {
		return Text{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), StepLimit)
	defer cancel()
	if s.Step.Check || s.Step.AtOnce && r.State == Running {
		var done func()
		ctx, done = g.stoppable(ctx, l)
		defer done()
	}
	var words sync.Mutex // guards what is said of the run against whoever goes on talking after the step's end
	over := false
	ends := func() {
		words.Lock()
		defer words.Unlock()
		over = true
	}
	defer func() {
		if p := recover(); p != nil {
			ends()
			g.broken(fmt.Errorf("step %s panicked: %v\n%s", s.Step.Kind, p, debug.Stack()))
			err = Fail(Unknown, T("something went wrong inside me; look before you go on", "quelque chose a cassé en moi ; regarde avant de continuer"), nil)
		}
	}()
	ctx = context.WithValue(ctx, workKey{}, g.WorkOf(ctx, *r))
	ctx = context.WithValue(ctx, progressKey{}, func(t Text) {
		words.Lock()
		defer words.Unlock()
		if !over {
			t = g.hide(t)
			note, s.Note = t, t
			g.tell(r)
		}
	})
	ctx = context.WithValue(ctx, glimpseKey{}, func(f File) {
		words.Lock()
		defer words.Unlock()
		if !over {
			r.Glimpse = &f
			g.tell(r)
		}
	})
	err = k.run(ctx, s.Step.Args)
	ends()
	if cause := context.Cause(ctx); err != nil && (cause == errStopped || cause == errDraining) {
		err = cause
	}
	return note, err
}

// unstep puts back one thing that was done, and goes on with the next even if that fails.
func (g *Gate) unstep(ctx context.Context, r *Run) (bool, error) {
	undo := r.undoSteps()
	if n := len(r.Undone); n > 0 && r.Undone[n-1].State == StepBegan {
		return false, g.uncertain(ctx, r, T("I ended while putting things back", "je me suis arrêté en remettant en place"))
	}
	if len(r.Undone) >= len(undo) {
		if r.Halting {
			return false, g.end(ctx, r, Halted, Stopped, r.Why)
		}
		return false, g.end(ctx, r, Broke, RunFailed, r.Why)
	}
	r.Undone = append(r.Undone, StepRun{Step: undo[len(r.Undone)], State: StepBegan, Began: now()})
	s := &r.Undone[len(r.Undone)-1]
	if err := g.save(ctx, r, g.entry(r, r.Who, UndoBegan, s.Step.Text.En)); err != nil {
		return false, g.unwritten(err)
	}
	g.tell(r)
	note, err := g.run(ctx, r, s, &liveRun{})
	s.Ended, s.Note, s.State = now(), note, StepEnded
	what := UndoEnded
	if err != nil {
		s.State, s.Note, what = StepFailed, g.hide(SayOf(err)), UndoFailed
		if KindOf(err) == Unknown {
			s.State = StepUnknown
		}
	}
	if err := g.save(ctx, r, g.entry(r, r.Who, what, s.Note.En)); err != nil {
		return false, g.unwritten(err)
	}
	g.tell(r)
	return true, nil
}

func (g *Gate) succeed(ctx context.Context, r *Run) error {
	if err := g.end(ctx, r, Succeeded, RunDone, Text{}); err != nil {
		return err
	}
	return g.settleOrigin(ctx, r)
}

// end writes the last state of a run.
func (g *Gate) end(ctx context.Context, r *Run, state RunState, what string, why Text) error {
	r.State, r.Ended, r.Why = state, now(), g.hide(why)
	if err := g.save(ctx, r, g.entry(r, r.Who, what, why.En)); err != nil {
		return g.unwritten(err)
	}
	g.locks.release(r.ID) // before it is told of: who reads «done» may ask for the same target at once
	g.tell(r)
	return nil
}

// uncertain leaves the run to a person: nobody knows whether the step under way took.
func (g *Gate) uncertain(ctx context.Context, r *Run, why Text) error {
	if r.State == Undoing {
		r.Undone[len(r.Undone)-1].State = StepUnknown
	} else {
		r.Steps[r.At].State = StepUnknown
	}
	return g.end(ctx, r, Uncertain, StepUnknown, why)
}

var wasToldToEnd = T("I was told to end", "on m’a demandé de m’arrêter")

// halt leaves a run at a step boundary: by nil means that the bot itself is ending.
func (g *Gate) halt(ctx context.Context, r *Run, by *Caller) error {
	if by == nil {
		return g.end(ctx, r, Left, Interrupted, wasToldToEnd)
	}
	r.Why = T("stopped by %s", "arrêté par %s", by.Name)
	return g.end(ctx, r, Halted, Stopped, r.Why)
}

// stand leaves a run before the step at r.At, which began nothing. What goes on elsewhere is stopped for a person by putting it
// back, and goes on while the bot is away.
func (g *Gate) stand(ctx context.Context, r *Run, by *Caller) (more bool, err error) {
	switch {
	case !r.Steps[r.At].Step.Elsewhere, by != nil && len(r.undoSteps()) == 0:
		return false, g.halt(ctx, r, by)
	case by == nil: // the runner is about to be closed, and keeps what has steps left
		if err := g.save(ctx, r); err != nil {
			return false, g.unwritten(err)
		}
		return true, nil
	}
	return g.putBack(ctx, r, *by)
}

// putBack goes over to taking away what was begun, for a person who stopped the run.
func (g *Gate) putBack(ctx context.Context, r *Run, by Caller) (more bool, err error) {
	r.Why, r.Halting, r.State = T("stopped by %s", "arrêté par %s", by.Name), true, Undoing
	if err := g.save(ctx, r, g.entry(r, by, Stopped, r.Why.En)); err != nil {
		return false, g.unwritten(err)
	}
	g.tell(r)
	return true, nil
}

// Glance runs the checks of r's plan, which only look, and says how each comes out now: what a person needs to
// know before choosing what to do with a run that was left in the middle. limit bounds each check.
func (g *Gate) Glance(ctx context.Context, r Run, limit time.Duration) []StepRun {
	var list []StepRun
	work := g.WorkOf(ctx, r)
	for _, s := range r.Plan.Steps {
		k, ok := g.runners[s.Kind]
		if !s.Check || !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		seen := StepRun{Step: s, State: StepEnded, Began: now()}
		ctx = context.WithValue(ctx, workKey{}, work)
		err := k.run(context.WithValue(ctx, progressKey{}, func(t Text) { seen.Note = t }), s.Args)
		cancel()
		if err != nil {
			seen.State, seen.Note = StepFailed, g.hide(cmp.Or(seen.Note, SayOf(err)))
		}
		seen.Ended = now()
		list = append(list, seen)
	}
	return list
}

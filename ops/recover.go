package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Recover looks at what the last process left, before the [Runner] is launched: runs that were under way are
// marked for what they are, unknown where a step had begun, interrupted where none had, and returned so that a
// person can be offered what is safe. Nothing goes on by itself but the wait for what goes on elsewhere anyway. Runs that ended and that nobody was told of come with them.
func (g *Gate) Recover(ctx context.Context) ([]Run, error) {
	left, err := g.Runs(ctx, Queued, Running, Undoing)
	if err != nil {
		return nil, err
	}
	left, err = g.keepWaiting(ctx, left)
	if err != nil {
		return nil, err
	}
	for i := range left {
		if err := g.leave(ctx, &left[i], T("I was stopped in the middle", "j’ai été arrêté au milieu")); err != nil {
			return nil, err
		}
	}
	ended, err := g.Store.List(ctx, "run", untold) // by a process that died before it could tell, or told to end
	if err != nil {
		return nil, err
	}
	for _, d := range ended {
		r, err := decodeRun(d)
		if err != nil {
			return nil, err
		}
		if r.State == Succeeded {
			if err := g.settleOrigin(ctx, r); err != nil {
				return nil, err
			}
		}
		known := slices.ContainsFunc(left, func(l Run) bool { return l.ID == r.ID })
		if !known && now().Sub(r.Ended) < stillNews {
			left = append(left, *r)
		}
	}
	return left, nil
}

// keepWaiting takes out of left those that only wait for what goes on elsewhere, and makes them ready to wait on: the [Runner]
// takes up what it has.
func (g *Gate) keepWaiting(ctx context.Context, left []Run) (others []Run, err error) {
	for i := range left {
		r := &left[i]
		if r.State != Running || r.At >= len(r.Steps) || !r.Steps[r.At].Step.Elsewhere || len(r.Plan.Locks) > 0 {
			others = append(others, *r)
			continue
		}
		r.Steps[r.At].State = ""
		if err := g.save(ctx, r); err != nil {
			return nil, g.unwritten(fmt.Errorf("taking up run %s: %w", r.ID, err))
		}
	}
	return others, nil
}

// stillNews is how long after its end somebody wants to be told of it: a bot that was away for longer tells in /history.
const stillNews = 24 * time.Hour

// leave marks a run for where it stands. It does not tell of it: who calls does, when there is a way to.
func (g *Gate) leave(ctx context.Context, r *Run, why Text) error {
	state, what := Left, Interrupted
	begun := func(s StepRun) bool { return s.State == StepBegan && !s.Step.Check }
	switch {
	case r.State == Undoing:
		if n := len(r.Undone); n > 0 && r.Undone[n-1].State == StepBegan {
			r.Undone[n-1].State = StepUnknown
		}
		state, what = Uncertain, StepUnknown
	case r.At >= len(r.Steps): // proved, and only the last line was missing
		state, what, why = Succeeded, RunDone, Text{}
	case begun(r.Steps[r.At]):
		r.Steps[r.At].State = StepUnknown
		state, what = Uncertain, StepUnknown
	default:
		r.Steps[r.At].State = "" // not begun, or it only looked
	}
	r.State, r.Ended, r.Why = state, now(), why
	if err := g.save(ctx, r, g.entry(r, r.Who, what, why.En)); err != nil || state != Succeeded {
		return err
	}
	return g.settleOrigin(ctx, r)
}

// Told notes that a person was told how run id ended, so that it is told once.
func (g *Gate) Told(ctx context.Context, id string) error {
	for {
		r, err := g.load(ctx, id)
		if err != nil || r.Told {
			return err
		}
		r.Told = true
		if err := g.save(ctx, r); !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

// Close takes no new work, lets the step under way end, leaves the rest marked as interrupted, and waits for
// the journal. ctx bounds the wait: what is still running then is found as unknown at the next start.
func (g *Gate) Close(ctx context.Context) error {
	g.mu.Lock()
	g.draining = true
	for _, l := range g.live {
		if l.cancel != nil {
			l.cancel(errDraining)
		}
	}
	g.mu.Unlock()
	defer g.notes.Wait()
	if err := g.Runner.Close(ctx); err != nil {
		return err
	}
	left, err := g.Runs(ctx, Queued, Running, Undoing)
	if err == nil {
		left, err = g.keepWaiting(ctx, left)
	}
	if err != nil {
		return err
	}
	for i := range left {
		if err := g.leave(ctx, &left[i], wasToldToEnd); err != nil {
			return err
		}
		g.tell(&left[i])
	}
	return nil
}

func (g *Gate) ending() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

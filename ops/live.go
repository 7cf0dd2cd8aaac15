package ops

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// A liveRun is what this process knows of a run that it is running.
type liveRun struct {
	stop   *Caller                 // who asked to stop, if anybody did
	cancel context.CancelCauseFunc // ends the step under way, if it may be ended at any moment, or the wait for a target
}

var errStopped = errors.New("stopped by a person")
var errDraining = errors.New("the bot is ending")

func (g *Gate) alive(id string) *liveRun {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.live[id] == nil {
		g.live[id] = &liveRun{}
	}
	return g.live[id]
}

func (g *Gate) forget(id string) {
	g.mu.Lock()
	delete(g.live, id)
	g.mu.Unlock()
	g.locks.release(id)
}

// stoppable makes a context that Stop and Close can end, for waits and for steps that may be ended at any moment.
func (g *Gate) stoppable(ctx context.Context, l *liveRun) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	l.cancel = cancel
	switch {
	case l.stop != nil:
		cancel(errStopped)
	case g.draining:
		cancel(errDraining)
	}
	return ctx, func() {
		g.mu.Lock()
		l.cancel = nil
		g.mu.Unlock()
		cancel(nil)
	}
}

// halted says who stopped the run, or that the bot is ending.
func (g *Gate) halted(l *liveRun) (by *Caller, ending bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return l.stop, g.draining
}

// Stop asks run id to stop at the next step boundary; a wait ends at once.
func (g *Gate) Stop(ctx context.Context, who Caller, id string) error {
	r, err := g.load(ctx, id)
	if err != nil {
		return err
	}
	if r.State == Waiting {
		_, err := g.Decide(ctx, who, id, Decision{})
		return err
	}
	if op := g.ops[r.Ask.Op]; who.ID != r.Who.ID && g.judge(who, op.Spec, r.Plan.Args, r.Plan).Demand == Deny {
		return Fail(Denied, T("Only %s or somebody who may do the same can stop this.", "Seul·e %s, ou qui aurait pu le faire, peut l’arrêter.", r.Who.Name), nil)
	}
	g.mu.Lock()
	l := g.live[id]
	if l != nil && !r.Over() {
		l.stop = &who
		if l.cancel != nil {
			l.cancel(errStopped)
		}
	}
	g.mu.Unlock()
	if l == nil || r.Over() {
		return Fail(Expired, T("It is over already.", "C’est déjà fini."), nil)
	}
	return nil
}

func (g *Gate) tell(r *Run) {
	if g.Watch == nil {
		return
	}
	c := *r
	c.Steps, c.Undone, c.Approvals = slices.Clone(r.Steps), slices.Clone(r.Undone), slices.Clone(r.Approvals)
	g.Watch(c)
}

func (g *Gate) tellQueue(ctx context.Context, r *Run, behind []string) {
	r.Behind = nil
	for _, id := range behind {
		if o, err := g.load(ctx, id); err == nil {
			r.Behind = append(r.Behind, *o)
		}
	}
	slices.SortFunc(r.Behind, func(a, b Run) int { return cmp.Compare(a.Created.UnixNano(), b.Created.UnixNano()) })
	g.tell(r)
}

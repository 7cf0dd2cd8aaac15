package ops

import (
	"context"
	"slices"
	"sync"
)

// locks gives each run all of its targets at once, first come first served: a plan that needs two
// targets never holds one while it waits for the other, so two plans cannot wait for each other.
type locks struct {
	mu      sync.Mutex // guards holders and queue; held for moments only, never while a step runs
	holders []*claim
	queue   []*claim
}

type claim struct {
	run   string
	names []string
	ready chan struct{}
	moved chan struct{} // gets a token when the queue before this claim changes
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(n string) bool { return slices.Contains(b, n) })
}

// acquire waits until run has all names. waiting is told, at first and whenever it changes, which runs are before it.
func (l *locks) acquire(ctx context.Context, run string, names []string, waiting func(behind []string)) error {
	c := &claim{run, names, make(chan struct{}), make(chan struct{}, 1)}
	l.mu.Lock()
	l.queue = append(l.queue, c)
	l.grant()
	l.mu.Unlock()
	for {
		select {
		case <-c.ready:
			return nil
		default:
		}
		if behind := l.before(c); len(behind) > 0 {
			waiting(behind)
		}
		select {
		case <-c.ready:
			return nil
		case <-c.moved:
		case <-ctx.Done():
			l.release(run)
			return context.Cause(ctx)
		}
	}
}

// grant moves every claim that nothing before it overlaps from the queue to the holders. Called with mu held.
func (l *locks) grant() {
	var still []*claim
	for _, c := range l.queue {
		free := !slices.ContainsFunc(append(slices.Clone(l.holders), still...), func(o *claim) bool { return overlap(o.names, c.names) })
		if free {
			l.holders = append(l.holders, c)
			close(c.ready)
			continue
		}
		still = append(still, c)
		select {
		case c.moved <- struct{}{}:
		default:
		}
	}
	l.queue = still
}

// before lists the runs that hold or await something c needs, in order.
func (l *locks) before(c *claim) (runs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.holders {
		if o != c && overlap(o.names, c.names) {
			runs = append(runs, o.run)
		}
	}
	for _, o := range l.queue {
		if o == c {
			break
		}
		if overlap(o.names, c.names) {
			runs = append(runs, o.run)
		}
	}
	return runs
}

// release gives up everything run holds or waits for.
func (l *locks) release(run string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	not := func(c *claim) bool { return c.run == run }
	l.holders = slices.DeleteFunc(l.holders, not)
	l.queue = slices.DeleteFunc(l.queue, not)
	l.grant()
}

// holder is the run that holds name now, or "".
func (l *locks) holder(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.holders {
		if slices.Contains(c.names, name) {
			return c.run
		}
	}
	return ""
}

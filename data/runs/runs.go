// Package runs drives runs step by step: durably on a workflow engine, or in memory.
package runs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"vigie/ops"
)

var (
	// ErrClosed says that the runner has been closed.
	ErrClosed = errors.New("the runner is closed")
	// ErrNotLaunched says that runs cannot be started yet.
	ErrNotLaunched = errors.New("the runner is not launched")
	// ErrLaunched says that the runner was launched before.
	ErrLaunched = errors.New("the runner is already launched")
)

// A gate lets advances begin until it is closed, and then waits for those that are under way.
type gate struct {
	log *slog.Logger

	mu      sync.Mutex  // guards advance, closed, and that nobody enters once closed is set
	advance ops.Advance // nil before Launch
	closed  bool
	inside  sync.WaitGroup

	ctx    context.Context // of the advances: it ends when Close has waited in vain, and with Close
	cancel context.CancelFunc
}

func newGate(log *slog.Logger) *gate {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g := &gate{log: log}
	g.ctx, g.cancel = context.WithCancel(context.Background()) // not of Launch: a run outlives who launched it
	return g
}

func (g *gate) launch(advance ops.Advance) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return ErrClosed
	case g.advance != nil:
		return ErrLaunched
	}
	g.advance = advance
	return nil
}

// enter reports whether something may begin; it then must leave.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return ErrClosed
	case g.advance == nil:
		return ErrNotLaunched
	}
	g.inside.Add(1)
	return nil
}

func (g *gate) leave() { g.inside.Done() }

// close lets nobody enter any more and waits for those inside, for as long as ctx lasts. Then it ends
// their context.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	defer g.cancel()
	empty := make(chan struct{})
	go func() { // waited for below, or ends with the last advance
		g.inside.Wait()
		close(empty)
	}()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for running steps: %w", ctx.Err())
	}
}

// call calls advance. A panic is its error: one bad step must not take the bot down.
func (g *gate) call(id string, n int) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("a step panicked", "run", id, "step", n, "panic", p, "stack", string(debug.Stack()))
			more, err = false, fmt.Errorf("run %s, step %d: panic: %v", id, n, p)
		}
	}()
	return g.advance(g.ctx, id, n)
}

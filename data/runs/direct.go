package runs

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"vigie/ops"
)

// Direct is a runner in memory: nothing is left of it when the process ends.
type Direct struct {
	gate *gate

	mu      sync.Mutex // guards started
	started map[string]bool
}

var _ ops.Runner = (*Direct)(nil)

// NewDirect returns a runner in memory. Without a log it is silent.
func NewDirect(log *slog.Logger) *Direct {
	return &Direct{gate: newGate(log), started: map[string]bool{}}
}

// Launch implements [ops.Runner].
func (d *Direct) Launch(_ context.Context, advance ops.Advance) error { return d.gate.launch(advance) }

// Start implements [ops.Runner].
func (d *Direct) Start(ctx context.Context, id string, _ json.RawMessage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.gate.enter(); err != nil {
		return err
	}
	d.mu.Lock()
	again := d.started[id]
	d.started[id] = true
	d.mu.Unlock()
	if again {
		d.gate.leave()
		return nil
	}
	go d.run(id) // close waits for it: it is inside until its first step ended
	return nil
}

func (d *Direct) run(id string) {
	for n := 0; ; n++ {
		more, err := d.gate.call(id, n)
		d.gate.leave()
		if err != nil {
			d.gate.log.Error("a run ended early", "run", id, "step", n, "error", err)
		}
		if err != nil || !more || d.gate.enter() != nil {
			return
		}
	}
}

// Close implements [ops.Runner].
func (d *Direct) Close(ctx context.Context) error { return d.gate.close(ctx) }

package docker

import (
	"context"
	"sync"
	"time"

	"vigie/ops"
)

// followPace is how often a followed log is shown anew: as often as a message may be edited without being throttled.
const followPace = 2 * time.Second

// follow shows the newest lines of r, and keeps showing them, also across its restarts.
func (s *Stack) follow(ctx context.Context, r row, p logsParams) (ops.Answer, error) {
	q := p.query()
	q.Lines = tailLines
	lines, err := s.Host.Logs(ctx, r.id(), q)
	if err != nil {
		return ops.Answer{}, err
	}
	f := &feed{lines: lines, find: p.Find}
	a := f.answer(r)
	a.Live = func(ctx context.Context, show func(ops.Answer)) error { return f.run(ctx, s.Host, r, show) }
	return a, nil
}

// A feed is a log as it comes in: the newest lines of it.
type feed struct {
	find string

	mu    sync.Mutex // guards what follows
	lines []Line
	fresh bool // since it was last shown
}

func (f *feed) add(l Line) {
	if f.find != "" && !holds(l.Text, f.find) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, l)
	f.lines = f.lines[max(0, len(f.lines)-tailLines):]
	f.fresh = true
}

// take returns the answer if there is something new in it.
func (f *feed) take(r row) (ops.Answer, bool) {
	f.mu.Lock()
	fresh := f.fresh
	f.fresh = false
	f.mu.Unlock()
	if !fresh {
		return ops.Answer{}, false
	}
	return f.answer(r), true
}

func (f *feed) answer(r row) ops.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := ops.Say(ops.T("⏳ following %s", "⏳ suivi de %s", ops.Name(r.name)))
	if len(f.lines) == 0 {
		return *a.Line(ops.T("nothing yet", "rien pour l’instant"))
	}
	return *a.Code(plainLines(f.lines), false)
}

// since is from when on the next lines are new.
func (f *feed) since() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.lines); n > 0 && !f.lines[n-1].At.IsZero() {
		return f.lines[n-1].At.Add(1) // the engine's clock, to the nanosecond
	}
	return time.Now()
}

// run reads and shows until ctx ends or the container is gone.
func (f *feed) run(ctx context.Context, host Host, r row, show func(ops.Answer)) error {
	ctx, cancel := context.WithCancel(ctx)
	gone := make(chan error, 1)
	var reader sync.WaitGroup
	reader.Go(func() { gone <- f.read(ctx, host, r) }) // waited for below
	defer reader.Wait()
	defer cancel()
	tick := time.NewTicker(followPace)
	defer tick.Stop()
	for {
		var err error
		over := false
		select {
		case <-ctx.Done():
			return nil
		case err = <-gone:
			over = true
		case <-tick.C:
		}
		if a, fresh := f.take(r); fresh {
			show(a)
		}
		if over {
			return err
		}
	}
}

// read follows the log, again after each end of the container: who watches a log may well restart its service.
func (f *feed) read(ctx context.Context, host Host, r row) error {
	for ctx.Err() == nil {
		err := host.Follow(ctx, r.container(), f.since(), f.add)
		if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(followPace):
		}
	}
	return nil
}

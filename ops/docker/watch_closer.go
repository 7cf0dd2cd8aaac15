package docker

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A found is what a close look at a container in trouble brought.
type found struct {
	kind   string // the trouble that it was looked at for
	likely ops.Text
	quote  string
	usage  Usage
	alive  bool // after its last lack of memory it still ran
}

// want puts a container into the queue of those to be looked at closely. The caller holds mu.
func (l *lookout) want(k *memo) {
	if k.queued || l.boxes[k.ID] != k {
		return
	}
	k.queued = true
	if !k.looking { // else it is put in when that look is over
		l.queue = append(l.queue, k.ID)
		poke(l.look)
	}
}

// looks looks closely at what stands in the queue, a few at a time, until ctx ends.
func (l *lookout) looks(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	slots := make(chan struct{}, sweepWide)
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.look:
		}
		for id := l.next(); id != ""; id = l.next() {
			select {
			case <-ctx.Done():
				return
			case slots <- struct{}{}:
			}
			work.Go(func() {
				defer func() { <-slots }()
				l.closer(ctx, id)
			})
		}
	}
}

// next takes one out of the queue; "" if there is none.
func (l *lookout) next() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 {
		id := l.queue[0]
		l.queue = l.queue[1:]
		if k := l.boxes[id]; k != nil {
			k.queued, k.looking = false, true
			return id
		}
	}
	return ""
}

// closer looks closely at one container, and tells what that brought.
func (l *lookout) closer(ctx context.Context, id string) {
	defer l.lookedAt(id)
	asked := time.Now()
	l.mu.Lock()
	count, v := l.count, l.view()
	var s scene
	scenes := l.scenes(v, time.Now())
	if i := slices.IndexFunc(scenes, func(s scene) bool { return s.k != nil && s.k.ID == id }); i >= 0 {
		s = scenes[i]
	}
	kind, hungry := "", false
	if s.k != nil {
		kind, hungry = s.kind(), s.hungry()
	}
	l.mu.Unlock()
	if kind == "" && !hungry {
		err := l.inspect(ctx, id)
		l.refused(id, asked, err)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.report()
		return
	}
	e, err := l.stack.gather(ctx, v, s.row, false)
	if err != nil {
		l.refused(id, asked, err)
		return // the events tell what has become of it, or the next sweep
	}
	f := found{kind: kind, likely: e.likely(), quote: e.lastErrors()}
	if f.likely == recreated(e) {
		f.likely = ops.Text{} // what changed before is told anyhow, and better
	}
	if out := strings.TrimSpace(e.d.sickness()); kind == "unhealthy" && strings.Contains(out, "\n") {
		f.quote = clipBytes(out, 1200)
	}
	l.bring(id, e.d, f, count)
	if hungry && e.d.State == "running" {
		l.measure(ctx, id, e.d)
	}
}

func (l *lookout) lookedAt(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.boxes[id]; k != nil {
		again := k.queued
		k.looking, k.queued = false, false
		if again {
			l.want(k)
		}
	}
}

// bring takes in what a close look brought, and tells it.
func (l *lookout) bring(id string, d Detail, f found, count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.boxes[id]
	if k == nil {
		return
	}
	l.learn(k, d, count)
	f.alive, f.usage = k.found.alive, k.found.usage
	k.found = f
	l.report()
}

// measure finds out what one that lacked memory uses; that takes two seconds, after which it is also known whether it lived on.
func (l *lookout) measure(ctx context.Context, id string, d Detail) {
	ctx, cancel := context.WithTimeout(ctx, closeLimit)
	defer cancel()
	use, err := l.stack.Host.Stats(ctx, id)
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.boxes[id]
	if u, ok := use[id]; err == nil && ok && k != nil && k.State == "running" && k.started.Equal(d.Started) {
		k.found.usage, k.found.alive = u, true
		l.report()
	}
}

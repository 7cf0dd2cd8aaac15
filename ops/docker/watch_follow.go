package docker

import (
	"context"
	"time"

	"vigie/ops"
)

const (
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second  // asking a socket that nobody listens at costs nothing, and each second of waiting is one of blindness
	steady     = 5 * time.Second  // a stream that lasted so long is a good one, whatever ended it
	overlap    = 2 * time.Second  // the engine's events are not quite in the order of their times
	patience   = 3                // streams in a row that give nothing, while the engine answers, before that is a trouble
	earlier    = 10 * time.Second // how far the very first stream looks back: what happens while everything is first looked at
)

// follow reads the engine's events until ctx ends, however often the stream breaks.
func (l *lookout) follow(ctx context.Context) {
	wait := retryFirst
	for ctx.Err() == nil {
		stream, cut := context.WithCancel(ctx)
		since := l.begin(cut)
		began, fresh := time.Now(), false
		var broke error
		for ev, err := range l.stack.Host.Events(stream, since, l.stack.Project) {
			if err != nil {
				broke = err
				break
			}
			fresh = l.heed(ev) || fresh
		}
		cut()
		if ctx.Err() != nil {
			return
		}
		good := fresh || time.Since(began) >= steady
		l.ended(broke, good)
		if good {
			wait = retryFirst
		}
		select {
		case <-ctx.Done():
		case <-l.retry:
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
	}
}

// begin notes that a stream is asked for, and gives from when on.
func (l *lookout) begin(cut context.CancelFunc) (since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.streaming, l.begun, l.missed = cut, true, time.Now(), false
	select {
	case <-l.retry: // it is what we do
	default:
	}
	poke(l.sweep)
	switch {
	case !l.newest.IsZero():
		return l.newest.Add(-overlap)
	case !l.lost.IsZero():
		return l.lost.Add(-overlap)
	}
	return l.begun.Add(-earlier)
}

// ended notes that a stream has ended.
func (l *lookout) ended(why error, good bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.streaming = false
	switch {
	case good:
		l.failed, l.deaf = 0, nil
		l.lose(time.Now())
		l.doubt()
	case ops.KindOf(why) == ops.Denied: // it will not change soon: the sweeps must do
		l.deaf = why
	default:
		if l.failed++; l.failed >= patience && l.blind.IsZero() {
			l.deaf = why
		}
	}
	l.report()
}

// A heardKey tells events apart.
type heardKey struct {
	at       int64
	id, kind string
}

// isNew reports whether an event was not heard before, and remembers it.
func (l *lookout) isNew(ev Event) bool {
	key := heardKey{ev.At.UnixNano(), ev.ID, ev.Kind}
	if l.heard[key] {
		return false
	}
	l.heard[key] = true
	if ev.At.After(l.newest) {
		l.newest = ev.At
	}
	if len(l.heard) > 1000 {
		for old := range l.heard {
			if old.at < l.newest.Add(-2*overlap).UnixNano() {
				delete(l.heard, old)
			}
		}
	}
	return true
}

// hears notes that the stream works.
func (l *lookout) hears() {
	l.missed = false
	if l.streaming && time.Since(l.begun) >= steady {
		l.failed, l.deaf = 0, nil
	}
}

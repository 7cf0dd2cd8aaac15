package docker

import (
	"context"
	"io"
	"iter"
	"slices"
	"time"
)

// fakeMemory is how many events a fake remembers, as an engine does.
const fakeMemory = 256

// A said is what the events have told of a box so far.
type said struct {
	id, state, health string
	exists, oom       bool
	started           time.Time
	restarts          int
	ended             time.Time // if it has
}

// Events implements [Host]. It listens and looks at the clock; the world tells of itself in announce.
func (f *Fake) Events(ctx context.Context, since time.Time, project string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f.mu.Lock()
		err := f.enter(ctx, call{doing: doEvents, needs: "EVENTS=1"}, "events")
		f.announce(false)
		at, streams := f.forgotten+len(f.remembered), f.streams
		if !since.IsZero() {
			at = f.forgotten + slices.IndexFunc(append(slices.Clone(f.remembered), Event{At: since}), func(e Event) bool { return !e.At.Before(since) })
		}
		f.mu.Unlock()
		if err != nil {
			if ctx.Err() == nil {
				yield(Event{}, err)
			}
			return
		}
		for {
			news, to, over, wake, next := f.news(at, streams)
			at = to
			for _, e := range news {
				if (project == "" || e.Project == project) && !yield(e, nil) {
					return
				}
			}
			if over {
				yield(Event{}, (&Engine{}).explain(call{doing: doEvents}, &wire{sent: true}, io.ErrUnexpectedEOF))
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-wake:
			case <-next:
			}
		}
	}
}

// news are the events from number at on, and what to wait for before asking again; over says that the stream ended there.
func (f *Fake) news(at, streams int) (list []Event, to int, over bool, wake <-chan struct{}, next <-chan time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.announce(false)
	to, over = f.forgotten+len(f.remembered), f.streams != streams
	if over {
		to = max(at, min(to, f.cut))
	}
	list = slices.Clone(f.remembered[max(0, min(at, to)-f.forgotten):max(0, to-f.forgotten)])
	if f.wake == nil {
		f.wake = make(chan struct{})
	}
	if soon := f.soon(); !soon.IsZero() {
		next = time.After(time.Until(soon))
	}
	return list, to, over, f.wake, next
}

// hangUp ends every stream after what was told up to now. The caller holds mu.
func (f *Fake) hangUp() {
	f.streams++
	f.cut = f.forgotten + len(f.remembered)
	f.rouse()
}

func (f *Fake) rouse() {
	if f.wake != nil {
		close(f.wake)
		f.wake = nil
	}
}

// announce turns what became of the world since it was last called into events: asked says that somebody asked for it, as a
// stop does, and that the containers did not do it by themselves. The caller holds mu.
func (f *Fake) announce(asked bool) {
	told := f.forgotten + len(f.remembered)
	for _, b := range f.boxes {
		was, is := b.said, b.saying()
		b.said = is
		if !b.heard || was == is {
			b.heard = true
			continue
		}
		f.tell(b, was, is, asked)
	}
	if f.forgotten+len(f.remembered) > told {
		f.rouse()
	}
}

func (b *box) saying() said {
	d := b.now()
	s := said{id: d.ID, state: d.State, health: d.Health, exists: b.exists, oom: d.OOM, started: d.Started, restarts: d.Restarts}
	if d.State == "exited" {
		s.ended = d.Finished
	}
	return s
}

func (s said) up() bool { return s.exists && (s.state == "running" || s.state == "paused") }

// tell gives the events that lead from was to is.
func (f *Fake) tell(b *box, was, is said, asked bool) {
	if was.exists && (!is.exists || was.id != is.id) {
		old := *b
		old.ID = was.id
		if was.up() {
			f.end(&old, is, true, time.Now())
		}
		f.emit(&old, Event{Kind: "destroy"}, time.Now())
		was = said{}
	}
	if !is.exists {
		return
	}
	if !was.exists {
		f.emit(b, Event{Kind: "create"}, b.Created)
		was.state = "created"
		was.restarts = is.restarts
	}
	f.runs(b, was, is, asked)
	switch {
	case is.state == "paused" && was.state != "paused":
		f.emit(b, Event{Kind: "pause"}, time.Now())
	case was.state == "paused" && is.state == "running":
		f.emit(b, Event{Kind: "unpause"}, time.Now())
	}
	if is.oom && !was.oom && was.up() && is.up() {
		f.emit(b, Event{Kind: "oom"}, time.Now())
	}
	if is.up() && was.state != "paused" && is.health != was.health && (is.health == "healthy" || is.health == "unhealthy") {
		at := time.Now()
		if was.health == "starting" && !b.settled {
			at = is.started.Add(b.ready)
		}
		f.emit(b, Event{Kind: "health", Health: is.health}, at)
	}
}

// runs gives the ends and starts between was and is. Of what restarts by itself it gives each.
func (f *Fake) runs(b *box, was, is said, asked bool) {
	more := max(0, is.restarts-was.restarts)
	restarted := was.up() && is.up() && !is.started.Equal(was.started)
	ends := more
	switch {
	case was.up() && is.up() && !restarted:
	case was.up() && is.up():
		ends = max(1, more)
	case was.up() && is.state != "restarting":
		ends = more + 1
	case was.up():
		ends = max(1, more)
	case is.state == "exited" && !is.ended.Equal(was.ended):
		ends = more + 1
	}
	up := was.up()
	for n := range ends {
		at := time.Now()
		if d := b.now(); b.loops() {
			at = d.Started.Add(-time.Duration(ends-1-n) * fakeLoop)
		} else if !asked && b.oneShot && is.state == "exited" {
			at = d.Finished
		}
		if !up {
			f.emit(b, Event{Kind: "start"}, at)
		}
		f.end(b, is, asked, at)
		up = false
	}
	if is.up() && !up {
		f.emit(b, Event{Kind: "start"}, is.started)
		if restarted && asked {
			f.emit(b, Event{Kind: "restart"}, time.Now())
		}
	}
}

// end gives the events of one end.
func (f *Fake) end(b *box, is said, asked bool, at time.Time) {
	code := b.now().ExitCode
	if asked {
		f.emit(b, Event{Kind: "kill", Signal: "15"}, at)
		code = 0
		if b.hangs {
			f.emit(b, Event{Kind: "kill", Signal: "9"}, at)
			code = 137
		}
	}
	if is.oom && !asked {
		f.emit(b, Event{Kind: "oom"}, at)
	}
	f.emit(b, Event{Kind: "die", ExitCode: max(code, 0)}, at)
	if asked {
		f.emit(b, Event{Kind: "stop"}, at)
	}
}

func (f *Fake) emit(b *box, e Event, at time.Time) {
	if e.Kind != "die" {
		e.ExitCode = -1
	}
	if !at.After(f.newest) {
		at = f.newest.Add(1)
	}
	f.newest = at
	e.At, e.ID, e.Container, e.Service, e.Project, e.Image = at, b.ID, b.Name, b.Service, b.Project, b.Image
	f.remembered = append(f.remembered, e)
	if over := len(f.remembered) - fakeMemory; over > 0 {
		f.remembered, f.forgotten = slices.Delete(f.remembered, 0, over), f.forgotten+over
	}
}

// soon is when a container will next do something by itself; zero is never.
func (f *Fake) soon() (at time.Time) {
	now := time.Now()
	for _, b := range f.boxes {
		if !b.exists || b.State != "running" {
			continue
		}
		var due time.Time
		switch s := b.said; {
		case b.loops():
			due = b.Started.Add(now.Sub(b.Started).Truncate(fakeLoop) + fakeLoop)
			if s.state == "running" {
				due = b.Started.Add(1)
			}
		case b.oneShot && s.state == "running":
			due = b.Started.Add(fakeJob)
		case s.health == "starting" && !b.settled:
			due = b.Started.Add(b.ready)
		}
		if due.After(now) && (at.IsZero() || due.Before(at)) {
			at = due
		}
	}
	return at
}

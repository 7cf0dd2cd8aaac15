package docker

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigie/ops"
)

// take takes in a list that was asked for when there had been count events, and gives the ids of those containers that must
// be looked at closely before their state is known.
func (l *lookout) take(all []Container, count int, files []File, unread error) (suspects []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unread = unread; unread == nil || len(l.files) == 0 {
		l.files = files
	}
	if l.missed && l.streaming && time.Since(l.begun) >= steady {
		l.missed = false
		l.cut() // the list knows more than the stream, for a minute by now: it is dead, and nobody noticed
	}
	here := map[string]bool{}
	for _, c := range all {
		here[c.ID] = true
	}
	heard := l.looked && l.lost.IsZero() // then there should have been an event for each difference
	for id, k := range l.boxes {
		if !here[id] && k.stirred <= count {
			l.missed = l.missed || heard
			l.leave(k)
		}
	}
	for _, c := range all {
		k := l.boxes[c.ID]
		switch {
		case !l.stack.ours(c), k == nil && l.destroyed[c.ID] > count:
			continue
		case k == nil:
			l.missed = l.missed || heard
			k = l.meet(c)
			k.update(c)
		case k.stirred > count: // an event is newer
		default:
			l.missed = l.missed || heard && k.differs(c)
			if c.State == "exited" && lives(k.State) {
				l.unheard(k)
			}
			k.update(c)
		}
		if l.doubtful(k) {
			suspects = append(suspects, k.ID)
		}
	}
	for id, n := range l.destroyed {
		if n <= count {
			delete(l.destroyed, id)
		}
	}
	return suspects
}

// differs reports whether the list shows what an event should have told.
func (k *memo) differs(c Container) bool {
	return lives(k.State) != lives(c.State) || lives(c.State) && c.Health != k.Health && (c.Health == "healthy" || c.Health == "unhealthy")
}

// update takes in what the list says.
func (k *memo) update(c Container) {
	if c.State == "exited" && c.ExitCode < 0 {
		c.ExitCode = k.ExitCode
	}
	if k.State == "exited" && c.State == "restarting" {
		c.ExitCode = cmp.Or(c.ExitCode, k.ExitCode)
	}
	k.Container, k.unsure = c, false
	k.named(c.Image)
	if c.ExitCode >= 0 {
		k.code = c.ExitCode
	}
	if c.State == "running" {
		k.heard = false
		k.settle()
		k.healthIs(c.Health, time.Now())
	}
}

// doubtful reports whether the list and the events leave open how k is.
func (l *lookout) doubtful(k *memo) bool {
	d := &k.detail
	switch {
	case d.ID == "" || k.stirred > k.seen || k.State != d.State || k.State == "restarting" || k.Health == "unhealthy":
		return true
	case k.State == "exited" && k.ended.IsZero():
		return true
	}
	a := age(k.Since)
	n, unit, ok := a.parts()
	if !ok {
		return false
	}
	atMost := time.Duration(n+1) * ageUnits[unit].unit
	since := k.started
	if k.State != "running" && k.State != "paused" {
		since = k.ended
	}
	younger := time.Since(since) > atMost+2*time.Second
	unseen := !l.lost.IsZero() && a.Span()-ageUnits[unit].unit <= time.Since(l.lost)
	return younger || unseen
}

// inspect looks closely at one container.
func (l *lookout) inspect(ctx context.Context, id string) error {
	count := l.now()
	d, err := l.stack.Host.Inspect(ctx, id)
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.boxes[id]
	switch {
	case k == nil:
	case ops.KindOf(err) == ops.NotFound && k.stirred <= count:
		l.leave(k)
	case err == nil:
		l.learn(k, d, count)
	}
	return err
}

// now is the number of events so far.
func (l *lookout) now() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

// learn takes in a close look that was asked for when there had been count events.
func (l *lookout) learn(k *memo, d Detail, count int) {
	if k.stirred > count {
		return // it is out of date
	}
	first := k.detail.ID == ""
	l.counted(k, d, first)
	if d.Started.After(k.started.Add(time.Second)) && d.State == "running" && !k.started.IsZero() {
		k.asked = time.Time{} // it was started unheard
	}
	c := d.Container
	c.Image, c.ImageID, c.Since, c.Created, c.Replaces = k.Image, d.ImageID, k.Since, d.Created, k.Replaces
	k.named(d.Image)
	k.Container, k.detail, k.seen, k.unsure = c, d, count, false
	k.started, k.weak = d.Started, blind(d.HealthTest)
	if d.State != "running" && d.State != "paused" {
		k.ended, k.code = d.Finished, d.ExitCode
	}
	if d.State == "running" {
		since := time.Now()
		if d.Health == "unhealthy" {
			since = since.Add(-d.sick())
		}
		k.healthIs(d.Health, since)
	}
	k.turn(l.o, time.Now())
}

// counted takes in the engine's count of restarts: those that no event told are added to the ends.
func (l *lookout) counted(k *memo, d Detail, first bool) {
	at := d.Finished
	if at.IsZero() {
		at = time.Now()
	}
	missed := d.Restarts - k.restarts - k.uncounted
	long := !l.lost.IsZero() && time.Since(l.lost) > l.o.Window // then nobody knows when they were
	switch {
	case k.recount:
	case missed > 0 && (!first || k.baseline) && !long:
		k.ends = append(k.ends, slices.Repeat([]time.Time{at}, min(missed, mostEnds))...)
		k.ahead, k.aheadTo = missed, at
	case missed > 0 && d.looping() && d.Restarts >= l.o.Restarts:
		k.ends = slices.Repeat([]time.Time{at}, min(d.Restarts, mostEnds))
	}
	k.restarts, k.uncounted, k.recount = d.Restarts, 0, false
}

package alerts

import (
	"slices"
	"time"

	"vigie/ops"
)

const (
	explained   = 2 * time.Minute // how long what a cause explained may outlive it
	remind      = 24 * time.Hour  // unless the options say otherwise
	remindGrave = time.Hour
)

// advance carries an incident on, and gives when it is due again.
func (b *book) advance(i *Incident, now time.Time) (next time.Time) {
	due, changed := i.fade(now)
	if changed {
		b.changed(i)
	}
	switch i.State {
	case Suspect:
		ripe := i.ripe(b.e.o.Delay)
		if now.Before(ripe) {
			return sooner(due, ripe)
		}
		b.fire(i, now)
	case Calming:
		if !now.Before(i.Calm) {
			b.over(i)
			return due
		}
		due = sooner(due, i.Calm)
	case Over:
		if now.Before(i.Later) {
			return i.Later
		}
		if !i.Later.IsZero() {
			i.Later = time.Time{}
			b.changed(i)
		}
		return time.Time{}
	}
	return sooner(due, b.tend(i, now))
}

// fire makes it an incident that people are told of, unless something holds it.
func (b *book) fire(i *Incident, now time.Time) {
	i.State = Firing
	i.rise(now)
	if i.Fired.IsZero() {
		i.Fired = now
	}
	i.Told = slices.DeleteFunc(i.Told, func(key string) bool { return b.letterOf(key, i) == nil }) // told of it long ago
	if len(i.Rises) <= flapRises {                                                                 // it is back, while its message says that it is over: from the third time on that is just edited
		b.renew(i)
	}
	i.Freed = time.Time{}
	i.Cause = b.cause(i)
	b.changed(i)
	if i.Cause == "" {
		b.explainOthers(i, now)
	}
}

// tend looks after one that fires: is it held, explained by another, told to all, told again?
func (b *book) tend(i *Incident, now time.Time) (next time.Time) {
	hold, until := b.hold(i, now)
	if held := i.Hold != nil; held != (hold != nil) || held && *i.Hold != *hold {
		b.release(i, hold)
	}
	if hold != nil {
		return until
	}
	if i.late && b.planAt(i, now) == nil {
		i.late = false
		b.changed(i)
	}
	if i.Cause != "" {
		if c := b.incidents[i.Cause]; c != nil && c.fired() || c != nil && c.State == Suspect {
			i.Freed = time.Time{}
			return time.Time{}
		}
		if i.Freed.IsZero() {
			i.Freed = now
		}
		if wait := i.Freed.Add(explained); now.Before(wait) {
			return wait
		}
		b.changed(i) // the cause reads differently too
		i.Cause, i.Freed = "", time.Time{}
	}
	if i.State != Firing {
		return time.Time{}
	}
	b.mend(i, now)
	b.route(i, now)
	return b.press(i, now)
}

// release notes that something else holds it now, or nothing any more: then what is still so is told like new.
func (b *book) release(i *Incident, hold *Hold) {
	i.Hold = hold
	if hold == nil && i.State == Firing {
		b.renew(i)
	}
	b.changed(i)
}

// route tells those who are not told yet; and all again, with sound, when it has become graver.
func (b *book) route(i *Incident, now time.Time) {
	graver := !i.Worst.AtLeast(i.severity())
	for _, key := range b.readers(i) {
		if !slices.Contains(i.Told, key) && !slices.Contains(i.Owed, key) {
			i.Owed = append(i.Owed, key)
			b.saver.touch(i)
		}
	}
	if !graver {
		return
	}
	if i.Worst != "" {
		b.renew(i)
	}
	i.Worst, i.Pressed = i.severity(), now
	b.saver.touch(i)
}

// readers are the keys of those who are told of an incident.
func (b *book) readers(i *Incident) (keys []string) {
	keys = b.e.o.Default
	for _, r := range b.e.o.Routes {
		if r.matches(i) {
			keys = r.To
			break
		}
	}
	if i.Raised {
		keys = append(slices.Clone(keys), b.e.o.EscalateTo...)
	}
	return keys
}

func (r Route) matches(i *Incident) bool {
	if !ops.GlobAny(r.Subject, i.Subject) {
		return false
	}
	if s := i.severity(); r.Least != "" && (!s.AtLeast(r.Least) || r.Exactly && s != r.Least) {
		return false
	}
	return len(r.Kind) == 0 || slices.ContainsFunc(i.troubles(), func(t *Seen) bool { return ops.GlobAny(r.Kind, t.Kind) })
}

// press tells again what nobody acknowledged: escalated once if it is critical, then as a reminder.
func (b *book) press(i *Incident, now time.Time) (next time.Time) {
	if i.Ack != nil || i.Pressed.IsZero() {
		return time.Time{}
	}
	o := &b.e.o
	grave := i.severity() == ops.Critical
	if grave && !i.Raised && o.EscalateAfter > 0 {
		at := i.Pressed.Add(o.EscalateAfter)
		if now.Before(at) {
			return at
		}
		i.Raised = true
		b.renew(i)
		i.Pressed = now
		b.changed(i)
		b.route(i, now)
	}
	every := orElse(o.Remind, remind)
	if grave {
		every = orElse(o.RemindGrave, remindGrave)
	}
	if every < 0 || i.severity() == ops.Notice { // what is only to be known is not recalled
		return time.Time{}
	}
	at := i.Pressed.Add(every)
	if now.Before(at) {
		return at
	}
	i.Pressed = now
	b.renew(i)
	b.changed(i)
	return now.Add(every)
}

// over closes it.
func (b *book) over(i *Incident) {
	i.State, i.Ended = Over, i.Calm
	if i.Last != nil && !i.Last.At.IsZero() {
		i.Ended = i.Last.At
	}
	i.Calm = time.Time{}
	switch {
	case i.Cause != "" && len(i.Told) == 0: // told as a part of its cause
		i.Owed = nil
	case i.Hold != nil && i.Hold.Why == byPlan && len(i.Told) == 0: // our own doing, and mended
		i.Owed = nil
	case i.Hold != nil && len(i.Told) == 0:
		i.Owed, i.Later = slices.Clone(b.readers(i)), i.Hold.Until // it came and went unseen: told in one line, later
	}
	i.Hold, i.late = nil, false
	i.Worst, i.Pressed, i.Raised = "", time.Time{}, false
	b.changed(i)
	if i.Fired.IsZero() {
		return
	}
	for _, other := range b.incidents { // what it explained may have to speak for itself soon
		if other.Cause == i.Subject {
			b.saver.touch(other)
		}
	}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

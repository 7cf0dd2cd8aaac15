package alerts

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A book is all that the engine knows. One goroutine owns it: run. Nothing here is locked.
type book struct {
	e         *Engine
	incidents map[string]*Incident // the newest of each subject
	past      []*Incident          // older ones that somebody is still to be told of
	letters   map[string][]*Letter // by recipient: those that may still change
	flow      map[string]*flow     // by recipient
	mutes     map[string]*Mute     // by pattern and kind
	windows   []*window
	boards    map[ops.Place]*Board
	runs      map[string]ops.Run // our own plans that are under way
	done      []ops.Run          // those that ended lately, oldest first
	repairs   map[string]*repairs
	marks     map[string]*mark // by watcher
	alive     *alive
	started   time.Time
	saver     saver
	jobs      []func(context.Context) // to be done away from the book; run begins them
}

// A mark is where a watcher stands.
type mark struct {
	kept
	at json.RawMessage // in the watcher’s own notation
}

// longest is how long the book looks away at most: a clock that was set, a window that was computed wrongly.
const longest = time.Minute

// run owns the book until ctx ends.
func (b *book) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var work sync.WaitGroup
	for {
		select {
		case <-ctx.Done():
			b.close()
			work.Wait()
			return
		case a := <-b.e.inbox:
			b.take(a)
			for range len(b.e.inbox) { // what came together is settled together
				b.take(<-b.e.inbox)
			}
		case r := <-b.saver.results:
			b.kept(r)
		case <-timer.C:
		}
		next := b.step(time.Now())
		b.save()
		for _, job := range b.jobs {
			work.Go(func() { job(ctx) })
		}
		b.jobs = nil
		timer.Reset(min(max(time.Until(next), 0), longest))
	}
}

// take does what was asked.
func (b *book) take(a ask) {
	a.do(b)
	switch {
	case a.done == nil:
	case a.kept:
		b.saver.waiting = append(b.saver.waiting, a.done)
	default:
		close(a.done)
	}
}

// see takes in what a watcher tells.
func (b *book) see(by string, s ops.Sighting) {
	now := time.Now()
	for _, t := range s.Troubles {
		b.trouble(by, clean(t), now)
	}
	if s.Whole != "" {
		b.whole(by, s, now)
	}
	if s.Mark != nil {
		m := b.marks[by]
		if m == nil {
			m = &mark{}
			b.marks[by] = m
		}
		m.at = s.Mark
		b.saver.touch(m)
	}
}

func (b *book) trouble(by string, t ops.Trouble, now time.Time) {
	i := b.incidents[t.Subject]
	if t.Over && (i == nil || i.Open[t.Kind] == nil) {
		return
	}
	if i == nil || i.State == Over && now.Sub(i.Ended) > again {
		if i != nil && len(i.Owed) > 0 {
			b.past = append(b.past, i)
		}
		i = &Incident{ID: newID(), Subject: t.Subject, State: Suspect}
		b.incidents[t.Subject] = i
	}
	was := i.severity()
	if !i.see(by, t, now) {
		return
	}
	if i.Ack != nil && !was.AtLeast(i.severity()) {
		i.Ack = nil // what was acknowledged was less
	}
	if !t.Over && i.State == Firing && b.planAt(i, now) != nil {
		i.late = true
		return
	}
	b.changed(i)
}

// whole ends what a watcher no longer sees.
func (b *book) whole(by string, s ops.Sighting, now time.Time) {
	there := map[[2]string]bool{}
	for _, t := range s.Troubles {
		there[[2]string{t.Subject, t.Kind}] = true
	}
	for subject, i := range b.incidents {
		if !strings.HasPrefix(subject, s.Whole) {
			continue
		}
		for _, known := range i.troubles() {
			if known.By == by && known.Fades == 0 && !there[[2]string{subject, known.Kind}] {
				b.trouble(by, ops.Trouble{Subject: subject, Kind: known.Kind, Over: true, At: now, Severity: known.Severity}, now)
			}
		}
	}
}

// clean takes out of a trouble what could disturb a message, and bounds it.
func clean(t ops.Trouble) ops.Trouble {
	const mostLines, mostQuote = 8, 1500
	t.Lines = t.Lines[:min(len(t.Lines), mostLines)]
	t.Quote = ops.Clean(t.Quote)
	if r := []rune(t.Quote); len(r) > mostQuote {
		t.Quote = "…" + string(r[len(r)-mostQuote:])
	}
	if t.Severity == "" {
		t.Severity = ops.Warning
	}
	return t
}

// changed notes that an incident reads differently, and what hangs on it.
func (b *book) changed(i *Incident) {
	i.Rev++
	if i.Cause != "" {
		if c := b.incidents[i.Cause]; c != nil && !c.Fired.IsZero() {
			c.Rev++
			b.saver.touch(c)
		}
	}
	b.saver.touch(i)
}

// step does what is due at now, and gives the time at which to look again.
func (b *book) step(now time.Time) (next time.Time) {
	next = now.Add(longest)
	soon := func(t time.Time) { next = sooner(next, t) }
	soon(b.breathe(now))
	if now.Before(b.saver.retry) {
		soon(b.saver.retry)
	}
	for _, w := range b.windows {
		soon(w.step(now))
	}
	for key, m := range b.mutes {
		if now.Before(m.Until) {
			soon(m.Until)
			continue
		}
		delete(b.mutes, key)
		m.Ended = true
		b.saver.touch(m)
	}
	b.done = slices.DeleteFunc(b.done, func(r ops.Run) bool { return now.Sub(r.Ended) > rememberRuns })
	for _, i := range b.incidents {
		soon(b.advance(i, now))
	}
	for _, list := range b.letters {
		for _, l := range list {
			b.settle(l, now)
		}
	}
	b.forget(now)
	if b.saver.moved {
		b.saver.moved = false
		for _, bell := range b.e.bells {
			ring(bell)
		}
		ring(b.e.board)
	}
	return next
}

// forget drops what is over, was told and is no longer of use: the store has it.
func (b *book) forget(now time.Time) {
	b.past = slices.DeleteFunc(b.past, func(i *Incident) bool { return len(i.Owed) == 0 })
	for key, list := range b.letters {
		b.letters[key] = slices.DeleteFunc(list, func(l *Letter) bool { return l.Closed && !b.saver.holds(l) })
	}
	for subject, i := range b.incidents {
		if i.State == Over && len(i.Owed) == 0 && now.Sub(i.Ended) > 24*time.Hour {
			delete(b.incidents, subject)
		}
		if i.State == Over && i.Fired.IsZero() && now.Sub(i.Ended) > again {
			delete(b.incidents, subject)
		}
	}
}

// find is an incident by its id, among those that matter.
func (b *book) find(id string) *Incident {
	for _, i := range b.incidents {
		if i.ID == id {
			return i
		}
	}
	for _, i := range b.past {
		if i.ID == id {
			return i
		}
	}
	return nil
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default: // it has rung
	}
}

// newID names an incident or a letter: 60 random bits.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

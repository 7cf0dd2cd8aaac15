package alerts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigie/ops"
)

const (
	showFor     = 45 * time.Second // how long one try to bring a message may take
	longestTry  = time.Minute      // the longest pause between tries
	refusedWait = 10 * time.Minute // before what was refused for good is tried again: a chat may be opened anew
)

// An errand is one message to bring.
type errand struct {
	letter  *Letter
	version string
	place   ops.Place
	answer  ops.Answer
	fresh   bool // it is a new message
	pointer bool // place is a message that another took the place of
}

// carry brings one reader's messages until ctx ends: one at a time, the newest state of each.
func (e *Engine) carry(ctx context.Context, r Recipient) {
	for {
		lang := ops.English
		if r.Lang != nil {
			lang = r.Lang(ctx)
		}
		var todo *errand
		var later time.Time
		if e.with(ctx, false, func(b *book) { todo, later = b.next(r, lang, time.Now()) }) != nil {
			return
		}
		if todo == nil {
			if !e.waitFor(ctx, r.Key, later) {
				return
			}
			continue
		}
		e.bring(ctx, r, lang, *todo)
	}
}

// waitFor waits until there may be something to bring. It says false when ctx has ended.
func (e *Engine) waitFor(ctx context.Context, key string, later time.Time) bool {
	wait := longest
	if !later.IsZero() {
		wait = min(max(time.Until(later), 0), longest)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-e.bells[key]:
	case <-timer.C:
	}
	return true
}

func (e *Engine) bring(ctx context.Context, r Recipient, lang ops.Lang, todo errand) {
	if todo.pointer {
		e.o.Screen.Update(todo.place, lang, todo.answer)
		_ = e.with(ctx, false, func(b *book) { b.pointed(todo) }) // it is drawn again after a crash: no harm
		return
	}
	trying, cancel := context.WithTimeout(ctx, showFor)
	defer cancel()
	place, err := e.o.Screen.Show(trying, todo.place, lang, todo.answer)
	if ctx.Err() != nil {
		return
	}
	final := err != nil && trying.Err() == nil
	_ = e.with(ctx, false, func(b *book) { b.brought(r, todo, place, err, final, time.Now()) }) // fails only at the end, when it does not matter
}

// next is what to bring to a reader now; nil if that is nothing before later.
func (b *book) next(r Recipient, lang ops.Lang, now time.Time) (todo *errand, later time.Time) {
	f := b.flow[r.Key]
	if now.Before(f.until) {
		return nil, f.until
	}
	later = b.write(r, now)
	list := b.letters[r.Key]
	_, quiet := r.Quiet.at(now.In(b.e.o.zone()))
	for _, fresh := range []bool{true, false} { // what is new goes first
		for _, l := range list {
			isNew := l.Place == "" || l.Anew && !(quiet && b.worst(l) != ops.Critical)
			if l.Closed || isNew != fresh || !isNew && b.version(l) == l.Shown {
				continue
			}
			if len(b.members(l)) == 0 {
				l.Closed = true
				b.saver.touch(l)
				continue
			}
			return b.errand(l, isNew, now), time.Time{}
		}
	}
	for _, l := range list {
		if len(l.Passed) > 0 && l.Place != "" {
			a := ops.Say(ops.T("⚪ %s · see below", "⚪ %s · voir plus bas", l.Passed[0].What))
			return &errand{letter: l, place: l.Passed[0].At, answer: a, pointer: true}, time.Time{}
		}
	}
	return nil, later
}

func (b *book) errand(l *Letter, fresh bool, now time.Time) *errand {
	todo := &errand{letter: l, version: b.version(l), place: l.Place, answer: b.say(l, now), fresh: fresh}
	if fresh {
		r, _ := b.e.o.recipient(l.To)
		todo.place = r.Place
		todo.answer.Loud = b.worst(l) == ops.Critical && !b.quietened(l)
	}
	return todo
}

// worst is how grave a letter is now.
func (b *book) worst(l *Letter) (s ops.Severity) {
	for _, i := range b.members(l) {
		if i.live() && !s.AtLeast(i.severity()) {
			s = i.severity()
		}
	}
	return s
}

// quietened reports whether all that a letter tells is in hand, or held.
func (b *book) quietened(l *Letter) bool {
	return !slices.ContainsFunc(b.members(l), func(i *Incident) bool { return i.live() && i.Ack == nil && i.Hold == nil })
}

func (b *book) pointed(todo errand) {
	l := todo.letter
	l.Passed = slices.DeleteFunc(l.Passed, func(p Passed) bool { return p.At == todo.place })
	b.saver.touch(l)
}

// brought notes what became of an errand. Only what was accepted counts as told.
func (b *book) brought(r Recipient, todo errand, place ops.Place, err error, final bool, now time.Time) {
	f, l := b.flow[r.Key], todo.letter
	if err != nil {
		b.failed(r, l, err, final, now)
		return
	}
	f.tries, f.until = 0, time.Time{}
	if !f.refused.IsZero() || !l.failing.IsZero() {
		f.refused, l.failing = time.Time{}, time.Time{}
		b.reach(r, nil, now)
	}
	if todo.fresh && l.Place != "" && l.Place != place {
		l.Passed = append(l.Passed, Passed{l.Place, b.shortly(l)})
	}
	l.Place, l.Shown = place, todo.version
	if into := l.into; into != nil { // another took its place meanwhile
		into.Passed = append(into.Passed, Passed{place, b.shortly(l)})
		b.saver.touch(into)
	}
	if todo.fresh {
		l.Anew = false
	}
	for _, i := range b.members(l) {
		if !slices.Contains(i.Told, r.Key) || slices.Contains(i.Owed, r.Key) {
			i.Owed = slices.DeleteFunc(i.Owed, func(k string) bool { return k == r.Key })
			if !slices.Contains(i.Told, r.Key) {
				i.Told = append(i.Told, r.Key)
			}
			b.saver.touch(i)
		}
	}
	b.saver.touch(l)
}

// settle closes a letter once all that it tells is over for good, and that was shown.
func (b *book) settle(l *Letter, now time.Time) {
	if l.Closed || len(l.Passed) > 0 || l.Anew || l.Place == "" || l.Shown != b.version(l) {
		return
	}
	for _, i := range b.members(l) {
		if i.State != Over || now.Sub(i.Ended) < again {
			return // it may go on
		}
	}
	l.Closed = true
	b.saver.touch(l)
}

// failed puts an errand off.
func (b *book) failed(r Recipient, l *Letter, err error, final bool, now time.Time) {
	f := b.flow[r.Key]
	if l.failing.IsZero() {
		l.failing = now
	}
	f.tries++
	wait := min(time.Second<<min(f.tries, 6), longestTry)
	if final {
		wait = refusedWait
		if f.refused.IsZero() {
			f.refused = now
			b.reach(r, err, now)
		}
	}
	f.until = now.Add(wait)
	b.e.broken(fmt.Errorf("telling %s of what is wrong: %w", r.Key, err))
	b.second(l, now)
}

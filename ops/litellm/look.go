package litellm

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// fresh is how old the running hours may be before a look reads them again.
	fresh = 15 * time.Second
	// openHours before the running one are read again with it, at each refresh.
	openHours = 2
	// lateHours before those are read again once an hour.
	lateHours = 26
	// lookTime and fillTime bound a statement of a refresh, which somebody waits for, and one of the first fill.
	lookTime = 10 * time.Second
	fillTime = 20 * time.Second
)

// take waits until nobody else reads the database; leave lets the next one.
func (s *System) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *System) leave() { <-s.turn }

// refresh reads the hours that may have changed since the last look, unless that was just now.
func (s *System) refresh(ctx context.Context) error {
	if s.isFresh() {
		return nil
	}
	return s.reading(ctx, func(x *session) error {
		if s.isFresh() { // whoever had the turn before has read them
			return nil
		}
		return x.refresh(ctx)
	})
}

func (s *System) isFresh() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.trying == nil && time.Since(s.read) < fresh
}

// reading does something with the database, when it is our turn, and remembers how that went.
func (s *System) reading(ctx context.Context, do func(*session) error) (err error) {
	if err := s.take(ctx); err != nil {
		return s.explain(err)
	}
	defer s.leave()
	s.load(ctx)
	x, err := s.session(ctx)
	if err == nil {
		defer func() { _ = x.close() }() // the figures are read, or the error is told
		err = do(x)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trying = nil
	if err != nil {
		s.trying = s.explain(err)
		return s.trying
	}
	s.lacks = x.schema.lacks(s.db.User)
	return nil
}

func (x *session) refresh(ctx context.Context) error {
	now := time.Now()
	this := hourOf(now)
	read := func() error { // a clock that is ahead of ours writes into the hour after this one
		return x.readHours(ctx, lookTime, x.reopen(this), this+2)
	}
	if !x.logged() {
		read = func() error { return x.readDays(ctx, this.day()-1, this.day()+1) }
	}
	if err := read(); err != nil {
		return err
	}
	if err := x.nameKeys(ctx, this); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.read = now
	x.book.tidy(now)
	return nil
}

// reopen says from which hour on the sums may have changed since the last look. After a long time without one, all but the
// newest of those hours are forgotten instead, for the fill to read.
func (x *session) reopen(this hour) (from hour) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.book.Days, this.day()) // from before LiteLLM kept a log
	if x.read.IsZero() {
		return this - openHours
	}
	last := hourOf(x.read) - openHours
	from = max(min(last, this-openHours), this-3*openHours)
	for h := last; h < from; h++ {
		delete(x.book.Hours, h)
		x.fine = false
	}
	return from
}

// readHours replaces the sums of a range of hours, unless they were over more calls: rows come late, and LiteLLM prunes old ones, but
// what was called was called.
func (x *session) readHours(ctx context.Context, most time.Duration, from, to hour) error {
	var got map[hour]*bucket
	err := x.within(ctx, most, func(tx pgx.Tx) (err error) {
		got, err = x.schema.readHours(ctx, tx, from, to)
		return err
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for h, b := range got {
		if old := x.book.Hours[h]; old == nil || b.calls() >= old.calls() {
			x.book.setHour(h, b)
		}
	}
	return nil
}

// readDays replaces the sums of a range of days.
func (x *session) readDays(ctx context.Context, from, to day) error {
	var got map[day]*bucket
	err := x.within(ctx, fillTime, func(tx pgx.Tx) (err error) {
		got, err = x.schema.readDays(ctx, tx, from, to)
		return err
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for d, b := range got {
		if len(b.Lines) == 0 && !x.first.IsZero() && d >= dayOf(x.first) {
			x.unsummed[d] = true
			continue
		}
		x.book.setDay(d, b)
	}
	return nil
}

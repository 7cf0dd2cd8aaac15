package litellm

import (
	"context"
	"time"
)

// A chunk is what one statement of the fill reads: hours of the log, or days that LiteLLM has added up itself.
type chunk struct {
	from, to hour
	days     bool
}

const (
	// mostSpan is how many hours of the log one statement reads at most; quick and slow are how long it should take: the
	// next reads twice as many, or half.
	mostSpan = 24
	quick    = 500 * time.Millisecond
	slow     = 2 * time.Second
	// turnTime is how long a fill keeps the turn: somebody who asks waits so long at most, and one statement more.
	turnTime = time.Second
	// saveEvery is how often the book is saved while it is being filled: what a kill at the worst moment costs.
	saveEvery = 20 * time.Second
)

// fill reads what is missing, until all is known from the day need on, or it is until. With fine, the newest days must be known
// by the hour; else LiteLLM's own sums of whole days will do, which are there at once. What was read stays: the next call
// goes on from there.
func (s *System) fill(ctx context.Context, need day, fine bool, until time.Time) error {
	for done := s.has(need, fine); !done && time.Now().Before(until); {
		err := s.reading(ctx, func(x *session) (err error) {
			done, err = x.fill(ctx, need, fine)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *System) has(need day, fine bool) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.book.since(time.Now()) <= need && (s.fine || !fine)
}

func (x *session) fill(ctx context.Context, need day, fine bool) (done bool, err error) {
	for start := time.Now(); time.Since(start) < turnTime && !done; {
		x.mu.Lock()
		c, more := x.next(time.Now(), need, fine)
		if fine && !more && need <= dayOf(time.Now())-hourDays {
			x.System.fine = true
		}
		x.mu.Unlock()
		if done = !more; more {
			err = x.readChunk(ctx, c)
		}
		if err != nil {
			return false, err
		}
	}
	if x.unsaved && (done || time.Since(x.saved) > saveEvery) {
		x.save(ctx)
	}
	return done, nil
}

func (x *session) readChunk(ctx context.Context, c chunk) error {
	x.unsaved = true
	if c.days {
		return x.readDays(ctx, c.from.day(), c.to.day())
	}
	start := time.Now()
	err := x.readHours(ctx, fillTime, c.from, c.to)
	switch took := time.Since(start); {
	case tooSlow(err) && x.span > 1:
		x.span = 1
		return nil // the next chunk is shorter
	case err != nil:
		return err
	case took > slow:
		x.span = max(1, x.span/2)
	case took < quick:
		x.span = min(mostSpan, x.span*2)
	}
	return nil
}

// next is the next chunk that is missing, down to the day need: first all the days that LiteLLM has added up itself, in one; then
// the hours of the log, newest first. Hours that nobody can tell of any more it enters as empty.
func (x *session) next(now time.Time, need day, fine bool) (chunk, bool) {
	today := dayOf(now)
	floor, begun := max(need, today-dayDays), today+1 // begun is the first day of the log
	if !x.first.IsZero() {
		begun = dayOf(x.first)
	}
	if !x.logged() {
		return x.nextDays(today-1, floor)
	}
	if x.schema.canDays() { // those of yesterday may not all be written yet
		if c, more := x.nextDays(today-2, floor); more {
			return c, true
		}
	}
	missing := func(h hour) bool {
		d := h.day()
		if x.book.Days[d] != nil { // of its first day, LiteLLM may have pruned the morning
			return fine && d >= today-hourDays && d > begun && x.book.Hours[h] == nil
		}
		return x.book.Hours[h] == nil
	}
	for h := hourOf(now) - 1; h >= floor.first(); h-- {
		if !missing(h) {
			continue
		}
		if h.day() < begun {
			x.book.Hours[h] = newBucket()
			continue
		}
		from := h
		for from > max(floor, begun).first() && h-from+1 < x.span && missing(from-1) {
			from--
		}
		return chunk{from: from, to: h + 1}, true
	}
	return chunk{}, false
}

// nextDays is one chunk over all the days from newest down to floor that are missing, and that LiteLLM's own sums know of.
func (x *session) nextDays(newest, floor day) (chunk, bool) {
	c := chunk{days: true}
	for d := newest; d >= floor; d-- {
		if !x.book.whole(d) && !x.unsummed[d] {
			c.from, c.to = d.first(), max(c.to, (d+1).first())
		}
	}
	return c, c.to > 0
}

// hourly does what is due once an hour: it reads again the hours in which rows may have come late, and saves the book.
func (s *System) hourly(ctx context.Context) error {
	this := hourOf(time.Now())
	s.mu.RLock()
	done := s.late == this
	s.mu.RUnlock()
	if done {
		return nil
	}
	return s.reading(ctx, func(x *session) error {
		for to := this - openHours; to > this-openHours-lateHours; to -= x.span {
			from := max(to-x.span, this-openHours-lateHours)
			if !x.logged() || !x.knows(from, to) {
				continue // what is not known yet, the fill reads anyway
			}
			if err := x.readHours(ctx, fillTime, from, to); err != nil {
				return err
			}
		}
		x.save(ctx)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.late = this
		return nil
	})
}

func (x *session) knows(from, to hour) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for h := from; h < to; h++ {
		if x.book.Hours[h] == nil {
			return false
		}
	}
	return true
}

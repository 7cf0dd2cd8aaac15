package litellm

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"time"
)

// A book is what is known of the past: by the hour for the newest days, by the day before. Where a day stands as one, that
// counts, and not the hours of it that may stand there too. What stands there is known, though it may be empty; what does not
// has not been read.
type book struct {
	Hours map[hour]*bucket
	Days  map[day]*bucket
	Names map[string]string // what people call the keys, by hash
}

func newBook() *book { return &book{map[hour]*bucket{}, map[day]*bucket{}, map[string]string{}} }

const (
	// hourDays is how many days before the running one are kept by the hour: a week, to compare the same hour of each day, and one more
	// because a period of seven days is compared with the seven before it up to the same hour.
	hourDays = 8
	// dayDays is how many days before the running one are kept at all: two periods of 30 days.
	dayDays = 61
)

func (b *book) has(h hour) bool { return b.Hours[h] != nil || b.Days[h.day()] != nil }

// since is the first day from which on everything is known up to now; the day after today if not even today is.
func (b *book) since(now time.Time) day {
	today := dayOf(now)
	for d := today; d >= today-dayDays; d-- {
		for h := d.first(); h < (d+1).first() && h <= hourOf(now); h++ {
			if !b.has(h) {
				return d + 1
			}
		}
	}
	return today - dayDays
}

// begins is the first day that has any calls. What was before LiteLLM came is no measure for what is usual.
func (b *book) begins() day {
	first := day(math.MaxInt64)
	for d, o := range b.Days {
		if len(o.Lines) > 0 {
			first = min(first, d)
		}
	}
	for h, o := range b.Hours {
		if len(o.Lines) > 0 {
			first = min(first, h.day())
		}
	}
	return first
}

// pieces are the buckets between two moments, each with the share of it that lies between them: of a day that is kept as
// one, or of an hour that a moment cuts, only its part is counted.
func (b *book) pieces(from, to time.Time) iter.Seq2[*bucket, float64] {
	return func(yield func(*bucket, float64) bool) {
		for d := dayOf(from); d.time().Before(to); d++ {
			if whole := b.Days[d]; whole != nil {
				if !yield(whole, overlap(d.time(), 24*time.Hour, from, to)) {
					return
				}
				continue
			}
			for h := d.first(); h < (d + 1).first(); h++ {
				if part := overlap(h.time(), time.Hour, from, to); part > 0 && b.Hours[h] != nil && !yield(b.Hours[h], part) {
					return
				}
			}
		}
	}
}

// overlap is the share of the length from start on that lies between from and to.
func overlap(start time.Time, length time.Duration, from, to time.Time) float64 {
	end := start.Add(length)
	if from.After(start) {
		start = from
	}
	if to.Before(end) {
		end = to
	}
	return max(0, float64(end.Sub(start))/float64(length))
}

// total adds up the lines between two moments that pick picks; nil picks all.
func (b *book) total(from, to time.Time, pick func(line) bool) (all sum) {
	for bucket, share := range b.pieces(from, to) {
		for l, s := range bucket.Lines {
			if pick == nil || pick(l) {
				all = all.plus(s.times(share))
			}
		}
	}
	return all
}

// spent is the total in USD.
func (b *book) spent(from, to time.Time, pick func(line) bool) float64 {
	return b.total(from, to, pick).USD
}

// A share is a part of what was spent, and whose it is.
type share struct {
	Name string
	sum
}

// by adds up between two moments by what name says of each line, most expensive first. A line whose name is said not to
// count is left out.
func (b *book) by(from, to time.Time, name func(line) (string, bool)) []share {
	sums := map[string]sum{}
	for bucket, part := range b.pieces(from, to) {
		for l, s := range bucket.Lines {
			if n, ok := name(l); ok {
				sums[n] = sums[n].plus(s.times(part))
			}
		}
	}
	return ranked(sums)
}

// byTag adds up between two moments by tag, most expensive first.
func (b *book) byTag(from, to time.Time) []share {
	sums := map[string]sum{}
	for bucket, part := range b.pieces(from, to) {
		for t, s := range bucket.Tags {
			sums[t] = sums[t].plus(s.times(part))
		}
	}
	return ranked(sums)
}

func ranked(sums map[string]sum) []share {
	list := make([]share, 0, len(sums))
	for name, s := range sums {
		list = append(list, share{name, s})
	}
	slices.SortFunc(list, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.USD, a.USD), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// whole reports whether all of a day is known.
func (b *book) whole(d day) bool {
	for h := d.first(); h < (d + 1).first(); h++ {
		if !b.has(h) {
			return false
		}
	}
	return true
}

// tidy folds days that need not be kept by the hour any more, and drops those that need not be kept.
func (b *book) tidy(now time.Time) {
	today := dayOf(now)
	for d := today - dayDays; d < today-hourDays; d++ {
		if b.Days[d] != nil {
			b.setDay(d, b.Days[d]) // drops hours that were read of it
		}
		if b.Days[d] != nil || !b.whole(d) {
			continue
		}
		folded := newBucket()
		for h := d.first(); h < (d + 1).first(); h++ {
			folded.add(b.Hours[h])
		}
		b.setDay(d, folded)
	}
	maps.DeleteFunc(b.Days, func(d day, _ *bucket) bool { return d < today-dayDays })
	maps.DeleteFunc(b.Hours, func(h hour, _ *bucket) bool { return h.day() < today-dayDays })
}

// setHour replaces what was known of an hour. A day that was known as one stays so until all its hours are.
func (b *book) setHour(h hour, bucket *bucket) {
	bucket.trim()
	b.Hours[h] = bucket
	d := h.day()
	for o := d.first(); o < (d + 1).first(); o++ {
		if b.Hours[o] == nil {
			return
		}
	}
	delete(b.Days, d)
}

// setDay replaces what was known of a day.
func (b *book) setDay(d day, bucket *bucket) {
	bucket.trim()
	for h := d.first(); h < (d + 1).first(); h++ {
		delete(b.Hours, h)
	}
	b.Days[d] = bucket
}

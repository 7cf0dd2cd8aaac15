package alerts

import (
	"cmp"
	"time"
)

// A window is a maintenance window of the configuration, with when it is open.
type window struct {
	Window
	start time.Time // the next start that is not over yet
	until time.Time // while it is open: its end
}

func newWindow(w Window, now time.Time) *window {
	o := &window{Window: w, start: w.Next(now.Add(-w.For))} // one may be open already
	o.step(now)
	return o
}

// step opens and closes it, and gives when it does so next; zero if never again.
func (w *window) step(now time.Time) time.Time {
	for !w.start.IsZero() && !now.Before(w.start.Add(w.For)) {
		w.start = w.Next(w.start)
	}
	w.until = time.Time{}
	switch {
	case w.start.IsZero():
		return time.Time{}
	case now.Before(w.start):
		return w.start
	}
	w.until = w.start.Add(w.For)
	return w.until
}

// at reports whether it is quiet at now, and when that ends.
func (q Quiet) at(now time.Time) (until time.Time, quiet bool) {
	if q.From == q.To {
		return time.Time{}, false
	}
	minute := now.Hour()*60 + now.Minute()
	in := minute >= q.From && minute < q.To
	if q.From > q.To {
		in = minute >= q.From || minute < q.To
	}
	if !in {
		return time.Time{}, false
	}
	until = time.Date(now.Year(), now.Month(), now.Day(), 0, q.To, 0, 0, now.Location())
	if !until.After(now) {
		until = time.Date(now.Year(), now.Month(), now.Day()+1, 0, q.To, 0, 0, now.Location())
	}
	return until, true
}

func compare(a, b string) int { return cmp.Compare(a, b) }

package policies

import (
	"slices"
	"strings"
	"time"
)

// A when is the part of the week in which a rule holds, by the clock on the wall of the request's time zone: on a
// day that has 02:30 twice it holds twice, on one that has none it does not.
type when struct {
	days    [7]bool // by time.Weekday; the day on which a window begins
	windows []window
	limited bool // false: always, whatever the rest says
}

// A window is a part of the day, in minutes from midnight; with to ≤ from it ends on the day after.
type window struct{ from, to int }

const day = 24 * 60

func (w when) holds(t time.Time) bool {
	return w.at(int(t.Weekday()), t.Hour()*60+t.Minute())
}

func (w when) at(weekday, minute int) bool {
	if !w.limited {
		return true
	}
	yesterday := (weekday + 6) % 7
	return slices.ContainsFunc(w.windows, func(h window) bool {
		if h.from < h.to {
			return w.days[weekday] && h.from <= minute && minute < h.to
		}
		return w.days[weekday] && minute >= h.from || w.days[yesterday] && minute < h.to
	})
}

// within says whether w holds only when outer does as well.
func (w when) within(outer when) bool {
	if !outer.limited {
		return true
	}
	for minute := range 7 * day {
		if w.at(minute/day, minute%day) && !outer.at(minute/day, minute%day) {
			return false
		}
	}
	return true
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// weekday reads "mon" or "monday".
func weekday(s string) (int, bool) {
	for i, short := range weekdays {
		if s == short || s == strings.ToLower(time.Weekday(i).String()) {
			return i, true
		}
	}
	return 0, false
}

// addDays reads "sat" or "mon-fri" into days; "fri-mon" goes over the weekend.
func (w *when) addDays(s string) bool {
	from, to, ranged := strings.Cut(strings.ToLower(strings.ReplaceAll(s, " ", "")), "-")
	first, ok := weekday(from)
	last := first
	if ranged {
		var known bool
		last, known = weekday(to)
		ok = ok && known
	}
	if !ok {
		return false
	}
	for d := first; ; d = (d + 1) % 7 {
		w.days[d] = true
		if d == last {
			return true
		}
	}
}

// addHours reads "09:00-18:00". A window of no length is refused: it reads as never and as always.
func (w *when) addHours(s string) bool {
	a, b, ok := strings.Cut(strings.ReplaceAll(s, " ", ""), "-")
	from, okA := clock(a)
	to, okB := clock(b)
	if !ok || !okA || !okB || from == to || from == day {
		return false
	}
	w.windows = append(w.windows, window{from, to})
	return true
}

// clock reads "9:00" or "24:00" as minutes from midnight.
func clock(s string) (int, bool) {
	hour, minute, ok := strings.Cut(s, ":")
	if !ok || len(hour) < 1 || len(hour) > 2 || len(minute) != 2 {
		return 0, false
	}
	var h, m int
	for _, part := range []struct {
		s string
		n *int
	}{{hour, &h}, {minute, &m}} {
		for _, c := range part.s {
			if c < '0' || c > '9' {
				return 0, false
			}
			*part.n = *part.n*10 + int(c-'0')
		}
	}
	at := h*60 + m
	return at, m < 60 && at <= day
}

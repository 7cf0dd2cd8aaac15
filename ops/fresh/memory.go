package fresh

import (
	"math"
	"slices"
	"time"

	"vigie/ops"
)

// A memory is what is known of a target from earlier looks. What has a JSON name outlives a restart.
type memory struct {
	Sizes []size  `json:"sizes,omitempty"` // of what was the newest, oldest first, an hour apart at least
	Mount string  `json:"mount,omitempty"` // the mount point that it was on when it was there
	Read  reading `json:"read,omitzero"`

	held    []wrong              // what was wrong at the last look
	since   map[string]time.Time // since when, by kind
	refused error                // why the newest cannot be opened
	rest    time.Time            // until then it is not read again
}

// A size is one that the newest had.
type size struct {
	At   time.Time `json:"at"`
	Size int64     `json:"size"`
}

// A reading is what was found inside one file.
type reading struct {
	Path   string    `json:"path"`
	Size   int64     `json:"size"`
	At     time.Time `json:"at"`
	Format Format    `json:"format,omitempty"`
	Inside string    `json:"inside,omitempty"`
	Why    ops.Text  `json:"why,omitzero"` // why it is broken; zero if it is not
}

// of reports whether the reading is about m as it is now, and about what the rule asks for.
func (r reading) of(m match, rule *FileRule) bool {
	return r.Path == m.path && r.Size == m.size && r.At.Equal(m.at) && r.Format == rule.Format && r.Inside == rule.Inside
}

const (
	apart    = 6 * time.Hour  // sizes that are nearer replace each other
	keptMost = 40             // sizes: ten days of a file that is written all the time
	dayApart = 20 * time.Hour // what counts as «the day before»: a nightly job does not take the same time each night
	newUsual = 7              // so many in a row outside the band, and each near the one before, are the new usual
)

// learn adds what is there now to the sizes: the newest, and before it, if nothing is known yet, the others. What is too
// small to be right teaches nothing.
func (m *memory) learn(matches []match, atLeast int64, at time.Time) (changed bool) {
	if len(matches) == 0 || matches[0].growing(at) {
		return false
	}
	from := 0
	if len(m.Sizes) == 0 {
		from = len(matches) - 1
	}
	for i := from; i >= 0; i-- {
		if matches[i].size >= atLeast {
			changed = m.add(matches[i]) || changed
		}
	}
	return changed
}

func (m *memory) add(x match) bool {
	n := len(m.Sizes)
	if n > 0 && m.Sizes[n-1].Size == x.size && m.Sizes[n-1].At.Equal(x.at) {
		return false
	}
	for n > 0 && !m.Sizes[n-1].At.Before(x.at) { // a newer one is gone
		n--
	}
	if n > 1 && x.at.Sub(m.Sizes[n-2].At) < apart {
		n-- // the last one was only on the way here
	}
	m.Sizes = append(slices.Clip(m.Sizes[:n]), size{x.at, x.size})
	m.Sizes = m.Sizes[max(0, len(m.Sizes)-keptMost):]
	return true
}

// usual is what the newest of sizes, which is the last, is to be compared with, and whether it is within band percent of it.
//
// Each is compared with the one of a day before, or if they are rarer with the one before. One that is outside the band
// does not become what the next is compared with: a second broken backup must not make the first one look right. Only
// when it lasts ([newUsual]) is it taken for the new usual.
func usual(sizes []size, band int) (base size, ok bool) {
	list := daily(sizes)
	if len(list) == 0 {
		return size{}, true
	}
	near := func(a, b size) bool { return math.Abs(float64(a.Size-b.Size))*100 <= float64(band)*float64(b.Size) }
	base, ok = list[0], true
	odd := 0
	for i, x := range list[1:] {
		if ok = near(x, base); ok {
			if i+2 < len(list) { // the newest is compared, and is not what it is compared with
				base = x
			}
			odd = 0
			continue
		}
		odd++
		if before := list[i]; odd > 1 && !near(x, before) {
			odd = 1
		}
		if odd >= newUsual {
			base, ok, odd = x, true, 0
		}
	}
	return base, ok
}

// daily leaves out what lies within a day before the next, from the newest back. If they are rarer, or all of one day, it
// is all of them.
func daily(sizes []size) (list []size) {
	for _, x := range slices.Backward(sizes) {
		if len(list) == 0 || list[len(list)-1].At.Sub(x.At) >= dayApart {
			list = append(list, x)
		}
	}
	if len(list) < 2 {
		return sizes
	}
	slices.Reverse(list)
	return list
}

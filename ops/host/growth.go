package host

import (
	"slices"
	"time"

	"vigie/ops"
)

// A growth is how much was used of each disk, lately, by mount point.
type growth map[string][]point

type point struct {
	at   time.Time
	used int64
}

const (
	growthWindow = time.Hour        // what the rate is taken from
	growthLeast  = 10 * time.Minute // less says nothing of a rate
	growthFar    = 7 * 24 * time.Hour
)

// add takes note of a reading, once a minute.
func (g growth) add(r Reading) {
	for _, d := range r.Disks {
		list := g[d.Mount]
		if d.Stuck || len(list) > 0 && r.At.Sub(list[len(list)-1].at) < time.Minute {
			continue
		}
		list = slices.DeleteFunc(list, func(p point) bool { return r.At.Sub(p.at) > growthWindow })
		g[d.Mount] = append(list, point{r.At, d.Size - d.Free})
	}
}

// rate is how many bytes an hour a disk grows by; 0 if it does not, or too little is known.
func (g growth) rate(d Disk, now time.Time) int64 {
	list := g[d.Mount]
	if len(list) == 0 {
		return 0
	}
	first := list[0]
	passed := now.Sub(first.at)
	if grown := d.Size - d.Free - first.used; passed >= growthLeast && grown > 0 {
		return int64(float64(grown) / passed.Hours())
	}
	return 0
}

// says tells when the disk is full if it goes on growing, if that is within a week.
func (g growth) says(d Disk, now time.Time) []ops.Text {
	rate := g.rate(d, now)
	if rate <= 0 {
		return nil
	}
	left := time.Duration(min(float64(d.Avail)/float64(rate)*float64(time.Hour), float64(2*growthFar)))
	if left > growthFar {
		return nil
	}
	unit := time.Hour // figures that change at each look would be an edit at each look
	if left < 2*time.Hour {
		unit = 10 * time.Minute
	}
	left = max(left.Truncate(unit), unit)
	return []ops.Text{ops.T("full in %s at this rate, %s an hour", "plein dans %s à ce rythme, %s par heure", ops.Span(left), ops.Size(rate))}
}

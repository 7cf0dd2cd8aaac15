package litellm

import (
	"slices"
	"time"
)

// An anomaly is an hour that cost more than that hour of the day usually does.
type anomaly struct {
	Hour  hour
	Spent float64
	Usual float64 // the median
}

const (
	// comparedDays are the days whose same hour is looked at; comparedLeast must be known.
	comparedDays  = 7
	comparedLeast = 3
	// unusualTimes the median, and unusualSpread times the usual spread beyond it, is unusual. 1.4826 makes the median
	// deviation comparable to a standard deviation.
	unusualTimes  = 3
	unusualSpread = 5 * 1.4826
)

// anomaly looks at the running hour and, until it is over, the one before. Less than floor is never unusual.
func (b *book) anomaly(now time.Time, floor float64) (anomaly, bool) {
	begins := b.begins()
	for h := hourOf(now); h >= hourOf(now)-1; h-- {
		if b.Hours[h] == nil {
			continue
		}
		var past []float64
		for d := hour(1); d <= comparedDays; d++ {
			if old := h - 24*d; b.Hours[old] != nil && old.day() >= begins {
				past = append(past, b.spent(old.time(), (old+1).time(), nil))
			}
		}
		if len(past) < comparedLeast {
			continue
		}
		if spent, most, usual := b.spent(h.time(), (h+1).time(), nil), usually(past), median(past); spent > max(floor, most) {
			return anomaly{h, spent, usual}, true
		}
	}
	return anomaly{}, false
}

// usually is the most that is not unusual, given what the same hour cost on other days.
func usually(past []float64) float64 {
	m := median(past)
	away := make([]float64, len(past))
	for i, v := range past {
		away[i] = max(v-m, m-v)
	}
	return max(unusualTimes*m, m+unusualSpread*median(away))
}

// median of at least one value.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

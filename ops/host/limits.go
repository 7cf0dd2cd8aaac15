package host

import (
	"fmt"
	"math"

	"vigie/ops"
)

// limits are the thresholds of a value that is worse the higher it is. A state is left gap lower than it is entered, so that a
// value that wavers about a threshold is one trouble and not twenty.
type limits struct{ warn, critical, gap float64 }

// limitsOf are all the thresholds of one machine, in percent used, but for the load.
type limitsOf struct {
	disk, inodes, memory, swap, load limits
	mounts                           map[string]limits // instead of disk, by mount point
}

// judge is how grave v is, if it was that grave before; "" is not at all.
func (l limits) judge(v float64, was ops.Severity) ops.Severity {
	switch {
	case v >= l.critical, was == ops.Critical && v > l.critical-l.gap:
		return ops.Critical
	case v >= l.warn, was.AtLeast(ops.Warning) && v > l.warn-l.gap:
		return ops.Warning
	}
	return ""
}

// hysteresis is in points of percent.
const hysteresis = 3

// read reads thresholds of a share that is used: one that warns, and perhaps a higher one that is critical.
func read(what string, list []float64, warn, critical float64) (limits, error) {
	l := limits{warn, critical, hysteresis}
	switch len(list) {
	case 0:
		return l, nil
	case 1:
		l.warn, l.critical = list[0], math.Inf(1)
	default:
		l.warn, l.critical = list[0], list[1]
	}
	if len(list) > 2 || l.warn <= 0 || l.warn > 100 || l.critical < l.warn || l.critical > 100 && !math.IsInf(l.critical, 1) {
		return l, fmt.Errorf("thresholds of %s are percentages used, such as 80 and 90, not %v", what, list)
	}
	return l, nil
}

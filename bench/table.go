package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A row is one line of the table.
type row struct {
	what      string
	n         int // how often it was measured
	got       figure
	floor     figure
	floorIs   string
	aim       float64 // in the figure's unit; 0 is none, unless aimAtMost
	aimAtMost bool    // else at least
	note      string
	place     int
}

// A figure is a value, or the p50 and the p99 of many.
type figure struct {
	p50, p99 float64
	pair     bool
	whole    bool // it was counted
	unit     string
}

func value(v float64, unit string) figure { return figure{p50: v, unit: unit} }

// count is of things that are named in the plural.
func count(n int, unit string) figure { return figure{p50: float64(n), whole: true, unit: unit} }

// times is the p50 and the p99, by nearest rank.
func times(list []time.Duration) figure {
	sorted := slices.Sorted(slices.Values(list))
	rank := func(p float64) float64 {
		if len(sorted) == 0 {
			return 0
		}
		return float64(sorted[int(math.Ceil(p*float64(len(sorted))))-1]) / float64(time.Millisecond)
	}
	return figure{p50: rank(0.50), p99: rank(0.99), pair: true, unit: "ms"}
}

func (f figure) String() string {
	switch {
	case f.unit == "":
		return "–"
	case f.pair:
		return digits(f.p50) + " / " + digits(f.p99) + " " + f.unit
	case f.whole && f.p50 == 1:
		return "1 " + strings.TrimSuffix(f.unit, "s")
	case f.whole:
		return fmt.Sprintf("%.0f %s", f.p50, f.unit)
	}
	return digits(f.p50) + " " + f.unit
}

// digits is v with at least two digits that mean something, and none beyond thousandths.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 20:
		return fmt.Sprintf("%.0f", v)
	case a >= 2:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func (r row) ratio() string {
	if r.floor.p50 == 0 || r.floor.unit != r.got.unit {
		return "–"
	}
	return digits(r.got.p50/r.floor.p50) + " ×"
}

func (r row) goal() string {
	if r.aim == 0 && !r.aimAtMost {
		return "–"
	}
	sign, reached := "≥ ", r.got.p50 >= r.aim
	if r.aimAtMost {
		sign, reached = "≤ ", r.got.p50 <= r.aim
	}
	verdict := "missed"
	if reached {
		verdict = "reached"
	}
	return fmt.Sprintf("%s%g %s: %s", sign, r.aim, r.got.unit, verdict)
}

func printTable(out io.Writer, rows []row) {
	cells := [][]string{{"what", "n", "vigie", "floor", "which is", "ratio", "aim"}}
	for _, r := range rows {
		what := r.what
		if r.note != "" {
			what += " (" + r.note + ")"
		}
		cells = append(cells, []string{what, fmt.Sprint(r.n), r.got.String(), r.floor.String(), r.floorIs, r.ratio(), r.goal()})
	}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, c := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for i, line := range cells {
		var s strings.Builder
		for j, c := range line {
			s.WriteString("| " + c + strings.Repeat(" ", widths[j]-utf8.RuneCountInString(c)+1))
		}
		fmt.Fprintln(out, s.String()+"|")
		if i == 0 {
			for _, w := range widths {
				fmt.Fprint(out, "|"+strings.Repeat("-", w+2))
			}
			fmt.Fprintln(out, "|")
		}
	}
}

// machineNow says on what it is measured, and how busy that was before it began.
func machineNow() string {
	return fmt.Sprintf("%s, %d cores %s, load at start %s, %s", time.Now().Format("2006-01-02 15:04"), runtime.NumCPU(), runtime.GOARCH, load(), runtime.Version())
}

// load is how many processes ran or wanted to, on average over the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	first, _, found := strings.Cut(string(text), " ")
	if err != nil || !found {
		return "unknown"
	}
	return first
}

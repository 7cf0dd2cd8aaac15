package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// A notation is a value that the file writes as a text of a form of its own.
type notation interface {
	read(s string) bool // understands s, or leaves the value as it was
	form() ops.Text     // how it is written
}

func (l *loader) bindNotation(p notation, x any, path string) {
	s, ok := x.(string)
	switch {
	case !ok:
		l.misfit(path, p.form(), x)
	case !p.read(s):
		l.add(path, ops.T("%s cannot be read; %s", "%s est illisible ; %s", quoted(s), p.form()))
	}
}

// An Interval is a Duration that may also be "off": 0, for what never comes.
type Interval time.Duration

func (i Interval) MarshalText() ([]byte, error) {
	if i == 0 {
		return []byte("off"), nil
	}
	return Duration(i).MarshalText()
}

func (i *Interval) read(s string) bool {
	if strings.EqualFold(strings.TrimSpace(s), "off") {
		*i = 0
		return true
	}
	d, ok := readSpan(s)
	if ok && d != 0 { // which could mean at once, too
		*i = Interval(d)
	}
	return ok && d != 0
}

func (i *Interval) form() ops.Text {
	return ops.T(`write a length of time with its unit, in quotes: "15m", "24h" or "7d"; or "off" for never`, `écris une durée avec son unité, entre guillemets : "15m", "24h" ou "7d" ; ou "off" pour jamais`)
}

// A Clock is a part of the day, in minutes from midnight. With To before From it ends on the day after. The zero Clock is
// no time at all.
type Clock struct{ From, To int }

// Holds says whether t is in it, by the clock of t's own zone.
func (c Clock) Holds(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	if c.From <= c.To {
		return c.From <= minute && minute < c.To
	}
	return minute >= c.From || minute < c.To
}

func (c Clock) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", c.From/60, c.From%60, c.To/60, c.To%60)
}

func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

var clockShape = regexp.MustCompile(`^(\d{1,2}):([0-5]\d) ?- ?(\d{1,2}):([0-5]\d)$`)

// read refuses a part of no length, which could be never and always.
func (c *Clock) read(s string) bool {
	m := clockShape.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // the shape has two digits at most
	}
	const day = 24 * 60
	from, to := n[0]*60+n[1], n[2]*60+n[3]
	if from >= day || to > day || from == to {
		return false
	}
	*c = Clock{from, to}
	return true
}

func (c *Clock) form() ops.Text {
	return ops.T(`write a part of the day: "23:00-07:00" is from eleven in the evening to seven in the morning`, `écris une plage horaire : "23:00-07:00" va de onze heures du soir à sept heures du matin`)
}

// A Size is a number of bytes as people write it: "500kB", "1MB", "2GiB".
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1}}

// mostSize is far above any file that is looked at, and low enough for every size to be exact as a float.
const mostSize = 1e15

func (s Size) String() string {
	for _, u := range sizeUnits {
		if int64(s)%u.bytes == 0 && s != 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return "0B"
}

func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

var sizeShape = regexp.MustCompile(`^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]{1,3})$`)

func (s *Size) read(text string) bool {
	m := sizeShape.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	for _, u := range sizeUnits {
		if bytes := n * float64(u.bytes); err == nil && strings.EqualFold(m[2], u.name) && bytes >= 1 && bytes <= mostSize {
			*s = Size(bytes)
			return true
		}
	}
	return false
}

func (s *Size) form() ops.Text {
	return ops.T(`write a size with its unit, in quotes: "500kB", "1MB" or "2GiB"`, `écris une taille avec son unité, entre guillemets : "500kB", "1MB" ou "2GiB"`)
}

package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// Bounds of the lengths of time in the file: below, nothing could happen; above, it is a slip of the finger.
const (
	leastSpan = Duration(time.Second)
	mostSpan  = Duration(24 * time.Hour)
	longSpan  = 90 * mostSpan // of what comes again in days or weeks
)

func (l *loader) checkSpan(key string, d *Duration, standard Duration) {
	l.checkSpanIn(key, d, standard, leastSpan, mostSpan)
}

// checkSpanIn wants d from least to most, or fills in what holds where the file does not say.
func (l *loader) checkSpanIn(key string, d *Duration, standard, least, most Duration) {
	switch {
	case !l.doc.has(key):
		*d = standard
	case !l.told(key) && (*d < least || *d > most):
		l.add(key, ops.T(`%s is out of bounds; write something from "%s" to "%s"`, `%s est hors limites ; écris entre "%s" et "%s"`, quoted(d.String()), brief(least), brief(most)))
	}
}

func (l *loader) checkInterval(key string, i *Interval, standard Duration) {
	if !l.doc.has(key) || *i != 0 {
		d := Duration(*i)
		l.checkSpanIn(key, &d, standard, leastSpan, longSpan)
		*i = Interval(d)
	}
}

// brief writes a length of time in the largest unit that it is a whole number of.
func brief(d Duration) string {
	for _, u := range []struct {
		name string
		span time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n, rest := time.Duration(d)/u.span, time.Duration(d)%u.span; rest == 0 && n > 0 {
			if u.name == "h" && n > 24 && n%24 == 0 {
				return fmt.Sprintf("%dd", n/24)
			}
			return fmt.Sprintf("%d%s", n, u.name)
		}
	}
	return d.String()
}

func (l *loader) checkNumber(key string, n *int, standard, least, most int) {
	switch {
	case !l.doc.has(key):
		*n = standard
	case !l.told(key) && (*n < least || *n > most):
		l.add(key, ops.T("%d is out of bounds; write a whole number from %d to %d", "%d est hors limites ; écris un nombre entier de %d à %d", *n, least, most))
	}
}

// A course is how the numbers of a list follow on each other.
type course struct {
	like  []int
	say   ops.Text
	holds func(before, after int) bool
}

var (
	rising  = course{[]int{80, 90}, ops.T("rising, from 1 to 100", "en montant, de 1 à 100"), func(a, b int) bool { return 1 <= a && a < b && b <= 100 }}
	falling = course{[]int{21, 7}, ops.T("falling, from 365 to 1", "en descendant, de 365 à 1"), func(a, b int) bool { return 365 >= a && a > b && b >= 1 }}
)

// checkPair wants two numbers: when it is at risk, and when it is broken.
func (l *loader) checkPair(key string, pair *[]int, standard []int, c course) {
	switch p := *pair; {
	case !l.doc.has(key):
		*pair = slices.Clone(standard)
	case !l.below(key) && (len(p) != 2 || !c.holds(p[0], p[1])):
		l.add(key, ops.T("it is two numbers, %s: when it is at risk, and when it is broken, such as %s", "il faut deux nombres, %s : quand c’est à risque, et quand c’est cassé, comme %s", c.say, numbers(c.like)))
	}
}

func numbers(list []int) string {
	return strings.ReplaceAll(fmt.Sprint(list), " ", ", ")
}

var severities = []ops.Severity{ops.Notice, ops.Warning, ops.Critical}

func (l *loader) checkSeverity(key string, s *ops.Severity, standard ops.Severity) {
	switch {
	case !l.doc.has(key):
		*s = standard
	case !l.told(key) && !slices.Contains(severities, *s):
		l.add(key, ops.T("%s is no severity; use notice (to be known), warning (at risk) or critical (broken)", "%s n’est pas une gravité ; utilise notice (à savoir), warning (à risque) ou critical (cassé)", quoted(string(*s))))
	}
}

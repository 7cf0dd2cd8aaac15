package victoriatest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A query is a selector, with or without something that adds up what it finds.
type query struct {
	matchers map[string]string
	adds     string // "", "sum" or "count"
	by       []string
}

var (
	whole    = regexp.MustCompile(`^(?:(sum|count)\s*(?:by\s*\(([^()]*)\)\s*)?\((.*)\)|(.*))$`)
	selector = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^{}]*)\})?$`)
	matcher  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="([^"]*)"$`)
)

// parse reads a query. Of what cannot be read it says so in VictoriaMetrics's words, if known is true.
func parse(text string) (q query, why string, known bool) {
	m := whole.FindStringSubmatch(strings.TrimSpace(text))
	inner := m[3] + m[4]
	q.adds = m[1]
	for _, l := range strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' }) {
		q.by = append(q.by, l)
	}
	sel := selector.FindStringSubmatch(strings.TrimSpace(inner))
	if sel == nil {
		open := strings.Count(text, "(") > strings.Count(text, ")")
		return q, `singleExpr: unexpected token ""; want "(", "{", "-", "+"; unparsed data: ""`, open && strings.HasSuffix(text, "(")
	}
	q.matchers = map[string]string{"__name__": sel[1]}
	for _, part := range strings.Split(sel[2], ",") {
		if p := matcher.FindStringSubmatch(strings.TrimSpace(part)); p != nil {
			q.matchers[p[1]] = p[2]
		} else if strings.TrimSpace(part) != "" {
			return q, "", false
		}
	}
	return q, "", true
}

// lookback is how old a sample may be to count as the value of a moment.
const lookback = 5 * time.Minute

// value is a series' at a moment.
func (one *series) value(t time.Time) (v float64, ok bool) {
	for _, s := range one.samples {
		if !s.at.After(t) && s.at.After(t.Add(-lookback)) {
			v, ok = s.v, true
		}
	}
	return v, ok
}

// latency is what a range hides of the newest samples, whatever is asked for (-search.latencyOffset).
const latency = 30 * time.Second

type found struct {
	labels map[string]string
	v      float64
}

// at is what a query comes to at a moment.
func (s *Server) at(q query, t time.Time) (list []found) {
	for _, one := range s.series {
		v, ok := one.value(t)
		for l, want := range q.matchers {
			ok = ok && one.labels[l] == want
		}
		if !ok {
			continue
		}
		labels := maps.Clone(one.labels)
		if q.adds == "" {
			list = append(list, found{labels, v})
			continue
		}
		maps.DeleteFunc(labels, func(l, _ string) bool { return !slices.Contains(q.by, l) })
		i := slices.IndexFunc(list, func(f found) bool { return maps.Equal(f.labels, labels) })
		if i < 0 {
			list, i = append(list, found{labels: labels}), len(list)
		}
		if q.adds == "count" {
			v = 1
		}
		list[i].v += v
	}
	return list
}

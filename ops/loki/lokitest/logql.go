package lokitest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A query is the part of LogQL that is known here: {selector} filters, or AGGREGATION [by (labels)] (FUNCTION(log [range])).
type query struct {
	matchers []matcher
	filters  []matcher // op is |=, !=, |~ or !~

	function string // "" of a log query: count_over_time or rate
	span     time.Duration
	sum      bool
	by       []string
}

type matcher struct {
	label, op, value string
	re               *regexp.Regexp
}

// parse reads a query. An error of another type than refusal is about what is not known here.
func parse(text string) (q query, err error) {
	if text == "" {
		return q, refusal("parse error : syntax error: unexpected $end")
	}
	list, err := words(text)
	if err != nil {
		return q, err
	}
	r := &reader{words: list}
	closing := 0
	if r.is("SUM") {
		q.sum = true
		if r.is("BY") {
			if q.by, err = r.labels(); err != nil {
				return q, err
			}
		}
		if _, err := r.take("("); err != nil {
			return q, err
		}
		closing++
	}
	for r.is("(") {
		closing++
	}
	if w := r.next(); w.kind == "COUNT_OVER_TIME" || w.kind == "RATE" {
		r.at++
		q.function = w.text
		if _, err := r.take("("); err != nil {
			return q, err
		}
		closing++
	}
	if r.next().kind != "{" {
		return q, r.unexpected()
	}
	if err := r.log(&q); err != nil {
		return q, err
	}
	switch {
	case q.function != "":
		if err := r.span(&q); err != nil {
			return q, err
		}
	case q.sum: // lines cannot be added up
		return q, r.unexpected()
	}
	for range closing {
		if _, err := r.take(")"); err != nil {
			return q, err
		}
	}
	if w := r.next(); w.kind != "$end" {
		if w.kind == "|" {
			return q, fmt.Errorf("lokitest does not know this part of LogQL: %s", text[w.col-1:])
		}
		return q, r.unexpected()
	}
	return q, q.sound()
}

func (r *reader) labels() (list []string, err error) {
	if _, err := r.take("("); err != nil {
		return nil, err
	}
	for {
		w, err := r.take("IDENTIFIER")
		if err != nil {
			return nil, err
		}
		list = append(list, w.text)
		if !r.is(",") {
			_, err = r.take(")", ",")
			return list, err
		}
	}
}

// log reads a stream selector and the filters behind it.
func (r *reader) log(q *query) error {
	if _, err := r.take("{"); err != nil {
		return err
	}
	for !r.is("}") {
		label, err := r.take("IDENTIFIER", "}")
		if err != nil {
			return err
		}
		op, err := r.take("=", "=~", "!~", "!=")
		if err != nil {
			return err
		}
		value, err := r.take("STRING")
		if err != nil {
			return err
		}
		m, err := match(label.text, op.text, value.text)
		if err != nil {
			return err
		}
		q.matchers = append(q.matchers, m)
		if !r.is(",") && r.next().kind != "}" {
			return r.unexpected("}", ",")
		}
	}
	for {
		w := r.next()
		if w.kind != "|=" && w.kind != "|~" && w.kind != "!=" && w.kind != "!~" {
			return nil
		}
		r.at++
		if r.next().kind != "STRING" {
			return r.unexpected("STRING", "ip")
		}
		value, err := r.take("STRING")
		if err != nil {
			return err
		}
		m, err := match("", w.kind, value.text)
		if err != nil {
			return err
		}
		q.filters = append(q.filters, m)
	}
}

func (r *reader) span(q *query) (err error) {
	w := r.next()
	if !r.is("RANGE") {
		return r.unexpected()
	}
	days := 1
	if text, ok := strings.CutSuffix(w.text, "d"); ok {
		w.text, days = text+"h", 24
	}
	q.span, err = time.ParseDuration(w.text)
	q.span *= time.Duration(days)
	return err
}

func match(label, op, quoted string) (m matcher, err error) {
	m = matcher{label: label, op: op}
	if m.value, err = strconv.Unquote(quoted); err != nil {
		return m, err
	}
	if strings.HasSuffix(op, "~") {
		whole := m.value
		if label != "" { // a filter matches a part of a line, a matcher the whole value
			whole = "^(?s:" + m.value + ")$"
		}
		if m.re, err = regexp.Compile(whole); err != nil {
			return m, refusal(fmt.Sprintf("parse error : stage '%s %s' : %v", op, quoted, err))
		}
	}
	return m, nil
}

// sound wants a matcher that does not take everything.
func (q query) sound() error {
	for _, m := range q.matchers {
		if !m.takes("") {
			return nil
		}
	}
	return refusal(`parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will`)
}

// takes reports whether a label's value, or a line, fulfils it.
func (m matcher) takes(text string) bool {
	switch m.op {
	case "=":
		return text == m.value
	case "|=":
		return strings.Contains(text, m.value)
	case "!=":
		if m.label == "" {
			return !strings.Contains(text, m.value)
		}
		return text != m.value
	case "=~", "|~":
		return m.re.MatchString(text)
	}
	return !m.re.MatchString(text)
}

// holds reports whether a stream is selected.
func (q query) holds(labels map[string]string) bool {
	for _, m := range q.matchers {
		if !m.takes(labels[m.label]) {
			return false
		}
	}
	return true
}

// passes reports whether a line is.
func (q query) passes(line string) bool {
	for _, f := range q.filters {
		if !f.takes(line) {
			return false
		}
	}
	return true
}

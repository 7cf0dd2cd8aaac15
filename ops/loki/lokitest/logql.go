package lokitest

import (
	"cmp"
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

// A word is a token, and where it begins: from 1.
type word struct {
	kind string // what Loki's grammar calls it: IDENTIFIER, STRING, or the sign itself
	text string
	col  int
}

type reader struct {
	words []word
	at    int
}

// A refusal is what Loki says of a query that it cannot read.
type refusal string

func (r refusal) Error() string { return string(r) }

var (
	signs    = []string{"|=", "|~", "!=", "!~", "=~", "==", "=", "{", "}", "(", ")", ",", "|"}
	keywords = map[string]string{"sum": "SUM", "by": "BY", "count_over_time": "COUNT_OVER_TIME", "rate": "RATE"}
	token    = regexp.MustCompile("^(?:([a-zA-Z_][a-zA-Z0-9_]*|'[^']*')|(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)|\\[(\\d+(?:ms|s|m|h|d))\\]|(\\d+(?:\\.\\d+)?))")
)

func words(text string) (list []word, err error) {
next:
	for at := 0; at < len(text); {
		if text[at] == ' ' {
			at++
			continue
		}
		if m := token.FindStringSubmatch(text[at:]); m != nil {
			kind := "NUMBER"
			switch {
			case m[1] != "" && keywords[m[1]] != "":
				kind = keywords[m[1]]
			case m[1] != "":
				kind = "IDENTIFIER"
			case m[2] != "":
				kind = "STRING"
			case m[3] != "":
				kind, m[1] = "RANGE", m[3]
			}
			list = append(list, word{kind, cmp.Or(m[1], m[2], m[4]), at + 1})
			at += len(m[0])
			continue
		}
		for _, sign := range signs {
			if strings.HasPrefix(text[at:], sign) {
				list = append(list, word{sign, sign, at + 1})
				at += len(sign)
				continue next
			}
		}
		if text[at] == '"' {
			return nil, refusal(fmt.Sprintf("parse error at line 1, col %d: literal not terminated", at+1))
		}
		return nil, refusal(fmt.Sprintf("parse error at line 1, col %d: syntax error: unexpected %c", at+1, text[at]))
	}
	return append(list, word{"$end", "", len(text) + 1}), nil
}

func (r *reader) next() word { return r.words[r.at] }

func (r *reader) is(kind string) bool {
	if r.next().kind != kind {
		return false
	}
	r.at++
	return true
}

// take wants one of some kinds of word.
func (r *reader) take(kinds ...string) (word, error) {
	w := r.next()
	for _, k := range kinds {
		if w.kind == k {
			r.at++
			return w, nil
		}
	}
	return w, r.unexpected(kinds...)
}

func (r *reader) unexpected(kinds ...string) error {
	w := r.next()
	row := 1
	if w.kind == "==" || w.kind == "RANGE" { // which its reader takes in one piece, and forgets where it is
		row = 0
	}
	said := fmt.Sprintf("parse error at line %d, col %d: syntax error: unexpected %s", row, w.col, w.kind)
	if len(kinds) > 0 && len(kinds) < 5 { // yacc lists four at most
		said += ", expecting " + strings.Join(kinds, " or ")
	}
	return refusal(said)
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

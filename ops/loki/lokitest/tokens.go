package lokitest

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

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

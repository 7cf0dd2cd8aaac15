package postgres

import (
	"bytes"
)

// A lexer knows where in SQL it is, and gives each statement as far as it matters: its first words, without comments and without
// the bodies of functions.
type lexer struct {
	mode byte // 0, or what it is inside of: ' e(scape string) " $ - (comment) *
	prev byte
	last byte   // the mode of the string that just ended
	tag  []byte // "$body$"
	at   int    // so much of the tag was seen again
	deep int    // comments in comments
	head []byte
	meta bool // a backslash stood outside of all quotes
}

// most is how much of a statement is kept: a grant with all its columns and roles is far shorter.
const most = 8 << 10

// idle reports whether nothing of a statement was seen.
func (l *lexer) idle() bool { return l.mode == 0 && len(l.head) == 0 }

func (l *lexer) keep(c byte) {
	if len(l.head) < most && (len(l.head) > 0 || c != ' ' && c != '\n') {
		l.head = append(l.head, c)
	}
}

// next takes one byte and returns the statement that it ends.
func (l *lexer) next(c byte) (statement string) {
	prev := l.prev
	l.prev = c
	switch l.mode {
	case 0:
		return l.open(c, prev)
	case '\'', '"':
		l.keep(c)
		if c == l.mode {
			l.last, l.mode = l.mode, 0
		}
	case 'e':
		l.keep(c)
		switch {
		case prev == '\\':
			l.prev = 0 // an escaped backslash escapes nothing
		case c == '\'':
			l.last, l.mode = 'e', 0
		}
	case '$':
		l.body(c)
	case '-':
		if c == '\n' {
			l.mode = 0
			l.keep(' ')
		}
	case '*':
		switch {
		case prev == '*' && c == '/':
			l.prev = 0
			if l.deep--; l.deep == 0 {
				l.mode = 0
				l.keep(' ')
			}
		case prev == '/' && c == '*':
			l.prev = 0
			l.deep++
		}
	}
	return ""
}

// open takes a byte outside of quotes and comments.
func (l *lexer) open(c, prev byte) (statement string) {
	if len(l.tag) > 0 { // perhaps the beginning of a dollar quote
		switch {
		case c == '$':
			l.tag = append(l.tag, c)
			l.mode, l.at = '$', 0
			return ""
		case wordByte(c) && len(l.tag) < 64 && !(len(l.tag) == 1 && c >= '0' && c <= '9'):
			l.tag = append(l.tag, c)
			return ""
		}
		for _, b := range l.tag {
			l.keep(b)
		}
		l.tag = l.tag[:0]
	}
	switch {
	case c == '\'':
		l.mode = '\''
		if prev == 'E' || prev == 'e' || prev == '\'' && l.last == 'e' {
			l.mode = 'e'
		}
	case c == '"':
		l.mode = '"'
	case c == '$' && !wordByte(prev):
		l.tag = append(l.tag, c)
		return ""
	case c == '-' && prev == '-':
		l.mode = '-'
		l.head = bytes.TrimSuffix(l.head, []byte("-"))
		return ""
	case c == '*' && prev == '/':
		l.mode, l.deep, l.prev = '*', 1, 0
		l.head = bytes.TrimSuffix(l.head, []byte("/"))
		return ""
	case c == '\\':
		l.meta = true
	case c == ';':
		statement = string(l.head)
		l.head = l.head[:0]
		return statement
	}
	l.keep(c)
	return ""
}

// body takes a byte inside of a dollar quote.
func (l *lexer) body(c byte) {
	switch {
	case c == l.tag[l.at]:
		l.at++
	case c == '$':
		l.at = 1
	default:
		l.at = 0
	}
	if l.at == len(l.tag) {
		l.mode, l.prev = 0, 0
		l.tag = l.tag[:0]
		l.keep(' ')
	}
}

// wordByte reports whether c may be inside a name.
func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

package ops

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes are the terminal's: colours, cursor moves, window titles.
var escapes = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[@-Z\\\\-_])")

// Clean makes foreign text (logs, labels, health output) safe to show: valid UTF-8, no terminal
// escapes, no control or invisible direction characters, carriage returns as a terminal shows them.
func Clean(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "�")
	s = escapes.ReplaceAllString(s, "")
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		if at := strings.LastIndexByte(line, '\r'); at >= 0 {
			line = line[at+1:] // what a progress bar left on the screen
		}
		lines[i] = strings.Map(visible, line)
	}
	return strings.Join(lines, "\n")
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c >= utf8.RuneSelf || c == 0x7f {
			return false
		}
	}
	return true
}

func visible(r rune) rune {
	switch {
	case r == '\t':
		return r
	case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
		return -1
	}
	return r
}

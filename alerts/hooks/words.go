package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/ops"
)

// How much of foreign text is shown, in characters. A title must fit a lock screen, a line two lines of a phone; a message on
// Telegram holds 4096 in all.
const (
	mostTitle = 120
	mostLine  = 300
	mostQuote = 1500
	mostKey   = 80
	mostLines = 8
	mostText  = 64 << 10 // bytes of one text that are looked at
)

// hide cleans foreign text and takes out what looks like a secret. It comes before cutting: half a secret has lost its shape.
func hide(s string) string {
	if len(s) > mostText {
		s = strings.ToValidUTF8(s[:mostText], "")
	}
	return (*ops.Redactor)(nil).Redact(ops.Clean(s))
}

// oneLine is foreign text as one line of at most so many characters.
func oneLine(s string, most int) string { return cut(strings.Join(strings.Fields(hide(s)), " "), most) }

// quote is foreign text as it stands, with its lines.
func quote(s string) string { return cut(strings.TrimSpace(hide(s)), mostQuote) }

// cut shortens s to so many characters. The marks of a name count for nothing, and stay in pairs.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n, keep := 0, 0
	for i, r := range s {
		if string(r) == ops.MarkOpen || string(r) == ops.MarkClose {
			continue
		}
		if n++; n == most {
			keep = i
		}
		if n <= most {
			continue
		}
		s = s[:keep] + "…"
		if strings.Count(s, ops.MarkOpen) > strings.Count(s, ops.MarkClose) {
			s += ops.MarkClose
		}
		return s
	}
	return s
}

func cutText(t ops.Text, most int) ops.Text {
	return ops.Text{En: cut(t.En, most), Fr: cut(t.Fr, most)}
}

// key makes foreign text a part of a subject. Different texts stay different.
func key(s string) string {
	k := oneLine(s, mostKey)
	if k == s {
		return k
	}
	return strings.TrimSpace(cut(k, mostKey/2) + "~" + digest(s))
}

// digest is a short name for s: 32 bits, enough to tell apart what is wrong with one subject at one time.
func digest(s string) string { return fingerprint(s)[:8] }

// fingerprint is a name for s among all that there are: 64 bits, as long as Alertmanager's.
func fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// link is an address that can be shown and tapped, or "": http or https, without a password, whole.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User = nil
	if shown := oneLine(u.String(), mostLine-40); shown == u.String() {
		return shown
	}
	return "" // half an address leads nowhere
}

// place is where something answers, for showing: an address without what may be secret in it.
func place(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return oneLine(u.String(), mostKey)
}

// first is the first that says something.
func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// long puts foreign text where it fits: into a line, or whole into the quote.
func long(s string) (line ops.Text, quoted string) {
	if s = strings.TrimSpace(s); strings.ContainsRune(s, '\n') || utf8.RuneCountInString(s) > mostLine {
		return ops.Text{}, quote(s)
	}
	return ops.Raw(oneLine(s, mostLine)), ""
}

// severityOf reads the label that most rules carry. What it does not know is left to the source.
func severityOf(label string) ops.Severity {
	switch strings.ToLower(strings.TrimSpace(label)) {
	case "critical", "crit", "page", "error", "fatal", "emergency", "high":
		return ops.Critical
	case "warning", "warn", "medium":
		return ops.Warning
	case "info", "information", "notice", "none", "low":
		return ops.Notice
	}
	return ""
}

// moment reads a time; what is none is the zero time, which is now.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 2000 {
		return time.Time{}
	}
	return t.UTC()
}

// Package bot renders answers: as Telegram's HTML, and as plain text for a terminal.
//
// Read this file, then html.go (from blocks to lines and from lines to HTML), fit.go (what is too long),
// table.go and glyph.go (what a phone's narrow screen makes of text), and plain.go.
package bot

import (
	"strings"

	"vigie/ops"
)

// MaxUnits is how long a message may be, in UTF-16 units of what is visible: Telegram's limit.
const MaxUnits = 4096

const (
	maxParts   = 3   // messages that one answer may fill; what is longer becomes a file
	maxButtons = 100 // Telegram's limit for one message
	maxLabel   = 40  // columns of a button that has a row for itself on a phone
	rowLabels  = 34  // columns of all labels of a row together
	maxNames   = 80  // names in monospace a message: beyond 100 entities Telegram drops what it likes
)

// Rendered is an answer ready to be sent.
type Rendered struct {
	Parts []Part     // messages, in order; at least one, and none is blank
	Files []ops.File // to be sent after them
	Rows  [][]Button // below the last message, wrapped for a phone
}

// A Part is one message.
type Part struct {
	HTML string // only b, code, pre and blockquote tags, always balanced
	Text string // what is visible of it
}

// Plainly is a message of one plain text.
func Plainly(text string) Part { return Part{HTML: escaper.Replace(text), Text: text} }

// Units is the length of s as Telegram counts: in UTF-16.
func Units(s string) int { return units(s) }

// Columns is how wide s is in monospace.
func Columns(s string) int { return columns(s) }

// A Button is a button with the label that is shown.
type Button struct {
	Label string
	ops.Button
}

// HTML renders a for Telegram in at most three messages. What is longer becomes a document, with its first
// lines inline: nothing is lost. redact takes the secrets out of everything that will be visible.
func HTML(a ops.Answer, lang ops.Lang, redact func(string) string) Rendered {
	return render(a, lang, redact, maxParts)
}

// One is HTML in a single message, for one that takes the place of another.
func One(a ops.Answer, lang ops.Lang, redact func(string) string) Rendered {
	return render(a, lang, redact, 1)
}

func render(a ops.Answer, lang ops.Lang, redact func(string) string, most int) Rendered {
	w := writer{lang: lang, redact: redact, reveal: true}
	for _, b := range a.Blocks {
		w.block(b)
	}
	rows, left := w.rows(a.Buttons)
	if left > 0 {
		w.line(ops.T("(%d more buttons do not fit here)", "(%d autres boutons ne tiennent pas ici)", left).In(lang), false)
	}
	parts := w.fit(most)
	return Rendered{Parts: parts, Files: w.files, Rows: rows}
}

// rows words the buttons and wraps them; left is how many there were too many.
func (w *writer) rows(all [][]ops.Button) (rows [][]Button, left int) {
	total := 0
	for _, row := range all {
		var worded []Button
		for _, b := range secondToLast(row) {
			if b.Ask == nil && b.Data == "" {
				continue // there is nothing that it could do
			}
			if total++; total > maxButtons {
				left++
				continue
			}
			worded = append(worded, Button{Label: w.label(b.Label), Button: b})
		}
		rows = append(rows, wrapRow(worded)...)
	}
	return rows, left
}

// secondToLast moves what is dangerous to the last place but one, away from where a thumb rests.
func secondToLast(row []ops.Button) []ops.Button {
	var good, bad []ops.Button
	for _, b := range row {
		if b.Bad {
			bad = append(bad, b)
		} else {
			good = append(good, b)
		}
	}
	if len(good) == 0 || len(bad) == 0 {
		return row
	}
	last := len(good) - 1
	return append(append(good[:last:last], bad...), good[last])
}

func (w *writer) label(t ops.Text) string {
	s := strings.Join(strings.Fields(w.clean(t.In(w.lang))), " ")
	if blank(s) {
		return "…"
	}
	return cut(s, maxLabel)
}

// wrapRow breaks a row whose labels a phone would cut short: the buttons of a row are equally wide there.
func wrapRow(row []Button) (rows [][]Button) {
	start, sum, widest := 0, 0, 0
	for i, b := range row {
		n, width := i-start+1, columns(b.Label)
		if n > 1 && (n > 8 || sum+width > rowLabels || n*max(widest, width) > maxLabel+2) {
			rows = append(rows, row[start:i:i])
			start, sum, widest = i, 0, 0
		}
		sum, widest = sum+width, max(widest, width)
	}
	if start < len(row) {
		rows = append(rows, row[start:])
	}
	return rows
}

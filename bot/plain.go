package bot

import (
	"fmt"
	"strings"

	"vigie/ops"
)

// Plain renders the blocks of a as text without any notation, and names its files.
func Plain(a ops.Answer, lang ops.Lang, redact func(string) string) string {
	w := writer{lang: lang, redact: redact}
	var out []string
	for _, b := range a.Blocks {
		w.chunks, w.files = w.chunks[:0], w.files[:0]
		w.block(b)
		for _, c := range w.chunks {
			for _, l := range c.lines {
				indent := ""
				if c.fold || c.pre && b.Table == nil {
					indent = "  "
				}
				out = append(out, strings.TrimRight(indent+l.String(), " "))
			}
		}
		for _, f := range w.files {
			out = append(out, fmt.Sprintf("[%s, %s]", f.Name, ops.Size(len(f.Data)).In(lang)))
		}
	}
	return strings.Join(out, "\n")
}

// Files are the files of a, redacted.
func Files(a ops.Answer, lang ops.Lang, redact func(string) string) []ops.File {
	w := writer{lang: lang, redact: redact}
	for _, b := range a.Blocks {
		if b.File != nil {
			w.block(b)
		}
	}
	return w.files
}

// Labels are the buttons of a as they are shown, row by row.
func Labels(a ops.Answer, lang ops.Lang, redact func(string) string) [][]Button {
	w := writer{lang: lang, redact: redact}
	rows, _ := w.rows(a.Buttons)
	return rows
}

// Short renders one text as a single plain line of at most so many UTF-16 units, cut at a word.
func Short(t ops.Text, lang ops.Lang, redact func(string) string, most int) string {
	w := writer{lang: lang, redact: redact}
	s := strings.Join(strings.Fields(w.clean(t.In(lang))), " ")
	if units(s) <= most {
		return s
	}
	s = s[:firstUnits(s, most-1)]
	if at := strings.LastIndexByte(s, ' '); at > len(s)/2 {
		s = s[:at]
	}
	return s + "…"
}

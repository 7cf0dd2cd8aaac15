package bot

import (
	"strings"
	"unicode/utf8"

	"vigie/ops"
)

// A writer turns blocks into chunks of lines, and those into messages.
type writer struct {
	lang   ops.Lang
	redact func(string) string
	reveal bool // what is for one person is shown to them
	chunks []chunk
	files  []ops.File
}

// A chunk is what one block shows.
type chunk struct {
	lines []line
	pre   bool // monospace as it is
	fold  bool // in an expandable quote
	full  string
}

// A line is a line of spans. It has no line end in it.
type line []span

// A span is text in one style.
type span struct {
	text string
	name bool // in monospace, copied by a tap
}

func (l line) String() string {
	var s strings.Builder
	for _, p := range l {
		s.WriteString(p.text)
	}
	return s.String()
}

func (w *writer) block(b ops.Block) {
	switch {
	case !b.Private.IsZero(): // in monospace: a tap copies it, and no client fetches a preview of it
		text := ops.Hidden
		if w.reveal {
			text = ops.Clean(b.Private.Reveal())
		}
		w.add(chunk{lines: []line{{span{text, true}}}, full: ops.Hidden})
	case b.Code != "":
		text := w.clean(b.Code)
		w.add(chunk{lines: plainLines(expandTabs(text)), pre: !b.Fold, fold: b.Fold, full: text})
	case b.Table != nil:
		w.table(b.Table, b.Fold)
	case b.File != nil:
		w.files = append(w.files, w.file(*b.File))
	case !b.Line.IsZero():
		w.line(b.Line.In(w.lang), b.Fold)
	}
}

func (w *writer) add(c chunk) {
	if len(c.lines) > 0 {
		w.chunks = append(w.chunks, c)
	}
}

// clean makes text from anywhere fit to be seen.
func (w *writer) clean(s string) string {
	s = ops.Clean(s) // takes marks out as well
	if w.redact != nil {
		s = ops.Clean(w.redact(s))
	}
	return s
}

// line adds speech, in which the marks make names. Should redaction find something only without the marks,
// it is the redacted text that is shown, and no names.
func (w *writer) line(s string, fold bool) {
	spans := spansOf(s)
	seen := spans.String()
	hidden := w.clean(seen)
	if w.redact == nil || hidden == seen {
		w.add(chunk{lines: spans.split(), fold: fold, full: seen})
		return
	}
	w.add(chunk{lines: plainLines(hidden), fold: fold, full: hidden})
}

// spansOf takes the marks out. A mark without its partner marks nothing.
func spansOf(s string) (l line) {
	for s != "" {
		open := strings.Index(s, ops.MarkOpen)
		if open < 0 {
			break
		}
		length := strings.Index(s[open:], ops.MarkClose)
		if length < 0 {
			break
		}
		l = append(l, span{text: ops.Clean(s[:open])}, span{ops.Clean(s[open+1 : open+length]), true})
		s = s[open+length+1:]
	}
	return append(l, span{text: ops.Clean(s)})
}

// split breaks spans at line ends.
func (l line) split() []line {
	lines := []line{nil}
	for _, p := range l {
		for i, text := range strings.Split(p.text, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			if text != "" {
				last := &lines[len(lines)-1]
				*last = append(*last, span{text, p.name})
			}
		}
	}
	return lines
}

func plainLines(s string) (lines []line) {
	for text := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		lines = append(lines, line{{text: text}})
	}
	return lines
}

// expandTabs puts spaces where Telegram would put one: columns stay columns. A phone has room for steps of 4.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var out strings.Builder
	at := 0
	for len(s) > 0 {
		size := glyph(s)
		switch g := s[:size]; g {
		case "\n":
			at = 0
			out.WriteString(g)
		case "\t":
			n := 4 - at%4
			out.WriteString("    "[:n])
			at += n
		default:
			at += width(g)
			out.WriteString(g)
		}
		s = s[size:]
	}
	return out.String()
}

// file redacts a file that holds text.
func (w *writer) file(f ops.File) ops.File {
	f.Name = strings.TrimSpace(strings.NewReplacer("/", "-", `\`, "-", "\n", " ", `"`, "'").Replace(w.clean(f.Name)))
	if blank(f.Name) {
		f.Name = "file"
	}
	if w.redact != nil && (strings.HasPrefix(f.Type, "text/") || utf8.Valid(f.Data)) {
		f.Data = []byte(w.redact(string(f.Data)))
	}
	return f
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// markup writes a message. Neighbouring folded chunks share one quote.
func markup(chunks []chunk) Part {
	var html, text strings.Builder
	names, quoted := 0, false
	for i, c := range chunks {
		if i > 0 {
			if quoted && !c.fold {
				html.WriteString("</blockquote>")
				quoted = false
			}
			html.WriteByte('\n')
			text.WriteByte('\n')
		}
		if c.fold && !quoted {
			html.WriteString("<blockquote expandable>")
			quoted = true
		}
		if c.pre {
			html.WriteString("<pre>")
		}
		for i, l := range c.lines {
			if i > 0 {
				html.WriteByte('\n')
				text.WriteByte('\n')
			}
			for _, p := range l {
				body := escaper.Replace(p.text)
				if p.name && names < maxNames && !blank(p.text) {
					body = "<code>" + body + "</code>"
					names++
				}
				html.WriteString(body)
				text.WriteString(p.text)
			}
		}
		if c.pre {
			html.WriteString("</pre>")
		}
	}
	if quoted {
		html.WriteString("</blockquote>")
	}
	return Part{HTML: html.String(), Text: text.String()}
}

package ops

import (
	"strings"
	"unicode/utf8"
)

// A Looked is what looking with one op showed, for who draws a conclusion from several. What stands in it was written by
// others: it is to be quoted, never to be obeyed.
type Looked struct {
	Ask    Ask
	Answer Answer
	Err    error
}

// Words are the answer as plain English, at most max bytes of it, with the marks that open its lines; or why there is none.
func (l Looked) Words(max int) string {
	if l.Err != nil {
		return cutBytes(Unmark(SayOf(l.Err).En), max)
	}
	var b strings.Builder
	for _, block := range l.Answer.Blocks {
		switch {
		case !block.Line.IsZero():
			b.WriteString(Unmark(block.Line.En) + "\n")
		case block.Code != "":
			b.WriteString(Clean(block.Code) + "\n")
		}
		for _, row := range block.Table {
			b.WriteString(Unmark(strings.Join(row, " · ")) + "\n")
		}
		if block.File != nil && strings.HasPrefix(block.File.Type, "text/") {
			b.WriteString(Clean(string(block.File.Data[:min(len(block.File.Data), max)])) + "\n")
		}
		if b.Len() > max {
			break
		}
	}
	return cutBytes(strings.TrimSpace(b.String()), max)
}

// Troubles are the answer's lines that open with the mark of what is broken or at risk, without it.
func (l Looked) Troubles() (list []Text) {
	for _, block := range l.Answer.Blocks {
		for _, mark := range []string{Broken, AtRisk} {
			en, marked := strings.CutPrefix(block.Line.En, mark)
			if marked && l.Err == nil {
				list = append(list, Text{En: strings.TrimSpace(en), Fr: strings.TrimSpace(strings.TrimPrefix(block.Line.In(French), mark))})
			}
		}
	}
	return list
}

func cutBytes(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max] + "…"
}

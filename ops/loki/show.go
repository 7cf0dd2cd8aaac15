package loki

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// What is sent inline: as much as reads well on a phone. What is longer goes into a file, with its end in the open.
const (
	inlineLines = 60
	inlineBytes = 3000
	tailLines   = 15
	lineWidth   = 400
)

// lines shows lines of a log, the newest last.
func (s *System) lines(l look) ops.Answer {
	a := ops.Say(s.headline(l))
	s.understood(&a, l)
	switch {
	case l.Left > 0:
		a.Line(ops.T("the newest %d of %d: older ones are left out", "les %d dernières sur %d : les plus anciennes sont omises", len(l.Lines), len(l.Lines)+l.Left))
	case !l.Known:
		a.Line(ops.T("the newest %d: there are older ones", "les %d dernières : il y en a de plus anciennes", len(l.Lines)))
	}
	s.attach(&a, l)
	s.buttons(&a, l)
	return a
}

func (s *System) headline(l look) ops.Text {
	count := ops.Count{N: len(l.Lines), EnOne: "line", EnMany: "lines", FrOne: "ligne", FrMany: "lignes"}
	what := ops.T("%s in %s", "%s en %s", count, ops.Span(l.length()))
	switch {
	case l.looksForErrors():
		count.EnOne, count.EnMany, count.FrOne, count.FrMany = "error line", "error lines", "ligne d’erreur", "lignes d’erreur"
		what = ops.T("%s in %s", "%s en %s", count, ops.Span(l.length()))
	case l.Find != "":
		what = ops.T("%s with «%s» in %s", "%s avec « %s » en %s", count, clip(l.Find, 40), ops.Span(l.length()))
	}
	mark := ops.Fine
	if l.looksForErrors() {
		mark = ops.AtRisk
	}
	t := ops.T("%s %s", "%s %s", mark, what)
	if l.Value != "" {
		t = ops.T("%s %s: %s", "%s %s : %s", mark, ops.Name(s.short(l.Value)), what)
	}
	return ops.T("%s · newest %s ago", "%s · dernière il y a %s", t, ops.Since(l.Lines[len(l.Lines)-1].At))
}

func (l look) looksForErrors() bool { return slices.Contains(errorsAre, strings.ToLower(l.Find)) }

// understood shows what words became, for who wants to go on from there. LogQL of their own they know.
func (s *System) understood(a *ops.Answer, l look) {
	if l.LogQL == "" {
		a.Line(ops.T("asked: %s", "demandé : %s", ops.Name(l.Query)))
	}
}

// attach adds the lines: all that fits a message, or their end and the rest in a file.
func (s *System) attach(a *ops.Answer, l look) {
	said := s.plainLines(l.Lines)
	if len(said) <= inlineLines && size(said) <= inlineBytes {
		a.Code(strings.Join(said, "\n"), len(said) > tailLines)
		return
	}
	tail := said[max(0, len(said)-tailLines):]
	for len(tail) > 1 && size(tail) > inlineBytes {
		tail = tail[1:]
	}
	a.Code(strings.Join(tail, "\n"), false)
	var b strings.Builder
	for _, one := range l.Lines {
		fmt.Fprintf(&b, "%s %s%s\n", one.At.UTC().Format("2006-01-02T15:04:05.000Z"), s.from(one, l.Lines), strings.TrimRight(one.Text, "\r\n"))
	}
	a.Blocks = append(a.Blocks, ops.Block{File: &ops.File{Name: "loki.log.txt", Type: "text/plain", Data: []byte(b.String())}})
}

// plainLines are lines for the chat, without times: the headline says how old the newest is.
func (s *System) plainLines(list []line) []string {
	said := make([]string, len(list))
	for i, one := range list {
		said[i] = s.from(one, list) + cut(strings.TrimRight(ops.Clean(one.Text), "\r\n"), lineWidth)
	}
	return said
}

// from names the container of a line where the list has lines of several.
func (s *System) from(one line, list []line) string {
	name := one.Labels[s.o.Label]
	if name == "" || name == list[0].Labels[s.o.Label] && !slices.ContainsFunc(list, func(o line) bool { return o.Labels[s.o.Label] != name }) {
		return ""
	}
	return clip(s.short(name), 24) + ": "
}

func size(lines []string) (n int) {
	for _, l := range lines {
		n += len(l) + 1
	}
	return n
}

// cut cuts a line at n characters. What the redactor looks for at the edge may be cut short: it knows the mark.
func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

// buttons offer what is likely asked next: more lines, longer, how many over time.
func (s *System) buttons(a *ops.Answer, l look) {
	service := l.Service
	if l.Value != "" {
		service = s.short(l.Value)
	}
	typed := cmp.Or(l.LogQL, strings.TrimSpace(service+" "+l.Find))
	ask := func(label ops.Text, query string, since time.Duration, limit int) ops.Button {
		return ops.AskFor(label, "loki.query", "query", query, "since", since.String(), "limit", fmt.Sprint(limit))
	}
	var row []ops.Button
	if more := min(l.Limit*5, 1000); more > l.Limit && (l.Left > 0 || !l.Known) {
		row = append(row, ask(ops.T("%d lines", "%d lignes", more), typed, l.Since, more))
	}
	if l.LogQL == "" && l.Find == "" && len(l.Lines) > 0 {
		row = append(row, ask(ops.T("Errors only", "Erreurs seules"), service+" error", l.Since, l.Limit))
	}
	if longer := 24 * time.Hour; l.Since < longer {
		row = append(row, ask(ops.T("24 h", "24 h"), typed, longer, l.Limit))
	}
	if counting := s.counting(l); len(l.Lines) > 1 && len(counting) < mostQuery {
		row = append(row, ask(ops.T("Chart", "Graphique"), counting, l.Since, l.Limit))
	}
	a.Row(row...)
}

// mostQuery is in bytes: no argument of an op may be longer than 500.
const mostQuery = 480

// counting is LogQL for how many lines came when.
func (s *System) counting(l look) string {
	return fmt.Sprintf("sum by (%s) (count_over_time(%s[%ds]))", s.o.Label, l.Query, int(l.step().Seconds()))
}

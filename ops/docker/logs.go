package docker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/ops"
)

type logsParams struct {
	Service string        `doc:"which service" fr:"quel service" names:"service"`
	Lines   int           `doc:"how many lines" fr:"combien de lignes" default:"40" min:"1" max:"5000"`
	Since   time.Duration `doc:"only this far back: 30m, 2h" fr:"pas plus loin que : 30m, 2h" optional:"true"`
	Show    string        `doc:"errors: only what looks like one; follow: keep showing the newest" fr:"errors : seulement ce qui y ressemble ; follow : suivre les plus récentes" choices:"errors,follow" also:"suivre=follow,suis=follow" optional:"true"`
	Find    string        `doc:"only lines that hold this" fr:"seulement les lignes qui contiennent ceci" optional:"true" rest:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.logs", Command: "logs", Theme: themeLook, Examples: []string{"n8n", "n8n 200", "n8n 2h errors", "n8n 500 webhook failed", "n8n follow"},
	Doc: ops.T("The newest lines of a service's log.", "Les dernières lignes du journal d’un service."),
	Phrases: []ops.Text{
		ops.T("logs of n8n", "journaux de n8n"), ops.T("show me the logs of n8n", "montre-moi les logs de n8n"),
		ops.T("what does n8n say", "que dit n8n"), ops.T("errors of n8n", "erreurs de n8n"), ops.T("follow n8n", "suis n8n"),
		ops.T("last lines of n8n", "dernières lignes de n8n"), ops.T("search in the logs of n8n", "cherche dans les logs de n8n"),
		ops.T("what did n8n log", "qu’est-ce que raconte n8n"), ops.T("tail n8n", "suis les journaux de n8n"),
	},
}, func(ctx context.Context, s *Stack, p logsParams) (ops.Answer, error) {
	_, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Answer{}, err
	}
	if r.box == nil {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("%s has no container, so it has no log.", "%s n’a pas de conteneur, donc pas de journal.", ops.Name(r.name)), nil)
	}
	if p.Show == "follow" {
		return s.follow(ctx, r, p)
	}
	lines, err := s.Host.Logs(ctx, r.id(), p.query())
	if err != nil {
		return ops.Answer{}, err
	}
	if p.Show == "errors" {
		lines = onlyTrouble(lines, p.Lines)
	}
	a := ops.Say(p.headline(r, lines))
	attach(&a, r.name, lines)
	p.buttons(&a, r)
	return a, nil
})

// searched is how many lines are looked through for those that look like errors.
const searched = 5000

func (p logsParams) query() LogQuery {
	q := LogQuery{Lines: p.Lines, Find: p.Find}
	if p.Since > 0 {
		q.Since = time.Now().Add(-p.Since)
	}
	if p.Show == "errors" {
		q.Lines = searched
	}
	return q
}

func onlyTrouble(lines []Line, most int) (kept []Line) {
	for _, l := range lines {
		if troubled(l.Text) {
			kept = append(kept, l)
		}
	}
	return kept[max(0, len(kept)-most):]
}

// headline says how many lines there are, how many look like errors, and how old the newest is.
func (p logsParams) headline(r row, lines []Line) ops.Text {
	span := ops.Text{}
	if p.Since > 0 {
		span = ops.T(" in the last %s", " depuis %s", ops.Span(p.Since))
	}
	find := ops.Text{}
	if p.Find != "" {
		find = ops.T(" with %s", " avec %s", quote(clip(p.Find, 40)))
	}
	if len(lines) == 0 {
		if p.Show == "errors" {
			return ops.T("🟢 nothing in %s's log looks like an error%s%s", "🟢 rien ne ressemble à une erreur dans le journal de %s%s%s", ops.Name(r.name), find, span)
		}
		return ops.T("⚪ no lines of %s%s%s", "⚪ aucune ligne de %s%s%s", ops.Name(r.name), find, span)
	}
	errors := len(onlyTrouble(lines, len(lines)))
	count := ops.T("%s", "%s", ops.Count{N: len(lines), EnOne: "line", EnMany: "lines", FrOne: "ligne", FrMany: "lignes"})
	like := ops.Count{N: errors, EnOne: "error line", EnMany: "error lines", FrOne: "ligne d’erreur", FrMany: "lignes d’erreur"}
	switch {
	case p.Show == "errors":
		count = ops.T("%s", "%s", like)
	case errors > 0:
		count = ops.T("%s of %d", "%s sur %d", like, len(lines))
	default:
		count = ops.T("%s, no errors", "%s, aucune erreur", count)
	}
	t := ops.T("%s %s: %s%s%s", "%s %s : %s%s%s", r.is.mark(), ops.Name(r.name), count, find, span)
	if at := lines[len(lines)-1].At; !at.IsZero() {
		t = ops.T("%s · newest %s", "%s · la dernière %s", t, ago(at))
	}
	return t
}

// What is sent inline: as much as reads well on a phone. What is longer goes into a file, with its end in the open.
const (
	inlineLines = 60
	inlineBytes = 3000
	tailLines   = 15
	lineWidth   = 400
)

func attach(a *ops.Answer, name string, lines []Line) {
	if len(lines) == 0 {
		return
	}
	if text := plainLines(lines); len(lines) <= inlineLines && len(text) <= inlineBytes {
		a.Code(text, len(lines) > tailLines)
		return
	}
	tail := lines[max(0, len(lines)-tailLines):]
	for len(tail) > 1 && len(plainLines(tail)) > inlineBytes {
		tail = tail[1:]
	}
	a.Code(plainLines(tail), false)
	var b strings.Builder
	for _, l := range lines {
		if !l.At.IsZero() {
			fmt.Fprintf(&b, "%s ", l.At.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
		fmt.Fprintln(&b, l.Text)
	}
	a.Blocks = append(a.Blocks, ops.Block{File: &ops.File{Name: name + ".log.txt", Type: "text/plain", Data: []byte(b.String())}})
}

// plainLines joins lines for the chat, without times: the headline says how old the newest is.
func plainLines(lines []Line) string {
	words := make([]string, len(lines))
	for i, l := range lines {
		words[i] = cut(ops.Clean(l.Text), lineWidth)
	}
	return strings.Join(words, "\n")
}

func (p logsParams) buttons(a *ops.Answer, r row) {
	ask := func(label ops.Text, pairs ...string) ops.Button {
		return ops.AskFor(label, "docker.logs", append([]string{"service", r.name}, pairs...)...)
	}
	var row []ops.Button
	if r.running() && p.Show != "follow" {
		row = append(row, ask(ops.T("Follow", "Suivre"), "show", "follow"))
	}
	if p.Lines < 200 {
		row = append(row, ask(ops.T("200 lines", "200 lignes"), "lines", "200"))
	}
	if p.Show != "errors" {
		row = append(row, ask(ops.T("Errors only", "Erreurs seules"), "show", "errors"))
	}
	a.Row(row...)
	a.Row(ops.AskFor(ops.T("Inspect", "Inspecter"), "docker.inspect", "service", r.name))
}

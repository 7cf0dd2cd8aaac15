package docker

import (
	"context"
	"strings"

	"vigie/ops"
)

type diagnoseParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.diagnose", Command: "diagnose", Theme: themeLook, Examples: []string{"n8n"},
	Doc: ops.T("Why a service is not well: the likely cause, what shows it, what to do.", "Pourquoi un service ne va pas bien : la cause probable, ce qui la montre, que faire."),
	Phrases: []ops.Text{
		ops.T("why is n8n down", "pourquoi n8n est en panne"), ops.T("what is wrong with n8n", "qu’est-ce qu’a n8n"),
		ops.T("diagnose n8n", "diagnostique n8n"), ops.T("why does n8n keep restarting", "pourquoi n8n redémarre sans arrêt"),
		ops.T("n8n is down", "n8n est en panne"), ops.T("n8n is not working", "n8n ne marche pas"),
		ops.T("is something wrong with n8n", "un problème avec n8n"), ops.T("why does n8n crash", "pourquoi n8n plante"), ops.T("fix n8n", "répare n8n"),
	},
}, func(ctx context.Context, s *Stack, p diagnoseParams) (ops.Answer, error) {
	q, err := s.lookAround(ctx, p.Service)
	if err != nil {
		return ops.Answer{}, err
	}
	return q.diagnosis(), nil
})

// diagnosis is the answer: the likely cause first, then what shows it, what to do, what else may be behind it, and what was looked at.
func (s inquiry) diagnosis() ops.Answer {
	found := s.findings()
	if len(found) == 0 {
		return s.unknown()
	}
	best, mark := found[0], s.is.mark()
	if mark == ops.Fine && !best.benign {
		mark = ops.AtRisk // it seems well, and is not
	}
	a := ops.Say(ops.T("%s %s: %s · %s", "%s %s : %s · %s", mark, ops.Name(s.name), best.means, best.sure))
	if best.quote != "" {
		a.Code(best.quote, false)
	}
	a.Line(s.says())
	if !best.do.IsZero() {
		a.Line(best.do)
	}
	for _, f := range found[1:min(len(found), 3)] {
		a.Line(ops.Join(" ", ops.T("Also %s: %s.", "Aussi %s : %s.", f.sure, f.means), quoted(f.quote)))
	}
	s.background(&a, best.quote)
	row := s.offer(best.offers, best.about)
	if len(row) == 0 && s.box != nil && !best.benign {
		row = s.offer([]string{"docker.logs"}, "")
	}
	a.Row(row...)
	return a
}

func quoted(q string) ops.Text {
	if q == "" {
		return ops.Text{}
	}
	return ops.T("%s", "%s", quote(clip(q, 90)))
}

// unknown says so, with what was looked at, so that nobody looks there again.
func (s inquiry) unknown() ops.Answer {
	a := ops.Say(ops.T("🟢 %s: nothing that I know of is wrong", "🟢 %s : rien d’anormal que je sache", ops.Name(s.name)), s.says())
	if s.is.needsYou() {
		a = ops.Say(ops.T("%s %s: I do not know why", "%s %s : je ne sais pas pourquoi", s.is.mark(), ops.Name(s.name)), s.says(),
			ops.T("Nothing in what I looked at explains it. Its log is where to read on.", "Rien de ce que j’ai regardé ne l’explique. La suite est dans son journal."))
	}
	s.background(&a, "")
	offers := []string{"docker.logs"}
	if s.is.needsYou() {
		offers = append(offers, "docker.restart")
	}
	a.Row(s.offer(offers, "")...)
	return a
}

// background adds the facts, the lines of the log that matter, what was done lately, and what was looked at.
// told was quoted already.
func (s inquiry) background(a *ops.Answer, told string) {
	if s.box != nil && (s.is.needsYou() || s.full()) {
		for _, t := range []ops.Text{s.history(), s.resources(), s.needsLine()} {
			if !t.IsZero() {
				a.Line(t)
			}
		}
	}
	for _, l := range s.elsewhere {
		if l.Ask.Op == recentRuns && l.Err == nil {
			for _, b := range l.Answer.Blocks[:min(len(l.Answer.Blocks), 2)] {
				a.Line(ops.T("before that: %s", "avant cela : %s", b.Line))
			}
		}
	}
	if s.box != nil && (s.is.needsYou() || s.is == starting) {
		a.Code(s.healthLog(), true)
		if lines := s.lastErrors(); lines != told {
			a.Code(lines, true)
		}
	}
	a.Line(s.lookedAt())
}

// lookedAt names where this comes from.
func (s inquiry) lookedAt() ops.Text {
	parts := []ops.Text{ops.T("container", "conteneur")}
	if s.box != nil {
		parts = append(parts, ops.T("health", "santé"), ops.T("log (%s)", "journal (%s)", ops.Count{N: len(s.lines), EnOne: "line", EnMany: "lines", FrOne: "ligne", FrMany: "lignes"}), ops.T("image", "image"))
	}
	if s.measured {
		parts = append(parts, ops.T("memory", "mémoire"))
	}
	if len(s.needs) > 0 {
		parts = append(parts, ops.T("what it needs", "ce dont il a besoin"))
	}
	blind := []string{}
	for _, l := range s.elsewhere {
		if l.Err != nil {
			blind = append(blind, "/"+word(l.Ask.Op))
			continue
		}
		parts = append(parts, ops.Raw("/"+word(l.Ask.Op)))
	}
	t := ops.T("⚪ looked at: %s", "⚪ regardé : %s", ops.Join(", ", parts...))
	if len(blind) > 0 {
		t = ops.T("%s · could not look at %s", "%s · pas pu regarder %s", t, strings.Join(blind, ", "))
	}
	return t
}

// word is what people call the op of a look.
func word(op string) string {
	system, verb, _ := strings.Cut(op, ".")
	if verb == "list" || verb == "show" {
		return map[string]string{"alerts": "alerts", "checks": "checks", "fresh": "fresh", "host": "host", "bots": "bots", "backup": "backups"}[system]
	}
	return verb
}

package docker

import (
	"context"
	"strconv"

	"vigie/ops"
)

type statusParams struct {
	Show string `doc:"all: every service, not only those that need you" fr:"all : tous les services, pas seulement ceux à voir" choices:"all" also:"tout=all,tous=all" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.status", Command: "status", Theme: themeLook, Examples: []string{"", "all"},
	Doc: ops.T("What is up, and what needs you.", "Ce qui tourne, et ce qui demande attention."),
	Phrases: []ops.Text{
		ops.T("is everything up", "est-ce que tout va bien"), ops.T("how is the stack", "comment va la pile"),
		ops.T("what is running", "qu’est-ce qui tourne"), ops.T("status", "état"),
		ops.T("is everything ok", "tout va bien"), ops.T("give me an overview", "fais un résumé"),
		ops.T("how is it going", "ça va"), ops.T("how are the services", "comment vont les services"),
		ops.T("what is up", "ça roule"),
	},
}, func(ctx context.Context, s *Stack, p statusParams) (ops.Answer, error) {
	v, err := s.see(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	s.closer(ctx, &v)
	t := v.tally()
	a := ops.Say(s.headline(t))
	if v.warn != nil {
		a.Line(ops.T("🟠 the compose files cannot be read, so I cannot tell what is missing: %s",
			"🟠 les fichiers compose sont illisibles, je ne sais donc pas ce qui manque : %s", ops.SayOf(v.warn)))
	}
	needing := v.needing()
	for i, r := range needing {
		a.Blocks = append(a.Blocks, ops.Block{Line: r.line(), Fold: i >= shownRows})
	}
	if p.Show == "all" {
		v.allLines(&a)
	} else {
		summary(&a, t)
	}
	a.Row(inspectButtons(needing, 6)...)
	if p.Show == "all" {
		return *a.Row(ops.AskFor(ops.T("In short", "En bref"), "docker.status"), ops.AskFor(ops.Raw("↻"), "docker.status", "show", "all")), nil
	}
	return *a.Row(ops.AskFor(ops.T("All %d", "Les %d", len(v.rows)), "docker.status", "show", "all"), ops.AskFor(ops.Raw("↻"), "docker.status")), nil
})

// shownRows is how many lines about trouble stand in the open; the rest folds.
const shownRows = 7

// line is one row as a line: its mark, its name, its state, and why where that is known.
func (r row) line() ops.Text {
	return ops.Join(" · ", ops.T("%s %s %s", "%s %s %s", r.is.mark(), ops.Name(r.name), r.says()), r.why())
}

// summary adds what needs nobody, in one line for each kind.
func summary(a *ops.Answer, t tally) {
	if len(t.waking) > 0 {
		a.Line(ops.T("⏳ starting: %s", "⏳ au démarrage : %s", list(4, t.waking...)))
	}
	rest := ops.Text{}
	if t.good > 0 && t.need > 0 {
		rest = ops.T("🟢 %d fine", "🟢 %d en ordre", t.good)
		if t.longest != "" {
			rest = ops.T("%s · longest up %s", "%s · le plus ancien : %s", rest, t.longest)
		}
	}
	if len(t.off) > 0 {
		rest = ops.Join(" · ", rest, ops.T("⚪ %s off on purpose", "⚪ %s : éteint volontairement", list(3, t.off...)))
	}
	if len(t.over) > 0 {
		rest = ops.Join(" · ", rest, ops.T("⚪ %s ended with exit 0", "⚪ %s : terminé avec le code 0", list(3, t.over...)))
	}
	if !rest.IsZero() {
		a.Line(rest)
	}
	if len(t.orphans) > 0 {
		a.Line(ops.T("⚪ in no compose file: %s", "⚪ dans aucun fichier compose : %s", list(4, t.orphans...)))
	}
}

// allLines adds one line for every service that the needing ones left out, phase by phase.
func (v view) allLines(a *ops.Answer) {
	phase := ""
	for _, r := range v.rows {
		if r.is.needsYou() {
			continue
		}
		if p := r.group(); p.En != phase {
			phase = p.En
			a.Line(p)
		}
		a.Line(r.line())
	}
}

// group is the heading that a row stands under in a long list.
func (r row) group() ops.Text {
	switch {
	case r.phase != "":
		return ops.Raw(r.phase)
	case r.orphan:
		return ops.T("in no compose file", "dans aucun fichier compose")
	}
	return ops.Text{}
}

// inspectButtons leads from each row to what is known about it; from those beyond most, to all that need somebody.
func inspectButtons(rows []row, most int) (buttons []ops.Button) {
	for _, r := range rows[:min(len(rows), most)] {
		label := r.name + " ▸"
		buttons = append(buttons, ops.AskFor(ops.Raw(label), "docker.inspect", "service", r.name))
	}
	if more := len(rows) - most; more > 0 {
		buttons = append(buttons, ops.AskFor(ops.Raw("+"+strconv.Itoa(more)), "docker.unhealthy"))
	}
	return buttons
}

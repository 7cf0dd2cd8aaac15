package grafana

import (
	"strings"

	"vigie/ops"
)

// What is shown in the open; more folds away.
const (
	shownRules   = 6
	shownSources = 5
)

func (s *System) answer(p picture) ops.Answer {
	a := ops.Say(s.head(p))
	if p.refused != nil {
		for _, t := range s.remedy() {
			a.Line(t)
		}
		return *a.Row(ops.AskFor(ops.Raw("↻"), "grafana.show"))
	}
	shown := 0
	for _, r := range p.rules {
		if t := s.rule(r); !t.IsZero() {
			shown++
			a.Blocks = append(a.Blocks, ops.Block{Line: t, Fold: shown > shownRules})
		}
	}
	s.sourceLines(&a, p)
	p.restLine(&a)
	if p.unlisted != nil {
		a.Line(ops.T("⚪ datasources not seen: %s", "⚪ sources de données non vues : %s", ops.SayOf(p.unlisted)))
		if len(s.o.Datasources) == 0 {
			a.Line(ops.T("with their uids as datasources = […] under [grafana], a Viewer's token suffices", "avec leurs uid dans datasources = […] sous [grafana], un jeton de Viewer suffit"))
		}
	}
	if p.unruled != nil {
		a.Line(ops.T("⚪ alert rules not seen: %s", "⚪ règles d’alerte non vues : %s", ops.SayOf(p.unruled)))
	}
	return *a.Row(ops.AskFor(ops.Raw("↻"), "grafana.show"))
}

// head is the one line that says how all of it stands.
func (s *System) head(p picture) ops.Text {
	name := ops.Raw("Grafana")
	if p.health.Version != "" {
		name = ops.Raw("Grafana " + clip(p.health.Version, 20))
	}
	sick := p.sick()
	sources := ops.Count{N: sick, EnOne: "datasource does not answer", EnMany: "datasources do not answer", FrOne: "source de données ne répond pas", FrMany: "sources de données ne répondent pas"}
	firing := p.count(fires)
	rules := ops.Count{N: firing, EnOne: "alert rule fires", EnMany: "alert rules fire", FrOne: "règle d’alerte déclenchée", FrMany: "règles d’alerte déclenchées"}
	switch {
	case !p.health.well():
		return ops.T("🔴 %s is up, but its own database fails", "🔴 %s tourne, mais sa propre base échoue", name)
	case p.refused != nil:
		return ops.T("🔴 %s is up: %s", "🔴 %s tourne : %s", name, lowered(ops.SayOf(p.refused)))
	case firing > 0 && sick > 0:
		return ops.T("🔴 %s, %s · %s", "🔴 %s, %s · %s", rules, sources, name)
	case firing > 0:
		return ops.T("%s %s · %s", "%s %s · %s", p.gravest().Mark(), rules, name)
	case sick > 0:
		return ops.T("🔴 %s · %s", "🔴 %s · %s", sources, name)
	case p.count(fails)+p.count(lacks) > 0:
		return ops.T("🟠 %s · %s", "🟠 %s · %s", ops.Count{N: p.count(fails) + p.count(lacks), EnOne: "alert rule cannot judge", EnMany: "alert rules cannot judge", FrOne: "règle d’alerte ne peut juger", FrMany: "règles d’alerte ne peuvent juger"}, name)
	case p.unlisted != nil || p.unruled != nil:
		return ops.T("⚪ %s is up; not all of it can be seen", "⚪ %s tourne ; tout n’est pas visible", name)
	}
	return ops.T("🟢 %s is well: %s, none fires", "🟢 %s va bien : %s, aucune déclenchée", name,
		ops.Count{N: len(p.rules), EnOne: "alert rule", EnMany: "alert rules", FrOne: "règle d’alerte", FrMany: "règles d’alerte"})
}

func (p picture) sick() (n int) {
	for _, d := range p.sources {
		if d.State == unhealthy {
			n++
		}
	}
	return n
}

func (p picture) count(s stand) (n int) {
	for _, r := range p.rules {
		if r.stand() == s {
			n++
		}
	}
	return n
}

// gravest is how much the gravest rule that fires matters; red or orange, never less.
func (p picture) gravest() ops.Severity {
	for _, r := range p.rules {
		if r.stand() == fires && r.severity() == ops.Critical {
			return ops.Critical
		}
	}
	return ops.Warning
}

// lowered lets a sentence go on in another.
func lowered(t ops.Text) ops.Text {
	cut := func(s string) string { return strings.TrimPrefix(strings.TrimPrefix(s, "Grafana "), "Grafana ") }
	return ops.T("it %s", "il %s", ops.Text{En: cut(t.En), Fr: cut(t.Fr)})
}

// sourceLines are those that do not answer, one a line, and the others together.
func (s *System) sourceLines(a *ops.Answer, p picture) {
	var well, dumb []string
	shown := 0
	for _, d := range p.sources {
		switch d.State {
		case healthy:
			well = append(well, d.called())
		case unjudged:
			dumb = append(dumb, d.called())
		default:
			shown++
			a.Blocks = append(a.Blocks, ops.Block{Line: d.silent(), Fold: shown > shownSources})
		}
	}
	if len(well) > 0 {
		a.Line(ops.T("🟢 answering: %s", "🟢 répondent : %s", strings.Join(well, ", ")))
	}
	if len(dumb) > 0 {
		a.Line(ops.T("⚪ without a health check: %s", "⚪ sans contrôle de santé : %s", strings.Join(dumb, ", ")))
	}
}

// called is its name, with the uid that the configuration wants where that is another.
func (d source) called() string {
	if d.Name == "" || d.Name == d.UID {
		return ops.Name(d.title()).String()
	}
	return ops.Name(d.title()).String() + " (uid " + ops.Name(clip(d.UID, 40)).String() + ")"
}

func (d source) silent() ops.Text {
	t := ops.T("🔴 %s does not answer Grafana", "🔴 %s ne répond pas à Grafana", d.called())
	if d.Why == "" {
		return t
	}
	return ops.T("%s: %s", "%s : %s", t, quoted(d.Why))
}

func quoted(words string) ops.Text {
	if words == "" {
		return ops.Text{}
	}
	return ops.T("«%s»", "« %s »", words)
}

// restLine counts the rules that there is nothing to say of.
func (p picture) restLine(a *ops.Answer) {
	rest, off := p.count(rests), p.count(stopped)
	if rest+off == 0 || rest == len(p.rules) && p.unlisted == nil && p.sick() == 0 { // the headline says so
		return
	}
	t := ops.T("🟢 %s", "🟢 %s", ops.Count{N: rest, EnOne: "rule at rest", EnMany: "rules at rest", FrOne: "règle au repos", FrMany: "règles au repos"})
	if off > 0 {
		t = ops.Join(" · ", t, ops.T("⚪ %d paused", "⚪ %d en pause", off))
	}
	a.Line(t)
}

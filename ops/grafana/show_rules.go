package grafana

import (
	"slices"
	"strings"

	"vigie/ops"
)

// rule is the line of a rule that somebody should know of.
func (s *System) rule(r rule) ops.Text {
	name := ops.Name(r.title())
	switch r.stand() {
	case fires:
		return ops.Join(" · ", ops.T("%s %s fires%s", "%s %s est déclenchée%s", r.severity().Mark(), name, r.age()), r.why())
	case fails:
		return ops.T("🟠 %s cannot judge, its query fails: «%s»", "🟠 %s ne peut juger, sa requête échoue : « %s »", name, s.clip(r.Error, 120))
	case lacks:
		return ops.T("🟠 %s has no data to judge%s", "🟠 %s n’a pas de données pour juger%s", name, r.age())
	case pends:
		return ops.T("🟠 %s is about to fire%s", "🟠 %s va se déclencher%s", name, r.age())
	case hushed:
		return ops.T("⚪ %s fires%s, and is silenced in Grafana", "⚪ %s est déclenchée%s, et mise en silence dans Grafana", name, r.age())
	}
	return ops.Text{}
}

// age is how long it is so, to be said after a verb.
func (r rule) age() ops.Text {
	at := r.since()
	if at.IsZero() {
		return ops.Text{}
	}
	return ops.T(" for %s", " depuis %s", ops.Since(at))
}

// why is what its author says of it, or for what it fires; others' words.
func (r rule) why() ops.Text {
	switch r.forWantOf() {
	case "NoData":
		return ops.T("for lack of data", "faute de données")
	case "Error":
		return ops.T("because its query fails: «%s»", "parce que sa requête échoue : « %s »", clip(r.Error, 120))
	}
	list := r.firing()
	for _, notes := range append(notesOf(list), r.Notes) {
		if said := clip(notes["summary"], 120); said != "" && !strings.Contains(said, "{{") { // a template that nothing was put into
			return ops.Raw(said)
		}
	}
	if len(list) > 0 {
		return ops.Raw(clip(instanceName(list[0], r), 80))
	}
	return ops.Text{}
}

func notesOf(list []instance) (notes []map[string]string) {
	for _, i := range list {
		notes = append(notes, i.Notes)
	}
	return notes
}

// instanceName tells one instance from the others: by the labels that the rule itself does not have.
func instanceName(i instance, r rule) string {
	var parts []string
	for label, value := range i.Labels {
		if r.Labels[label] != value && label != "alertname" && label != "grafana_folder" {
			parts = append(parts, label+" "+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " · ")
}

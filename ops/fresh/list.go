package fresh

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vigie/ops"
)

var themeLook = ops.T("See", "Voir")

type listParams struct {
	Name string `doc:"only this rule, file or heartbeat" fr:"seulement cette règle, ce fichier ou ce battement" names:"fresh" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "fresh.list", Command: "fresh", Theme: themeLook, Examples: []string{""},
	Doc: ops.T("Backups and heartbeats: what is late, small or broken, and how old the rest is.", "Sauvegardes et battements : ce qui est en retard, trop petit ou abîmé, et l’âge du reste."),
	Phrases: []ops.Text{
		ops.T("are the backups fresh", "est-ce que les sauvegardes sont à jour"), ops.T("when was the last backup", "de quand date la dernière sauvegarde"),
		ops.T("which heartbeats are late", "quels battements sont en retard"),
		ops.T("any heartbeat missing", "un battement manque-t-il"), ops.T("how fresh are the backups", "de quand date la sauvegarde la plus récente"),
	},
}, func(ctx context.Context, s *System, p listParams) (ops.Answer, error) {
	rows, err := s.rows(ctx, p.Name)
	if err != nil {
		return ops.Answer{}, err
	}
	if len(rows) == 0 {
		if p.Name == "" {
			return ops.Say(ops.T("⚪ nothing is expected to be fresh: name files or heartbeats in the configuration", "⚪ rien n’est attendu à jour : nomme des fichiers ou des battements dans la configuration")), nil
		}
		return ops.Answer{}, &ops.Error{Kind: ops.NotFound, Param: "name", Choices: s.choices(),
			Say: ops.T("%s is no file rule and no heartbeat.", "%s n’est ni une règle de fichiers ni un battement.", ops.Name(p.Name))}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(order(a.mark), order(b.mark)) })
	a := ops.Say(headline(rows))
	if len(rows) > 1 {
		for i, r := range rows {
			a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("%s %s", "%s %s", r.mark, r.says), Fold: i >= shownRows})
		}
	}
	if len(rows) == 1 || p.Name != "" && len(rows) <= 3 {
		for _, r := range rows {
			for _, l := range r.more {
				a.Line(l)
			}
		}
	}
	if p.Name != "" {
		return *a.Row(ops.AskFor(ops.T("All", "Tout"), "fresh.list"), ops.AskFor(ops.Raw("↻"), "fresh.list", "name", p.Name)), nil
	}
	return *a.Row(offers(rows)...).Row(ops.AskFor(ops.Raw("↻"), "fresh.list")), nil
})

// shownRows is how many lines stand in the open; the rest folds.
const shownRows = 9

func headline(rows []row) ops.Text {
	var bad []string
	mark, waiting := ops.Fine, 0
	for _, r := range rows {
		if r.needs() {
			bad = append(bad, r.id)
			mark = cmp.Or(map[bool]string{true: ops.Broken}[r.mark == ops.Broken || mark == ops.Broken], ops.AtRisk)
		} else if r.mark != ops.Fine {
			waiting++
		}
	}
	switch {
	case len(rows) == 1:
		return ops.T("%s %s", "%s %s", rows[0].mark, rows[0].says)
	case len(bad) > 0:
		return ops.T("%s %d of %d not fresh: %s", "%s %d sur %d pas à jour : %s", mark, len(bad), len(rows), listed(bad, 3))
	case waiting > 0:
		return ops.T("🟢 nothing is late · %d of %d not known yet", "🟢 rien n’est en retard · %d sur %d pas encore connus", waiting, len(rows))
	}
	return ops.T("🟢 all %d fresh", "🟢 tout est à jour (%d)", len(rows))
}

func offers(rows []row) (list []ops.Button) {
	for _, r := range rows {
		if r.needs() && r.id != "" && len(list) < 4 {
			list = append(list, ops.AskFor(ops.Raw(r.id+" ▸"), "fresh.list", "name", r.id))
		}
	}
	return list
}

var _ = ops.Names(&set, "fresh", func(_ context.Context, s *System) ([]ops.Choice, error) { return s.choices(), nil })

// choices are the names that the op takes.
func (s *System) choices() (list []ops.Choice) {
	add := func(name string, hint ops.Text) {
		if !slices.ContainsFunc(list, func(c ops.Choice) bool { return c.Value == name }) {
			list = append(list, ops.Choice{Value: name, Hint: hint})
		}
	}
	for _, t := range s.targets {
		add(t.rule.Name, ops.T("files", "fichiers"))
	}
	for _, b := range s.o.Beats {
		add(b.Name, ops.T("heartbeat", "battement"))
	}
	for _, t := range s.targets {
		if t.each != "" {
			add(t.id, ops.Raw(strings.TrimPrefix(t.pattern, plainFolder(t.pattern)+"/")))
		}
	}
	return list
}

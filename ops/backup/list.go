package backup

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigie/ops"
)

type listParams struct {
	What string `doc:"one item, or check (what differs from what should be), or smoke (the last smoke test)" fr:"un élément, ou check (ce qui diffère de ce qui est voulu), ou smoke (le dernier test de fumée)" names:"backup-view" optional:"true"`
}

const (
	viewCheck = "check"
	viewSmoke = "smoke"
)

var _ = ops.Look(&set, ops.Spec{
	Name: "backup.list", Command: "backups", Theme: themeBackup, Examples: []string{"", viewCheck},
	Doc: ops.T("What has a backup, how old, how large, and when it was last proved restorable.", "Ce qui est sauvegardé, l’âge, la taille, et la dernière preuve que c’est restaurable."),
	Phrases: []ops.Text{
		ops.T("are the backups good", "est-ce que les sauvegardes sont bonnes"), ops.T("show the backups", "montre les sauvegardes"),
		ops.T("which databases have no backup", "quelles bases ne sont pas sauvegardées"),
		ops.T("list the backups", "liste les sauvegardes"), ops.T("state of the backups", "état des sauvegardes"),
		ops.T("did the backups work", "les sauvegardes ont-elles marché"),
	},
}, func(ctx context.Context, s *System, p listParams) (ops.Answer, error) {
	switch p.What {
	case viewCheck:
		return s.check(ctx)
	case viewSmoke:
		return s.lastSmoke()
	}
	v := s.see(ctx)
	if err := ctx.Err(); err != nil {
		return ops.Answer{}, ops.Fail(ops.Unavailable, ops.T("looking at the backups took too long", "regarder les sauvegardes a pris trop de temps"), err)
	}
	if p.What != "" {
		return s.one(v, p.What)
	}
	return s.matrix(ctx, v), nil
})

var _ = ops.Names(&set, "backup-view", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	v := s.see(ctx)
	list := []ops.Choice{{Value: viewCheck, Hint: ops.T("differences", "différences")}}
	if s.o.Smoke.Script != nil {
		list = append(list, ops.Choice{Value: viewSmoke, Hint: ops.T("the last smoke test", "le dernier test de fumée")})
	}
	return append(list, v.choices(v.everything())...), nil
})

// everything is what is wanted and what has copies, in name order.
func (v view) everything() []string {
	names := slices.Clone(v.wanted)
	for name := range v.copies {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (v view) choices(names []string) (list []ops.Choice) {
	for _, name := range names {
		c := ops.Choice{Value: name, Hint: ops.T("no backup", "aucune sauvegarde")}
		if newest, ok := v.newest(name); ok {
			c.Hint = ops.T("%s, %s ago", "%s, il y a %s", ops.Size(newest.size), coarse(v.at.Sub(newest.at)))
		}
		list = append(list, c)
	}
	return list
}

// shownRows is how many lines stand in the open; the rest folds.
const shownRows = 8

// matrix is one line for each artefact, the worst first.
func (s *System) matrix(ctx context.Context, v view) ops.Answer {
	list := s.judgeAll(v)
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(a.order(), b.order()) })
	a := ops.Say(headline(v, list))
	for i, f := range list {
		a.Blocks = append(a.Blocks, ops.Block{Line: f.row(v.at), Fold: i >= shownRows})
	}
	for _, t := range s.aside(ctx, v) {
		a.Line(t)
	}
	var row []ops.Button
	if s.savesOwn() || s.o.Script != nil {
		row = append(row, ops.AskFor(ops.T("Back up now", "Sauvegarder maintenant"), "backup.now"))
	}
	if slices.ContainsFunc(list, func(f finding) bool { return f.rehearses || v.sources[f.name].Rehearse != nil }) {
		row = append(row, ops.AskFor(ops.T("Rehearse a restore", "Essayer une restauration"), "backup.rehearse"))
	}
	row = append(row, ops.AskFor(ops.T("What differs", "Ce qui diffère"), "backup.list", "what", viewCheck), ops.AskFor(refresh, "backup.list"))
	return *a.Row(row...)
}

func (f finding) order() int {
	return slices.Index([]string{ops.Broken, ops.AtRisk, ops.Off, ops.Fine}, f.mark())
}

func (f finding) mark() string {
	var worst ops.Severity
	for _, w := range f.wrongs {
		if w.grave.AtLeast(worst) {
			worst = w.grave
		}
	}
	switch {
	case worst != "":
		return worst.Mark()
	case f.holds:
		return ops.Fine
	}
	return ops.Off // not known yet
}

// headline is the answer.
func headline(v view, list []finding) ops.Text {
	var bad []string
	mark, open := ops.AtRisk, 0
	var newest clone
	for _, f := range list {
		switch f.mark() {
		case ops.Broken:
			mark = ops.Broken
			fallthrough
		case ops.AtRisk:
			bad = append(bad, f.name)
		case ops.Off:
			open++
		}
		if f.newest.at.After(newest.at) {
			newest = f.newest
		}
	}
	switch {
	case v.lost != nil:
		return ops.T("🔴 the backups cannot be looked at: %s", "🔴 impossible de regarder les sauvegardes : %s", clipped(v.lost.Error(), 160))
	case len(list) == 0:
		return ops.T("⚪ nothing to back up is known", "⚪ rien à sauvegarder n’est connu")
	case len(bad) > 0:
		return ops.T("%s %d of %d backups need you: %s", "%s %d sauvegardes sur %d ont besoin de toi : %s", mark, len(bad), len(list), listed(bad, 3))
	case open > 0:
		return ops.T("⚪ %d of %d backups are not proved yet, the newest %s old", "⚪ %d sauvegardes sur %d pas encore prouvées, la plus récente a %s", open, len(list), coarse(v.at.Sub(newest.at)))
	}
	return ops.T("🟢 all %d backed up and proved, the newest %s ago", "🟢 tout est sauvegardé et prouvé (%d), le plus récent il y a %s", len(list), coarse(v.at.Sub(newest.at)))
}

// row is one line: what is wrong, or how large, how old, how well proved.
func (f finding) row(at time.Time) ops.Text {
	if len(f.wrongs) > 0 {
		var says []ops.Text
		for _, w := range f.wrongs {
			says = append(says, w.title)
		}
		return ops.T("%s %s", "%s %s", f.mark(), ops.Join(" · ", says...))
	}
	state := ops.T("not read yet", "pas encore lue")
	switch {
	case f.m.Read.Key == f.newest.key() && f.m.Read.good():
		state = ops.T("readable", "lisible")
	case f.newest.digest != "":
		state = ops.T("readable when saved", "lisible à la sauvegarde")
	}
	if f.rehearses || f.m.Proved.good() {
		state = ops.Join(" · ", state, f.proved(at))
	}
	size := ops.T("%s", "%s", ops.Size(f.newest.size))
	if f.comparison != "" {
		size = ops.T("%s (%s)", "%s (%s)", size, f.comparison)
	}
	return ops.T("%s %s %s, %s ago · %s", "%s %s %s, il y a %s · %s", f.mark(), ops.Name(f.name), size, coarse(at.Sub(f.newest.at)), state)
}

package restic

import (
	"context"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

type listParams struct {
	Repository string `doc:"which repository" fr:"quel dépôt" names:"restic" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "restic.snapshots", Command: "snapshots", Theme: theme, Examples: []string{""},
	Doc: ops.T("The newest backups in each repository, and how old they are.", "Les dernières sauvegardes de chaque dépôt, et leur âge."),
	Phrases: []ops.Text{
		ops.T("how old are the backups", "de quand datent les sauvegardes"), ops.T("list the snapshots", "liste les clichés"),
		ops.T("what is in the backup repository", "qu’y a-t-il dans le dépôt de sauvegarde"),
		ops.T("restic snapshots", "clichés restic"), ops.T("show the snapshots", "montre les clichés"),
	},
}, func(ctx context.Context, s *System, p listParams) (ops.Answer, error) {
	if p.Repository == "" && len(s.o.Repositories) > 1 {
		return s.overview(s.glances(ctx)), nil
	}
	r, err := s.pick(p.Repository)
	if err != nil {
		return ops.Answer{}, err
	}
	g := s.glance(ctx, r)
	if g.err != nil {
		return ops.Answer{}, g.err
	}
	return g.answer(), nil
})

// A glance is what was seen of one repository, or why it could not be.
type glance struct {
	r     *Repository
	list  []Snapshot
	locks []Lock
	gone  []Lock // those of locks that nobody holds
	now   time.Time
	err   error
}

func (s *System) glance(ctx context.Context, r *Repository) glance {
	g := glance{r: r, now: time.Now()}
	if g.list, g.err = s.snapshots(ctx, r); g.err != nil {
		return g
	}
	if g.locks, g.err = s.locks(ctx, r); g.err != nil {
		return g
	}
	for _, l := range g.locks {
		if s.gone(l, g.now) {
			g.gone = append(g.gone, l)
		}
	}
	return g
}

// glances looks at all repositories, at most four at a time: each restic takes 50 to 200 MB of memory and a core for a second.
func (s *System) glances(ctx context.Context) []glance {
	list, slots := make([]glance, len(s.o.Repositories)), make(chan struct{}, 4)
	var all sync.WaitGroup
	for i := range s.o.Repositories {
		slots <- struct{}{}
		all.Go(func() { // waited for below
			defer func() { <-slots }()
			list[i] = s.glance(ctx, &s.o.Repositories[i])
		})
	}
	all.Wait()
	return list
}

// head is the one line that says how the repository stands.
func (g glance) head() (mark string, t ops.Text) {
	name := ops.Name(g.r.Name)
	if g.err != nil {
		return ops.Broken, ops.T("%s cannot be read: %s", "%s est illisible : %s", name, ops.SayOf(g.err))
	}
	if old := g.r.stale(g.list, g.now); len(old) > 0 {
		return ops.Broken, old[0].says(g.r)
	}
	if len(g.list) == 0 {
		return ops.AtRisk, ops.T("%s has no snapshot", "%s n’a aucun cliché", name)
	}
	newest := g.list[len(g.list)-1]
	if len(g.gone) > 0 {
		return ops.AtRisk, ops.T("%s is locked by %s, which is gone · newest snapshot %s old", "%s est verrouillé par %s, disparu · dernier cliché vieux de %s", name, g.gone[0].who(), ops.Since(newest.At))
	}
	return ops.Fine, ops.T("%s: newest snapshot %s old · %s", "%s : dernier cliché vieux de %s · %s", name, ops.Since(newest.At), snapshotsOf(len(g.list)))
}

func (s *System) overview(list []glance) ops.Answer {
	var lines []ops.Text
	var buttons []ops.Button
	worst, first, bad := ops.Fine, ops.Text{}, 0
	for _, g := range list {
		mark, t := g.head()
		if mark != ops.Fine {
			bad++
		}
		if mark == ops.Broken && worst != ops.Broken || mark == ops.AtRisk && worst == ops.Fine {
			worst, first = mark, t
		}
		lines = append(lines, ops.T("%s %s", "%s %s", mark, t))
		buttons = append(buttons, ops.AskFor(ops.Raw(g.r.Name+" ▸"), "restic.snapshots", "repository", g.r.Name))
	}
	head := ops.T("%s %d repositories, all fresh", "%s %d dépôts, tous à jour", ops.Fine, len(list))
	if bad > 0 {
		head = ops.T("%s %d of %d repositories · %s", "%s %d dépôts sur %d · %s", worst, bad, len(list), first)
	}
	a := ops.Say(append([]ops.Text{head}, lines...)...)
	a.Row(buttons[:min(len(buttons), 6)]...)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "restic.snapshots"))
}

// shownGroups is how many stand in the open; the rest folds.
const shownGroups = 8

func (g glance) answer() ops.Answer {
	mark, head := g.head()
	a := ops.Say(ops.T("%s %s", "%s %s", mark, head))
	for _, l := range g.locks {
		if slices.Contains(g.gone, l) {
			a.Line(ops.T("%s locked by %s, gone: last sign of life %s ago", "%s verrouillé par %s, disparu : dernier signe de vie il y a %s", ops.AtRisk, l.who(), ops.Since(l.At)))
			continue
		}
		a.Line(ops.T("%s in use by %s", "%s utilisé par %s", ops.Working, l.who()))
	}
	for i, one := range groups(g.list) {
		a.Blocks = append(a.Blocks, ops.Block{Line: one.line(g.r, g.now), Fold: i >= shownGroups})
	}
	buttons := []ops.Button{
		ops.AskFor(ops.T("Restore files…", "Restaurer des fichiers…"), "restic.restore", "repository", g.r.Name),
		ops.AskFor(ops.T("Check %s", "Vérifier %s", g.r.Name), "restic.check", "repository", g.r.Name),
	}
	if len(g.gone) > 0 {
		buttons = append([]ops.Button{unlockButton(g.r.Name)}, buttons...)
	}
	a.Row(buttons...)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "restic.snapshots", "repository", g.r.Name))
}

// line is one group: what it is of, how old its newest is, how to name that.
func (one group) line(r *Repository, now time.Time) ops.Text {
	mark, n := ops.Fine, one.newest
	if r.Newest > 0 && now.Sub(n.At) > r.Newest {
		mark = ops.AtRisk
		if len(r.Paths) == 0 || slices.ContainsFunc(r.Paths, n.covers) {
			mark = ops.Broken
		}
	}
	parts := []ops.Text{ops.T("%s old", "vieux de %s", ops.Since(n.At)), ops.Raw(ops.Name(n.Short()).String())}
	if n.Bytes > 0 {
		parts = append(parts, ops.T("%s", "%s", ops.Size(n.Bytes)))
	}
	parts = append(parts, snapshotsText(one.count), ops.T("of %s", "de %s", ops.Name(clip(n.Host, 40))))
	if len(n.Tags) > 0 {
		parts = append(parts, some(3, n.Tags))
	}
	return ops.T("%s %s: %s", "%s %s : %s", mark, some(2, n.Paths), ops.Join(" · ", parts...))
}

func snapshotsText(n int) ops.Text { return ops.T("%s", "%s", snapshotsOf(n)) }

func unlockButton(repo string) ops.Button {
	return ops.AskFor(ops.T("Unlock %s…", "Déverrouiller %s…", repo), "restic.unlock", "repository", repo)
}

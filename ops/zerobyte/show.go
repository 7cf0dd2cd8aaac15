package zerobyte

import (
	"context"
	"time"

	"vigie/ops"
)

type showParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "zerobyte.show", Command: "zerobyte", Theme: theme, Examples: []string{""},
	Doc: ops.T("Zerobyte's backup jobs: how the last went, when the next is due, volumes and repositories.", "Les tâches de sauvegarde de Zerobyte : la dernière, la prochaine, les volumes et les dépôts."),
	Phrases: []ops.Text{
		ops.T("how are the zerobyte jobs", "comment vont les tâches de zerobyte"), ops.T("did the backup jobs run", "les tâches de sauvegarde ont-elles tourné"),
		ops.T("when is the next backup", "quand est la prochaine sauvegarde"),
		ops.T("show the backup jobs", "montre les tâches de sauvegarde"), ops.T("zerobyte jobs", "tâches zerobyte"),
	},
}, func(ctx context.Context, s *System, _ showParams) (ops.Answer, error) {
	l, err := s.look(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	return s.answer(l), nil
})

// shownJobs is how many stand in the open; the rest folds.
const shownJobs = 8

func (s *System) answer(l look) ops.Answer {
	jobs := l.sorted()
	a := ops.Say(s.head(l, jobs))
	for i, j := range jobs {
		a.Blocks = append(a.Blocks, ops.Block{Line: j.line(l.now), Fold: i >= shownJobs})
	}
	for _, v := range l.unmounted() {
		a.Line(ops.T("%s volume %s is not mounted: %s", "%s le volume %s n’est pas monté : %s", ops.Broken, ops.Name(v.Name), quoted(clip(ops.Clean(s.hide(v.Error)), 120))))
	}
	for _, r := range l.sick() {
		a.Line(ops.T("%s repository %s is broken: %s", "%s le dépôt %s est cassé : %s", ops.Broken, ops.Name(r.Name), quoted(clip(ops.Clean(s.hide(r.Error)), 120))))
	}
	if len(jobs) > 0 {
		if first := jobs[0]; first.state(l.now).gravity() < 2 {
			a.Code(s.said(first), true)
		}
	}
	var row []ops.Button
	for _, j := range jobs[:min(len(jobs), 3)] {
		if kind := j.state(l.now).kind; kind == "failed" || kind == "late" || kind == "warning" || kind == "never" {
			row = append(row, runButton(j))
		}
	}
	a.Row(row...)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "zerobyte.show"))
}

func runButton(j job) ops.Button {
	return ops.AskFor(ops.T("Run %s…", "Lancer %s…", clip(j.Name, 30)), "zerobyte.run", "job", j.Name)
}

// head is the one line that says how all of it stands.
func (s *System) head(l look, jobs []job) ops.Text {
	if len(jobs) == 0 {
		return ops.T("%s Zerobyte has no backup job: nothing is backed up", "%s Zerobyte n’a aucune tâche : rien n’est sauvegardé", ops.AtRisk)
	}
	bad := 0
	for _, j := range jobs {
		if j.state(l.now).gravity() < 2 {
			bad++
		}
	}
	first := jobs[0].state(l.now)
	switch {
	case bad > 0:
		return ops.T("%s %d of %s · %s %s", "%s %d sur %s · %s %s", first.mark, bad, jobsOf(len(jobs)), ops.Name(jobs[0].Name), first.says)
	case len(l.unmounted()) > 0:
		return ops.T("%s volume %s is not mounted · %s fine so far", "%s le volume %s n’est pas monté · %s sans souci jusqu’ici", ops.Broken, ops.Name(l.unmounted()[0].Name), jobsOf(len(jobs)))
	case len(l.sick()) > 0:
		return ops.T("%s repository %s is broken · %s fine so far", "%s le dépôt %s est cassé · %s sans souci jusqu’ici", ops.Broken, ops.Name(l.sick()[0].Name), jobsOf(len(jobs)))
	}
	return ops.T("%s %s fine%s", "%s %s sans souci%s", ops.Fine, jobsOf(len(jobs)), next(jobs, l.now))
}

// next says when the next backup is due.
func next(jobs []job, now time.Time) ops.Text {
	var soonest job
	for _, j := range jobs {
		if j.Enabled && j.NextAt.time().After(now) && (soonest.NextAt == 0 || j.NextAt < soonest.NextAt) {
			soonest = j
		}
	}
	if soonest.NextAt == 0 {
		return ops.Text{}
	}
	return ops.T(" · next: %s in %s", " · prochaine : %s dans %s", ops.Name(soonest.Name), ops.Span(soonest.NextAt.time().Sub(now)))
}

// line is one job in one line.
func (j job) line(now time.Time) ops.Text {
	st := j.state(now)
	t := ops.T("%s %s %s · %s → %s", "%s %s %s · %s → %s", st.mark, ops.Name(j.Name), st.says, ops.Name(j.Volume.Name), ops.Name(j.Repository.Name))
	if due := j.NextAt.time(); j.Enabled && due.After(now) {
		t = ops.Join(" · ", t, ops.T("next in %s", "prochaine dans %s", ops.Span(due.Sub(now))))
	}
	return t
}

func jobsOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "job", EnMany: "jobs", FrOne: "tâche", FrMany: "tâches"}
}

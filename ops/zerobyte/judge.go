package zerobyte

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigie/ops"
)

// lateBy is how long after its time a backup may begin: Zerobyte looks at its clock every minute, and other jobs on the same
// repository go first.
const lateBy = 15 * time.Minute

// A state is how a job stands, in one word and in words.
type state struct {
	kind string // "", failed, warning, late, disabled, running, never
	mark string
	says ops.Text
}

// state judges the job at now.
func (j job) state(now time.Time) state {
	age := ops.Since(j.LastAt.time())
	next, enabled := j.NextAt.time(), j.Enabled
	late := enabled && !next.IsZero() && now.Sub(next) > lateBy
	switch {
	case !enabled:
		return state{"disabled", ops.Off, ops.T("disabled", "désactivée")}
	case late && j.Status == "in_progress":
		return state{"late", ops.Broken, ops.T("still running, the next one was due %s ago", "encore en cours, la suivante était prévue il y a %s", ops.Since(next))}
	case j.Status == "in_progress":
		return state{"running", ops.Working, ops.T("running", "en cours")}
	case j.Status == "error":
		return state{"failed", ops.Broken, ops.T("failed %s ago", "échouée il y a %s", age)}
	case late:
		return state{"late", ops.Broken, ops.T("due %s ago and not begun", "prévue il y a %s et pas commencée", ops.Since(next))}
	case j.Status == "warning":
		return state{"warning", ops.AtRisk, ops.T("%s ago, with warnings", "il y a %s, avec des avertissements", age)}
	case j.LastAt == 0:
		return state{"never", ops.Off, ops.T("never run yet", "jamais lancée")}
	}
	return state{"", ops.Fine, ops.T("%s ago", "il y a %s", age)}
}

// said is what Zerobyte told of the last run, made safe to show.
func (s *System) said(j job) string { return clip(ops.Clean(s.hide(j.Error)), 600) }

// A look is everything that Zerobyte has, in three requests.
type look struct {
	now          time.Time
	jobs         []job
	volumes      []volume
	repositories []repository
}

func (s *System) look(ctx context.Context) (l look, err error) {
	if l.jobs, err = s.jobs(ctx); err != nil {
		return l, err
	}
	if l.volumes, err = s.volumes(ctx); err != nil {
		return l, err
	}
	l.repositories, err = s.repositories(ctx)
	l.now = time.Now()
	return l, err
}

// gravity orders jobs for people: what needs them first.
func (st state) gravity() int {
	return slices.Index([]string{ops.Broken, ops.AtRisk, ops.Working, ops.Off, ops.Fine}, st.mark)
}

// sorted are the jobs, the gravest first, then by name.
func (l look) sorted() []job {
	return slices.SortedStableFunc(slices.Values(l.jobs), func(a, b job) int {
		return cmp.Or(a.state(l.now).gravity()-b.state(l.now).gravity(), cmp.Compare(a.Name, b.Name))
	})
}

// unmounted are the volumes that a backup would not find.
func (l look) unmounted() (list []volume) {
	for _, v := range l.volumes {
		if v.Status != "mounted" && v.Status != "" {
			list = append(list, v)
		}
	}
	return list
}

// sick are the repositories that Zerobyte found broken.
func (l look) sick() (list []repository) {
	for _, r := range l.repositories {
		if r.Status == "error" {
			list = append(list, r)
		}
	}
	return list
}

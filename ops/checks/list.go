package checks

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

type listParams struct {
	Check string `doc:"run this check now, and show all of it" fr:"faire ce contrôle maintenant, et tout montrer" names:"check" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "checks.list", Command: "checks", Theme: themeLook, Examples: []string{""},
	Doc: ops.T("Which endpoints answer, and what their answer means.", "Quels points d’accès répondent, et ce que veut dire leur réponse."),
	Phrases: []ops.Text{
		ops.T("do the sites answer", "est-ce que les sites répondent"), ops.T("which endpoints are down", "quels sites sont en panne"),
		ops.T("when do the certificates end", "quand expirent les certificats"), ops.T("show the checks", "montre les contrôles"),
		ops.T("are the websites up", "les sites marchent-ils"), ops.T("when does the certificate expire", "quand expire le certificat"),
		ops.T("check the sites", "vérifie les sites"),
	},
}, func(ctx context.Context, s *System, p listParams) (ops.Answer, error) {
	if len(s.checks) == 0 {
		return ops.Answer{}, ops.Fail(ops.Invalid, ops.T("No check is configured: add [[checks]] to the configuration.", "Aucun contrôle n’est configuré : ajoute [[checks]] à la configuration."), nil)
	}
	if p.Check == "" {
		return s.overview(s.rows(ctx)), nil
	}
	c, err := s.find(p.Check)
	if err != nil {
		return ops.Answer{}, err
	}
	return s.detail(ctx, c)
})

// A row is how one check stands.
type row struct {
	c       *check
	last    Result
	known   bool
	stands  bool      // it failed often enough to be a trouble
	since   time.Time // the first failure in a row
	percent float64
	over    time.Duration
}

// rows are all checks, the worst first. Those that never ran are run now.
func (s *System) rows(ctx context.Context) []row {
	var all sync.WaitGroup
	for _, c := range s.checks {
		if r := s.row(c); !r.known {
			all.Go(func() { s.run(ctx, c) })
		}
	}
	all.Wait()
	list := make([]row, len(s.checks))
	for i, c := range s.checks {
		list[i] = s.row(c)
	}
	slices.SortStableFunc(list, func(a, b row) int { return cmp.Compare(a.rank(), b.rank()) })
	return list
}

func (s *System) row(c *check) row {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := row{c: c}
	r.last, r.known = c.record.last()
	r.percent, r.over = c.record.uptime(time.Now())
	for _, kind := range []string{"down", "dns"} {
		if streak, ok := c.state.streaks[kind]; ok && (streak.stands || streak.fails > 0) {
			r.stands, r.since = r.stands || streak.stands, streak.since
		}
	}
	return r
}

func (r row) mark() string {
	switch {
	case !r.known:
		return ops.Off
	case r.last.Fault != "":
		return ops.Broken
	case r.stands, r.slow(), r.ending() != "":
		return ops.AtRisk
	}
	return ops.Fine
}

func (r row) rank() int {
	return slices.Index([]string{ops.Broken, ops.AtRisk, ops.Off, ops.Fine}, r.mark())
}

func (r row) slow() bool { return r.c.MaxTime > 0 && r.last.Times.Total > r.c.MaxTime }

// ending is how grave it is that the certificate ends.
func (r row) ending() ops.Severity {
	if r.last.Cert == nil || r.c.unwatched() {
		return ""
	}
	return r.last.Cert.ends(time.Now(), r.c.Days)
}

// shownRows is how many lines stand in the open; the rest folds.
const shownRows = 10

func (s *System) overview(rows []row) ops.Answer {
	count := map[string]int{}
	var first ops.Text
	var buttons []ops.Button
	for _, r := range rows {
		count[r.mark()]++
		if r.mark() == ops.Broken || r.mark() == ops.AtRisk {
			if first.IsZero() {
				first = r.short()
			}
			if len(buttons) < 6 {
				buttons = append(buttons, ops.AskFor(ops.Raw(r.c.Name+" ▸"), "checks.list", "check", r.c.Name))
			}
		}
	}
	n := len(rows)
	head := ops.T("🟢 %d of %d answer", "🟢 %d sur %d répondent", n-count[ops.Off], n)
	switch {
	case count[ops.Broken] > 0:
		head = ops.T("🔴 %d of %d fail · %s", "🔴 %d sur %d en échec · %s", count[ops.Broken], n, first)
	case count[ops.AtRisk] > 0:
		head = ops.T("🟠 %d of %d answer · %s", "🟠 %d sur %d répondent · %s", n-count[ops.Off], n, first)
	}
	a := ops.Say(head)
	for i, r := range rows {
		a.Blocks = append(a.Blocks, ops.Block{Line: r.line(), Fold: i >= shownRows})
	}
	return *a.Row(buttons...).Row(ops.AskFor(ops.Raw("↻"), "checks.list"))
}

// short is what is wrong with it in a few words.
func (r row) short() ops.Text {
	if r.last.Fault == "" && r.ending() != "" {
		return ops.T("%s: %s", "%s : %s", ops.Name(r.c.Name), r.last.Cert.says(time.Now()))
	}
	return ops.T("%s: %s", "%s : %s", ops.Name(r.c.Name), r.last.Say)
}

// line is one check in one line.
func (r row) line() ops.Text {
	if !r.known {
		return ops.T("%s %s was not run yet", "%s %s n’a pas encore eu lieu", ops.Off, ops.Name(r.c.Name))
	}
	parts := []ops.Text{r.last.Say}
	switch {
	case r.last.Fault != "" && !r.since.IsZero():
		parts = append(parts, ops.T("for %s", "depuis %s", ops.Span(time.Since(r.since).Truncate(time.Second))))
	case r.last.Fault == "":
		parts = append(parts, ops.T("%s", "%s", ops.Span(r.last.Times.Total)))
	}
	if r.last.Fault == "" && r.stands {
		parts = append(parts, ops.T("back a moment ago", "de retour à l’instant"))
	}
	if r.slow() {
		parts = append(parts, ops.T("slower than %s", "plus lent que %s", ops.Span(r.c.MaxTime)))
	}
	if r.last.Fault == "" && r.ending() != "" {
		parts = append(parts, r.last.Cert.says(time.Now()))
	}
	if r.percent < 99.995 {
		parts = append(parts, ops.T("%s %% of %s", "%s %% de %s", share(r.percent), ops.Span(r.over.Truncate(time.Minute))))
	}
	return ops.T("%s %s %s", "%s %s %s", r.mark(), ops.Name(r.c.Name), ops.Join(" · ", parts...))
}

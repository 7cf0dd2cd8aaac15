package checks

import (
	"context"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// detail runs one check now and shows all of it. The watcher judges the result as one of its own.
func (s *System) detail(ctx context.Context, c *check) (ops.Answer, error) {
	r, ok := s.run(ctx, c)
	if !ok {
		return ops.Answer{}, ops.Fail(ops.Unavailable, ops.T("%s did not get its turn in time. Try again.", "%s n’a pas eu son tour à temps. Réessaie.", ops.Name(c.Name)), ctx.Err())
	}
	select {
	case c.extra <- r:
	default: // one waits already
	}
	w := s.row(c)
	a := ops.Say(ops.T("%s %s: %s · %s", "%s %s : %s · %s", w.mark(), ops.Name(c.Name), r.Say, ops.Span(r.Times.Total)))
	every := ops.T("every %s", "intervalle %s", ops.Span(c.Every))
	a.Line(ops.Join(" · ", ops.Raw(c.probe.target()), ops.Raw(r.Addr), every))
	if t := r.Times; r.Reached && c.DNS == "" {
		a.Line(parts(t))
	}
	if r.Final != "" {
		a.Line(ops.T("it redirects to %s", "il redirige vers %s", ops.Name(r.Final)))
	}
	if r.Cert != nil {
		a.Line(r.Cert.says(time.Now()))
		a.Line(r.Cert.whose())
	}
	a.Code(r.Quote, true)
	a.Line(ops.T("%s %% of the last %s were fine", "%s %% en ordre sur %s", share(w.percent), ops.Span(max(w.over, time.Minute).Truncate(time.Minute))))
	s.history(&a, c)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "checks.list", "check", c.Name), ops.AskFor(ops.T("All checks", "Tous les contrôles"), "checks.list")), nil
}

// parts says how long each part took, leaving out those that were not there.
func parts(t Times) ops.Text {
	var list []ops.Text
	for _, p := range []struct {
		took time.Duration
		name ops.Text
	}{
		{t.Lookup, ops.T("name", "nom")}, {t.Connect, ops.T("connection", "connexion")}, {t.TLS, ops.Raw("TLS")},
		{t.First, ops.T("first byte after", "premier octet après")}, {t.Total, ops.T("all", "tout")},
	} {
		if p.took > 0 {
			list = append(list, ops.T("%s %s", "%s %s", p.name, ops.Span(p.took)))
		}
	}
	return ops.Join(" · ", list...)
}

// history is a table of the last results, newest first: how long ago, what in a word, how long it took.
func (s *System) history(a *ops.Answer, c *check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := c.record.recent
	var table [][]string
	for i := len(list) - 1; i >= 0; i-- {
		r := list[i]
		mark := "✓"
		if r.Fault != "" {
			mark = "✗"
		}
		ago := ops.Span(time.Since(r.At).Truncate(time.Second)).In(ops.English) // units are the same in both languages up to a day
		table = append(table, []string{"−" + ago, mark, r.Code, ops.Span(r.Times.Total).In(ops.English)})
	}
	a.Blocks = append(a.Blocks, ops.Block{Table: table, Fold: len(table) > 3})
}

// share writes a percentage with as many nines as it has, up to two.
func share(percent float64) string {
	s := strconv.FormatFloat(float64(int(percent*100))/100, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

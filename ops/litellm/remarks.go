package litellm

import (
	"time"

	"vigie/ops"
)

// remarks are what else is to know of the figures.
func (v view) remarks(a *ops.Answer, s *System, as ops.Text) {
	if more := len(v.shares) - shownShares; more > 0 {
		rest := sum{}
		for _, o := range v.shares[shownShares:] {
			rest = rest.plus(o.sum)
		}
		a.Line(ops.T("and %d more: %s", "et %d de plus : %s", more, usd(rest.USD)))
	}
	if v.by == "tag" && len(v.shares) > 0 {
		a.Line(ops.T("a call with several tags counts under each", "un appel à plusieurs étiquettes compte sous chacune"))
	}
	if v.total.Calls > 0 {
		a.Line(ops.T("%s, %s tokens · UTC days, %s", "%s, %s jetons · jours UTC, %s", calls(v.total.Calls), short(v.total.Tokens), s.dayBegins(v.from)))
	}
	if v.parasite >= parasiteCost {
		a.Line(ops.T("🟠 %s of it went to LiteLLM's own health checks", "🟠 dont %s pour les contrôles de santé de LiteLLM", usd(v.parasite)))
	}
	if since := v.book.since(v.now); since > v.from {
		a.Line(ops.T("⏳ only what came since %s is read so far", "⏳ seul ce qui est venu depuis le %s est déjà lu", since.time().Format(time.DateOnly)))
	} else if begins := v.book.begins(); begins > v.from && v.total.Calls > 0 {
		a.Line(ops.T("the oldest call is of %s", "l’appel le plus ancien est du %s", begins.time().Format(time.DateOnly)))
	}
	if !as.IsZero() {
		a.Line(as)
	}
	for _, l := range s.lacks {
		a.Line(ops.T("⚪ %s", "⚪ %s", l))
	}
}

// dayBegins says when a UTC day begins where the people are.
func (s *System) dayBegins(d day) ops.Text {
	layout := "15:04"
	if d != dayOf(time.Now()) {
		layout = time.DateOnly + " " + layout
	}
	return ops.T("from %s on", "depuis %s", d.time().In(s.Zone).Format(layout))
}

var (
	periods = []struct {
		value string
		label ops.Text
	}{{"today", ops.T("Today", "Aujourd’hui")}, {"7d", ops.T("7 days", "7 jours")}, {"30d", ops.T("30 days", "30 jours")}}
	bys = []struct {
		value string
		label ops.Text
	}{{"provider", ops.T("By provider", "Par fournisseur")}, {"model", ops.T("By model", "Par modèle")}, {"key", ops.T("By key", "Par clé")}, {"tag", ops.T("By tag", "Par étiquette")}}
)

// costButtons lead to the other periods and to the other ways to divide.
func costButtons(a *ops.Answer, p costsParams) {
	var row []ops.Button
	for _, o := range periods {
		if o.value != p.Period {
			row = append(row, ops.AskFor(o.label, "litellm.costs", "period", o.value, "by", p.By))
		}
	}
	a.Row(append(row, ops.AskFor(ops.T("Budgets", "Budgets"), "litellm.budget"))...)
	row = nil
	for _, o := range bys {
		if o.value != p.By {
			row = append(row, ops.AskFor(o.label, "litellm.costs", "period", p.Period, "by", o.value))
		}
	}
	a.Row(append(row, ops.AskFor(ops.Raw("↻"), "litellm.costs", "period", p.Period, "by", p.By))...)
}

package litellm

import (
	"context"
	"time"

	"vigie/ops"
)

type parasitesParams struct {
	Period string `doc:"how far back" fr:"jusqu’où remonter" choices:"24h,7d" also:"7j=7d,week=7d,semaine=7d,today=24h,1d=24h,1j=24h" default:"24h"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "litellm.parasites", Command: "parasites", Theme: theme, Examples: []string{"", "7d"},
	Doc: ops.T("What LiteLLM's own health checks cost: each asks a model for real.", "Ce que coûtent les contrôles de santé de LiteLLM : chacun interroge vraiment un modèle."),
	Phrases: []ops.Text{
		ops.T("do health checks cost money", "les contrôles de santé coûtent-ils"), ops.T("which calls are parasites", "quels appels sont des parasites"),
		ops.T("what do the health checks cost", "combien coûtent les contrôles de santé"),
		ops.T("do the health checks cost", "combien coûtent les health checks"),
	},
}, func(ctx context.Context, s *System, p parasitesParams) (ops.Answer, error) {
	length, days, name := 24*time.Hour, day(1), ops.T("in 24 h", "en 24 h")
	if p.Period == "7d" {
		length, days, name = 7*24*time.Hour, 7, ops.T("in 7 days", "en 7 jours")
	}
	as, err := s.see(ctx, dayOf(time.Now())-days)
	if err != nil {
		return ops.Answer{}, err
	}
	st, _ := s.settings() // what it says of checks is a help, no more
	now := time.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	from, to := now.Add(-length), (hourOf(now) + 1).time()
	all := s.book.total(from, to, func(l line) bool { return l.Parasite })
	models := s.book.by(from, to, func(l line) (string, bool) { return l.name(), l.Parasite })
	var a ops.Answer
	if all.Calls == 0 {
		a.Line(ops.T("🟢 no health check of LiteLLM's %s", "🟢 aucun contrôle de santé de LiteLLM %s", name))
	} else {
		mark := ops.AtRisk
		if all.USD < parasiteCost && all.Calls <= int64(s.HealthChecks)*int64(length/time.Hour) {
			mark = ops.Fine
		}
		a.Line(ops.T("%s health checks: %s, %s tokens, %s %s", "%s contrôles de santé : %s, %s jetons, %s %s", mark, calls(all.Calls), short(all.Tokens), usd(all.USD), name))
		a.Blocks = append(a.Blocks, ops.Block{Table: parasiteTable(models, ops.Who(ctx).Lang)})
		if more := len(models) - shownShares; more > 0 {
			a.Line(ops.T("and %d more models", "et %d modèles de plus", more))
		}
		for _, l := range st.Checks.remedy() {
			a.Line(l)
		}
	}
	if since := s.book.since(now); since > dayOf(from) {
		a.Line(ops.T("⏳ only what came since %s is read so far", "⏳ seul ce qui est venu depuis le %s est déjà lu", since.time().Format(time.DateOnly)))
	}
	if !as.IsZero() {
		a.Line(as)
	}
	other := ops.AskFor(ops.T("7 days", "7 jours"), "litellm.parasites", "period", "7d")
	if p.Period == "7d" {
		other = ops.AskFor(ops.Raw("24 h"), "litellm.parasites", "period", "24h")
	}
	return *a.Row(other, ops.AskFor(ops.T("Costs", "Coûts"), "litellm.costs", "by", "model"), ops.AskFor(ops.Raw("↻"), "litellm.parasites", "period", p.Period)), nil
})

func parasiteTable(models []share, lang ops.Lang) [][]string {
	rows := [][]string{{"", ops.T("calls", "appels").In(lang), ops.T("tokens", "jetons").In(lang), "$"}}
	for _, m := range models[:min(shownShares, len(models))] {
		rows = append(rows, []string{clip(nameModel(m.Name).In(lang), shownName), grouped(m.Calls), short(m.Tokens), usd(m.USD).bare()})
	}
	return rows
}

// remedy says what to change, as far as the configuration is known. health_check_interval: 0, which is often advised, is the
// trouble itself: many versions take it for «without a pause» (proxy_server.py, _run_background_health_check).
func (c checks) remedy() (lines []ops.Text) {
	interval, off := ops.Name("health_check_interval"), ops.Name("background_health_checks: false")
	switch {
	case c.IntervalLine > 0 && c.Misplaced != "":
		lines = append(lines, ops.T("config.yaml, line %d: %s stands under %s: take it out; it belongs there in no version, and can keep LiteLLM from starting", "config.yaml, ligne %d : %s est sous %s : enlève-le ; sa place n’y est dans aucune version, et il peut empêcher LiteLLM de démarrer",
			c.IntervalLine, interval, ops.Name(c.Misplaced)))
	case c.IntervalLine > 0:
		lines = append(lines, ops.T("config.yaml, line %d: delete %s (now %s)", "config.yaml, ligne %d : supprime %s (à présent %s)", c.IntervalLine, interval, ops.Name(c.Interval)))
	}
	switch {
	case c.Off:
		lines = append(lines, ops.T("%s is set: then something asks %s over HTTP, which checks every model; have it ask %s instead, or LiteLLM was not restarted since", "%s est en place : alors quelque chose interroge %s par HTTP, ce qui contrôle chaque modèle ; qu’il interroge plutôt %s, ou LiteLLM n’a pas été redémarré depuis",
			off, ops.Name("/health"), ops.Name("/health/liveliness")))
	case c.IntervalLine > 0 || c.OnLine > 0:
		lines = append(lines, ops.T("set %s under %s, and restart LiteLLM", "mets %s sous %s, et redémarre LiteLLM", off, ops.Name("general_settings")))
	default:
		lines = append(lines, ops.T("in LiteLLM's config.yaml, under %s: delete %s, set %s, and restart LiteLLM; and let nothing poll %s", "dans le config.yaml de LiteLLM, sous %s : supprime %s, mets %s, et redémarre LiteLLM ; et que rien n’interroge %s",
			ops.Name("general_settings"), interval, off, ops.Name("/health")))
	}
	return append(lines, ops.T("%s is no way to switch them off: many versions then check without a pause", "%s ne les arrête pas : bien des versions contrôlent alors sans pause", ops.Name("health_check_interval: 0")))
}

package litellm

import (
	"fmt"
	"math"
	"time"

	"vigie/ops"
)

// judgeBudgets says which budgets are in trouble. The book is being held.
func (w *watcher) judgeBudgets(st settings, now time.Time) (found []finding) {
	for _, f := range st.Faults {
		found = append(found, finding{because: f.Fix.En, Trouble: ops.Trouble{
			Subject: f.Subject, Kind: f.Kind, Severity: ops.Notice, Title: f.Title, Lines: []ops.Text{f.Fix}, Offers: moneyOffers[:1:1]}})
	}
	levels := map[string]int{}
	for _, b := range w.budgets(st) {
		sd := w.book.stand(b, now)
		subject := b.subject()
		level := w.Thresholds.level(sd.Share(), w.mark.Levels[subject])
		if level > 0 {
			levels[subject] = level
			found = append(found, w.beyond(sd, level, now))
		}
		if _, warned := w.mark.Since[subject+" forecast"]; sd.early(w.Thresholds, warned) {
			found = append(found, w.willEnd(sd, now))
		}
	}
	w.mark.Levels = levels
	return found
}

// beyond is a budget that has passed a threshold.
func (w *watcher) beyond(sd standing, level int, now time.Time) finding {
	t := ops.Trouble{Subject: sd.subject(), Kind: "budget", Severity: []ops.Severity{ops.Notice, ops.Warning, ops.Critical}[level-1], Offers: moneyOffers,
		Title: ops.T("%s: %.0f %% of the budget spent, %s of %s", "%s : %.0f %% du budget dépensés, %s sur %s", sd.who(), math.Floor(sd.Share()), usd(sd.Spent).bare(), usd(sd.USD))}
	because := fmt.Sprintf("%d %.0f %v", level, math.Floor(sd.Share()), sd.Full.Round(15*time.Minute))
	switch {
	case sd.Spent >= sd.USD && sd.Idle:
		t.Lines = append(t.Lines, ops.T("LiteLLM does not enforce it: calls go on and cost money", "LiteLLM ne l’applique pas : les appels continuent, et coûtent"))
	case sd.Spent >= sd.USD && sd.Days == 1:
		t.Lines = append(t.Lines, ops.T("the next UTC day begins at %s", "le jour UTC suivant commence à %s", w.clock(sd.End)))
	case !sd.Full.IsZero():
		t.Lines = append(t.Lines, ops.T("full at %s at the rate of the last hours (%s an hour)", "épuisé à %s au rythme des dernières heures (%s de l’heure)", w.clock(sd.Full), usd(sd.Rate)))
	case sd.Rate > 0:
		t.Lines = append(t.Lines, ops.T("lasts until the day ends at this rate (%s an hour)", "tient jusqu’à la fin du jour à ce rythme (%s de l’heure)", usd(sd.Rate)))
	}
	t.Lines = append(t.Lines, w.spenders(sd, now)...)
	return finding{t, because}
}

// willEnd is a budget that will not last the day at this rate.
func (w *watcher) willEnd(sd standing, now time.Time) finding {
	return finding{because: fmt.Sprint(sd.Full.Round(30 * time.Minute)), Trouble: ops.Trouble{
		Subject: sd.subject(), Kind: "forecast", Severity: ops.Warning, Wait: 10 * time.Minute, Calm: 10 * time.Minute, Offers: moneyOffers,
		Title: ops.T("%s: the budget of %s is used up at %s at this rate", "%s : à ce rythme, le budget de %s est épuisé à %s", sd.who(), usd(sd.USD), w.clock(sd.Full)),
		Lines: append([]ops.Text{ops.T("%s spent (%.0f %%), %s an hour over the last hours; the day ends at %s", "%s dépensés (%.0f %%), %s de l’heure ces dernières heures ; le jour finit à %s",
			usd(sd.Spent), math.Floor(sd.Share()), usd(sd.Rate), w.clock(sd.End))}, w.spenders(sd, now)...),
	}}
}

// who is the budget's owner at the beginning of a sentence.
func (b allowance) who() ops.Text {
	if b.Provider == "" {
		return ops.T("all of LiteLLM", "tout LiteLLM")
	}
	return ops.Raw(ops.Name(b.Provider).String())
}

// spenders names the models that took most of a budget, in one line.
func (w *watcher) spenders(sd standing, now time.Time) []ops.Text {
	top := w.book.top(sd.allowance, now)
	if len(top) == 0 {
		return nil
	}
	return []ops.Text{ops.T("most of it: %s", "surtout : %s", listed(top, 3, nameModel))}
}

// top is what the models came to that a budget counts, in its period, most expensive first; those that cost nothing are left out.
func (b *book) top(budget allowance, now time.Time) []share {
	today := dayOf(now)
	list := b.by((today - day(budget.Days-1)).time(), (today + 1).time(), func(l line) (string, bool) { return l.name(), budget.picks(l) })
	for i, s := range list {
		if s.USD <= 0 {
			return list[:i]
		}
	}
	return list
}

// listed names the first of a list with what they came to: «glm-5 2.10 · claude-haiku 1.31 · 3 more».
func listed(list []share, most int, name namer) ops.Text {
	var said []ops.Text
	for _, s := range list[:min(most, len(list))] {
		said = append(said, ops.T("%s %s", "%s %s", name(s.Name), usd(s.USD).bare()))
	}
	if more := len(list) - most; more > 0 {
		said = append(said, ops.T("%d more", "%d de plus", more))
	}
	return ops.Join(" · ", said...)
}

func (w *watcher) judgeAnomaly(now time.Time) []finding {
	a, found := w.book.anomaly(now, w.AnomalyFloor)
	if !found {
		return nil
	}
	from, to := a.Hour.time(), (a.Hour + 1).time()
	title := ops.T("LiteLLM spends more than usual: %s since %s, usually %s in that hour", "LiteLLM dépense plus que d’habitude : %s depuis %s, d’ordinaire %s dans l’heure", usd(a.Spent), w.clock(from), usd(a.Usual))
	if !now.Before(to) {
		title = ops.T("LiteLLM spent more than usual: %s from %s to %s, usually %s", "LiteLLM a dépensé plus que d’habitude : %s de %s à %s, d’ordinaire %s", usd(a.Spent), w.clock(from), w.clock(to), usd(a.Usual))
	}
	models := w.book.by(from, to, func(l line) (string, bool) { return l.name(), true })
	keys := w.book.by(from, to, func(l line) (string, bool) { return l.Key, true })
	return []finding{{because: fmt.Sprintf("%d %v %.2g", a.Hour, now.Before(to), a.Spent), Trouble: ops.Trouble{
		Subject: anomalySubject, Kind: "anomaly", Severity: ops.Warning, At: from, Title: title,
		Lines: []ops.Text{ops.T("models: %s", "modèles : %s", listed(models, 3, nameModel)), ops.T("keys: %s", "clés : %s", listed(keys, 3, w.book.nameKey)),
			ops.T("«usual» is the middle of that hour on the %d days before", "« d’ordinaire » : le milieu de cette heure sur les %d jours d’avant", comparedDays)},
		Offers: []ops.Button{moneyOffers[1], ops.AskFor(ops.T("By key", "Par clé"), "litellm.costs", "by", "key"), moneyOffers[0]},
	}}}
}

// parasiteCost is what health checks may cost in the last hours before that is worth a word, in USD.
const parasiteCost = 0.01

func (w *watcher) judgeParasites(now time.Time, c checks) []finding {
	this := hourOf(now)
	pick := func(l line) bool { return l.Parasite }
	var worst sum
	for h := this - 1; h <= this; h++ { // the hour that ran, and the one that runs
		s := w.book.total(h.time(), (h + 1).time(), pick)
		worst = sum{USD: max(s.USD, worst.USD), Calls: max(s.Calls, worst.Calls)}
	}
	if worst.USD < parasiteCost && worst.Calls <= int64(w.HealthChecks) {
		return nil
	}
	all := w.book.total(now.Add(-24*time.Hour), (this + 1).time(), pick)
	return []finding{{because: fmt.Sprintf("%.1g %.1g", float64(all.Calls), all.USD), Trouble: ops.Trouble{
		Subject: healthSubject, Kind: "parasites", Severity: ops.Warning, Wait: 10 * time.Minute, Calm: time.Hour,
		Title:  ops.T("LiteLLM's own health checks: %s, %s in 24 h", "contrôles de santé de LiteLLM : %s, %s en 24 h", calls(all.Calls), usd(all.USD)),
		Lines:  append([]ops.Text{ops.T("each asks a model for real, up to %s an hour", "chacun interroge vraiment un modèle, jusqu’à %s par heure", calls(worst.Calls))}, c.remedy()...),
		Offers: []ops.Button{ops.AskFor(ops.T("Health checks", "Contrôles de santé"), "litellm.parasites"), ops.AskFor(ops.T("What drives it", "Ce qui dépense"), "litellm.costs", "by", "model")},
	}}}
}

// clock is a time of the day where the people are.
func (s *System) clock(t time.Time) string { return t.In(s.Zone).Format("15:04") }

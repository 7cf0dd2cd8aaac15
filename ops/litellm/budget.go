package litellm

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"vigie/ops"
)

type budgetParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "litellm.budget", Command: "budget", Theme: theme, Examples: []string{""},
	Doc: ops.T("How the budgets stand, and when they are used up at this rate.", "Où en sont les budgets, et quand ils seront épuisés à ce rythme."),
	Phrases: []ops.Text{
		ops.T("how is the budget", "où en est le budget"), ops.T("how much money is left today", "combien reste-t-il pour aujourd’hui"),
		ops.T("when is the budget used up", "quand le budget sera-t-il épuisé"),
		ops.T("how much budget is left", "combien reste-t-il de budget"), ops.T("are we over budget", "le budget est-il dépassé"),
		ops.T("how much money is left", "combien d’argent reste-t-il"),
	},
}, func(ctx context.Context, s *System, _ budgetParams) (ops.Answer, error) {
	st, unread := s.settings()
	budgets, need := s.budgets(st), dayOf(time.Now())
	for _, b := range budgets {
		need = min(need, dayOf(time.Now())-day(b.Days-1))
	}
	as, err := s.see(ctx, need)
	if err != nil {
		return ops.Answer{}, err
	}
	now := time.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.budgetAnswer(budgets, now)
	for _, f := range st.Faults {
		a.Line(ops.T("🟠 %s", "🟠 %s", f.Title))
		a.Blocks = append(a.Blocks, ops.Block{Line: f.Fix, Fold: true})
	}
	if unread != nil {
		a.Line(ops.T("⚪ %s", "⚪ %s", unread.Say))
	}
	if since := s.book.since(now); since > need {
		a.Line(ops.T("⏳ only what came since %s is read so far", "⏳ seul ce qui est venu depuis le %s est déjà lu", since.time().Format(time.DateOnly)))
	}
	if !as.IsZero() {
		a.Line(as)
	}
	for _, l := range s.lacks {
		a.Line(ops.T("⚪ %s", "⚪ %s", l))
	}
	a.Row(ops.AskFor(ops.T("What drives it", "Ce qui dépense"), "litellm.costs", "by", "model"), ops.AskFor(ops.T("7 days", "7 jours"), "litellm.costs", "period", "7d"), ops.AskFor(ops.Raw("↻"), "litellm.budget"))
	return a, nil
})

// budgetAnswer tells of those in trouble in two lines each, worst first, and of the others in one. The book is being held.
func (s *System) budgetAnswer(budgets []allowance, now time.Time) ops.Answer {
	var a ops.Answer
	if len(budgets) == 0 {
		today := dayOf(now)
		spent := s.book.spent(today.time(), (today + 1).time(), nil)
		a.Line(ops.T("⚪ no budget is known; %s spent today", "⚪ aucun budget connu ; %s dépensés aujourd’hui", usd(spent)))
		return *a.Line(ops.T("give me budgets, or LiteLLM's config.yaml, in my configuration, and I watch over them",
			"donne-moi des budgets, ou le config.yaml de LiteLLM, dans ma configuration, et je les surveillerai"))
	}
	var list []standing
	for _, b := range budgets {
		list = append(list, s.book.stand(b, now))
	}
	slices.SortStableFunc(list, func(x, y standing) int {
		return cmp.Or(cmp.Compare(s.rank(y), s.rank(x)), cmp.Compare(y.Share(), x.Share()))
	})
	var fine []ops.Text
	for i, sd := range list {
		if s.rank(sd) == 0 && i > 0 {
			fine = append(fine, ops.T("%s %s %s of %s", "%s %s %s sur %s", ops.Fine, sd.who(), usd(sd.Spent).bare(), sd.limit()))
			continue
		}
		a.Line(s.standingLine(sd))
		a.Line(ops.Join("  ", ops.T("%s %.0f %%", "%s %.0f %%", bar(sd.Spent, sd.USD, 10), math.Floor(sd.Share())), listed(s.book.top(sd.allowance, now), 2, nameModel)))
	}
	for ; len(fine) > 0; fine = fine[min(2, len(fine)):] { // two fit a line of a phone
		a.Line(ops.Join(" · ", fine[:min(2, len(fine))]...))
	}
	return *a.Line(ops.T("a day is a UTC day: the next begins at %s", "un jour est un jour UTC : le prochain commence à %s", s.clock((dayOf(now) + 1).time())))
}

// rank is how bad a budget stands: beyond so many thresholds, or one that will not last the day.
func (s *System) rank(sd standing) int {
	level := s.Thresholds.level(sd.Share(), 0)
	if level == 0 && !sd.Full.IsZero() {
		return 1
	}
	return level
}

// limit says what may be spent, and in how long if that is no day.
func (b allowance) limit() ops.Text {
	if b.Days == 1 {
		return ops.Raw(usd(b.USD).String())
	}
	return ops.T("%s in %d days", "%s en %d jours", usd(b.USD), b.Days)
}

func (s *System) standingLine(sd standing) ops.Text {
	mark := []string{ops.Fine, ops.AtRisk, ops.AtRisk, ops.Broken}[s.rank(sd)]
	line := ops.T("%s %s %s of %s", "%s %s %s sur %s", mark, sd.who(), usd(sd.Spent).bare(), sd.limit())
	switch {
	case sd.Spent >= sd.USD && sd.Idle:
		return ops.T("%s · used up, and LiteLLM goes on", "%s · épuisé, et LiteLLM continue", line)
	case sd.Spent >= sd.USD:
		return ops.T("%s · used up", "%s · épuisé", line)
	case !sd.Full.IsZero():
		return ops.T("%s · full at %s at this rate", "%s · épuisé à %s à ce rythme", line, s.clock(sd.Full))
	case sd.Rate > 0:
		return ops.T("%s · lasts the day at this rate", "%s · tient la journée à ce rythme", line)
	}
	return line
}

package litellm

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A span is a period that costs are told for.
type span struct {
	days int
	name ops.Text           // «spent today»
	then func(usd) ops.Text // what it is compared with
}

var spans = map[string]span{
	"today": {1, ops.T("today", "aujourd’hui"), func(u usd) ops.Text {
		return ops.T("usually %s by now", "d’ordinaire %s à cette heure", u)
	}},
	"7d": {7, ops.T("in 7 days", "en 7 jours"), func(u usd) ops.Text {
		return ops.T("%s the 7 days before", "%s les 7 jours d’avant", u)
	}},
	"30d": {30, ops.T("in 30 days", "en 30 jours"), func(u usd) ops.Text {
		return ops.T("%s the 30 days before", "%s les 30 jours d’avant", u)
	}},
}

// A view is what a period cost, ready to be shown.
type view struct {
	span
	by       string
	now      time.Time
	from     day
	total    sum
	before   float64 // what it is compared with; NaN if too little is known of that
	parasite float64 // of the total, what health checks cost
	shares   []share
	name     namer
	book     *book
}

// view adds up. The book is being held.
func (s *System) view(sp span, by string, now time.Time) view {
	b, end := s.book, (dayOf(now) + 1).time()
	v := view{span: sp, by: by, now: now, from: dayOf(now) - day(sp.days-1), book: b}
	v.total, v.before = b.total(v.from.time(), end, nil), b.comparable(sp.days, now)
	v.parasite = b.spent(v.from.time(), end, func(l line) bool { return l.Parasite })
	v.shares, v.name = b.divide(by, v.from.time(), end)
	return v
}

// divide adds up what lies between two moments by one of what costs can be divided by. What cost nothing is left out.
func (b *book) divide(by string, from, to time.Time) ([]share, namer) {
	list, name := b.divided(by, from, to)
	return slices.DeleteFunc(list, func(s share) bool { return s.USD <= 0 }), name
}

func (b *book) divided(by string, from, to time.Time) ([]share, namer) {
	switch by {
	case "model":
		return b.by(from, to, func(l line) (string, bool) { return l.name(), true }), nameModel
	case "key":
		return b.by(from, to, func(l line) (string, bool) { return l.Key, true }), b.nameKey
	case "tag":
		return b.byTag(from, to), nameTag
	}
	return b.by(from, to, func(l line) (string, bool) { return l.Provider, true }), nameProvider
}

// comparable is what to compare a period of so many days with, up to the same time of the day: for one day the middle of the week
// before, else the period before. It is NaN where fewer than three days, or not all of that period, are known.
func (b *book) comparable(days int, now time.Time) float64 {
	begins, since := b.begins(), b.since(now)
	if days > 1 {
		from := dayOf(now) - day(2*days-1)
		if from < since || from < begins {
			return math.NaN()
		}
		return b.spent(from.time(), now.Add(-time.Duration(days)*24*time.Hour), nil)
	}
	var past []float64
	for d := dayOf(now) - 1; d >= max(dayOf(now)-comparedDays, since, begins); d-- {
		if b.Days[d] == nil { // else what it had cost by this time is not known
			past = append(past, b.spent(d.time(), d.time().Add(now.Sub(dayOf(now).time())), nil))
		}
	}
	if len(past) < comparedLeast {
		return math.NaN()
	}
	return median(past)
}

func (v view) headline() ops.Text {
	if v.total.Calls == 0 {
		return ops.T("⚪ no call %s, nothing spent", "⚪ aucun appel %s, rien de dépensé", v.span.name)
	}
	mark, spent := ops.Fine, ops.T("%s spent %s", "%s dépensés %s", usd(v.total.USD), v.span.name)
	change := v.total.USD/v.before - 1
	switch {
	case math.IsNaN(v.before):
		return ops.T("%s %s", "%s %s", mark, spent)
	case v.before < 0.005: // nothing, for all that can be seen: a percentage of it says nothing
		return ops.T("%s %s (%s)", "%s %s (%s)", mark, spent, v.then(usd(v.before)))
	case change >= 1:
		mark = ops.AtRisk // twice as much is worth a look
	}
	sign := fmt.Sprintf("%+.0f", change*100)
	if math.Abs(change) < 0.005 {
		sign = "±0"
	}
	return ops.T("%s %s · %s %% (%s)", "%s %s · %s %% (%s)", mark, spent, sign, v.then(usd(v.before)))
}

// shownShares is how many rows one table holds; shownName how many runes of a name, so that a row fits a phone.
const (
	shownShares = 8
	shownName   = 20
)

func (v view) table(lang ops.Lang) (rows [][]string) {
	for _, s := range v.shares[:min(shownShares, len(v.shares))] {
		rows = append(rows, []string{clip(v.name(s.Name).In(lang), shownName), usd(s.USD).String(), bar(s.USD, v.total.USD, 5) + fmt.Sprintf(" %.0f %%", 100*s.USD/v.total.USD)})
	}
	return rows
}

// bar draws part of whole in so many parts.
func bar(part, whole float64, parts int) string {
	full := 0
	if whole > 0 {
		full = max(0, min(parts, int(math.Round(part/whole*float64(parts)))))
	}
	return strings.Repeat("▇", full) + strings.Repeat("░", parts-full)
}

// clip shortens a name; of a path, such as a provider's name of a model, the end says most.
func clip(s string, most int) string {
	r := []rune(s)
	switch {
	case len(r) <= most:
		return s
	case strings.Contains(s, "/"):
		return "…" + string(r[len(r)-most+1:])
	}
	return string(r[:most-1]) + "…"
}

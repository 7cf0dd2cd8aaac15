package alerts

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const openLines = 8 // incidents of a digest that stand in the open; the rest folds

// many words a digest: how many, what they have in common, a line each. missed says that the reader knew of none of them.
func (b *book) many(list []*Incident, missed bool, now time.Time) ops.Answer {
	live, over := split(list)
	if len(live) == 0 {
		return b.allOver(over, missed)
	}
	sortByGravity(live)
	noun := ops.Count{N: len(live), EnOne: "in trouble", EnMany: "in trouble", FrOne: "en difficulté", FrMany: "en difficulté"}
	first := ops.T("%s %s", "%s %s", live[0].severity().Mark(), noun)
	if span := latest(live).Sub(earliest(live)).Truncate(time.Second); span > 0 {
		first = ops.T("%s within %s", "%s en %s", first, ops.Span(span))
	}
	if root := commonNeed(live); root != "" {
		first = ops.T("%s · they all need %s", "%s · tous ont besoin de %s", first, ops.Name(short(root)))
	} else if b.e.o.Stack != "" {
		first = ops.T("%s · %s", "%s · %s", first, ops.Raw(b.e.o.Stack))
	}
	a := ops.Say(first)
	for n, i := range live {
		line := ops.T("%s %s", "%s %s", i.severity().Mark(), i.lead().Title)
		if i.Ack != nil {
			line = ops.T("%s · %s is on it", "%s · %s s’en occupe", line, i.Ack.Name)
		}
		a.Blocks = append(a.Blocks, ops.Block{Line: line, Fold: n >= openLines})
	}
	if len(over) > 0 {
		a.Line(ops.T("🟢 %d well again: %s", "🟢 %d rétablis : %s", len(over), names(over)))
	}
	var row []ops.Button
	for _, i := range live[:min(len(live), mostNames)] {
		row = append(row, ops.AskFor(ops.Raw(i.called()+" ▸"), "alerts.list", "what", i.Subject))
	}
	a.Row(row...)
	return *a.Row(ops.AskFor(ops.T("All", "Toutes"), "alerts.list"),
		ops.AskFor(ops.T("Mute all 1 h", "Tout en sourdine 1 h"), "alerts.mute", "what", everything, "for", "1h0m0s"),
		ops.AskFor(ops.T("I'm on it", "Je m’en occupe"), "alerts.ack", "what", everything))
}

// unspoken is what no person calls a thing by: a long number, alone or in a word.
var unspoken = regexp.MustCompile(`\d{5}`)

// called is what a button calls an incident: its subject, or the name that its title has where the subject is one that nobody reads, such
// as the number of a workflow.
func (i *Incident) called() string {
	title, name := i.lead().Title.En, short(i.Subject)
	if !unspoken.MatchString(name) {
		return name
	}
	_, rest, _ := strings.Cut(title, ops.MarkOpen)
	if inTitle, _, ok := strings.Cut(rest, ops.MarkClose); ok && inTitle != "" {
		return inTitle
	}
	return name
}

// allOver words a digest of which nothing is left: a storm that passed, or what came and went while nobody was told.
func (b *book) allOver(over []*Incident, missed bool) ops.Answer {
	slices.SortFunc(over, func(x, y *Incident) int { return x.Began.Compare(y.Began) })
	lasted := ops.Span(lastEnd(over).Sub(earliest(over)).Round(time.Second))
	first := ops.T("🟢 all %d well again after %s", "🟢 les %d sont rétablis après %s", len(over), lasted)
	if missed {
		first = ops.T("⚪ came and went while it was quiet: %d", "⚪ passés pendant le silence : %d", len(over))
	}
	a := ops.Say(first)
	for n, i := range over {
		line := ops.T("🟢 %s", "🟢 %s", ops.Name(i.called()))
		if missed {
			line = ops.T("🟢 %s · %s, for %s", "🟢 %s · %s, pendant %s", i.lead().Title, b.clock(i.Began, i.Ended), ops.Span(i.Ended.Sub(i.Began).Round(time.Second)))
		}
		a.Blocks = append(a.Blocks, ops.Block{Line: line, Fold: n >= openLines})
	}
	return a
}

func sortByGravity(list []*Incident) {
	slices.SortFunc(list, func(a, b *Incident) int {
		x, y := a.severity(), b.severity()
		switch {
		case x != y && x.AtLeast(y):
			return -1
		case x != y:
			return 1
		case !a.Began.Equal(b.Began):
			return a.Began.Compare(b.Began)
		}
		return compare(a.Subject, b.Subject)
	})
}

// commonNeed is a subject that all need, "" if there is none. Of several, the first by name.
func commonNeed(list []*Incident) string {
	if len(list) < 2 {
		return ""
	}
	for _, n := range slices.Sorted(slices.Values(list[0].needs())) {
		if !slices.ContainsFunc(list, func(i *Incident) bool { return i.Subject != n && !slices.Contains(i.needs(), n) }) {
			return n
		}
	}
	return ""
}

func earliest(list []*Incident) (t time.Time) {
	for _, i := range list {
		t = sooner(t, i.Began)
	}
	return t
}

func latest(list []*Incident) (t time.Time) {
	for _, i := range list {
		if i.Began.After(t) {
			t = i.Began
		}
	}
	return t
}

func lastEnd(list []*Incident) (t time.Time) {
	for _, i := range list {
		if i.Ended.After(t) {
			t = i.Ended
		}
	}
	return t
}

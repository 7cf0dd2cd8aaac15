package alerts

import (
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const (
	quoteOpen = 3 // lines of a quote that stand in the open
	mostNames = 6 // names in a line; the rest is counted
)

// say words a letter as it is now.
func (b *book) say(l *Letter, now time.Time) ops.Answer {
	list := b.members(l)
	if len(list) == 1 && !l.Digest {
		return b.one(list[0], now)
	}
	return b.many(list, l.Missed, now)
}

// one words one incident in full.
func (b *book) one(i *Incident, now time.Time) ops.Answer {
	if i.State == Over {
		return b.ended(i)
	}
	lead := i.lead()
	a := ops.Say(b.headline(i, now))
	for _, t := range lead.Lines {
		a.Line(t)
	}
	for _, other := range i.troubles() {
		if other != lead {
			a.Line(ops.T("%s %s", "%s %s", other.Severity.Mark(), other.Title))
		}
	}
	for _, t := range b.context(i, now) {
		a.Line(t)
	}
	if i.State == Calming {
		return a
	}
	if lead.Quote != "" {
		a.Code(lead.Quote, strings.Count(lead.Quote, "\n") >= quoteOpen)
	}
	a.Row(lead.Offers[:min(len(lead.Offers), 3)]...)
	return *a.Row(b.handles(i)...)
}

// headline is the first line about an incident that is not over.
func (b *book) headline(i *Incident, now time.Time) ops.Text {
	lead := i.lead()
	if i.State == Calming {
		return ops.T("⏳ %s · it must hold until %s", "⏳ %s · à confirmer jusqu’à %s", lead.Title, b.clock(i.Calm, now))
	}
	first := ops.T("%s %s", "%s %s", i.severity().Mark(), lead.Title)
	if i.Hold != nil {
		first = ops.T("⚪ %s", "⚪ %s", lead.Title)
	}
	if i.Flapping {
		first = ops.T("%s · comes and goes, %d× in %s", "%s · va et vient, %d× en %s", first, len(i.Rises), ops.Span(max(now.Sub(i.Rises[0]).Truncate(time.Second), time.Second)))
	} else if d := now.Sub(i.Began).Truncate(time.Second); d >= time.Second && lead.Fades == 0 {
		first = ops.T("%s · %s", "%s · %s", first, ops.Span(d))
	}
	if i.Ack != nil {
		first = ops.T("%s · %s is on it", "%s · %s s’en occupe", first, i.Ack.Name)
	}
	return first
}

// context is what else is known round an incident: what was done before, what it needs, what needs it, what was done about it.
func (b *book) context(i *Incident, now time.Time) (lines []ops.Text) {
	before := b.before(i)
	for _, r := range before[max(0, len(before)-2):] {
		lines = append(lines, ops.T("before that, %s ago: %s", "juste avant, il y a %s : %s", ops.Span(now.Sub(r.Ended).Truncate(time.Second)), didText(r)))
	}
	for _, n := range i.needs() {
		if c := b.incidents[n]; c != nil && c.live() && c.severity().AtLeast(ops.Warning) {
			lines = append(lines, ops.T("it needs %s: %s", "il a besoin de %s : %s", ops.Name(short(n)), c.lead().Title))
		}
	}
	if list := b.behind(i); len(list) > 0 {
		if len(list) == 1 {
			lines = append(lines, ops.T("with it: %s, which needs it", "avec lui : %s, qui en a besoin", names(list)))
		} else {
			lines = append(lines, ops.T("with it: %s, which need it", "avec lui : %s, qui en ont besoin", names(list)))
		}
	}
	if lead := i.lead(); lead.Times > 1 && lead.Fades > 0 {
		lines = append(lines, ops.T("%d times, first at %s", "%d fois, d’abord à %s", lead.Times, b.clock(lead.First, now)))
	}
	for _, n := range i.Notes {
		lines = append(lines, n.Text)
	}
	if i.Raised && i.Ack == nil {
		lines = append(lines, ops.T("🔒 nobody is on it yet", "🔒 personne ne s’en occupe encore"))
	}
	if !i.Second.IsZero() {
		lines = append(lines, ops.T("also sent by the second way at %s, while this one was closed", "aussi envoyé par la seconde voie à %s, tant que celle-ci était fermée", b.clock(i.Second, now)))
	}
	if i.Hold != nil {
		lines = append(lines, b.holdText(i.Hold, now))
	}
	return lines
}

func (b *book) holdText(h *Hold, now time.Time) ops.Text {
	switch h.Why {
	case byMute:
		return ops.T("muted until %s by %s", "en sourdine jusqu’à %s par %s", b.clock(h.Until, now), h.Name)
	case byWindow:
		return ops.T("maintenance until %s (%s)", "maintenance jusqu’à %s (%s)", b.clock(h.Until, now), h.Name)
	}
	return ops.T("one of your own plans is at it", "un de tes propres plans s’en occupe")
}

// handles are the buttons that are about the incident itself.
func (b *book) handles(i *Incident) (row []ops.Button) {
	if i.Hold != nil && i.Hold.Why != byPlan {
		return []ops.Button{ops.AskFor(ops.T("Unmute", "Réactiver"), "alerts.unmute", "what", i.Subject)}
	}
	row = append(row, ops.AskFor(ops.T("Mute 1 h", "Sourdine 1 h"), "alerts.mute", "what", i.Subject, "for", "1h0m0s"))
	if i.Ack == nil {
		row = append(row, ops.AskFor(ops.T("I'm on it", "Je m’en occupe"), "alerts.ack", "what", i.Subject))
	}
	return row
}

// ended words an incident that is over: one line, and what was done.
func (b *book) ended(i *Incident) ops.Answer {
	last := i.lead()
	span := i.Ended.Sub(i.Began).Round(time.Second)
	lasted := ops.Span(span)
	var first ops.Text
	switch {
	case last.Fades > 0 && !last.Over:
		first = ops.T("⚪ %s · nothing more for %s", "⚪ %s · plus rien depuis %s", last.Title, ops.Span(last.Fades))
	case !last.Over && span == 0:
		first = ops.T("🟢 over: %s", "🟢 fini : %s", last.Title)
	case span == 0:
		first = ops.T("🟢 %s", "🟢 %s", last.Title)
	case !last.Over:
		first = ops.T("🟢 over after %s: %s", "🟢 fini après %s : %s", lasted, last.Title)
	default:
		first = ops.T("🟢 %s after %s", "🟢 %s après %s", last.Title, lasted)
	}
	for n := len(i.Notes) - 1; n >= 0; n-- {
		if i.Notes[n].Did {
			first = ops.Join(" · ", first, i.Notes[n].Text)
			break
		}
	}
	a := ops.Say(first)
	if list := b.behind(i); len(list) > 0 {
		a.Line(ops.T("⏳ not back yet: %s", "⏳ pas encore revenus : %s", names(list)))
	}
	if last.Over {
		for _, t := range last.Lines {
			a.Line(t)
		}
	}
	if n := len(i.Rises); n >= flapRises {
		a.Line(ops.T("it came and went %d times", "allé et revenu %d fois", n))
	}
	return a
}

// shortly names what a letter is about, for a message whose place another took.
func (b *book) shortly(l *Letter) ops.Text {
	list := b.members(l)
	if len(list) == 1 {
		return list[0].lead().Title
	}
	return ops.T("%d at once", "%d d’un coup", len(list))
}

// clock says a time of day in the stack's zone, with the day when it is another.
func (b *book) clock(t, now time.Time) string {
	t, now = t.In(b.e.o.zone()), now.In(b.e.o.zone())
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("02/01 15:04")
	}
	return t.Format("15:04")
}

// short is a subject without its sort: what people call it.
func short(subject string) string {
	if _, name, ok := strings.Cut(subject, ":"); ok {
		return name
	}
	return subject
}

// names lists incidents by name.
func names(list []*Incident) ops.Text {
	texts := make([]ops.Text, 0, len(list))
	for _, i := range list[:min(len(list), mostNames)] {
		texts = append(texts, ops.Raw(ops.Name(i.called()).String()))
	}
	t := ops.Join(", ", texts...)
	if more := len(list) - mostNames; more > 0 {
		t = ops.T("%s and %d more", "%s et %d de plus", t, more)
	}
	return t
}

// split parts incidents into those that live and those that are over.
func split(list []*Incident) (live, over []*Incident) {
	live = slices.DeleteFunc(slices.Clone(list), func(i *Incident) bool { return i.State == Over })
	over = slices.DeleteFunc(slices.Clone(list), func(i *Incident) bool { return i.State != Over })
	return live, over
}

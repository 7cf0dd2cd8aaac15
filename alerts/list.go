package alerts

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// set holds the ops about alerts. They change what people are told, never a system; see docs/adr/0006.
var set ops.Set[*Engine]

// Bind returns the ops about alerts, on engine e.
func Bind(e *Engine) ops.Bound { return set.Bind(e) }

var theme = ops.T("Alerts", "Alertes")

// everything is what stands for every subject.
const everything = "all"

// What is wrong now, and what could be; and everything.
var _ = ops.Names(&set, "subject", func(ctx context.Context, e *Engine) (list []ops.Choice, _ error) {
	err := e.with(ctx, false, func(b *book) { list = b.choices() })
	if err == nil && e.o.Subjects != nil {
		var more []ops.Choice
		more, err = e.o.Subjects(ctx)
		for _, c := range more {
			if !slices.ContainsFunc(list, func(o ops.Choice) bool { return o.Value == c.Value }) {
				list = append(list, c)
			}
		}
	}
	return append(list, allOfIt), err
})

var allOfIt = ops.Choice{Value: everything, Also: []string{"tout", "everything"}, Hint: ops.T("everything", "tout")}

func (b *book) choices() (list []ops.Choice) {
	live := b.live()
	sortByGravity(live)
	for _, i := range live {
		list = append(list, ops.Choice{Value: i.Subject, Also: []string{short(i.Subject)}, Hint: i.lead().Title})
	}
	return list
}

// live are the incidents that people are, or would be, told of.
func (b *book) live() (list []*Incident) {
	for _, i := range b.incidents {
		if i.fired() {
			list = append(list, i)
		}
	}
	return list
}

type listParams struct {
	What string `doc:"one of them, in full" fr:"l’une d’elles, en entier" names:"subject" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.list", Command: "alerts", Theme: theme, Examples: []string{""},
	Doc: ops.T("What is wrong now, what is muted, and what has passed.", "Ce qui ne va pas, ce qui est en sourdine, et ce qui est passé."),
	Phrases: []ops.Text{
		ops.T("which alerts are open?", "quelles alertes sont ouvertes ?"), ops.T("what is wrong?", "qu’est-ce qui ne va pas ?"),
		ops.T("show the alerts", "montre les alertes"), ops.T("any alerts", "des alertes"),
		ops.T("list the incidents", "liste les incidents"), ops.T("open alerts", "alertes en cours"),
	},
}, func(ctx context.Context, e *Engine, p listParams) (a ops.Answer, err error) {
	err = e.with(ctx, false, func(b *book) {
		now := time.Now()
		switch i := b.incidents[p.What]; {
		case p.What == "" || p.What == everything:
			a = b.overview(now)
		case i != nil && !i.Fired.IsZero():
			a = b.one(i, now)
		default:
			a = ops.Say(ops.T("🟢 nothing is wrong with %s", "🟢 rien d’anormal pour %s", ops.Name(short(p.What))))
			a.Row(ops.AskFor(ops.T("All alerts", "Toutes les alertes"), "alerts.list"))
		}
	})
	return a, err
})

// overview is all incidents: who needs somebody first, then what is held, what is only to be known, what has passed.
func (b *book) overview(now time.Time) ops.Answer {
	needs, held, _ := b.present()
	a := ops.Say(ops.T("🟢 nothing is wrong · watching %s", "🟢 rien d’anormal · je surveille %s", b.watched()))
	if len(needs) > 0 {
		a = ops.Say(ops.T("%s %s · %s", "%s %s · %s", needs[0].severity().Mark(),
			ops.Count{N: len(needs), EnOne: "alert is open", EnMany: "alerts are open", FrOne: "alerte ouverte", FrMany: "alertes ouvertes"}, ops.Name(b.e.o.Stack)))
	}
	var row []ops.Button
	for n, i := range needs {
		a.Blocks = append(a.Blocks, ops.Block{Line: b.headline(i, now), Fold: n >= openLines})
		if list := b.behind(i); len(list) > 0 {
			a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("with it: %s", "avec lui : %s", names(list)), Fold: n >= openLines})
		}
		if n < mostNames {
			row = append(row, ops.AskFor(ops.Raw(i.called()+" ▸"), "alerts.list", "what", i.Subject))
		}
	}
	for _, i := range held {
		a.Line(ops.T("⚪ %s · %s", "⚪ %s · %s", i.lead().Title, b.holdText(i.Hold, now)))
	}
	for _, t := range b.silences(now) {
		a.Line(t)
	}
	b.toKnow(&a, now)
	b.passed(&a, now)
	a.Row(row...)
	var end []ops.Button
	if len(b.mutes) > 0 {
		end = append(end, ops.AskFor(ops.T("Unmute all", "Tout réactiver"), "alerts.unmute", "what", everything))
	}
	return *a.Row(append(end, ops.AskFor(ops.Raw("↻"), "alerts.list"))...)
}

// watched names what is watched.
func (b *book) watched() ops.Text {
	var list []string
	for _, w := range b.e.o.Watchers {
		list = append(list, w.Name())
	}
	if len(list) == 0 {
		return ops.T("nothing", "rien")
	}
	return ops.Raw(strings.Join(list, ", "))
}

// toKnow adds what needs nobody tonight.
func (b *book) toKnow(a *ops.Answer, now time.Time) {
	var list []*Incident
	for _, i := range b.live() {
		if i.Hold == nil && i.Cause == "" && (i.severity() == ops.Notice || i.State == Calming) {
			list = append(list, i)
		}
	}
	sortByGravity(list)
	for n, i := range list {
		line := ops.T("⚪ %s", "⚪ %s", i.lead().Title)
		if i.State == Calming {
			line = b.headline(i, now)
		}
		a.Blocks = append(a.Blocks, ops.Block{Line: line, Fold: n >= 3})
	}
}

// passed adds what is over since a day.
func (b *book) passed(a *ops.Answer, now time.Time) {
	var list []*Incident
	for _, i := range b.incidents {
		if i.State == Over && !i.Fired.IsZero() && now.Sub(i.Ended) < 24*time.Hour {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(x, y *Incident) int { return cmp.Or(y.Ended.Compare(x.Ended), cmp.Compare(x.Subject, y.Subject)) })
	for n, i := range list {
		a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("%s · ended %s ago", "%s · fini il y a %s", b.ended(i).Blocks[0].Line, ops.Span(now.Sub(i.Ended).Truncate(time.Second))), Fold: n >= 3})
	}
}

// silences are the mutes and maintenance windows that are open.
func (b *book) silences(now time.Time) (lines []ops.Text) {
	var mutes []*Mute
	for _, m := range b.mutes {
		mutes = append(mutes, m)
	}
	slices.SortFunc(mutes, func(x, y *Mute) int { return x.Until.Compare(y.Until) })
	for _, m := range mutes {
		what := ops.Raw(ops.Name(short(m.Subject)).String())
		if m.Subject == "*" {
			what = ops.T("everything", "tout")
		}
		if m.Kind != "" {
			what = ops.T("%s (%s only)", "%s (%s seulement)", what, m.Kind)
		}
		if m.Upkeep {
			lines = append(lines, ops.T("⚪ maintenance of %s until %s (%s)", "⚪ maintenance de %s jusqu’à %s (%s)", what, b.clock(m.Until, now), m.By))
		} else {
			lines = append(lines, ops.T("⚪ %s muted until %s by %s", "⚪ %s en sourdine jusqu’à %s par %s", what, b.clock(m.Until, now), m.By))
		}
	}
	for _, w := range b.windows {
		if now.Before(w.until) {
			lines = append(lines, ops.T("⚪ maintenance %s until %s", "⚪ maintenance %s jusqu’à %s", ops.Name(w.Name), b.clock(w.until, now)))
		}
	}
	return lines
}

package bots

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

type listParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "bots.list", Command: "bots", Theme: ops.T("See", "Voir"), Examples: []string{""},
	Doc: ops.T("The other Telegram bots: where their messages go, and whether they arrive.", "Les autres bots Telegram : où vont leurs messages, et s’ils arrivent."),
	Phrases: []ops.Text{
		ops.T("how are the telegram bots", "comment vont les bots telegram"), ops.T("which webhook does the bot have", "quel webhook a le bot"),
		ops.T("do the bots get their messages", "est-ce que les bots reçoivent leurs messages"),
		ops.T("are the other bots ok", "les autres bots vont-ils bien"),
	},
}, func(ctx context.Context, s *System, _ listParams) (ops.Answer, error) {
	if len(s.o.Bots) == 0 {
		return ops.Say(ops.T("⚪ no other bot is looked after: name some in the configuration", "⚪ aucun autre bot n’est suivi : nommes-en dans la configuration")), nil
	}
	list := s.look(ctx)
	at := time.Now()
	type row struct {
		mark string
		says ops.Text
	}
	var rows []row
	var bad, dark []string
	for _, l := range list {
		p := s.before(l)
		r := row{ops.Fine, l.state()}
		if l.err != nil {
			r = row{ops.Off, ops.T("%s: %s", "%s : %s", ops.Name(l.bot.Name), ops.SayOf(l.err))}
			dark = append(dark, l.bot.Name)
		} else if wrong := s.troubles(l, p, at); len(wrong) > 0 {
			r.mark, r.says = ops.AtRisk, ops.Text{}
			for _, t := range wrong {
				r.mark = cmp.Or(map[bool]string{true: ops.Broken}[t.Severity == ops.Critical || r.mark == ops.Broken], r.mark)
				r.says = ops.Join(" · ", r.says, t.Title)
			}
			bad = append(bad, l.bot.Name)
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(order(a.mark), order(b.mark)) })
	var a ops.Answer
	switch {
	case len(rows) == 1:
	case len(bad) > 0:
		a.Line(ops.T("%s %d of %d bots need you: %s", "%s %d bots sur %d à voir : %s", rows[0].mark, len(bad), len(rows), strings.Join(bad, ", ")))
	case len(dark) > 0:
		a.Line(ops.T("⚪ %d of %d bots cannot be seen", "⚪ %d bots sur %d ne peuvent être vus", len(dark), len(rows)))
	default:
		a.Line(ops.T("🟢 all %d bots get their messages", "🟢 les %d bots reçoivent leurs messages", len(rows)))
	}
	for i, r := range rows {
		a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("%s %s", "%s %s", r.mark, r.says), Fold: i >= shownRows})
	}
	return *a.Row(ops.AskFor(ops.Raw("↻"), "bots.list")), nil
})

// shownRows is how many bots stand in the open; the rest folds.
const shownRows = 9

func order(mark string) int {
	return slices.Index([]string{ops.Broken, ops.AtRisk, ops.Off, ops.Fine}, mark)
}

// before is what is known of a bot, with this look; only the watcher remembers it.
func (s *System) before(l look) past {
	s.mu.Lock()
	p := *s.past[l.bot.Name]
	s.mu.Unlock()
	if l.err == nil {
		p.see(l, s.o.Pending)
	}
	return p
}

// state is how a bot is, when all is well.
func (l look) state() ops.Text {
	name, waits := ops.Name(l.bot.Name), ops.Count{N: l.Pending, EnOne: "message waits", EnMany: "messages wait", FrOne: "message attend", FrMany: "messages attendent"}
	switch {
	case l.revoked:
		return ops.T("%s: Telegram does not know its token", "%s : Telegram ne connaît pas son jeton", name)
	case l.URL == "":
		return ops.T("%s polls · %s", "%s interroge · %s", name, waits)
	}
	return ops.T("%s → %s · %s", "%s → %s · %s", name, shown(l.URL), waits)
}

// trail is a few numbers in a row.
func trail(list []int) ops.Text {
	var words []string
	for _, n := range list {
		words = append(words, strconv.Itoa(n))
	}
	return ops.Raw(strings.Join(words, " → "))
}

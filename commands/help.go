package commands

import (
	"context"
	"strings"

	"vigie/ops"
)

// set holds the ops about Vigie itself. Some change the conversation (a language, a form); none changes a system.
var set ops.Set[*Desk]

// Bind returns the ops about Vigie itself.
func Bind(d *Desk) ops.Bound { return set.Bind(d) }

var aboutVigie = ops.T("About Vigie", "À propos de Vigie")

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.welcome", Command: "welcome", Theme: aboutVigie, Examples: []string{""},
	Doc: ops.T("Say what I am and where to begin.", "Dire ce que je suis et par où commencer."),
	Phrases: []ops.Text{
		ops.T("hello", "bonjour"),
		ops.T("good evening", "bonsoir"), ops.T("hi", "salut"),
	},
}, func(ctx context.Context, d *Desk, _ struct{}) (ops.Answer, error) {
	who := ops.Who(ctx)
	a := ops.Say(
		ops.T("🟢 I keep watch over %s, %s. You are %s here.", "🟢 Je veille sur %s, %s. Ici, tu es %s.", ops.Name(d.Stack), who.Name, who.Role),
		ops.T("I look at once; before I change anything I show you the plan, and do exactly that when you say so.",
			"Je regarde tout de suite ; avant de changer quoi que ce soit je te montre le plan, et je fais exactement cela quand tu le dis."),
		ops.T("Typing mistakes and half a name are fine.", "Les fautes de frappe et les noms incomplets passent."))
	a.Row(d.starters()...)
	return a, nil
})

// starters are where most people begin.
func (d *Desk) starters() (row []ops.Button) {
	for _, word := range []string{"status", "unhealthy", "help"} {
		if op, ok := d.Gate.Op(word); ok {
			row = append(row, ops.AskFor(ops.Raw("/"+word), op.Name))
		}
	}
	return row
}

type helpParams struct {
	Command string `doc:"a command to explain" fr:"une commande à expliquer" optional:"true" names:"command"`
}

var _ = ops.Names(&set, "command", func(ctx context.Context, d *Desk) (list []ops.Choice, _ error) {
	for _, op := range d.Gate.Ops() {
		list = append(list, ops.Choice{Value: op.Command, Also: []string{"/" + op.Command}, Hint: op.Doc})
	}
	return list, nil
})

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.help", Command: "help", Theme: aboutVigie, Examples: []string{"", "status"},
	Doc: ops.T("What I can do, by theme; or all about one command.", "Ce que je sais faire, par thème ; ou tout sur une commande."),
	Phrases: []ops.Text{
		ops.T("what can you do?", "que sais-tu faire ?"),
		ops.T("help", "aide"), ops.T("what do you know how to do", "tu sais faire quoi"),
		ops.T("how does the command work", "comment marche la commande"), ops.T("help me", "aide-moi"),
	},
}, func(ctx context.Context, d *Desk, p helpParams) (ops.Answer, error) {
	if op, ok := d.Gate.Op(p.Command); ok {
		return d.explain(ctx, op), nil
	}
	return d.overview(ctx), nil
})

// overview lists every command this person may use, by theme; what they may not use is counted, not shown.
func (d *Desk) overview(ctx context.Context) ops.Answer {
	who := ops.Who(ctx)
	var themes []ops.Text
	lines := map[ops.Text][]ops.Text{}
	hidden := 0
	for _, op := range d.Gate.Ops() {
		if d.Gate.Judge(who, op.Spec).Demand == ops.Deny {
			hidden++
			continue
		}
		if lines[op.Theme] == nil {
			themes = append(themes, op.Theme)
		}
		lines[op.Theme] = append(lines[op.Theme], ops.T("%s %s", "%s %s", ops.Name(example(op)), op.Doc))
	}
	a := ops.Say(ops.T("What you can ask of me; %s explains one", "Ce que tu peux me demander ; %s en explique une", ops.Name("/help restart")))
	for _, theme := range themes {
		a.Line(ops.Join("", ops.Raw("\n"), theme))
		for _, l := range lines[theme] {
			a.Line(l)
		}
	}
	if hidden > 0 {
		a.Line(ops.T("\n🔒 %s are for others: see %s", "\n🔒 %s sont pour d’autres : voir %s",
			ops.Count{N: hidden, EnOne: "command", EnMany: "commands", FrOne: "commande", FrMany: "commandes"}, ops.Name("/whoami")))
	}
	a.Row(d.starters()...)
	return a
}

// explain tells all about one command, from its Spec and its parameters.
func (d *Desk) explain(ctx context.Context, op ops.Op) ops.Answer {
	usage := "/" + op.Command
	for _, p := range op.Params {
		if p.Must {
			usage += " " + strings.ToUpper(p.Name)
		} else {
			usage += " [" + p.Name + "]"
		}
	}
	a := ops.Say(ops.T("%s · %s", "%s · %s", ops.Name(usage), op.Doc))
	for _, p := range op.Params {
		more := ops.Text{}
		switch {
		case len(p.Choices) > 0:
			more = ops.T("one of %s", "au choix %s", strings.Join(p.Choices, ", "))
		case p.Default != "":
			more = ops.T("otherwise %s", "sinon %s", ops.Name(p.Default))
		}
		a.Line(ops.Join(" · ", ops.T("%s: %s", "%s : %s", ops.Name(p.Name), p.Doc), more))
	}
	v := d.Gate.Judge(ops.Who(ctx), op.Spec)
	a.Line(ops.T("%s; for you: %s", "%s ; pour toi : %s", op.Risk, demandSaid(v)))
	for _, e := range op.Examples {
		a.Line(ops.Raw(ops.Name(strings.TrimSpace("/" + op.Command + " " + e)).String()))
	}
	if op.Risk == ops.Reads && (len(op.Params) == 0 || !op.Params[0].Must) {
		a.Row(ops.AskFor(ops.Raw("/"+op.Command), op.Name))
	}
	return a
}

func demandSaid(v ops.Verdict) ops.Text {
	t := map[ops.Demand]ops.Text{
		ops.Allow:   ops.T("at once", "tout de suite"),
		ops.Confirm: ops.T("after you confirm the plan", "après confirmation du plan"),
		ops.Typed:   ops.T("after you type the name of the target", "après avoir tapé le nom de la cible"),
		ops.Others:  ops.T("after %d of role %s approve", "après l’accord de %d (%s)", max(v.N, 1), v.Role),
		ops.Deny:    ops.T("not allowed", "non autorisé"),
	}[v.Demand]
	if v.Code {
		t = ops.T("%s, with a one-time code", "%s, avec un code à usage unique", t)
	}
	return t
}

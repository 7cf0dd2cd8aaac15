package commands

import (
	"context"
	"fmt"
	"strings"

	"vigie/ops"
)

// An Effect is what the policy says of some commands to one person.
type Effect struct {
	Verdict  ops.Verdict
	Commands []string // slash words
	Only     ops.Text // the targets and arguments that it holds for; empty: all others
}

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.whoami", Command: "whoami", Theme: aboutVigie, Examples: []string{""},
	Doc: ops.T("Who you are to me, and what you may do.", "Qui tu es pour moi, et ce que tu peux faire."),
	Phrases: []ops.Text{
		ops.T("who am I?", "qui suis-je ?"),
		ops.T("what may I do", "qu’ai-je le droit de faire"), ops.T("which rights do I have", "quels droits ai-je"),
	},
}, func(ctx context.Context, d *Desk, _ struct{}) (ops.Answer, error) {
	who := ops.Who(ctx)
	a := ops.Say(ops.T("You are %s, %s · id %s", "Tu es %s, %s · id %s", who.Name, who.Role, ops.Name(fmt.Sprint(who.ID))))
	for _, e := range d.Explain(who) {
		line := ops.T("%s: %s", "%s : %s", demandSaid(e.Verdict), "/"+strings.Join(e.Commands, " /"))
		a.Line(ops.Join(" · ", line, e.Only, ops.T("rule %s", "règle %s", ops.Name(e.Verdict.Rule))))
	}
	return a, nil
})

type languageParams struct {
	Language string `doc:"en or fr" fr:"en ou fr" choices:"en,fr"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.language", Command: "language", Theme: aboutVigie, Acts: true, Examples: []string{"fr"},
	Doc: ops.T("Choose the language that I answer you in.", "Choisir la langue dans laquelle je te réponds."),
	Phrases: []ops.Text{
		ops.T("speak French", "parle français"),
		ops.T("answer me in French", "réponds-moi en français"), ops.T("talk English", "parle anglais"),
	},
}, func(ctx context.Context, d *Desk, p languageParams) (ops.Answer, error) {
	if err := d.setLang(ctx, ops.Who(ctx).ID, ops.Lang(p.Language)); err != nil {
		return ops.Answer{}, err
	}
	if p.Language == string(ops.French) {
		return ops.Say(ops.Raw("🟢 Je te réponds en français.")), nil
	}
	return ops.Say(ops.Raw("🟢 I answer you in English.")), nil
})

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.cancel", Command: "cancel", Theme: aboutVigie, Examples: []string{""},
	Doc: ops.T("Call off what waits for your answer.", "Annuler ce qui attend ta réponse."),
	Phrases: []ops.Text{
		ops.T("never mind", "laisse tomber"),
		ops.T("forget it", "oublie ça"), ops.T("cancel that", "annule la demande"),
		ops.T("leave it", "laisse"),
	},
}, func(ctx context.Context, d *Desk, _ struct{}) (ops.Answer, error) {
	who := ops.Who(ctx)
	d.mu.Lock()
	forms := 0
	for c := range d.forms {
		if c.id == who.ID {
			delete(d.forms, c)
			forms++
		}
	}
	d.mu.Unlock()
	waiting, err := d.Gate.Runs(ctx, ops.Waiting)
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Answer{}
	for _, r := range waiting {
		if r.Who.ID != who.ID {
			continue
		}
		if _, err := d.Gate.Decide(ctx, who, r.ID, ops.Decision{}); err != nil && ops.KindOf(err) != ops.Expired {
			return ops.Answer{}, err
		}
		a.Line(ops.T("⚪ Called off: %s", "⚪ Annulé : %s", r.Plan.Title))
	}
	if len(a.Blocks) == 0 && forms > 0 {
		a.Line(ops.T("⚪ All right, nothing is asked any more.", "⚪ D’accord, je ne demande plus rien."))
	} else if len(a.Blocks) == 0 {
		a.Line(ops.T("⚪ Nothing of yours was waiting. To stop what runs, use its Stop button.",
			"⚪ Rien de toi n’attendait. Pour arrêter ce qui tourne, utilise son bouton Arrêter."))
	}
	return a, nil
})

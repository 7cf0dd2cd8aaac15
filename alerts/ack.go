package alerts

import (
	"cmp"
	"context"
	"time"

	"vigie/ops"
)

type ackParams struct {
	What string `doc:"which alert, or all" fr:"quelle alerte, ou all" names:"subject" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.ack", Command: "ack", Theme: theme, Acts: true, Examples: []string{"all"},
	Doc: ops.T("Say that you are on it: nobody is called again about it.", "Dire que tu t’en occupes : personne n’est relancé."),
	Phrases: []ops.Text{
		ops.T("I'm on it", "je m’en occupe"), ops.T("got it", "c’est vu"),
		ops.T("acknowledge n8n", "acquitte n8n"), ops.T("I take care of n8n", "je m’occupe de n8n"),
		ops.T("acknowledge the alert", "vu"),
	},
}, func(ctx context.Context, e *Engine, p ackParams) (ops.Answer, error) {
	who, err := operator(ctx, ops.T("Acknowledging an alert", "Prendre une alerte en charge"))
	if err != nil {
		return ops.Answer{}, err
	}
	n, already := 0, ""
	var which []ops.Button
	err = e.with(ctx, true, func(b *book) {
		if p.What == "" {
			if p.What, which = b.theOne(); p.What == "" {
				return
			}
		}
		for _, i := range b.live() {
			if p.What != everything && i.Subject != p.What {
				continue
			}
			if i.Ack != nil {
				already = i.Ack.Name
				continue
			}
			n++
			i.Ack = &Ack{who.ID, who.Name, time.Now()}
			b.changed(i)
		}
	})
	if err != nil {
		return ops.Answer{}, err
	}
	if len(which) > 0 {
		a := ops.Say(ops.T("Which one?", "Laquelle ?"))
		return *a.Row(which...), nil
	}
	a := ops.Say(ops.T("🟢 Noted: you are on it.", "🟢 C’est noté : tu t’en occupes."))
	switch {
	case n == 0 && already != "":
		a = ops.Say(ops.T("⚪ %s is on it already.", "⚪ %s s’en occupe déjà.", already))
	case n == 0:
		a = ops.Say(ops.T("⚪ Nothing of that is wrong now.", "⚪ De ce côté, rien ne va mal."))
	case n > 1:
		a = ops.Say(ops.T("🟢 Noted: you are on all %d of them.", "🟢 C’est noté : tu t’occupes des %d.", n))
	}
	a.Brief = true
	return a, nil
})

// theOne is the only alert that nobody is on; of several, a button each.
func (b *book) theOne() (subject string, which []ops.Button) {
	var open []*Incident
	for _, i := range b.live() {
		if i.Ack == nil && i.Cause == "" && i.Hold == nil && i.severity() != ops.Notice {
			open = append(open, i)
		}
	}
	sortByGravity(open)
	if len(open) < 2 {
		for _, i := range open {
			subject = i.Subject
		}
		return cmp.Or(subject, everything), nil
	}
	for _, i := range open[:min(len(open), mostNames)] {
		which = append(which, ops.AskFor(ops.Raw(short(i.Subject)), "alerts.ack", "what", i.Subject))
	}
	return "", append(which, ops.AskFor(ops.T("all", "toutes"), "alerts.ack", "what", everything))
}

// operator is who asks, if they may change what others are told.
func operator(ctx context.Context, what ops.Text) (ops.Caller, error) {
	who := ops.Who(ctx)
	if !who.Role.AtLeast(ops.Operator) {
		return who, ops.Fail(ops.Denied, ops.T("%s is for operators; you are %s here.", "%s est réservé aux opérateurs ; tu es %s ici.", what, who.Role), nil)
	}
	return who, nil
}

package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"vigie/ops"
)

// present shows a run for the first time: the plan that waits, or the start of one that needs no approval. understood is
// what it was made of, if that was not typed as it is.
func (d *Desk) present(ctx context.Context, r ops.Run, understood ops.Text) {
	screen := d.screen(r.Place)
	if r.State != ops.Waiting {
		if !understood.IsZero() {
			if _, err := screen.Show(ctx, r.Place, r.Who.Lang, ops.Say(understood)); err != nil {
				d.broken(fmt.Errorf("showing what was understood: %w", err))
			}
		}
		d.Watch(r)
		return
	}
	plan := d.planned(r)
	if !understood.IsZero() {
		plan.Line(understood)
	}
	message, err := screen.Show(ctx, r.Place, r.Who.Lang, plan)
	if err != nil {
		d.broken(fmt.Errorf("showing a plan: %w", err))
		return
	}
	if err := d.Gate.Put(ctx, r.ID, message); err != nil {
		d.broken(fmt.Errorf("noting where a plan is shown: %w", err))
	}
	if r.Verdict.Demand == ops.Others {
		d.callApprovers(ctx, r)
	}
}

// planned is a plan as it is shown: what happens, in order, what it costs, and how to say yes to exactly this.
func (d *Desk) planned(r ops.Run) ops.Answer {
	p := r.Plan
	a := ops.Say(ops.Join(" ", ops.Raw(ops.Guarded), p.Title))
	if r.Who.Via == viaModel {
		a.Line(ops.T("understood: %s · a model read that", "compris : %s · lu par un modèle", ops.Name(d.command(r.Ask))))
	}
	for i, s := range p.Steps {
		t := s.Text
		if s.Check {
			t = ops.T("check: %s", "vérifier : %s", t)
		}
		a.Line(ops.Join(" ", ops.Raw(strconv.Itoa(i+1)), t))
	}
	for _, c := range p.Costs {
		a.Line(c)
	}
	if p.UndoFor > 0 {
		a.Line(ops.T("Can be undone for %s.", "Peut être annulé pendant %s.", ops.Span(p.UndoFor)))
	}
	d.demand(&a, r)
	return a
}

// demand adds what the policy asks for, and the buttons. The safe one is last.
func (d *Desk) demand(a *ops.Answer, r ops.Run) {
	cancel := button(ops.T("Cancel", "Annuler"), r.ID, "n")
	do := button(r.Plan.Headline(), r.ID, "y")
	do.Bad = r.Plan.Risk >= ops.Destructive
	v := r.Verdict
	switch v.Demand {
	case ops.Typed:
		a.Line(ops.T("Type %s to go ahead.", "Tape %s pour continuer.", ops.Name(r.Plan.Target)))
		if v.Code {
			a.Line(ops.T("Then send the 6 digits of your authenticator app.", "Puis envoie les 6 chiffres de ton application d’authentification."))
		}
		a.Row(cancel)
	case ops.Others:
		missing := max(v.N, 1) - len(r.Approvals)
		a.Line(ops.T("Needs a yes from %d of: %s", "Il faut l’accord de %d parmi : %s", missing, strings.Join(d.approvers(r), ", ")))
		for _, yes := range r.Approvals {
			a.Line(ops.T("✓ %s approved", "✓ %s a approuvé", yes.Name))
		}
		if v.Code {
			a.Line(ops.T("Approve by sending the 6 digits of your authenticator app here.", "Approuve en envoyant ici les 6 chiffres de ton application d’authentification."))
			a.Row(cancel)
			return
		}
		do.Label = ops.T("Approve: %s", "Approuver : %s", do.Label)
		a.Row(do, cancel)
	default:
		if v.Code {
			a.Line(ops.T("Send the 6 digits of your authenticator app to go ahead.", "Envoie les 6 chiffres de ton application d’authentification pour continuer."))
			a.Row(cancel)
			return
		}
		a.Row(do, cancel)
	}
}

func button(label ops.Text, run, verb string) ops.Button {
	return ops.Button{Label: label, Data: "r:" + run + ":" + verb}
}

func (d *Desk) approvers(r ops.Run) (names []string) {
	if d.Gate.People == nil {
		return nil
	}
	for _, c := range d.Gate.People.ByRole(r.Verdict.Role) {
		yes := false
		for _, a := range r.Approvals {
			yes = yes || a.ID == c.ID
		}
		if c.ID != r.Who.ID && !yes {
			names = append(names, c.Name)
		}
	}
	return names
}

// callApprovers sends the plan to those who can approve it, in their own chats; the asker's message stays the
// one that tells how it goes.
func (d *Desk) callApprovers(ctx context.Context, r ops.Run) {
	screen := d.screen(r.Place)
	for _, c := range d.Gate.People.ByRole(r.Verdict.Role) {
		place, ok := screen.Private(c.ID)
		if c.ID == r.Who.ID || !ok || place == screen.Chat(r.Place) {
			continue
		}
		a := d.planned(r)
		a.Loud = true
		a.Blocks = append([]ops.Block{a.Blocks[0], {Line: ops.T("%s asks for this.", "Demandé par %s.", r.Who.Name)}}, a.Blocks[1:]...)
		c.Lang = d.lang(ctx, c)
		message, err := screen.Show(ctx, place, c.Lang, a)
		if err != nil {
			d.broken(fmt.Errorf("asking %s to approve: %w", c.Name, err)) // others may; the asker's message shows who
			continue
		}
		d.mu.Lock()
		if d.calls == nil {
			d.calls = map[string][]call{}
		}
		d.calls[r.ID] = append(d.calls[r.ID], call{message, c.Lang})
		d.mu.Unlock()
	}
}

// A call is a copy of a plan in an approver's own chat.
type call struct {
	message ops.Place
	lang    ops.Lang
}

// settleCalls takes the buttons from the copies once the plan no longer waits.
func (d *Desk) settleCalls(r ops.Run) {
	d.mu.Lock()
	calls := d.calls[r.ID]
	delete(d.calls, r.ID)
	d.mu.Unlock()
	by := r.Why
	if n := len(r.Approvals); n > 0 && r.State != ops.Cancelled {
		by = ops.T("approved by %s", "approuvé par %s", r.Approvals[n-1].Name)
	}
	for _, c := range calls {
		d.screen(c.message).Update(c.message, c.lang, ops.Say(ops.T("⚪ %s · settled: %s", "⚪ %s · réglé : %s", r.Plan.Title, by)))
	}
}

// steer carries out a tap on a run's buttons.
func (d *Desk) steer(ctx context.Context, s Said, id, verb string) Toast {
	var err error
	switch verb {
	case "y":
		if r, e := d.Gate.Run(ctx, id); e == nil && r.Place == d.screen(s.Message).Chat(s.Message) { // tapped before it was noted where the plan stands
			if err := d.Gate.Put(ctx, id, s.Message); err != nil {
				d.broken(fmt.Errorf("noting where a plan is shown: %w", err))
			}
		}
		_, err = d.Gate.Decide(ctx, s.Who, id, ops.Decision{Yes: true})
	case "n":
		_, err = d.Gate.Decide(ctx, s.Who, id, ops.Decision{})
	case "s":
		if err = d.Gate.Stop(ctx, s.Who, id); err == nil {
			if r, e := d.Gate.Run(ctx, id); e == nil && r.At < len(r.Steps) && r.Steps[r.At].Step.Stoppable() {
				return Toast{Text: ops.T("I stop it.", "Je l’arrête.")}
			}
			return Toast{Text: ops.T("I stop after this step.", "J’arrête après cette étape.")}
		}
	default:
		return Toast{Text: ops.T("I no longer know that button. Ask again.", "Je ne connais plus ce bouton. Redemande."), Alert: true}
	}
	if err == nil {
		return Toast{}
	}
	if ops.KindOf(err) == ops.Expired {
		if r, e := d.Gate.Run(ctx, id); e == nil && r.Over() && r.State != ops.Left && r.State != ops.Uncertain { // those are told of elsewhere
			d.Watch(r) // the message shows what became of it
		}
	}
	var e *ops.Error
	if !asError(err, &e) {
		d.broken(err)
		return Toast{Text: ops.T("Something went wrong inside me. Look at the message before you try again.", "Quelque chose a échoué en moi. Regarde le message avant de réessayer."), Alert: true}
	}
	return Toast{Text: ops.Text{En: ops.Unmark(e.Say.En), Fr: ops.Unmark(e.Say.In(ops.French))}, Alert: true}
}

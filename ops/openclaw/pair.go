package openclaw

import (
	"context"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

type pairParams struct {
	Code string `doc:"the code that they were given" fr:"le code reçu par la personne" optional:"true"`
}

// A pairArgs is one person to let in.
type pairArgs struct {
	Channel string `json:"channel"`
	Account string `json:"account,omitempty"`
	Code    string `json:"code"`
	ID      string `json:"id"`
	Who     string `json:"who"`
	Owner   bool   `json:"owner,omitempty"` // they would own its commands
}

var (
	approve = ops.Declare(&set, "openclaw.approve", func(a pairArgs) ops.Text {
		if a.Owner {
			return ops.T("let %s (%s %s) talk to OpenClaw, and own its commands", "laisser %s (%s %s) parler à OpenClaw, et posséder ses commandes", ops.Name(a.Who), a.Channel, ops.Name(a.ID))
		}
		return ops.T("let %s (%s %s) talk to OpenClaw", "laisser %s (%s %s) parler à OpenClaw", ops.Name(a.Who), a.Channel, ops.Name(a.ID))
	}, func(ctx context.Context, s *System, a pairArgs) error { return s.approve(ctx, a) })

	paired = ops.Declare(&set, "openclaw.paired", func(a pairArgs) ops.Text {
		return ops.T("%s no longer waits", "%s n’attend plus", ops.Name(a.Who))
	}, func(ctx context.Context, s *System, a pairArgs) error { return s.paired(ctx, a) })
)

var _ = ops.Add(&set, ops.Spec{
	Name: "openclaw.pair", Command: "pair", Theme: theme, Risk: ops.Disruptive, Examples: []string{"", "ABCDEFGH"},
	Doc: ops.T("Who waits to talk to OpenClaw, and letting one of them.", "Qui attend de parler à OpenClaw, et laisser entrer quelqu’un."),
	Phrases: []ops.Text{
		ops.T("who wants to talk to openclaw", "qui veut parler à openclaw"), ops.T("who waits to talk to openclaw", "qui attend de parler à openclaw"),
		ops.T("who is waiting to talk to openclaw", "qui attend pour parler à openclaw"), ops.T("show the pairing requests", "montre les demandes d’appairage"),
		ops.T("approve the pairing code ABCDEFGH", "approuve le code d’appairage ABCDEFGH"),
	},
}, func(ctx context.Context, s *System, p pairParams) (ops.Plan, error) {
	list, err := s.pending(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	if p.Code == "" {
		return ops.Plan{}, s.waiting(list)
	}
	r, err := s.find(list, p.Code)
	if err != nil {
		return ops.Plan{}, err
	}
	first, err := s.ownerless(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	return pairPlan(r, first), nil
})

// waiting says who waits, each as a choice.
func (s *System) waiting(list []request) error {
	if len(list) == 0 {
		return ops.Fail(ops.NotFound, ops.T("Nobody waits to talk to OpenClaw (%s).", "Personne n’attend de parler à OpenClaw (%s).", strings.Join(s.o.Channels, ", ")), nil)
	}
	n := ops.Count{N: len(list), EnOne: "person waits", EnMany: "people wait", FrOne: "personne attend", FrMany: "personnes attendent"}
	say := ops.T("%s to talk to OpenClaw", "%s de parler à OpenClaw", n)
	for _, r := range list {
		say = ops.Join("\n", say, ops.T("%s · %s %s · %s ago · good for %s more", "%s · %s %s · il y a %s · vaut encore %s",
			ops.Name(r.who()), r.channel, ops.Name(r.ID), ops.Since(r.Created), ops.Span(r.left(time.Now()))))
	}
	return &ops.Error{Kind: ops.Invalid, Param: "code", Choices: choices(list), Say: say}
}

func pairPlan(r request, first bool) ops.Plan {
	a := pairArgs{Channel: r.channel, Account: r.Meta.Account, Code: r.Code, ID: r.ID, Who: r.who(), Owner: first}
	plan := ops.Plan{
		Title: ops.T("Let %s talk to OpenClaw, %s %s, asked %s ago", "Laisser %s parler à OpenClaw, %s %s, demandé il y a %s",
			ops.Name(a.Who), a.Channel, ops.Name(a.ID), ops.Since(r.Created)),
		Target: a.ID, Locks: []string{"openclaw-pairing", r.subject()}, Risk: ops.Disruptive,
		Facts: []ops.Fact{
			{Name: "who", Value: a.Channel + " " + a.ID, Label: ops.T("who it is", "qui c’est")},
			{Name: "owner", Value: strconv.FormatBool(first), Label: ops.T("whether they become owner", "si cela donne la propriété")},
		},
		Costs: []ops.Text{ops.T("The name is their own word for it; the number is who they are. Vigie cannot take this back: OpenClaw's program has no command for it.",
			"Le nom n’est que ce que la personne en dit ; le numéro est son identité. Vigie ne peut pas revenir en arrière : le programme d’OpenClaw n’a pas de commande pour cela.")},
		Steps: []ops.Step{approve.Do(a), paired.Verify(a)},
		Done:  ops.T("%s may talk to OpenClaw", "%s peut parler à OpenClaw", ops.Name(a.Who)),
	}
	if first {
		plan.Risk = ops.Destructive
		plan.Costs = append([]ops.Text{ops.T("%s OpenClaw has no owner yet (commands.ownerAllowFrom is empty): this person becomes it, may give owner commands and approve what runs on its machine, and openclaw.json is rewritten.",
			"%s OpenClaw n’a pas encore de propriétaire (commands.ownerAllowFrom est vide) : cette personne le devient, peut donner ses commandes et approuver ce qui tourne sur sa machine, et openclaw.json est réécrit.", ops.Broken)}, plan.Costs...)
		plan.Done = ops.T("%s may talk to OpenClaw, and owns its commands", "%s peut parler à OpenClaw, et en possède les commandes", ops.Name(a.Who))
	}
	return plan
}

func (s *System) approve(ctx context.Context, a pairArgs) error {
	if !codeShape.MatchString(a.Code) || !word.MatchString(a.Channel) {
		return ops.Fail(ops.Failed, ops.T("%s is no pairing code", "%s n’est pas un code d’appairage", ops.Name(clip(a.Code, 20))), nil)
	}
	ops.Progress(ctx, ops.T("asked OpenClaw, which takes up to 20 s", "demandé à OpenClaw, qui met jusqu’à 20 s"))
	args := []string{"pairing", "approve", a.Channel, a.Code}
	if word.MatchString(a.Account) && a.Account != "default" {
		args = append(args, "--account", a.Account)
	}
	got, err := s.call(ctx, args...)
	if err != nil {
		return ops.Fail(ops.Unknown, ops.T("OpenClaw was asked and did not say whether it did it. /pair shows who still waits.", "OpenClaw n’a pas dit s’il l’a fait. /pair montre qui attend encore."), err)
	}
	if got.exit != 0 {
		return s.refusal(got)
	}
	if !strings.Contains(got.out, a.ID) {
		return ops.Fail(ops.Unknown, ops.T("OpenClaw approved somebody else than %s: «%s»", "OpenClaw a approuvé quelqu’un d’autre que %s : « %s »", ops.Name(a.ID), clip(got.out, 160)), nil)
	}
	if strings.Contains(got.out, "Command owner configured") && !a.Owner { // nobody agreed to that
		return ops.Fail(ops.Failed, ops.T("OpenClaw let %[1]s in and made them its owner, which was not in the plan: its owner was taken away meanwhile. Correct commands.ownerAllowFrom in openclaw.json now.",
			"OpenClaw a laissé entrer %[1]s et lui a donné la propriété, ce que le plan ne prévoyait pas : elle avait été retirée entre-temps. Corrige maintenant commands.ownerAllowFrom dans openclaw.json.", ops.Name(a.ID)), nil)
	}
	ops.Progress(ctx, ops.T("«%s»", "« %s »", clip(got.out, 160)))
	return nil
}

// paired looks whether they no longer wait. OpenClaw's program cannot list who was let in.
func (s *System) paired(ctx context.Context, a pairArgs) error {
	list, err := s.pending(ctx)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Code == a.Code || r.channel == a.Channel && r.ID == a.ID {
			return ops.Fail(ops.Failed, ops.T("%s still waits", "%s attend toujours", ops.Name(a.Who)), nil)
		}
	}
	ops.Progress(ctx, ops.T("no longer listed as waiting", "ne figure plus dans la liste d’attente"))
	return nil
}

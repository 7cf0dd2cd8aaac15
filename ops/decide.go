package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Decision is what a person answers to a plan that waits.
type Decision struct {
	Yes   bool
	Typed string // the target's name, where the verdict asks for it
	Code  string // the one-time code, where the verdict asks for it
}

// Decide approves or declines the waiting run id. It returns the run as it is then: still waiting where
// others must approve as well, queued or running where that was the last yes. who is the person who
// tapped, as the transport established it. An error leaves the run waiting, unless its Kind is Expired.
func (g *Gate) Decide(ctx context.Context, who Caller, id string, d Decision) (*Run, error) {
	for {
		r, err := g.load(ctx, id)
		if errors.Is(err, ErrNoDoc) {
			return nil, Fail(Expired, T("I no longer know that plan. Ask again.", "Je ne connais plus ce plan. Redemande."), nil)
		}
		if err != nil {
			return nil, err
		}
		err = g.decide(ctx, who, r, d)
		if errors.Is(err, ErrConflict) {
			continue // somebody else was first: look at what they did
		}
		return r, err
	}
}

func (g *Gate) decide(ctx context.Context, who Caller, r *Run, d Decision) error {
	if r.State != Waiting {
		return Fail(Expired, settled(*r), nil)
	}
	if now().After(r.Expires) {
		return g.lapse(ctx, r)
	}
	op, ok := g.ops[r.Ask.Op]
	if !ok {
		return Fail(Expired, T("I no longer have the command %s.", "Je n’ai plus la commande %s.", Name(r.Ask.Op)), nil)
	}
	// Judged anew: the asker's role, or the hour, may not be what they were.
	v := g.judge(r.Who, op.Spec, r.Plan.Args, r.Plan)
	if !d.Yes {
		return g.decline(ctx, who, r, v)
	}
	if err := g.mayApprove(who, r, v, d); err != nil {
		if KindOf(err) == Denied {
			g.note(g.entry(r, who, Refused, SayOf(err).En))
		}
		return err
	}
	r.Verdict = v
	r.Approvals = append(r.Approvals, Approval{who.ID, who.Name, now()})
	told := g.entry(r, who, Approved, "")
	if v.Demand == Others && len(r.Approvals) < max(v.N, 1) {
		err := g.save(ctx, r, told)
		return g.saved(r, err)
	}
	r.State = Queued
	if err := g.save(ctx, r, told); err != nil {
		return g.saved(r, err)
	}
	g.tell(r)
	return g.start(ctx, r)
}

func (g *Gate) saved(r *Run, err error) error {
	switch {
	case err == nil:
		g.tell(r)
		return nil
	case errors.Is(err, ErrConflict):
		return err
	}
	return g.unwritten(err)
}

// mayApprove checks that who may say yes, and says it the way that the verdict asks for.
func (g *Gate) mayApprove(who Caller, r *Run, v Verdict, d Decision) error {
	own := who.ID == r.Who.ID || who.ID == r.Who.OnBehalfOf && who.ID != 0
	switch v.Demand {
	case Deny:
		return &Error{Kind: Denied, Say: v.Why, Param: string(v.Role)}
	case Others:
		if own {
			return Fail(Denied, T("You asked for this; somebody else must approve it.", "C’est ta demande ; quelqu’un d’autre doit l’approuver."), nil)
		}
		if !who.Role.AtLeast(v.Role) {
			return Fail(Denied, T("Approving this takes the role %s; yours is %s.", "Pour approuver ceci il faut le rôle %s ; le tien est %s.", v.Role, who.Role), nil)
		}
		if slices.ContainsFunc(r.Approvals, func(a Approval) bool { return a.ID == who.ID }) {
			return Fail(Denied, T("You have approved this already.", "Tu l’as déjà approuvé."), nil)
		}
	default:
		if !own {
			return Fail(Denied, T("Only %s, who asked, can confirm this.", "Seul·e %s, qui l’a demandé, peut confirmer.", r.Who.Name), nil)
		}
	}
	if v.Demand == Typed && !strings.EqualFold(strings.TrimSpace(d.Typed), r.Plan.Target) {
		return &Error{Kind: Invalid, Param: "typed", Say: T("Type %s to go ahead.", "Tape %s pour continuer.", Name(r.Plan.Target))}
	}
	if v.Code {
		return g.checkCode(who, d.Code)
	}
	return nil
}

func (g *Gate) checkCode(who Caller, code string) error {
	if g.Codes == nil {
		return Fail(Denied, T("No one-time codes are set up.", "Aucun code à usage unique n’est configuré."), nil)
	}
	if code == "" {
		return &Error{Kind: Invalid, Param: "code", Say: T("Send the 6 digits of your authenticator app.", "Envoie les 6 chiffres de ton application d’authentification.")}
	}
	ok, err := g.Codes.Check(who.ID, code, now())
	if err != nil {
		return err
	}
	if !ok {
		return &Error{Kind: Invalid, Param: "code", Say: T("That code is wrong or was used. Send the next one.", "Ce code est faux ou a déjà servi. Envoie le suivant.")}
	}
	return nil
}

func (g *Gate) decline(ctx context.Context, who Caller, r *Run, v Verdict) error {
	own := who.ID == r.Who.ID
	if !own && !(v.Demand == Others && who.Role.AtLeast(v.Role)) && !who.Role.AtLeast(Admin) {
		return Fail(Denied, T("Only %s, who asked, can call this off.", "Seul·e %s, qui l’a demandé, peut l’annuler.", r.Who.Name), nil)
	}
	r.State, r.Ended = Cancelled, now()
	r.Why = T("called off by %s", "annulé par %s", who.Name)
	return g.saved(r, g.save(ctx, r, g.entry(r, who, Declined, "")))
}

func (g *Gate) lapse(ctx context.Context, r *Run) error {
	r.State, r.Ended = TimedOut, now()
	if err := g.saved(r, g.save(ctx, r, g.entry(r, Caller{}, Lapsed, "nobody answered in time"))); err != nil {
		return err
	}
	return Fail(Expired, settled(*r), nil)
}

// Lapse expires what has waited too long, so that its message says so. Somebody calls it now and then.
func (g *Gate) Lapse(ctx context.Context) error {
	waiting, err := g.Runs(ctx, Waiting)
	if err != nil {
		return err
	}
	for _, r := range waiting {
		if !now().After(r.Expires) {
			continue
		}
		if err := g.lapse(ctx, &r); err != nil && KindOf(err) != Expired && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil
}

// settled says why a run no longer waits.
func settled(r Run) Text {
	switch r.State {
	case Cancelled:
		return T("This was called off. Nothing was done.", "C’est annulé. Rien n’a été fait.")
	case TimedOut:
		return T("This plan is too old; nothing was done. Ask again.", "Ce plan est trop ancien ; rien n’a été fait. Redemande.")
	case Outdated:
		return T("Things had changed, so nothing was done. Ask again.", "La situation avait changé, donc rien n’a été fait. Redemande.")
	}
	by := r.Who.Name
	if n := len(r.Approvals); n > 0 {
		by = r.Approvals[n-1].Name
	}
	return T("%s has already approved this: it runs once.", "%s l’a déjà approuvé : cela n’a lieu qu’une fois.", by)
}

// start hands an approved run to the runner.
func (g *Gate) start(ctx context.Context, r *Run) error {
	input, err := json.Marshal(r.Plan)
	if err != nil {
		return err // unreachable: a Plan is plain data
	}
	if err := g.Runner.Start(context.WithoutCancel(ctx), r.ID, input); err != nil {
		return fmt.Errorf("starting run %s: %w", r.ID, err)
	}
	return nil
}

// Run returns one run as it is stored.
func (g *Gate) Run(ctx context.Context, id string) (Run, error) {
	r, err := g.load(ctx, id)
	if err != nil {
		return Run{}, err
	}
	return *r, nil
}

// Runs returns the runs in one of the states, oldest first.
func (g *Gate) Runs(ctx context.Context, states ...RunState) ([]Run, error) {
	var names []string
	for _, s := range states {
		names = append(names, string(s))
	}
	if slices.ContainsFunc(states, func(s RunState) bool { return Run{State: s}.Over() }) {
		names = append(names, untold)
	}
	docs, err := g.Store.List(ctx, "run", names...)
	if err != nil {
		return nil, err
	}
	list := make([]Run, 0, len(docs))
	for _, d := range docs {
		r, err := decodeRun(d)
		if err != nil {
			return nil, err
		}
		if len(states) == 0 || slices.Contains(states, r.State) {
			list = append(list, *r)
		}
	}
	return list, nil
}

// Put notes the message that tells of run id, so that it is edited also after a restart.
func (g *Gate) Put(ctx context.Context, id string, place Place) error {
	for {
		r, err := g.load(ctx, id)
		if err != nil {
			return err
		}
		if r.Place == place || r.State != Waiting {
			return nil
		}
		r.Place = place
		if err := g.save(ctx, r); !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

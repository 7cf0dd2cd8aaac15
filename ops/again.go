package ops

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

type againParams struct {
	Run string `doc:"which run" fr:"quelle opération" names:"run"`
}

// again returns the kernel's own ops: what can be done with a run that is over. They are ops like any
// other, so they go through the same door: planned, judged, approved, journaled.
func (g *Gate) again() Bound {
	theme := T("Approvals and history", "Accords et historique")
	b := Bound{runners: map[string]runner{}, names: map[string]func(context.Context) ([]Choice, error){"run": g.undoable}}
	for _, o := range []struct {
		Spec
		plan func(Run) (Plan, error)
	}{
		{Spec{Name: "vigie.undo", Command: "undo", Risk: Reversible, Theme: theme, Examples: []string{""},
			Doc: T("Put back what an earlier operation changed.", "Remettre en place ce qu’une opération a changé."),
			Phrases: []Text{
				T("undo that", "annule ça"), T("put it back", "remets comme avant"),
				T("revert that", "défais ça"), T("go back", "reviens en arrière"),
				T("put it back as it was", "annule la dernière opération"),
			}}, planUndo},
		{Spec{Name: "vigie.resume", Command: "resume", Risk: Reversible, Theme: theme, Examples: []string{""},
			Doc: T("Go on with an operation from the step where it stood.", "Reprendre une opération à l’étape où elle en était."),
			Phrases: []Text{
				T("go on with it", "continue l’opération"),
				T("continue the operation", "reprends l’opération"),
			}}, planResume},
		{Spec{Name: "vigie.verify", Command: "verify", Risk: Reads, Theme: theme, Examples: []string{""},
			Doc:     T("Run the checks of an operation again, and change nothing.", "Refaire les vérifications d’une opération, sans rien changer."),
			Phrases: []Text{T("check it again", "vérifie encore")}}, planVerify},
	} {
		params := paramsOf(reflect.TypeFor[againParams]())
		b.Ops = append(b.Ops, Op{Spec: o.Spec, Params: params, plan: func(ctx context.Context, args Args) (Plan, error) {
			var p againParams
			canonical, err := fill(reflect.ValueOf(&p).Elem(), params, args)
			if err != nil {
				return Plan{}, err
			}
			r, err := g.load(ctx, p.Run)
			if errors.Is(err, ErrNoDoc) {
				return Plan{}, Fail(NotFound, T("I know of no such operation.", "Je ne connais pas cette opération."), nil)
			}
			if err != nil {
				return Plan{}, err
			}
			plan, err := o.plan(*r)
			plan.Op, plan.Args, plan.Target, plan.Locks = o.Name, canonical, r.Plan.Target, r.Plan.Locks
			plan.Origin = r.Plan.Op
			if r.Plan.Origin != "" {
				plan.Origin = r.Plan.Origin
			}
			plan.Facts = []Fact{{"run", fmt.Sprintf("%s at step %d, %d put back", r.State, r.At, len(r.Undone)), T("the operation", "l’opération")}}
			return plan, err
		}})
	}
	return b
}

// undoable lists what can still be put back or carried on, newest first.
func (g *Gate) undoable(ctx context.Context) ([]Choice, error) {
	runs, err := g.Runs(ctx, Succeeded, Uncertain, Halted, Left)
	if err != nil {
		return nil, err
	}
	var list []Choice
	for i := len(runs) - 1; i >= 0 && len(list) < 8; i-- {
		if r := runs[i]; r.Undoable(time.Now()) {
			list = append(list, Choice{Value: r.ID, Hint: T("%s, %s ago", "%s, il y a %s", r.Plan.Headline(), Since(r.Ended))})
		}
	}
	return list, nil
}

func planUndo(r Run) (Plan, error) {
	if !r.Undoable(time.Now()) {
		return Plan{}, Fail(Invalid, T("There is nothing left to put back: %s", "Il n’y a plus rien à remettre en place : %s", r.Plan.Title), nil)
	}
	return Plan{
		Title: T("Undo: %s", "Défaire : %s", r.Plan.Headline()), Risk: min(r.Plan.Risk, Disruptive), Steps: r.undoSteps(),
		Done: T("undone: %s", "défait : %s", r.Plan.Headline()),
	}, nil
}

func planResume(r Run) (Plan, error) {
	switch r.State {
	case Uncertain, Halted, Left:
	default:
		return Plan{}, Fail(Invalid, T("There is nothing to go on with: %s", "Il n’y a rien à reprendre : %s", r.Plan.Title), nil)
	}
	if r.At >= len(r.Plan.Steps) || len(r.Undone) > 0 {
		return Plan{}, Fail(Invalid, T("Its steps are all behind it; verify or undo it instead.", "Ses étapes sont toutes passées ; vérifie ou annule plutôt."), nil)
	}
	steps := slices.Clone(r.Plan.Steps[r.At:])
	before := r
	before.Steps = r.Steps[:r.At]
	steps[0] = steps[0].Undoing(append(slices.Clone(steps[0].Undo), before.undoSteps()...)...)
	return Plan{
		Title: T("Go on from step %d: %s", "Reprendre à l’étape %d : %s", r.At+1, r.Plan.Headline()), Risk: r.Plan.Risk,
		Steps: steps, Done: r.Plan.Done, UndoFor: r.Plan.UndoFor, Shows: r.Plan.Shows,
	}, nil
}

func planVerify(r Run) (Plan, error) {
	var checks []Step
	for _, s := range r.Plan.Steps {
		if s.Check {
			checks = append(checks, s)
		}
	}
	if len(checks) == 0 {
		return Plan{}, Fail(Invalid, T("That operation has no checks of its own.", "Cette opération n’a pas de vérification."), nil)
	}
	return Plan{Title: T("Verify: %s", "Vérifier : %s", r.Plan.Headline()), Steps: checks, Shows: r.Plan.Shows, Done: T("it holds: %s", "c’est bon : %s", r.Plan.Headline())}, nil
}

// settleOrigin tells the run that r undid, continued or verified what became of it.
func (g *Gate) settleOrigin(ctx context.Context, r *Run) error {
	state, what := PutBack, UndoEnded
	switch r.Ask.Op {
	case "vigie.undo":
	case "vigie.resume":
		state, what = Continued, RunDone
	case "vigie.verify":
		state, what = Succeeded, RunDone
	default:
		return nil
	}
	for {
		o, err := g.load(ctx, r.Of)
		if err != nil {
			return err
		}
		if o.By == r.ID { // settled before the bot ended
			return nil
		}
		if r.Ask.Op == "vigie.verify" && o.State != Uncertain {
			return nil
		}
		o.State, o.By = state, r.ID
		err = g.save(ctx, o, g.entry(o, r.Who, what, "by run "+r.ID))
		if err == nil {
			g.tell(o)
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

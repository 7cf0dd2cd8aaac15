package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigie/ops"
)

// ripe is how old what is kept must be before it may go: an hour more than it can be put back with /undo.
const ripe = keptFor + time.Hour

type tidyParams struct{}

type keptArgs struct {
	Database string   `json:"database"`
	Live     string   `json:"live,omitempty"`
	Role     MarkRole `json:"role"`
	Key      string   `json:"key"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "postgres.tidy", Command: "tidy", Theme: theme, Risk: ops.Destructive, Examples: []string{""},
	Doc: ops.T("Drop the databases that restores replaced more than a day ago.", "Supprimer les bases que des restaurations ont remplacées il y a plus d’un jour."),
	Phrases: []ops.Text{
		ops.T("drop the old databases kept from restores", "supprime les anciennes bases gardées des restaurations"),
		ops.T("tidy the databases up", "fais le ménage dans les bases"),
		ops.T("clean up the databases", "nettoie les bases"), ops.T("remove the old databases", "supprime les anciennes bases"),
	},
}, func(ctx context.Context, s *System, _ tidyParams) (ops.Plan, error) {
	v, err := s.overview(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	var go_, stay []Database
	for _, d := range v.kept {
		if !d.Mark.At.IsZero() && time.Since(d.Mark.At) >= ripe {
			go_ = append(go_, d)
		} else {
			stay = append(stay, d)
		}
	}
	switch {
	case len(v.kept) == 0:
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("Nothing is kept from restores.", "Rien n’est gardé de restaurations."), nil)
	case len(go_) == 0:
		last := slices.MinFunc(stay, func(a, b Database) int { return a.Mark.At.Compare(b.Mark.At) })
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("All that is kept is younger than a day: %s may go in %s.", "Tout ce qui est gardé a moins d’un jour : %s pourra partir dans %s.",
			ops.Name(last.Name), ops.Span(ripe-time.Since(last.Mark.At))), nil)
	}
	return s.planTidy(v, go_, stay), nil
})

func (s *System) planTidy(v overview, gone, stay []Database) ops.Plan {
	target, size := gone[0].Name, int64(0)
	if len(gone) > 1 {
		target = "tidy"
	}
	plan := ops.Plan{Target: target}
	for _, d := range gone {
		size += d.Size
		k := keptArgs{Database: d.Name, Live: v.liveOf(d), Role: d.Mark.Role, Key: d.Mark.Key}
		plan.Facts = append(plan.Facts, ops.Fact{Name: "kept " + d.Name, Value: fmt.Sprint(d.OID, " ", d.Mark), Label: ops.T("the database %s", "la base %s", ops.Name(d.Name))})
		plan.Steps = append(plan.Steps, dropKept.Do(k))
		plan.Costs = append(plan.Costs, ops.T("%s: %s, kept for %s", "%s : %s, gardée depuis %s", ops.Name(d.Name), ops.Size(d.Size), ops.Since(d.Mark.At)))
		if lock := "postgres:" + k.Live; k.Live != "" && !slices.Contains(plan.Locks, lock) {
			plan.Locks = append(plan.Locks, lock)
		}
	}
	for _, d := range gone {
		k := keptArgs{Database: d.Name, Live: v.liveOf(d), Role: d.Mark.Role, Key: d.Mark.Key}
		plan.Steps = append(plan.Steps, goneKept.Verify(k))
	}
	count := ops.Count{N: len(gone), EnOne: "database kept", EnMany: "databases kept", FrOne: "base gardée", FrMany: "bases gardées"}
	plan.Title = ops.T("Drop %s from restores, %s", "Supprimer %s de restaurations, %s", count, ops.Size(size))
	plan.Done = ops.T("%s freed", "%s libérés", ops.Size(size))
	if len(stay) > 0 {
		plan.Costs = append(plan.Costs, ops.T("%d younger ones stay.", "%d plus récentes restent.", len(stay)))
	}
	plan.Costs = append(plan.Costs, ops.T("What goes cannot be brought back.", "Ce qui part ne peut être ramené."))
	return plan
}

var dropKept = ops.Declare(&set, "postgres.drop-kept", func(k keptArgs) ops.Text {
	return ops.T("drop %s", "supprimer %s", ops.Name(k.Database))
}, func(ctx context.Context, s *System, k keptArgs) error {
	if err := s.Drop(ctx, k.Database, Mark{Role: k.Role, Key: k.Key}); err != nil {
		return err
	}
	if k.Live == "" {
		return nil
	}
	return s.Unmark(ctx, k.Live, Mark{Role: Live, Key: k.Key})
}, ops.Stops(func(k keptArgs) []string { return []string{"postgres:" + k.Database} }))

var goneKept = ops.Declare(&set, "postgres.gone-kept", func(k keptArgs) ops.Text {
	if k.Live == "" {
		return ops.T("%s is gone", "%s n’est plus là", ops.Name(k.Database))
	}
	return ops.T("%s is gone, %s is there and open", "%s n’est plus là, %s est là et ouverte", ops.Name(k.Database), ops.Name(k.Live))
}, func(ctx context.Context, s *System, k keptArgs) error {
	all, err := s.Server.Databases(ctx)
	if err != nil {
		return err
	}
	live := find(all, k.Live)
	switch {
	case find(all, k.Database) != nil:
		return ops.Fail(ops.Failed, ops.T("%s is still there", "%s est encore là", ops.Name(k.Database)), nil)
	case k.Live != "" && (live == nil || !live.Open):
		return ops.Fail(ops.Failed, ops.T("%s is not there, or takes no connections", "%s n’est pas là, ou n’accepte pas de connexions", ops.Name(k.Live)), nil)
	case k.Live != "":
		return s.Try(ctx, k.Live, Probe{SQL: "SELECT 1"})
	}
	return nil
})

package postgres

import (
	"context"
	"slices"

	"vigie/ops"
)

type restoreParams struct {
	Database string `doc:"which database" fr:"quelle base" names:"database"`
	Dump     string `doc:"which dump; I show them if it is left out" fr:"quel dump ; je les montre sinon" names:"dump" optional:"true"`
	Mode     string `doc:"swap puts a copy in its place, in-place writes over it" fr:"swap met une copie à sa place, in-place écrit par-dessus" choices:"swap,in-place" default:"swap"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "postgres.restore", Command: "restore", Theme: theme, Risk: ops.Destructive, Examples: []string{"n8n"},
	Doc: ops.T("Restore a database from a dump: beside the live one, compared, then swapped. Undone in seconds for 24 h.",
		"Restaurer une base depuis un dump : à côté de l’actuelle, comparée, puis échangée. Annulable en quelques secondes pendant 24 h."),
	Phrases: []ops.Text{
		ops.T("restore n8n", "restaure n8n"), ops.T("restore the database n8n from a backup", "restaure la base n8n depuis une sauvegarde"),
		ops.T("bring back n8n's data", "remets les données de n8n"),
		ops.T("restore n8n from last night", "restaure n8n d’hier soir"), ops.T("roll the database n8n back", "remets la base n8n comme hier"),
		ops.T("bring back the data of n8n", "récupère les données de n8n"),
	},
}, func(ctx context.Context, s *System, p restoreParams) (ops.Plan, error) {
	e, err := s.evidence(ctx, p)
	if err != nil {
		return ops.Plan{}, err
	}
	if p.Mode == "in-place" {
		return s.planOver(e)
	}
	return s.planSwap(e), nil
})

// planSwap is the plan that never writes the live database.
func (s *System) planSwap(e *evidence) ops.Plan {
	c := e.copy
	plan := s.plan(e)
	if e.live != nil && e.unread.IsZero() {
		plan.Steps = append(plan.Steps, safetyDump.Do(dumpArgs{Database: c.Database, Path: e.safety}))
	}
	plan.Steps = append(plan.Steps, scratch.Do(c).Undoing(dropScratch.Do(c)), compared.Verify(c))
	from := len(plan.Steps) + 1
	plan.Steps = append(plan.Steps, around(e.pause, swap.Do(c), unswap.Do(c))...)
	to := len(plan.Steps)
	plan.Steps = append(plan.Steps, answers.Verify(c))
	plan.Costs = append(e.losses(s), e.downtime(from, to)...)
	if e.live != nil {
		plan.Costs = append(plan.Costs, ops.T("Today's %s is kept as %s until /tidy. It needs about %s of the %s that are free.", "L’actuelle %s est gardée sous %s jusqu’à /tidy. Il faut environ %s sur les %s libres.",
			ops.Name(c.Database), ops.Name(c.Before), ops.Size(e.needs()), ops.Size(e.room.Data)))
	}
	return plan
}

// planOver is the plan that writes over the live database, in one transaction of its own.
func (s *System) planOver(e *evidence) (ops.Plan, error) {
	if err := e.overwritable(); err != nil {
		return ops.Plan{}, err
	}
	c := e.copy
	c.Scratch, c.Before = "", ""
	plan := s.plan(e)
	plan.Title = ops.T("Restore over %s, in place, from %s (%s, %s, reads back whole)", "Restaurer par-dessus %s, sur place, depuis le dump %s (%s, %s, se relit en entier)",
		ops.Name(c.Database), s.when(e.file.Made), s.clock(e.file.Made), ops.Size(e.file.Size))
	plan.Steps = append(plan.Steps, safetyDump.Do(dumpArgs{Database: c.Database, Path: e.safety}))
	from := len(plan.Steps) + 1
	plan.Steps = append(plan.Steps, around(e.pause, overwrite.Do(c), putBack.Do(backArgs{c, e.safety}))...)
	to := len(plan.Steps)
	plan.Steps = append(plan.Steps, answers.Verify(c))
	plan.Costs = append(e.losses(s), e.longDowntime(from, to)...)
	plan.Costs = append(plan.Costs, ops.T("🟠 Undoing it takes as long again. Without mode=in-place both take seconds.", "🟠 La défaire prend encore autant de temps. Sans mode=in-place, les deux prennent quelques secondes."))
	return plan, nil
}

// plan is what both ways have in common.
func (s *System) plan(e *evidence) ops.Plan {
	name := ops.Name(e.copy.Database)
	locks := []string{"postgres:" + e.copy.Database}
	if s.o.Name != "" {
		locks = append(locks, "container:"+s.o.Name) // nobody restarts the server under it
	}
	for _, l := range e.pause.Locks {
		if !slices.Contains(locks, l) {
			locks = append(locks, l)
		}
	}
	return ops.Plan{
		Title: ops.T("Restore %s from %s (%s, %s, reads back whole)", "Restaurer %s depuis le dump %s (%s, %s, se relit en entier)",
			name, s.when(e.file.Made), s.clock(e.file.Made), ops.Size(e.file.Size)),
		Target: e.copy.Database, Locks: locks, Facts: e.facts(),
		Done: ops.T("%s restored and answering", "%s restaurée et en état de répondre", name), UndoFor: keptFor,
	}
}

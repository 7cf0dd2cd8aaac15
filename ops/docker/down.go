package docker

import (
	"context"
	"slices"

	"vigie/ops"
)

type downParams struct {
	Phase string `doc:"which part of the stack: infra, apps, all" fr:"quelle partie de la pile : infra, apps, all" names:"phase"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.down", Command: "down", Theme: themeStack, Risk: ops.Disruptive, Examples: []string{"apps"},
	Doc: ops.T("Stop and remove the containers of a phase; volumes, networks and images stay.",
		"Arrêter et retirer les conteneurs d’une phase ; volumes, réseaux et images restent."),
	Phrases: []ops.Text{
		ops.T("take the apps down", "coupe les apps"), ops.T("take everything down", "coupe tout"), ops.T("stop the stack", "arrête la pile"),
		ops.T("stop all apps", "arrête toutes les apps"), ops.T("stop everything", "arrête tout"),
		ops.T("stop the whole stack", "coupe toute la pile"),
	},
}, func(ctx context.Context, s *Stack, p downParams) (ops.Plan, error) {
	v, phases, err := s.phases(ctx, p.Phase)
	if err != nil {
		return ops.Plan{}, err
	}
	plan := ops.Plan{
		Title:  ops.T("Take %s down", "Couper %s", phaseText(p.Phase)),
		Target: p.Phase, Done: ops.T("%s: down", "%s : à l’arrêt", phaseText(p.Phase)), UndoFor: undoFor,
	}
	var served []row
	n := 0
	for _, ph := range slices.Backward(phases) { // what needs the others goes first
		n += ph.down(&plan)
		for _, r := range ph.rows {
			if r.running() {
				served = append(served, r)
			}
		}
	}
	if n == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("Nothing to take down in %s: there is no container.", "Rien à couper dans %s : il n’y a aucun conteneur.", phaseText(p.Phase)), nil)
	}
	plan.Title = ops.T("%s, %s", "%s, %s", plan.Title, containers(n))
	plan.Costs = append(plan.Costs, v.unreachable(p.Phase, phases, served)...)
	list, err := s.need(ctx, served)
	if err != nil {
		return ops.Plan{}, err
	}
	for _, img := range list {
		if !img.here {
			plan.Costs = append(plan.Costs, ops.T("🟠 the way back is not sure: the image %s of %s is not here", "🟠 le retour n’est pas sûr : l’image %s de %s n’est pas ici", ops.Name(img.ref), ops.Name(img.row.name)))
		}
	}
	return plan, nil
})

// down adds to plan what takes the phase down, what proves it and what would bring it back, and returns how
// many containers that removes.
func (ph phase) down(plan *ops.Plan) int {
	var gonners, revive, well []member
	for _, r := range ph.rows {
		if r.box == nil {
			continue
		}
		m := evidence{row: r}.member()
		gonners = append(gonners, m)
		if r.running() || r.is == done {
			revive = append(revive, m)
		}
		if r.is == fine || r.is == done {
			well = append(well, m)
		}
		plan.Locks = append(plan.Locks, "container:"+r.container())
		plan.Facts = append(plan.Facts, r.stateFact())
	}
	if len(gonners) == 0 {
		return 0
	}
	var undo []ops.Step
	if len(revive) > 0 {
		undo = append(undo, up.Do(upArgs{File: ph.Path, Phase: ph.Phase, Members: unique(revive)}))
	}
	if len(well) > 0 {
		undo = append(undo, healthy.Verify(healthyArgs{well}))
	}
	plan.Steps = append(plan.Steps, down.Do(downArgs{File: ph.Path, Phase: ph.Phase, Members: gonners}).Undoing(undo...),
		gone.Verify(goneArgs{Phase: ph.Phase, Members: gonners}))
	return len(gonners)
}

// unreachable says what nobody reaches until it is up again, and which others lose something that they need.
func (v view) unreachable(which string, phases []phase, served []row) (costs []ops.Text) {
	names := make([]string, len(served))
	for i, r := range served {
		names[i] = r.name
	}
	if len(names) > 0 {
		costs = append(costs, ops.T("🟠 until /up %[1]s nobody reaches %[2]s", "🟠 jusqu’à /up %[1]s, plus d’accès à %[2]s", which, list(6, names...)))
	}
	var losers []string
	for _, o := range v.rows {
		inside := slices.ContainsFunc(phases, func(ph phase) bool { return ph.Path == o.file })
		if inside || o.want == nil || !o.running() {
			continue
		}
		if slices.ContainsFunc(served, func(r row) bool { return r.want != nil && slices.Contains(o.want.DependsOn, r.want.Name) }) {
			losers = append(losers, o.name)
		}
	}
	if len(losers) > 0 {
		costs = append(costs, ops.T("🟠 still running and in need of it: %s", "🟠 tournent encore et en ont besoin : %s", list(4, losers...)))
	}
	return costs
}

package docker

import (
	"context"

	"vigie/ops"
)

type stopParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.stop", Command: "stop", Theme: themeAct, Risk: ops.Disruptive, Examples: []string{"n8n"},
	Doc: ops.T("Stop a service; it stays off until somebody starts it.", "Arrêter un service ; il le reste jusqu’à ce qu’on le démarre."),
	Phrases: []ops.Text{
		ops.T("stop n8n", "arrête n8n"), ops.T("turn n8n off", "éteins n8n"), ops.T("shut down n8n", "coupe n8n"),
		ops.T("stop the container n8n", "arrête le conteneur n8n"), ops.T("turn off n8n", "stoppe n8n"),
	},
}, func(ctx context.Context, s *Stack, p stopParams) (ops.Plan, error) {
	v, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	if !r.running() {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s does not run: %s.", "%s ne tourne pas : %s.", ops.Name(r.name), r.says()), nil)
	}
	e, err := s.evidence(ctx, v, r)
	if err != nil {
		return ops.Plan{}, err
	}
	m := e.member()
	undo := []ops.Step{start.Do(m)}
	if r.is == fine && !m.Once {
		undo = append(undo, healthy.Verify(healthyArgs{[]member{m}}))
	}
	plan := ops.Plan{
		Title:  ops.T("Stop %s, %s", "Arrêter %s, %s", ops.Name(r.name), e.says()),
		Target: r.name, Locks: []string{"container:" + r.container()}, Facts: e.facts(),
		Steps: []ops.Step{stop.Do(m).Undoing(undo...), isStopped.Verify(m)},
		Done:  ops.T("%s stopped", "%s arrêté", ops.Name(r.name)), UndoFor: undoFor,
	}
	if d := v.dependents(r); len(d) > 0 {
		plan.Costs = append(plan.Costs, ops.T("🟠 %s", "🟠 %s", dependentText(d)))
	}
	plan.Costs = append(plan.Costs, ops.T("It stays off until somebody starts it.", "Il reste éteint jusqu’à ce qu’on le démarre."))
	return plan, nil
})

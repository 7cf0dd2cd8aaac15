package studio

import (
	"context"

	"vigie/ops"
)

var _ = ops.Add(&set, ops.Spec{
	Name: "studio.down", Command: "studio_down", Theme: theme, Risk: ops.Disruptive, Examples: []string{"", "comfyui"},
	Doc: ops.T("Stop the studio, or one service of it; containers, volumes and images stay.", "Éteindre le studio, ou un de ses services ; conteneurs, volumes et images restent."),
	Phrases: []ops.Text{
		ops.T("stop the studio", "éteins le studio"), ops.T("take the studio down", "arrête le studio"), ops.T("switch the studio off", "coupe le studio"),
	},
}, func(ctx context.Context, s *System, p serviceParams) (ops.Plan, error) {
	r, list, err := s.see(ctx, p.Service)
	if err == nil && p.Service == "" { // whatever runs, also what is not wanted up
		list, err = s.o.Containers.Look(ctx, false)
		list = ours(list)
	}
	if err != nil {
		return ops.Plan{}, err
	}
	if list = running(list); len(list) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("Nothing to stop: %s is off already.", "Rien à éteindre : %s est déjà éteint.", what(p.Service)), nil)
	}
	plan := s.plan(p.Service, list, r)
	idle, facts, costs := s.work(ctx, list)
	plan.Facts, plan.Costs = append(plan.Facts, facts...), append(plan.Costs, costs...)
	all := targets(list)
	act := s.act(all, r)
	act.Idle = idle
	plan.Title = ops.T("Stop %s on %s", "Éteindre %s sur %s", what(p.Service), s.host())
	plan.Steps = []ops.Step{stop.Do(act).Undoing(up.Do(s.undoing(all)), healthy.Verify(provedArgs{all})), stopped.Verify(provedArgs{all})}
	plan.Done, plan.UndoFor = ops.T("%s is off", "%s est éteint", what(p.Service)), undoFor
	return plan, nil
})

// ours are the services that the studio's files name: Compose stops no others.
func ours(list []Service) (out []Service) {
	for _, o := range list {
		if !o.Orphan {
			out = append(out, o)
		}
	}
	return out
}

package studio

import (
	"context"

	"vigie/ops"
)

var _ = ops.Add(&set, ops.Spec{
	Name: "studio.restart", Command: "studio_restart", Theme: theme, Risk: ops.Disruptive, Examples: []string{"", "comfyui"},
	Doc: ops.T("Restart what runs of the studio, or one service, and prove that it answers.", "Redémarrer ce qui tourne du studio, ou un service, et prouver qu’il répond."),
	Phrases: []ops.Text{
		ops.T("restart the studio", "redémarre le studio"),
	},
}, func(ctx context.Context, s *System, p serviceParams) (ops.Plan, error) {
	r, list, err := s.see(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	if list = running(list); len(list) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("Nothing to restart: %s is off. %s starts it.", "Rien à redémarrer : %s est éteint. %s l’allume.", what(p.Service), ops.Name("/studio_up")), nil)
	}
	plan := s.plan(p.Service, list, r)
	idle, facts, costs := s.work(ctx, list)
	plan.Facts, plan.Costs = append(plan.Facts, facts...), append(plan.Costs, costs...)
	act := s.act(targets(list), r)
	act.Idle = idle
	plan.Title = ops.T("Restart %s on %s", "Redémarrer %s sur %s", what(p.Service), s.host())
	plan.Steps = append([]ops.Step{restart.Do(act)}, s.proofs(since(list))...)
	plan.Costs = append(plan.Costs, ops.T("It is away for up to 2 min. What changed in its file is not applied.", "Il est absent jusqu’à 2 min. Ce qui a changé dans son fichier n’est pas appliqué."))
	plan.Done = ops.T("%s restarted", "%s redémarré", what(p.Service))
	return plan, nil
})

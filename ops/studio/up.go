package studio

import (
	"context"

	"vigie/ops"
)

var _ = ops.Add(&set, ops.Spec{
	Name: "studio.up", Command: "studio_up", Theme: theme, Risk: ops.Reversible, Examples: []string{"", "comfyui"},
	Doc: ops.T("Start the studio, or one service of it, and prove that it answers.", "Allumer le studio, ou un de ses services, et prouver qu’il répond."),
	Phrases: []ops.Text{
		ops.T("start the studio", "allume le studio"), ops.T("bring the studio up", "démarre le studio"), ops.T("switch the studio on", "mets le studio en marche"),
	},
}, func(ctx context.Context, s *System, p serviceParams) (ops.Plan, error) {
	r, list, err := s.see(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	begin := resting(list)
	if len(begin) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("Nothing to start: %s runs already. %s shows how it is.", "Rien à allumer : %s tourne déjà. %s montre comment il va.", what(p.Service), ops.Name("/studio")), nil)
	}
	plan := s.plan(p.Service, begin, r)
	for _, o := range begin {
		image, err := s.o.Containers.Meant(ctx, o.Ref)
		if err != nil {
			return ops.Plan{}, err
		}
		if image == "" {
			return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("The image %s of %s is not on %s, and I get none by surprise: %s gets it.", "L’image %s de %s n’est pas sur %s, et je n’en récupère pas par surprise : %s le fait.",
				ops.Name(o.Ref), ops.Name(o.Name), s.host(), ops.Name("/studio_update "+o.Name)), nil)
		}
		plan.Facts = append(plan.Facts, ops.Fact{Name: "image " + o.Ref, Value: short(image), Label: ops.T("image %s", "image %s", ops.Name(o.Ref))})
	}
	memory, cost := s.room(r, begin)
	plan.Facts = append(plan.Facts, memory)
	plan.Costs = append(plan.Costs, cost, ops.T("It may take 2 min until they are healthy.", "Cela peut prendre 2 min avant qu’ils soient en bonne santé."))
	all := targets(begin)
	plan.Title = ops.T("Start %s on %s", "Allumer %s sur %s", what(p.Service), s.host())
	plan.Steps = append([]ops.Step{up.Do(s.act(all, r)).Undoing(stop.Do(s.undoing(all)))}, s.proofs(all)...)
	plan.Done, plan.UndoFor = ops.T("%s is on", "%s est allumé", what(p.Service)), undoFor
	return plan, nil
})

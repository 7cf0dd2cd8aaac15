package comfyui

import (
	"context"

	"vigie/ops"
)

type removeParams struct {
	Name string `doc:"which checkpoint" fr:"quel checkpoint" names:"comfyui_kept"`
}

var _ = ops.Names(&shop, "comfyui_kept", func(ctx context.Context, s *System) (list []ops.Choice, _ error) {
	for _, c := range s.keeping.Known {
		if size, there, err := s.shelf.find(ctx, c.Name); err == nil && there {
			list = append(list, ops.Choice{Value: c.Name, Hint: ops.T("%s", "%s", ops.Size(size))})
		}
	}
	return list, nil
})

// Only what can be downloaded again is taken away, and only if it is that very file.
var _ = ops.Add(&shop, ops.Spec{
	Name: "comfyui.checkpoint_remove", Command: "checkpoint_remove", Theme: theme, Risk: ops.Destructive, Examples: []string{},
	Doc: ops.T("Take away a checkpoint that can be downloaded again, to make room.", "Enlever un checkpoint qu’on peut retélécharger, pour faire de la place."),
	Phrases: []ops.Text{
		ops.T("delete the checkpoint", "supprime le checkpoint"), ops.T("remove the checkpoint", "enlève le checkpoint"),
	},
}, func(ctx context.Context, s *System, p removeParams) (ops.Plan, error) {
	c, err := s.known(p.Name)
	if err != nil {
		return ops.Plan{}, err
	}
	name := ops.Name(c.Name)
	size, there, err := s.shelf.find(ctx, c.Name)
	switch {
	case err != nil:
		return ops.Plan{}, err
	case !there:
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("%s is not there.", "%s n’y est pas.", name), nil)
	case size != c.Size:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("the file %s is another one (%s): I take away only what can be downloaded again.", "le fichier %s en est un autre (%s) : je n’enlève que ce qu’on peut retélécharger.", name, ops.Size(size)), nil)
	}
	q, err := s.queue(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	for _, j := range q.all() {
		if j.uses(c.Name) {
			return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("ComfyUI has a job that draws with %s: let it end first.", "ComfyUI a une tâche qui dessine avec %s : laisse-la finir.", name), nil)
		}
	}
	plan := ops.Plan{
		Title: ops.T("Remove %s (%s)", "Enlever %s (%s)", name, ops.Size(c.Size)), Target: c.Name, Locks: []string{"comfyui:checkpoints"},
		Facts: []ops.Fact{{Name: "size", Value: ops.Size(size).In(ops.English), Label: ops.T("the file's size", "la taille du fichier")}},
		Steps: []ops.Step{remove.Do(c), unlisted.Verify(c)},
		Costs: []ops.Text{ops.T("Nothing undoes it, but it can be downloaded again: %s.", "Rien ne le défait, mais on peut le retélécharger : %s.", ops.Name("/checkpoint_get "+c.Name))},
		Done:  ops.T("%s is gone, %s free again", "%s n’est plus là, %s de libres", name, ops.Size(c.Size)),
	}
	if c.Name == s.o.Model {
		plan.Costs = append(plan.Costs, ops.T("%s It is what %s draws with unless another is named.", "%s C’est avec lui que %s dessine sauf autre demande.", ops.AtRisk, ops.Name("/imagine")))
	}
	return plan, nil
})

var (
	remove = ops.Declare(&shop, "comfyui.remove", func(c Checkpoint) ops.Text {
		return ops.T("remove %s, if its SHA-256 is %s", "enlever %s, si son SHA-256 est %s", ops.Name(c.Name), short(c.SHA256))
	}, func(ctx context.Context, s *System, c Checkpoint) error {
		_, there, err := s.shelf.find(ctx, c.Name)
		if err != nil || !there {
			return err
		}
		ops.Progress(ctx, ops.T("reading %s", "lecture de %s", ops.Size(c.Size)))
		same, err := s.same(ctx, c)
		if err == nil && !same {
			err = ops.Fail(ops.Failed, ops.T("it is another file than the configuration knows: I leave it", "c’est un autre fichier que celui de la configuration : je n’y touche pas"), nil)
		}
		if err != nil {
			return err
		}
		return s.dropped(ctx, c.Name)
	}, ops.Stops(func(c Checkpoint) []string { return []string{"checkpoint:" + c.Name} }))

	unlisted = ops.Declare(&shop, "comfyui.unlisted", func(c Checkpoint) ops.Text {
		return ops.T("ComfyUI no longer lists %s", "ComfyUI ne liste plus %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error {
		if _, there, err := s.shelf.find(ctx, c.Name); err != nil || there {
			if err == nil {
				err = ops.Fail(ops.Failed, ops.T("the file is still there", "le fichier est toujours là"), nil)
			}
			return err
		}
		return s.awaitListed(ctx, c.Name, false)
	})
)

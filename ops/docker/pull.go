package docker

import (
	"context"
	"slices"

	"vigie/ops"
)

type pullParams struct {
	Service string `doc:"which service, or all" fr:"quel service, ou all" names:"image"`
}

var _ = ops.Names(&set, "image", func(ctx context.Context, s *Stack) ([]ops.Choice, error) {
	v, err := s.see(ctx)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(s.choices(v), func(c ops.Choice) bool {
		r, err := v.find(c.Value)
		return err != nil || r.ref() == ""
	})
	return append(list, ops.Choice{Value: "all", Also: []string{"tout", "tous"}, Hint: ops.T("every image", "toutes les images")}), nil
})

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.pull", Command: "pull", Theme: themeAct, Risk: ops.Reversible, Examples: []string{"n8n", "all"},
	Doc: ops.T("Fetch newer images; nothing that runs is touched.", "Télécharger les images plus récentes ; rien de ce qui tourne n’est touché."),
	Phrases: []ops.Text{
		ops.T("pull the image of n8n", "télécharge l’image de n8n"), ops.T("fetch new images", "récupère les nouvelles images"),
		ops.T("pull all images", "télécharge toutes les images"), ops.T("fetch the newest image of n8n", "télécharge la nouvelle image de n8n"),
	},
}, func(ctx context.Context, s *Stack, p pullParams) (ops.Plan, error) {
	v, err := s.see(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	rows := v.rows
	if p.Service != "all" {
		r, err := v.find(p.Service)
		if err != nil {
			return ops.Plan{}, err
		}
		rows = []row{r}
	}
	found := s.compare(ctx, rows)
	if err := ctx.Err(); err != nil {
		return ops.Plan{}, err
	}
	plan := ops.Plan{Target: p.Service, UndoFor: undoFor}
	var fresh, unknown []string
	for _, n := range found {
		switch {
		case n.err != nil && len(rows) == 1:
			return ops.Plan{}, n.err
		case n.err != nil:
			unknown = append(unknown, n.row.name)
		case !n.newest():
			fresh = append(fresh, n.row.name)
			plan.Facts = append(plan.Facts, n.facts()...)
			plan.Locks = append(plan.Locks, "image:"+n.ref)
			step := pull.Do(pullArgs{Service: n.row.name, Ref: n.ref, Digest: n.digest, Old: n.local.ID})
			if n.here {
				step = step.Undoing(retag.Do(retagArgs{Ref: n.ref, Image: n.local.ID}))
			}
			plan.Steps = append(plan.Steps, step)
		}
	}
	if len(fresh) == 0 {
		return ops.Plan{}, nothingNew(p.Service, found, unknown)
	}
	plan.Title = ops.T("Pull %s", "Télécharger %s", list(3, fresh...))
	plan.Done = ops.T("pulled %s", "téléchargé : %s", list(3, fresh...))
	plan.Costs = append(plan.Costs, ops.T("Nothing is made anew: /update does that.", "Rien n’est recréé : /update le fait."))
	if len(unknown) > 0 {
		plan.Costs = append(plan.Costs, ops.T("🟠 no registry has: %s", "🟠 dans aucun registre : %s", list(4, unknown...)))
	}
	return plan, nil
})

func nothingNew(which string, found []needed, unknown []string) error {
	if len(found) == 0 {
		return ops.Fail(ops.Invalid, ops.T("%s has no image to pull: it is built here.", "%s n’a pas d’image à télécharger : elle est construite ici.", ops.Name(which)), nil)
	}
	t := ops.T("There is nothing newer: %s", "Il n’y a rien de plus récent : %s", ops.Name(found[0].ref))
	if len(found) > 1 {
		t = ops.T("There is nothing newer: %d of %d images are the registry's newest.", "Il n’y a rien de plus récent : %d images sur %d sont les dernières du registre.", len(found)-len(unknown), len(found))
	}
	if len(unknown) > 0 {
		t = ops.T("%s No registry has: %s", "%s Dans aucun registre : %s", t, list(4, unknown...))
	}
	return ops.Fail(ops.Invalid, t, nil)
}

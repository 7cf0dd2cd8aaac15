package docker

import (
	"context"
	"slices"

	"vigie/ops"
)

type updateParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.update", Command: "update", Theme: themeAct, Risk: ops.Disruptive, Examples: []string{"n8n"},
	Doc: ops.T("Pull a service's newest image, make it anew and prove it healthy; else go back by itself.",
		"Télécharger la dernière image d’un service, le recréer et prouver sa santé ; sinon revenir tout seul."),
	Phrases: []ops.Text{
		ops.T("update n8n", "mets à jour n8n"), ops.T("upgrade n8n", "passe n8n à la dernière version"),
		ops.T("update n8n to the newest version", "mets n8n à jour"), ops.T("upgrade n8n to the newest image", "passe n8n à la nouvelle version"),
	},
}, func(ctx context.Context, s *Stack, p updateParams) (ops.Plan, error) {
	v, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	if err := s.updatable(ctx, r); err != nil {
		return ops.Plan{}, err
	}
	e, err := s.evidence(ctx, v, r)
	if err != nil {
		return ops.Plan{}, err
	}
	found := s.compare(ctx, []row{r})
	if err := ctx.Err(); err != nil {
		return ops.Plan{}, err
	}
	n := found[0]
	if n.err != nil {
		return ops.Plan{}, n.err
	}
	if n.newest() && n.local.ID == e.d.ImageID {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s runs the registry's newest %s already (%s). Nothing to do.", "%s tourne déjà sur la dernière version de %s (%s). Rien à faire.",
			ops.Name(r.name), ops.Name(n.ref), ops.Name(short(n.digest))), nil)
	}
	return e.update(v, n), nil
})

// updatable says why r cannot be updated, if it cannot.
func (s *Stack) updatable(ctx context.Context, r row) error {
	switch {
	case r.want == nil || s.Compose == nil:
		return ops.Fail(ops.Invalid, ops.T("No compose file that I know names %s, so I cannot make it anew.", "Aucun fichier compose que je connais ne nomme %s, je ne peux donc pas le recréer.", ops.Name(r.name)), nil)
	case r.ref() == "":
		return ops.Fail(ops.Invalid, ops.T("%s is built here, not pulled: build it, then /recreate %s.", "%s est construit ici, pas téléchargé : construis-le, puis /recreate %s.", ops.Name(r.name), r.name), nil)
	case r.box == nil:
		return ops.Fail(ops.Invalid, ops.T("%s has no container to update. /start %s makes one.", "%s n’a pas de conteneur à mettre à jour. /start %s en crée un.", ops.Name(r.name), r.name), nil)
	}
	return s.Compose.Ready(ctx)
}

// update is the plan that takes e to what the registry has, and back to the image that it runs now if that does
// not become healthy.
func (e evidence) update(v view, n needed) ops.Plan {
	name, old := ops.Name(e.name), e.d.ImageID
	all := e.group(v)
	to := short(n.digest)
	if n.newest() {
		to = short(n.local.ID)
	}
	undo := []ops.Step{back.Do(backArgs{File: e.row.file, Members: all.members, Ref: n.ref, Image: old})}
	if e.is == fine && !e.once() {
		undo = append(undo, healthy.Verify(healthyArgs{all.members}))
	}
	again := retag.Do(retagArgs{Ref: n.ref, Image: old})
	plan := ops.Plan{
		Title:  ops.T("Update %s, %s → %s", "Mettre à jour %s, %s → %s", name, ops.Name(short(old)), ops.Name(to)),
		Target: e.name, Locks: append(all.locks, "image:"+n.ref),
		Facts: slices.Concat(e.facts(), all.facts, n.facts(), v.fileFacts(e.row)),
		Done:  ops.T("%s updated", "%s mis à jour", name), UndoFor: undoFor,
	}
	if n.newest() {
		plan.Steps = append(plan.Steps, keep.Do(keepArgs{Service: e.name, Image: old}))
	} else {
		plan.Steps = append(plan.Steps, pull.Do(pullArgs{Service: e.name, Ref: n.ref, Digest: n.digest, Old: old}).Undoing(again))
	}
	plan.Steps = append(plan.Steps,
		up.Do(upArgs{File: e.row.file, Phase: e.phase, Members: unique(all.members), Recreate: true}).Undoing(undo...),
		healthy.Verify(healthyArgs{all.since(e)}))
	if d := v.dependents(e.row); len(d) > 0 && e.row.running() {
		plan.Costs = append(plan.Costs, dependentText(d))
	}
	if changed := e.changed(); !changed.IsZero() && !n.newest() {
		plan.Costs = append(plan.Costs, ops.T("🟠 this applies as well: %s. Going back does not undo that.", "🟠 cela s’applique aussi : %s. Revenir en arrière ne l’annule pas.", changed))
	}
	plan.Costs = append(plan.Costs, ops.T("If it does not become healthy, it goes back to %s by itself. Data that the new version changed stays changed.",
		"S’il ne se porte pas bien, il revient tout seul à %s. Les données que la nouvelle version a modifiées le restent.", ops.Name(short(old))))
	return plan
}

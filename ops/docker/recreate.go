package docker

import (
	"context"
	"slices"

	"vigie/ops"
)

type recreateParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.recreate", Command: "recreate", Theme: themeAct, Risk: ops.Disruptive, Examples: []string{"n8n"},
	Doc: ops.T("Make a service's container anew, so that changed settings and images take effect.",
		"Recréer le conteneur d’un service, pour que réglages et images modifiés prennent effet."),
	Phrases: []ops.Text{
		ops.T("recreate n8n", "recrée n8n"), ops.T("apply the new settings of n8n", "applique les nouveaux réglages de n8n"), ops.T("reload the environment of n8n", "recharge l’environnement de n8n"),
		ops.T("recreate the container of n8n", "recrée le conteneur de n8n"), ops.T("rebuild the container of n8n", "refais le conteneur de n8n"),
		ops.T("reload the settings of n8n", "recharge les réglages de n8n"),
	},
}, func(ctx context.Context, s *Stack, p recreateParams) (ops.Plan, error) {
	v, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	facts, pulls, err := s.fromFile(ctx, v, r)
	if err != nil {
		return ops.Plan{}, err
	}
	e, err := s.evidence(ctx, v, r)
	if err != nil {
		return ops.Plan{}, err
	}
	all := e.group(v)
	plan := ops.Plan{
		Title:  ops.T("Recreate %s, %s", "Recréer %s, %s", ops.Name(r.name), e.says()),
		Target: r.name, Locks: all.locks, Facts: slices.Concat(e.facts(), all.facts, facts),
		Steps: append(pulls, up.Do(upArgs{File: r.file, Phase: r.phase, Members: unique(all.members), Recreate: true}),
			healthy.Verify(healthyArgs{all.since(e)})),
		Done: ops.T("%s recreated", "%s recréé", ops.Name(r.name)),
	}
	if changed := e.changed(); !changed.IsZero() {
		plan.Costs = append(plan.Costs, ops.T("This applies: %s.", "Cela applique : %s.", changed))
	}
	if n := len(all.members); n > 1 {
		plan.Costs = append(plan.Costs, ops.T("🟠 it has %s; compose makes them all anew", "🟠 il a %s ; compose les recrée tous", containers(n)))
	}
	if d := v.dependents(r); len(d) > 0 && r.running() {
		plan.Costs = append(plan.Costs, dependentText(d))
	}
	if r.once() {
		plan.Costs = append(plan.Costs, ops.T("It runs once: its job is done again.", "Il ne tourne qu’une fois : son travail est refait."))
	}
	if r.box != nil {
		plan.Costs = append(plan.Costs, ops.T("What it wrote outside of its volumes is lost; the volumes stay. It cannot be undone.",
			"Ce qu’il a écrit hors de ses volumes est perdu ; les volumes restent. Cela ne s’annule pas."))
	}
	return plan, nil
})

package docker

import (
	"context"

	"vigie/ops"
)

type restartParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.restart", Command: "restart", Theme: themeAct, Risk: ops.Disruptive, Examples: []string{"n8n"},
	Doc: ops.T("Restart a service, and prove that it came back.", "Redémarrer un service, et prouver qu’il est revenu."),
	Phrases: []ops.Text{
		ops.T("restart n8n", "redémarre n8n"), ops.T("reboot n8n", "relance n8n"), ops.T("kick n8n", "fais repartir n8n"),
		ops.T("restart the service n8n", "redémarre le service n8n"), ops.T("give n8n a restart", "fais redémarrer n8n"),
	},
}, func(ctx context.Context, s *Stack, p restartParams) (ops.Plan, error) {
	v, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	name := ops.Name(r.name)
	switch {
	case r.box == nil:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s has no container to restart. /recreate %s makes one.", "%s n’a pas de conteneur à redémarrer. /recreate %s en crée un.", name, r.name), nil)
	case r.once():
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s runs once and ends: a restart would run its job again. /start %s does that, if you mean it.",
			"%s ne tourne qu’une fois : le redémarrer referait son travail. /start %s le fait, si c’est voulu.", name, r.name), nil)
	case r.is == paused:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is paused; somebody froze it by hand. Unpause it on the machine first.", "%s est en pause ; quelqu’un l’a figé à la main. Relance-le d’abord sur la machine (unpause).", name), nil)
	}
	e, err := s.evidence(ctx, v, r)
	if err != nil {
		return ops.Plan{}, err
	}
	m := e.member()
	plan := ops.Plan{
		Title:  ops.T("Restart %s, %s", "Redémarrer %s, %s", name, e.says()),
		Target: r.name, Locks: []string{"container:" + r.container()}, Facts: e.facts(), Costs: e.costs(v),
		Done: ops.T("%s restarted", "%s redémarré", name),
	}
	if e.running() {
		plan.Steps = []ops.Step{restart.Do(m), healthy.Verify(healthyArgs{[]member{e.since(m)}})}
	} else {
		plan.Steps = []ops.Step{start.Do(m), healthy.Verify(healthyArgs{[]member{e.since(m)}})}
	}
	return plan, nil
})

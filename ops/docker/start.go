package docker

import (
	"context"
	"time"

	"vigie/ops"
)

// undoFor is how long a start, a stop, a pull or an update can be undone.
const undoFor = rollbackFor

type startParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.start", Command: "start", Theme: themeAct, Risk: ops.Reversible, Examples: []string{"metube"},
	Doc: ops.T("Start a service that is stopped or was never made.", "Démarrer un service arrêté ou jamais créé."),
	Phrases: []ops.Text{
		ops.T("start metube", "démarre metube"), ops.T("turn metube on", "allume metube"), ops.T("launch metube", "lance metube"),
		ops.T("start the service n8n", "démarre le service n8n"), ops.T("bring n8n back up", "remets n8n en route"),
		ops.T("turn n8n back on", "remonte n8n"),
	},
}, func(ctx context.Context, s *Stack, p startParams) (ops.Plan, error) {
	v, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	if r.running() {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s runs already: %s.", "%s tourne déjà : %s.", ops.Name(r.name), r.says()), nil)
	}
	e, err := s.evidence(ctx, v, r)
	if err != nil {
		return ops.Plan{}, err
	}
	m := e.member()
	plan := ops.Plan{
		Title:  ops.T("Start %s, %s", "Démarrer %s, %s", ops.Name(r.name), e.says()),
		Target: r.name, Locks: []string{"container:" + r.container()}, Facts: e.facts(), Costs: e.startCosts(),
		Done: ops.T("%s started", "%s démarré", ops.Name(r.name)), UndoFor: undoFor,
	}
	begin := start.Do(m)
	if r.box == nil || r.is == dead {
		facts, pulls, err := s.fromFile(ctx, v, r)
		if err != nil {
			return ops.Plan{}, err
		}
		plan.Facts, plan.Steps = append(plan.Facts, facts...), pulls
		begin = up.Do(upArgs{File: r.file, Phase: r.phase, Members: []member{m}})
	}
	if m.Once {
		plan.UndoFor = 0
	} else {
		begin = begin.Undoing(stop.Do(m), isStopped.Verify(m))
	}
	plan.Steps = append(plan.Steps, begin, healthy.Verify(healthyArgs{[]member{e.since(m)}}))
	return plan, nil
})

// fromFile is what must be true before compose can make r's container.
func (s *Stack) fromFile(ctx context.Context, v view, r row) ([]ops.Fact, []ops.Step, error) {
	if r.want == nil || s.Compose == nil {
		return nil, nil, ops.Fail(ops.Invalid, ops.T("No compose file that I know names %s, so I cannot make its container. Tell me the files under [stack] in my configuration.",
			"Aucun fichier compose que je connais ne nomme %s, je ne peux donc pas créer son conteneur. Indique-moi les fichiers sous [stack] dans ma configuration.", ops.Name(r.name)), nil)
	}
	if err := s.Compose.Ready(ctx); err != nil {
		return nil, nil, err
	}
	list, err := s.need(ctx, []row{r})
	if err != nil {
		return nil, nil, err
	}
	facts, pulls, err := ready(list)
	return append(facts, v.fileFacts(r)...), pulls, err
}

// fileFacts are what a container made now would be made of, besides its image.
func (v view) fileFacts(r row) (facts []ops.Fact) {
	add := func(name string, at time.Time, label ops.Text) {
		if !at.IsZero() {
			facts = append(facts, ops.Fact{Name: name, Value: at.UTC().Format(time.RFC3339Nano), Label: label})
		}
	}
	add("compose file", v.written(r.file), ops.T("compose file", "fichier compose"))
	add("env file", r.envWritten(), ops.T("env file", "fichier env"))
	return facts
}

func (e evidence) startCosts() (costs []ops.Text) {
	if e.once() {
		costs = append(costs, ops.T("It runs once: its job is done again.", "Il ne tourne qu’une fois : son travail est refait."))
	}
	for _, n := range e.needs {
		if n.is.needsYou() || n.is == off {
			costs = append(costs, ops.T("🟠 it needs %s, which is not well: %s", "🟠 il a besoin de %s, qui ne va pas bien : %s", ops.Name(n.name), n.says()))
		}
	}
	if e.box != nil && !e.changed().IsZero() {
		costs = append(costs, ops.T("🟠 %s: a start does not apply it, /recreate %s does", "🟠 %s : un démarrage ne l’applique pas, /recreate %s oui", e.changed(), e.name))
	}
	return costs
}

package openclaw

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type modelParams struct {
	Agent string `doc:"which agent" fr:"quel agent" names:"openclaw_agent"`
	Model string `doc:"which model" fr:"quel modèle" names:"openclaw_model"`
}

// undoFor is how long the former model can be put back with a tap.
const undoFor = 24 * time.Hour

var _ = ops.Add(&set, ops.Spec{
	Name: "openclaw.model", Command: "agent_model", Theme: theme, Risk: ops.Disruptive, Examples: []string{"writer litellm/glm-5"},
	Doc: ops.T("Give one of OpenClaw's agents another model, and prove that it has it.", "Donner un autre modèle à un agent d’OpenClaw, et prouver qu’il l’a."),
	Phrases: []ops.Text{
		ops.T("give the agent writer the model litellm/glm-5", "donne à l’agent writer le modèle litellm/glm-5"),
		ops.T("switch the agent writer to litellm/glm-5", "passe l’agent writer sur litellm/glm-5"),
	},
}, func(ctx context.Context, s *System, p modelParams) (ops.Plan, error) {
	list, err := s.agents(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	i := slices.IndexFunc(list, func(a agent) bool { return a.ID == p.Agent })
	if i < 0 {
		return ops.Plan{}, unknown("agent", p.Agent, ids(list), ops.T("OpenClaw has no agent %s.", "OpenClaw n’a pas d’agent %s.", ops.Name(clip(p.Agent, 40))))
	}
	models, err := s.models(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	j := slices.IndexFunc(models, func(m model) bool { return m.Key == p.Model })
	if j < 0 {
		return ops.Plan{}, unknown("model", p.Model, modelChoices(models), ops.T("OpenClaw knows no model %s.", "OpenClaw ne connaît pas de modèle %s.", ops.Name(clip(p.Model, 60))))
	}
	if models[j].Missing {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("OpenClaw's configuration names %s, and none of its providers has it.", "La configuration d’OpenClaw nomme %s, et aucun de ses fournisseurs ne l’a.", ops.Name(p.Model)), nil)
	}
	if list[i].Model == p.Model {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s has %s already.", "%s a déjà %s.", ops.Name(p.Agent), ops.Name(p.Model)), nil)
	}
	at, err := s.settingOf(ctx, p.Agent)
	if err != nil {
		return ops.Plan{}, err
	}
	plan, err := s.modelPlan(ctx, list[i], p.Model, at)
	if err == nil && !models[j].Available {
		plan.Costs = append(plan.Costs, ops.T("%s OpenClaw says that this model is not available: it may lack the key of its provider.", "%s OpenClaw dit que ce modèle n’est pas disponible : la clé de son fournisseur manque peut-être.", ops.AtRisk))
	}
	return plan, err
})

// modelPlan goes by the deployment's own variable where one is configured, and by OpenClaw's program otherwise.
func (s *System) modelPlan(ctx context.Context, a agent, to string, at setting) (ops.Plan, error) {
	plan := ops.Plan{
		Title:  ops.T("Give %s the model %s, instead of %s", "Donner à %s le modèle %s, à la place de %s", ops.Name(a.ID), ops.Name(to), modelSaid(a.Model)),
		Target: a.ID, Locks: []string{"openclaw-settings"},
		Facts: []ops.Fact{{Name: "model", Value: a.Model, Label: ops.T("the agent's model", "le modèle de l’agent")}},
		Done:  ops.T("%s uses %s", "%s utilise %s", ops.Name(a.ID), ops.Name(to)), UndoFor: undoFor,
	}
	var err error
	if d := s.o.Deploy; d != nil && d.Model != "" {
		err = s.byVariable(ctx, &plan, strings.ReplaceAll(d.Model, "{agent}", strings.ReplaceAll(a.ID, "-", "_")), to, at.Live, hasModel{a.ID, to}, hasModel{a.ID, a.Model})
	} else {
		err = s.byProgram(ctx, &plan, a, to, at)
	}
	return plan, err
}

// byProgram plans the change with OpenClaw's own program.
func (s *System) byProgram(ctx context.Context, plan *ops.Plan, a agent, to string, at setting) error {
	if !at.known {
		return ops.Fail(ops.Invalid, ops.T("%s stands nowhere in OpenClaw's own list of agents, so it has the default model, and Vigie does not change that for all.",
			"%s ne figure pas dans la liste d’agents d’OpenClaw : il a le modèle par défaut, et Vigie ne change pas celui-ci pour tous.", ops.Name(a.ID)), nil)
	}
	plan.Costs = append(plan.Costs, ops.T("%s OpenClaw's own settings change, not the deployment: the next deployment takes this back.", "%s Les réglages d’OpenClaw changent, pas le déploiement : le prochain déploiement annulera ceci.", ops.AtRisk))
	plan.Facts = append(plan.Facts, ops.Fact{Name: "setting", Value: string(at.Raw), Label: ops.T("the agent's setting", "le réglage de l’agent")})
	back := []ops.Step{putBack.Do(settingArgs{Agent: a.ID, Raw: string(at.Raw)})}
	set := setModel.Do(settingArgs{Agent: a.ID, Model: to, Raw: string(at.Raw), Restarts: !at.Live})
	if at.Live {
		plan.Steps = []ops.Step{set.Undoing(append(back, modelIs.Verify(hasModel{a.ID, a.Model}))...)}
	} else {
		r, err := s.restart(ctx, plan)
		if err != nil {
			return err
		}
		plan.Costs = append(plan.Costs, away(s))
		first := r.Steps[0]
		plan.Steps = append([]ops.Step{set.Undoing(putBack.Do(settingArgs{Agent: a.ID, Raw: string(at.Raw), Last: true})), first.Undoing(append(append(back, r.Again...), modelIs.Verify(hasModel{a.ID, a.Model}))...)}, r.Steps[1:]...)
	}
	plan.Steps = append(plan.Steps, modelIs.Verify(hasModel{a.ID, to}), channelsLoaded.Verify(loadedArgs{s.o.Channels}))
	return nil
}

// restart plans what makes OpenClaw read its settings anew.
func (s *System) restart(ctx context.Context, plan *ops.Plan) (Restart, error) {
	if s.o.Restart == nil {
		return Restart{}, ops.Fail(ops.Unavailable, ops.T("This version of OpenClaw reads its settings when it starts, and nothing here can restart it.", "Cette version d’OpenClaw lit ses réglages au démarrage, et rien ici ne peut la redémarrer."), nil)
	}
	r, err := s.o.Restart(ctx)
	plan.Facts, plan.Locks = append(plan.Facts, r.Facts...), append(plan.Locks, r.Locks...)
	return r, err
}

func away(s *System) ops.Text {
	return ops.T("All agents are away while %s restarts: half a minute.", "Tous les agents sont absents pendant le redémarrage de %s : une demi-minute.", ops.Name(s.o.Service))
}

func modelSaid(key string) ops.Text {
	if key == "" {
		return ops.T("OpenClaw's default", "celui par défaut d’OpenClaw")
	}
	return ops.Raw(ops.Name(clip(key, 60)).String())
}

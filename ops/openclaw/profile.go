package openclaw

import (
	"context"
	"slices"
	"strings"

	"vigie/ops"
)

type profileParams struct {
	Profile string `doc:"which profile" fr:"quel profil" names:"openclaw_profile"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "openclaw.profile", Command: "agent_profile", Theme: theme, Risk: ops.Disruptive, Examples: []string{"eco"},
	Doc: ops.T("Switch all of OpenClaw's agents to another profile of the deployment.", "Passer tous les agents d’OpenClaw sur un autre profil du déploiement."),
	Phrases: []ops.Text{
		ops.T("switch the agents to the profile eco", "passe les agents sur le profil eco"), ops.T("use the profile eco for openclaw", "utilise le profil eco pour openclaw"),
	},
}, func(ctx context.Context, s *System, p profileParams) (ops.Plan, error) {
	d := s.o.Deploy
	if !slices.Contains(d.Profiles, p.Profile) {
		var all []ops.Choice
		for _, one := range d.Profiles {
			all = append(all, ops.Choice{Value: one})
		}
		return ops.Plan{}, unknown("profile", p.Profile, all, ops.T("The deployment has no profile %s.", "Le déploiement n’a pas de profil %s.", ops.Name(clip(p.Profile, 40))))
	}
	_, v, err := s.variable(d.Profile)
	if err != nil {
		return ops.Plan{}, err
	}
	if v.Value == p.Profile {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("The profile is %s already.", "Le profil est déjà %s.", ops.Name(p.Profile)), nil)
	}
	return s.profilePlan(ctx, p.Profile, v)
})

func (s *System) profilePlan(ctx context.Context, to string, v variable) (ops.Plan, error) {
	d := s.o.Deploy
	list, err := s.agents(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	at, err := s.settingOf(ctx, "")
	if err != nil {
		return ops.Plan{}, err
	}
	was := usesArgs{Models: map[string]string{}}
	for _, a := range list {
		was.Models[a.ID] = a.Model
	}
	plan := ops.Plan{
		Title:  ops.T("Switch all agents to profile %s, from %s: %s", "Passer tous les agents au profil %s, depuis %s : %s", ops.Name(to), ops.Name(clip(v.Value, 40)), countAgents(len(list))),
		Target: to, Locks: []string{"openclaw-settings"}, Done: ops.T("OpenClaw's agents use the profile %s", "Les agents d’OpenClaw utilisent le profil %s", ops.Name(to)), UndoFor: undoFor,
		Costs: []ops.Text{ops.T("The models of all agents change, and with them what they cost; an agent whose own variable is set keeps it.", "Les modèles de tous les agents changent, et leur coût avec ; un agent qui a sa propre variable la garde.")},
		Facts: []ops.Fact{{Name: "models", Value: was.String(), Label: ops.T("the agents' models", "les modèles des agents")}},
	}
	set, err := s.variablePlan(&plan, d.Profile, to)
	if err != nil {
		return ops.Plan{}, err
	}
	run := deployArgs{withProfile(d.Runs["profile"], to)}
	again := []ops.Step{putVariable.Do(set)}
	if slices.Contains(d.Profiles, v.Value) || !strings.Contains(strings.Join(d.Runs["profile"], " "), "{profile}") {
		again = append(again, runDeploy.Do(deployArgs{withProfile(d.Runs["profile"], v.Value)}), modelsAre.Verify(usesArgs{Models: was.Models}))
	} else {
		plan.Costs = append(plan.Costs, ops.T("%s %s is no profile that I may deploy: undoing this puts the variable back, and the deploying is up to you.", "%s %s n’est pas un profil que je peux déployer : annuler remet la variable, et le déploiement reste à faire.", ops.AtRisk, ops.Name(clip(v.Value, 40))))
	}
	plan.Steps = []ops.Step{setVariable.Do(set).Undoing(putVariable.Do(set.last())), runDeploy.Do(run).Undoing(again...)}
	if err := s.restartedBy(ctx, &plan, at.Live); err != nil {
		return ops.Plan{}, err
	}
	plan.Steps = append(plan.Steps, modelsAre.Verify(usesArgs{Models: was.Models, Other: true}), channelsLoaded.Verify(loadedArgs{s.o.Channels}))
	return plan, nil
}

func countAgents(n int) ops.Count {
	return ops.Count{N: n, EnOne: "agent", EnMany: "agents", FrOne: "agent", FrMany: "agents"}
}

// A usesArgs is which model each agent had: it is to be so again, or not to be so any more.
type usesArgs struct {
	Models map[string]string `json:"models"`
	Other  bool              `json:"other,omitempty"`
}

func (u usesArgs) String() string {
	var parts []string
	for id, m := range u.Models {
		parts = append(parts, id+"="+m)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

var modelsAre = ops.Declare(&set, "openclaw.models_are", func(u usesArgs) ops.Text {
	if u.Other {
		return ops.T("the gateway answers, and the agents have other models than before", "la passerelle répond, et les agents ont d’autres modèles qu’avant")
	}
	return ops.T("the gateway answers, and the agents have the models that they had", "la passerelle répond, et les agents ont les modèles d’avant")
}, func(ctx context.Context, s *System, u usesArgs) error {
	if err := s.answers(ctx, ""); err != nil {
		return err
	}
	list, err := s.agents(ctx)
	if err != nil {
		return err
	}
	changed := 0
	for _, a := range list {
		if u.Models[a.ID] != a.Model {
			changed++
		}
	}
	if u.Other == (changed == 0) {
		return ops.Fail(ops.Failed, ops.T("the models of %d of %s changed", "les modèles de %d sur %s ont changé", changed, countAgents(len(list))), nil)
	}
	ops.Progress(ctx, ops.T("%d of %s have another model", "%d sur %s ont un autre modèle", changed, countAgents(len(list))))
	return nil
})

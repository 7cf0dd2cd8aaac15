package openclaw

import (
	"context"
	"slices"

	"vigie/ops"
)

// An agent is one of OpenClaw's, as its program tells of it.
type agent struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Identity string `json:"identityName"`
	Emoji    string `json:"identityEmoji"`
	Model    string `json:"model"` // "provider/model"; empty: OpenClaw's own default
	Bindings int    `json:"bindings"`
	Default  bool   `json:"isDefault"`
}

type agentsParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "openclaw.agents", Command: "agents", Theme: theme, Examples: []string{""},
	Doc: ops.T("OpenClaw's agents: who they are, which model each uses, and whether the gateway has them.", "Les agents d’OpenClaw : qui ils sont, le modèle de chacun, et si la passerelle les a."),
	Phrases: []ops.Text{
		ops.T("which model does each agent use", "quel modèle utilise chaque agent"), ops.T("list the agents", "liste les agents"),
		ops.T("the agents of openclaw", "les agents d’openclaw"),
	},
}, func(ctx context.Context, s *System, _ agentsParams) (ops.Answer, error) {
	list, err := s.agents(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	live, err := s.live(ctx)
	if kind := ops.KindOf(err); err != nil && kind != ops.Unavailable && kind != ops.Failed {
		return ops.Answer{}, err
	}
	return s.agentsAnswer(list, live, err), nil
})

// live lists the agents that the running gateway has.
func (s *System) live(ctx context.Context) ([]string, error) {
	var h health
	if err := s.ask(ctx, &h, "health"); err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range h.Agents {
		ids = append(ids, a.ID)
	}
	return ids, nil
}

const shownAgents = 11

func (s *System) agentsAnswer(list []agent, live []string, down error) ops.Answer {
	n := ops.Count{N: len(list), EnOne: "agent", EnMany: "agents", FrOne: "agent", FrMany: "agents"}
	missing := 0
	for _, a := range list {
		if !slices.Contains(live, a.ID) {
			missing++
		}
	}
	var a ops.Answer
	switch {
	case ops.KindOf(down) == ops.Failed: // its program may not ask the gateway: that says nothing of the gateway
		a.Line(ops.T("%s %s configured; whether the gateway has them cannot be asked", "%s %s dans la configuration ; impossible de demander si la passerelle les a", ops.Off, n)).Line(ops.SayOf(down))
	case down != nil:
		a.Line(ops.T("%s %s configured, and none answers: the gateway does not", "%s %s dans la configuration, et aucun ne répond : la passerelle non plus", ops.Broken, n)).Line(ops.SayOf(down))
	case missing > 0:
		a.Line(ops.T("%s %d of %s not in the running gateway: it was not restarted since they were configured", "%s %d sur %s absents de la passerelle : elle n’a pas redémarré depuis leur configuration", ops.AtRisk, missing, n))
	default:
		a.Line(ops.T("%s %s, all in the running gateway", "%s %s, tous dans la passerelle", ops.Fine, n))
	}
	for i, one := range list {
		mark := ops.Fine
		switch {
		case down != nil:
			mark = ops.Off
		case !slices.Contains(live, one.ID):
			mark = ops.AtRisk
		}
		model := ops.T("OpenClaw's default model", "le modèle par défaut d’OpenClaw")
		if one.Model != "" {
			model = ops.Raw(ops.Name(clip(one.Model, 60)).String())
		}
		line := ops.T("%s %s%s · %s", "%s %s%s · %s", mark, ops.Name(one.ID), s.persona(one), model)
		if one.Default {
			line = ops.Join(" · ", line, ops.T("the default", "celui par défaut"))
		}
		a.Blocks = append(a.Blocks, ops.Block{Line: line, Fold: i >= shownAgents})
	}
	return *a.Row(ops.AskFor(ops.T("Change a model…", "Changer un modèle…"), "openclaw.model"), ops.AskFor(ops.T("Skills and plugins", "Compétences et extensions"), "openclaw.loaded"), ops.AskFor(ops.Raw("↻"), "openclaw.agents"))
}

// persona is what people call an agent: the configuration's word first, then its own.
func (s *System) persona(a agent) string {
	name := s.o.Personas[a.ID]
	for _, other := range []string{a.Identity, a.Name} {
		if name == "" && other != a.ID {
			name = other
		}
	}
	if name = clip(name, 30); name == "" {
		return ""
	}
	return " " + name
}

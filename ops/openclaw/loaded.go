package openclaw

import (
	"context"
	"slices"
	"strings"

	"vigie/ops"
)

// A skill is something that agents know how to do.
type skill struct {
	Name     string `json:"name"`
	Eligible bool   `json:"eligible"`
	Disabled bool   `json:"disabled"`
	Bundled  bool   `json:"bundled"`
	Missing  struct {
		Bins   []string `json:"bins"`
		Env    []string `json:"env"`
		Config []string `json:"config"`
	} `json:"missing"`
}

// A plugin is a part of OpenClaw that can be on or off: its channels are plugins as well.
type plugin struct {
	ID      string `json:"id"`
	Enabled bool   `json:"enabled"`
	Status  string `json:"status"` // what became of it: loaded, disabled, error
	Error   string `json:"error"`
}

type loadedParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "openclaw.loaded", Command: "skills", Theme: theme, Examples: []string{""},
	Doc: ops.T("The skills that OpenClaw can use and the plugins that it has loaded, its channels first.", "Les compétences utilisables par OpenClaw et les extensions chargées, ses canaux d’abord."),
	Phrases: []ops.Text{
		ops.T("which skills are loaded", "quelles compétences sont chargées"), ops.T("is the telegram plugin of openclaw loaded", "l’extension telegram d’openclaw est-elle chargée"),
	},
}, func(ctx context.Context, s *System, _ loadedParams) (ops.Answer, error) {
	var skills struct {
		Skills []skill `json:"skills"`
	}
	if err := s.ask(ctx, &skills, "skills", "list"); err != nil {
		return ops.Answer{}, err
	}
	var plugins struct {
		Plugins []plugin `json:"plugins"`
	}
	if err := s.ask(ctx, &plugins, "plugins", "list"); err != nil {
		return ops.Answer{}, err
	}
	return s.loadedAnswer(skills.Skills, plugins.Plugins), nil
})

func (s *System) loadedAnswer(skills []skill, plugins []plugin) ops.Answer {
	var usable, lacking, loaded, broken []string
	for _, k := range skills {
		switch {
		case k.Disabled:
		case k.Eligible:
			usable = append(usable, clip(k.Name, 40))
		case !k.Bundled: // what comes with OpenClaw and lacks its program was never asked for
			lacking = append(lacking, clip(k.Name, 40)+" ("+clip(strings.Join(slices.Concat(k.Missing.Bins, k.Missing.Env, k.Missing.Config), ", "), 60)+")")
		}
	}
	on := map[string]bool{}
	for _, p := range plugins {
		switch {
		case p.Status == "loaded":
			on[p.ID] = true
			loaded = append(loaded, clip(p.ID, 40))
		case p.Enabled && p.Status != "disabled":
			broken = append(broken, clip(p.ID+": "+p.Error, 120))
		}
	}
	var a ops.Answer
	mute := slices.DeleteFunc(slices.Clone(s.o.Channels), func(c string) bool { return on[c] })
	switch {
	case len(mute) > 0:
		a.Line(ops.T("%s OpenClaw is mute on %s: the plugin is not loaded, however healthy the container looks", "%s OpenClaw est muet sur %s : l’extension n’est pas chargée, même si le conteneur a l’air sain", ops.Broken, ops.Name(strings.Join(mute, ", "))))
	case len(broken) > 0:
		a.Line(ops.T("%s %d plugins could not be loaded", "%s %d extensions n’ont pas pu être chargées", ops.AtRisk, len(broken)))
	default:
		a.Line(ops.T("%s %s can be used, channels are loaded", "%s %s utilisables, canaux chargés", ops.Fine, ops.Count{N: len(usable), EnOne: "skill", EnMany: "skills", FrOne: "compétence", FrMany: "compétences"}))
	}
	for _, b := range broken {
		a.Line(ops.T("%s plugin %s", "%s extension %s", ops.AtRisk, ops.Name(b)))
	}
	for _, k := range lacking {
		a.Line(ops.T("%s skill %s lacks something", "%s il manque quelque chose à la compétence %s", ops.AtRisk, ops.Name(k)))
	}
	a.Line(ops.T("%s skills: %s", "%s compétences : %s", ops.Fine, listed(usable)))
	a.Line(ops.T("%s plugins: %s", "%s extensions : %s", ops.Fine, listed(loaded)))
	return *a.Row(ops.AskFor(ops.T("Agents", "Agents"), "openclaw.agents"), ops.AskFor(ops.Raw("↻"), "openclaw.loaded"))
}

// listed names things, up to a phone's few lines.
func listed(names []string) ops.Text {
	const most = 25
	switch {
	case len(names) == 0:
		return ops.T("none", "aucune")
	case len(names) > most:
		return ops.T("%s and %d more", "%s et %d autres", strings.Join(names[:most], ", "), len(names)-most)
	}
	return ops.Raw(strings.Join(names, ", "))
}

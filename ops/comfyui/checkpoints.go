package comfyui

import (
	"context"
	"slices"

	"vigie/ops"
)

var _ = ops.Look(&set, ops.Spec{
	Name: "comfyui.checkpoints", Command: "checkpoints", Theme: theme, Examples: []string{""},
	Doc:     ops.T("Which models ComfyUI can draw with, and which can be downloaded.", "Avec quels modèles ComfyUI peut dessiner, et lesquels se téléchargent."),
	Phrases: []ops.Text{ops.T("which checkpoints are there", "quels checkpoints y a-t-il")},
}, func(ctx context.Context, s *System, _ none) (ops.Answer, error) {
	list, err := s.models(ctx, "checkpoints")
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("🟢 %s to draw with", "🟢 %s pour dessiner", checkpointsOf(len(list))))
	switch {
	case len(list) == 0 && s.Keeps():
		a = ops.Say(ops.Join(" ", ops.Raw(ops.AtRisk), ops.T("ComfyUI has no checkpoint to draw with", "ComfyUI n’a aucun checkpoint pour dessiner")))
	case len(list) == 0:
		return ops.Say(ops.Join(" ", ops.Raw(ops.AtRisk), noModels("checkpoints").Say)), nil
	}
	for i, m := range list[:min(8, len(list))] {
		line := ops.Raw(ops.Name(clip(m, 100)).String())
		if m == s.o.Model || s.o.Model == "" && i == 0 {
			line = ops.T("%s · used unless another is named", "%s · utilisé sauf autre demande", line)
		}
		a.Line(line)
	}
	if more := len(list) - 8; more > 0 {
		a.Line(ops.T("and %d more", "et %d de plus", more))
	}
	s.offer(ctx, &a, list)
	return a, nil
})

// offer says which known checkpoints are not there, each with a button.
func (s *System) offer(ctx context.Context, a *ops.Answer, list []string) {
	if !s.Keeps() {
		return
	}
	offered := 0
	for _, c := range s.keeping.Known {
		if slices.Contains(list, c.Name) || offered == 4 {
			continue
		}
		offered++
		line := ops.T("%s %s · %s · can be downloaded", "%s %s · %s · à télécharger", ops.Off, ops.Name(c.Name), ops.Size(c.Size))
		if have, there, err := s.shelf.find(ctx, c.part()); err == nil && there {
			line = ops.T("%s %s · %s, of which %s are there", "%s %s · %s, dont %s sont là", ops.Off, ops.Name(c.Name), ops.Size(c.Size), ops.Size(have))
		}
		a.Line(line)
		a.Row(ops.AskFor(ops.T("Get %s", "Télécharger %s", clip(c.Name, 30)), "comfyui.checkpoint_get", "name", c.Name))
	}
}

package main

import (
	"fmt"

	"vigie/ops/comfyui"
	"vigie/ops/remotion"
	"vigie/ops/studio"
)

// lookAtStudio makes what draws pictures and renders videos, and the studio that they run in.
func (b *bot) lookAtStudio(l *lookouts) error {
	var programs []studio.Program
	if c := b.cfg.ComfyUI; c.URL != "" {
		system, err := comfyui.New(comfyui.Options{URL: c.URL, Workflows: c.Workflows, Workflow: c.Workflow, Model: c.Model, Sizes: c.Sizes})
		if err != nil {
			return fmt.Errorf("preparing pictures: %w", err)
		}
		l.bound, l.pictures = append(l.bound, comfyui.Bind(system)), system
		programs = append(programs, studio.Program{Service: b.cfg.Studio.ComfyUI, API: system})
	}
	if r := b.cfg.Remotion; r.URL != "" {
		o := remotion.Options{URL: r.URL, Public: r.PublicURL, Token: given(r.Token), Kept: settings{b.store, "remotion/"}}
		for _, c := range r.Compositions {
			o.Compositions = append(o.Compositions, remotion.Composition{Name: c.Name, Inputs: c.Inputs})
		}
		system, err := remotion.New(o)
		if err != nil {
			return fmt.Errorf("preparing videos: %w", err)
		}
		l.bound, l.videos = append(l.bound, remotion.Bind(system)), system
		programs = append(programs, studio.Program{Service: b.cfg.Studio.Remotion, API: system})
	}
	if b.cfg.Studio.Project == "" {
		return nil
	}
	system, err := b.openStudio(programs)
	if err != nil {
		return fmt.Errorf("preparing the studio: %w", err)
	}
	l.bound = append(l.bound, studio.Bind(system))
	return nil
}

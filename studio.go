package main

import (
	"context"
	"fmt"

	"vigie/config"
	"vigie/ops/comfyui"
	"vigie/ops/remotion"
	"vigie/ops/ssh"
	"vigie/ops/studio"
)

// lookAtStudio makes what draws pictures and renders videos, and the studio that they run in.
func (b *bot) lookAtStudio(l *lookouts) error {
	var programs []studio.Program
	if c := b.cfg.ComfyUI; c.URL != "" {
		system, err := comfyui.New(comfyui.Options{URL: c.URL, Workflows: c.Workflows, Workflow: c.Workflow, Model: c.Model, Sizes: c.Sizes, Keeping: b.keeping(c.Downloads)})
		if err != nil {
			return fmt.Errorf("preparing pictures: %w", err)
		}
		l.bound, l.pictures = append(l.bound, comfyui.Bind(system)), system
		programs = append(programs, studio.Program{Service: b.cfg.Studio.ComfyUI, API: system})
		if system.Keeps() {
			l.bound = append(l.bound, comfyui.BindKeeping(system))
		}
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
	l.add(studio.Bind(system), system.Watcher())
	return nil
}

// keeping is where ComfyUI's checkpoints are kept; nil if the configuration does not say.
func (b *bot) keeping(d config.Downloads) *comfyui.Keeping {
	if d.Dir == "" {
		return nil
	}
	k := &comfyui.Keeping{Dir: d.Dir, Where: d.Host, Hosts: d.From, KeepFree: int64(d.KeepFree), Pickle: d.Pickle}
	if d.Host != "" {
		k.On = far{b.reach.clients[d.Host]}
	}
	for _, c := range d.Checkpoints {
		k.Known = append(k.Known, comfyui.Checkpoint{Name: c.Name, URL: c.URL, SHA256: c.SHA256, Size: c.Size, Licence: c.Licence})
	}
	return k
}

// far runs argument lists on another machine.
type far struct{ *ssh.Client }

func (f far) Run(ctx context.Context, argv []string, limit int) (out, errs []byte, exit int, err error) {
	r, err := f.Client.Run(ctx, argv, limit)
	return r.Out, r.Err, r.Exit, err
}

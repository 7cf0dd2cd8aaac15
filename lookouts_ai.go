package main

import (
	"context"
	"fmt"
	"time"

	"vigie/ops/docker"
	"vigie/ops/n8n"
	"vigie/ops/openclaw"
)

func (b *bot) lookAtN8N(l *lookouts) error {
	c := b.cfg.N8N
	if c.URL == "" {
		return nil
	}
	system, err := n8n.New(n8n.Options{URL: c.URL, Key: given(c.Key), Every: time.Duration(c.Every)})
	if err != nil {
		return fmt.Errorf("looking after n8n: %w", err)
	}
	l.add(n8n.Bind(system), system.Watcher())
	return nil
}

func (b *bot) lookAtOpenClaw(l *lookouts) error {
	c := b.cfg.OpenClaw
	if c.Service == "" {
		return nil
	}
	o := openclaw.Options{Container: inOpenClaw{b.stack.Box(c.Service)}, Service: c.Service, Program: c.Program, Channels: c.Channels,
		Personas: c.Personas, Every: time.Duration(c.Every), Link: given(c.Link),
		Restart: func(ctx context.Context) (openclaw.Restart, error) {
			r, err := b.stack.Restarting(ctx, c.Service)
			return openclaw.Restart(r), err
		}}
	if d := c.Deploy; d.Variables != "" {
		o.Deploy = &openclaw.Deploy{Variables: d.Variables, Model: d.Model, Profile: d.Profile, Profiles: d.Profiles, Limit: time.Duration(d.Limit),
			Runs: map[string][]string{"model": d.Run, "profile": orElse(d.ProfileRun, d.Run)},
			Run: func(ctx context.Context, argv []string, each func(string)) (int, error) {
				return script(argv).Run(ctx, each)
			}}
	}
	system, err := openclaw.New(o)
	if err != nil {
		return fmt.Errorf("looking after OpenClaw: %w", err)
	}
	l.add(openclaw.Bind(system), system.Watcher())
	return nil
}

// inOpenClaw is a service's container as the package openclaw sees it.
type inOpenClaw struct{ *docker.Box }

func (b inOpenClaw) Exec(ctx context.Context, x openclaw.Exec) (int, error) {
	return b.Box.Exec(ctx, docker.Exec{Argv: x.Argv, Env: x.Env, User: x.User, Stdin: x.Stdin, Stdout: x.Stdout, Stderr: x.Stderr})
}

// orElse is list, or other where it is empty.
func orElse(list, other []string) []string {
	if len(list) > 0 {
		return list
	}
	return other
}

package main

import (
	"context"
	"fmt"
	"time"

	"vigie/config"
	"vigie/ops"
	"vigie/ops/assets"
	"vigie/ops/creative"
)

// lookAtCreations makes what orders pictures and videos, and what reads the register of them. It comes after what draws and
// renders, which it asks how an order goes.
func (b *bot) lookAtCreations(l *lookouts) error {
	register, err := b.lookAtAssets(l)
	if err != nil {
		return err
	}
	c := b.cfg.Creative
	if c.URL == "" {
		return nil
	}
	o := creative.Options{URL: c.URL, Limit: c.DailyLimit, Deadline: time.Duration(c.Deadline), Zone: b.cfg.Stack.Location, Kept: settings{b.store, "creative/"},
		Pictures: l.pictures, Videos: l.videos}
	if c.Header.Name != "" {
		o.Header, o.Secret = c.Header.Name, c.Header.Value
	}
	if register != nil {
		o.Assets = register
	}
	for _, r := range c.Routes {
		o.Routes = append(o.Routes, routeOf(r))
	}
	system, err := creative.New(o)
	if err != nil {
		return fmt.Errorf("preparing the creative pipeline: %w", err)
	}
	l.bound = append(l.bound, creative.Bind(system))
	return nil
}

func routeOf(r config.CreativeRoute) creative.Route {
	return creative.Route{Type: r.Type, Models: r.Models, Provider: r.Provider, Price: r.Price, Per: r.Per, Seconds: r.Seconds, Most: r.MostSeconds, Sizes: r.Sizes,
		Compositions: r.Compositions, Result: r.Result, From: r.From, Broken: ops.Text(r.Broken)}
}

// lookAtAssets reads the register of what was made, in whichever database it is; nil where none is configured.
func (b *bot) lookAtAssets(l *lookouts) (*assets.System, error) {
	c := b.cfg.Assets
	if !c.Wanted {
		return nil, nil
	}
	o := assets.Options{DSN: c.Database.Reveal(), Databases: c.Databases, Zone: b.cfg.Stack.Location}
	for _, s := range []config.Secret{b.cfg.Scores.Database, b.cfg.LiteLLM.Database} {
		if !s.IsZero() {
			o.More = append(o.More, s.Reveal())
		}
	}
	system, err := assets.New(o)
	if err != nil {
		return nil, fmt.Errorf("reading what was made: %w", err)
	}
	l.bound = append(l.bound, assets.Bind(system))
	return system, nil
}

// A follower is a maker of pictures or videos that tells how one goes.
type follower interface {
	Track(ctx context.Context, id string) (done bool, says ops.Text, err error)
	Fetch(ctx context.Context, id string) (files []ops.File, link string, err error)
}

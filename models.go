package main

import (
	"fmt"

	"vigie/ops/models"
	"vigie/ops/scores"
	"vigie/ops/victoria"
)

// lookAtModels asks LiteLLM's proxy, where the configuration says where it is.
func (b *bot) lookAtModels(l *lookouts) error {
	c := b.cfg.LiteLLM
	if c.URL == "" {
		return nil
	}
	system, err := models.New(models.Options{URL: c.URL, Key: given(c.Key), ConfigFile: c.Config, CreditsKey: given(c.OpenRouterKey)})
	if err != nil {
		return fmt.Errorf("asking LiteLLM's proxy: %w", err)
	}
	l.bound = append(l.bound, models.Bind(system))
	return nil
}

// lookAtMetrics asks VictoriaMetrics, where there is one.
func (b *bot) lookAtMetrics(l *lookouts) error {
	if b.cfg.Victoria.URL == "" {
		return nil
	}
	system, err := victoria.New(victoria.Options{URL: b.cfg.Victoria.URL, Zone: b.cfg.Stack.Location})
	if err != nil {
		return fmt.Errorf("asking VictoriaMetrics: %w", err)
	}
	l.bound = append(l.bound, victoria.Bind(system))
	return nil
}

// lookAtScores reads the models' scores, where they are kept.
func (b *bot) lookAtScores(l *lookouts) error {
	if b.cfg.Scores.Database.IsZero() {
		return nil
	}
	system, err := scores.New(scores.Options{DSN: b.cfg.Scores.Database.Reveal()})
	if err != nil {
		return fmt.Errorf("reading the models' scores: %w", err)
	}
	l.bound = append(l.bound, scores.Bind(system))
	return nil
}

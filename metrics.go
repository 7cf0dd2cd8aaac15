package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vigie/alerts"
	"vigie/bot/telegram"
	"vigie/ops"
)

// A gauge is a figure that is read when it is asked for.
type gauge struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(context.Context) (float64, error)
}

// A collector reads its gauges at each scrape; one that cannot be read is left out.
type collector []gauge

func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, g := range c {
		out <- g.desc
	}
}

func (c collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, g := range c {
		if v, err := g.read(ctx); err == nil {
			out <- prometheus.MustNewConstMetric(g.desc, g.kind, v)
		}
	}
}

// countAll registers what the bot counts: https://prometheus.io/docs/practices/naming/ names them.
func countAll(b *bot, tg *telegram.Bot) {
	var c collector
	add := func(name, help string, kind prometheus.ValueType, read func(context.Context) (float64, error)) {
		c = append(c, gauge{prometheus.NewDesc("vigie_"+name, help, nil, nil), kind, read})
	}
	count := func(name, help string, read func(telegram.Stats) int64) {
		add(name, help, prometheus.CounterValue, func(context.Context) (float64, error) { return float64(read(tg.Stats())), nil })
	}
	count("telegram_updates_total", "Updates taken from Telegram.", func(s telegram.Stats) int64 { return s.Updates })
	count("telegram_sends_total", "Messages sent.", func(s telegram.Stats) int64 { return s.Sends })
	count("telegram_edits_total", "Messages edited.", func(s telegram.Stats) int64 { return s.Edits })
	count("telegram_retries_total", "Calls repeated after a failure.", func(s telegram.Stats) int64 { return s.Retries })
	count("telegram_flood_waits_total", "Times that Telegram told to wait (429).", func(s telegram.Stats) int64 { return s.Floods })
	add("runs_open", "Plans that wait or run.", prometheus.GaugeValue, func(ctx context.Context) (float64, error) {
		runs, err := b.gate.Runs(ctx, ops.Waiting, ops.Queued, ops.Running, ops.Undoing)
		return float64(len(runs)), err
	})
	add("journal_entries_total", "Lines in the journal.", prometheus.CounterValue, func(ctx context.Context) (float64, error) {
		head, err := b.store.Head(ctx)
		return float64(head.Seq), err
	})
	alerted := func(name, help string, read func(alerts.Stats) int) {
		add(name, help, prometheus.GaugeValue, func(ctx context.Context) (float64, error) {
			s, err := b.alerts.Stats(ctx)
			return float64(read(s)), err
		})
	}
	alerted("alerts_open", "Alerts that need somebody.", func(s alerts.Stats) int { return s.Open })
	alerted("alerts_critical", "Those of them that are critical.", func(s alerts.Stats) int { return s.Critical })
	alerted("alerts_held", "Alerts that are muted, or under maintenance.", func(s alerts.Stats) int { return s.Held })
	alerted("alerts_untold", "Alerts that somebody is still to be told of.", func(s alerts.Stats) int { return s.Untold })
	prometheus.MustRegister(c, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "vigie_info", Help: "1, with the version.",
		ConstLabels: prometheus.Labels{"version": version}}, func() float64 { return 1 }))
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vigie/alerts/hooks"
	"vigie/config"
	"vigie/ops"
	"vigie/ops/bots"
	"vigie/ops/checks"
	"vigie/ops/docker"
	"vigie/ops/fresh"
	"vigie/ops/host"
	"vigie/ops/litellm"
)

// The lookouts are what is watched, and who is told. handlers are what other programs call.
type lookouts struct {
	bound    []ops.Bound
	watchers []ops.Watcher
	handlers map[string]http.Handler
	subjects []ops.Choice // what can be muted, besides services
	pictures follower     // of ComfyUI; nil where there is none
	videos   follower     // of Remotion; nil where there is none
}

func (l *lookouts) add(bound ops.Bound, w ops.Watcher) {
	l.bound, l.watchers = append(l.bound, bound), append(l.watchers, w)
}

func (l *lookouts) subject(sort, name string) {
	l.subjects = append(l.subjects, ops.Choice{Value: sort + ":" + name, Also: []string{name}})
}

// lookOut makes all that the configuration asks to be watched.
func (b *bot) lookOut() (*lookouts, error) {
	l := &lookouts{handlers: map[string]http.Handler{}}
	containers := b.cfg.Watch.Containers
	l.watchers = append(l.watchers, b.stack.Watcher(docker.WatchOptions{Restarts: containers.CrashLoop,
		Window: time.Duration(containers.CrashWindow), Every: time.Duration(containers.Every)}))
	for _, add := range []func(*lookouts) error{b.lookAtHosts, b.lookAtChecks, b.lookAtFresh, b.lookAtMoney, b.lookAtModels, b.lookAtMetrics, b.lookAtScores, b.lookAtLoki, b.lookAtGrafana, b.lookAtBots, b.lookAfterData, b.lookAtStudio, b.lookAtCreations, b.lookAtN8N, b.lookAtOpenClaw, b.listenToHooks} {
		if err := add(l); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (b *bot) lookAtHosts(l *lookouts) error {
	var o host.Options
	for name, h := range b.cfg.Hosts {
		one := host.Host{Name: name, Metrics: h.Metrics, Root: h.Root, Disk: floats(h.Disk), Memory: floats(h.Memory), Load: h.Load}
		if c := b.reach.clients[name]; c != nil {
			one.Over, one.Units, one.Runner = c, h.Units, c
		} else {
			one.Runner = host.Local{} // the configuration has checked that it is this machine
		}
		var err error
		if one.Commands, err = commandsOf(h.Commands); err != nil {
			return fmt.Errorf("hosts.%s: %w", name, err)
		}
		if name == b.cfg.Stack.Host {
			one.Docker = diskOf{b.engine}
		} else if h.Metrics == "" && h.SSH == "" {
			continue // another machine's engine: its disks cannot be seen from here
		}
		o.Hosts = append(o.Hosts, one)
		l.subject("host", name)
		for _, unit := range h.Units {
			l.subject("unit", name+":"+unit)
		}
	}
	slices.SortFunc(o.Hosts, func(a, b host.Host) int { return cmp.Compare(a.Name, b.Name) })
	system, err := host.New(o)
	if err != nil {
		return fmt.Errorf("watching machines: %w", err)
	}
	b.machines = system
	l.add(host.Bind(system), system.Watcher())
	return nil
}

func commandsOf(listed map[string]config.Command) (map[string]host.Command, error) {
	list := map[string]host.Command{}
	for name, c := range listed {
		risk, err := ops.ParseRisk(c.Risk)
		if err != nil {
			return nil, fmt.Errorf("commands.%s: %w", name, err)
		}
		list[name] = host.Command{Argv: c.Argv, Doc: c.Doc, Risk: risk, Limit: time.Duration(c.Timeout), Check: c.Check, Undo: c.Undo}
	}
	return list, nil
}

func floats(list []int) (out []float64) {
	for _, n := range list {
		out = append(out, float64(n))
	}
	return out
}

func (b *bot) lookAtChecks(l *lookouts) error {
	var o checks.Options
	for _, c := range b.cfg.Checks {
		one := checks.Check{Name: c.Name, URL: c.URL, TCP: c.TCP, TLS: c.TLS, DNS: c.DNS, Answers: c.Answer, Server: c.Server,
			Every: time.Duration(c.Every), Timeout: time.Duration(c.Timeout), Fails: c.Fails, MaxTime: time.Duration(c.MaxTime),
			Expect: c.Expect, Body: c.Body, Resolve: c.Pin, Insecure: c.Insecure, Days: c.Days, Severity: c.Severity, Needs: c.Needs}
		if c.Header.Name != "" {
			one.Header = map[string]checks.Secret{c.Header.Name: c.Header.Value}
		}
		o.Checks = append(o.Checks, one)
		l.subject("check", c.Name)
	}
	if len(o.Checks) == 0 {
		return nil
	}
	system, err := checks.New(o)
	if err != nil {
		return fmt.Errorf("watching endpoints: %w", err)
	}
	l.add(checks.Bind(system), system.Watcher())
	return nil
}

func (b *bot) lookAtFresh(l *lookouts) error {
	o := fresh.Options{Kept: settings{b.store, "fresh/"}}
	for _, f := range b.cfg.Files {
		format := fresh.Format(f.Format)
		if f.Format == "pgdump" {
			format = fresh.PGDump
		}
		rule := fresh.FileRule{Name: f.Name, Pattern: f.Path, EachOf: f.Each, Newer: time.Duration(f.Newer), AtLeast: int64(f.AtLeast),
			Band: f.Band, Count: f.Count, Inside: f.Inside, Format: format, Severity: f.Severity}
		if f.Host != "" {
			rule.Host, rule.Disk = f.Host, b.reach.clients[f.Host].Files()
		}
		o.Files = append(o.Files, rule)
		l.subject("file", f.Name)
		for _, name := range f.Each {
			l.subject("file", f.Name+"/"+name)
		}
	}
	for _, h := range b.cfg.Heartbeats {
		o.Beats = append(o.Beats, fresh.Beat{Name: h.Name, Every: time.Duration(h.Every), Grace: time.Duration(h.Grace), Secret: h.Secret, Severity: h.Severity})
		l.subject("beat", h.Name)
	}
	if !b.cfg.Pulse.URL.IsZero() {
		o.Pulse = fresh.Pulse{URL: b.cfg.Pulse.URL, Every: time.Duration(b.cfg.Pulse.Every), Healthy: b.healthy}
	}
	if len(o.Files)+len(o.Beats) == 0 && b.cfg.Pulse.URL.IsZero() {
		return nil
	}
	system, err := fresh.New(o)
	if err != nil {
		return fmt.Errorf("watching what must be recent: %w", err)
	}
	l.add(fresh.Bind(system), system)
	l.handlers[fresh.HookPath] = system
	return nil
}

func (b *bot) lookAtMoney(l *lookouts) error {
	c := b.cfg.LiteLLM
	if c.Database.IsZero() {
		return nil
	}
	o := litellm.Options{DSN: c.Database.Reveal(), Daily: map[string]float64{}, ConfigFile: c.Config, Zone: b.cfg.Stack.Location,
		Every: time.Duration(c.Every), Kept: oneSetting{settings{b.store, "spend"}}}
	if len(c.Warn) == 3 {
		o.Thresholds = litellm.Thresholds{Notice: float64(c.Warn[0]), Warning: float64(c.Warn[1]), Critical: float64(c.Warn[2])}
	}
	for provider, usd := range c.Budgets {
		l.subject("budget", provider)
		if provider == "global" {
			o.Global = usd
		} else {
			o.Daily[provider] = usd
		}
	}
	system, err := litellm.New(o)
	if err != nil {
		return fmt.Errorf("watching what LiteLLM spends: %w", err)
	}
	l.add(litellm.Bind(system), system.Watcher())
	return nil
}

func (b *bot) lookAtBots(l *lookouts) error {
	o := bots.Options{APIURL: b.cfg.Telegram.APIURL}
	for _, c := range b.cfg.Bots {
		o.Bots = append(o.Bots, bots.Bot{Name: c.Name, Token: c.Token, Webhook: c.Webhook})
		l.subject("bot", c.Name)
	}
	if len(o.Bots) == 0 {
		return nil
	}
	system, err := bots.New(o)
	if err != nil {
		return fmt.Errorf("watching other bots: %w", err)
	}
	l.add(bots.Bind(system), system.Watcher())
	return nil
}

func (b *bot) listenToHooks(l *lookouts) error {
	o := hooks.Options{Service: b.names.Service, Broken: func(err error) { b.log.Warn().Err(err).Msg("a webhook was refused") }}
	for name, c := range b.cfg.Hooks {
		o.Sources = append(o.Sources, hooks.Source{Name: name, Kind: hooks.Kind(c.Kind), Secret: c.Secret.Reveal(), Severity: c.Severity})
	}
	if len(o.Sources) == 0 {
		return nil
	}
	slices.SortFunc(o.Sources, func(a, b hooks.Source) int { return cmp.Compare(a.Name, b.Name) })
	h, err := hooks.New(o)
	if err != nil {
		return fmt.Errorf("listening to webhooks: %w", err)
	}
	l.watchers = append(l.watchers, h)
	for pattern, handler := range h.Handlers() {
		l.handlers[pattern] = handler
	}
	return nil
}

// diskOf measures what Docker keeps, for the disks' sake.
type diskOf struct{ engine *docker.Engine }

func (d diskOf) DockerDisk(ctx context.Context) (total, reclaimable int64, root string, err error) {
	info, err := d.engine.Info(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	disk, err := d.engine.Disk(ctx)
	if err != nil {
		return 0, 0, "", err
	}
	for part, share := range disk {
		switch part {
		case docker.AllImages:
			total, reclaimable = total+share.Size, reclaimable+share.Reclaimable
		case docker.BuildCache:
			total, reclaimable = total+share.Size, reclaimable+share.Reclaimable
		case docker.Containers, docker.Volumes:
			total += share.Size // never pruned by Vigie
		}
	}
	return total, reclaimable, info.Root, nil
}

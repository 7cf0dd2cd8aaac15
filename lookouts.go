package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vigie/alerts"
	"vigie/alerts/hooks"
	"vigie/bot/telegram"
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
			Band: f.Band, Count: f.Count, Format: format, Severity: f.Severity}
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

// engineOptions say who is told of what, from the configuration.
func (b *bot) engineOptions(l *lookouts) alerts.Options {
	c := b.cfg.Alerts
	o := alerts.Options{
		Store: b.store, Watchers: l.watchers, Zone: b.cfg.Stack.Location, Stack: cmp.Or(b.stack.Project, "this host"),
		Default: b.keys(c.Recipients), EscalateTo: b.keys(c.Escalation), EscalateAfter: time.Duration(c.EscalateAfter),
		Remind: orNever(c.RemindEvery), RemindGrave: orNever(c.RemindCriticalEvery), Storm: c.Storm, Delay: map[string]time.Duration{},
		FallbackAfter: time.Duration(c.Fallback.After), Locks: b.names.Locks, Mend: b.mend,
		Broken: func(err error) { b.log.Error().Err(err).Send() },
	}
	o.Subjects = func(ctx context.Context) ([]ops.Choice, error) {
		list, err := b.stack.Subjects(ctx)
		if err != nil && !errors.As(err, new(*ops.Error)) {
			return nil, err
		}
		return append(list, l.subjects...), nil // without Docker, what else there is can still be muted
	}
	for kind, d := range c.Delay {
		o.Delay[kind] = time.Duration(d)
	}
	for _, r := range c.Routes {
		o.Routes = append(o.Routes, alerts.Route{Subject: r.Subject, Kind: r.Kind, Least: r.Least, Exactly: r.Exactly, To: b.keys(r.Recipients)})
	}
	for _, m := range c.Maintenance {
		o.Windows = append(o.Windows, alerts.Window{Name: m.Name, Next: m.Schedule.Next, For: time.Duration(m.For), Subject: m.Subject})
	}
	for _, r := range c.Repairs {
		o.Repairs = append(o.Repairs, alerts.Repair{Service: r.Service, Kind: r.Kind, Op: r.Op, Command: r.Command, Param: "service", AtMost: r.AtMost, Within: time.Duration(r.Within)})
	}
	o.People = b.readers()
	if !c.Fallback.URL.IsZero() {
		o.Fallback = &secondWay{url: c.Fallback.URL.Reveal(), text: c.Fallback.Format == "text", redact: b.redact.Redact}
	}
	return o
}

func orNever(d config.Interval) time.Duration {
	if d == 0 {
		return -1
	}
	return time.Duration(d)
}

// readers are everybody who can be told: the people that are listed, and the chats that routes name.
func (b *bot) readers() (list []alerts.Recipient) {
	for _, u := range b.cfg.Users {
		who := ops.Caller{ID: u.ID, Name: u.Name, Role: u.Role, Lang: u.Lang}
		list = append(list, alerts.Recipient{Key: u.Name, Place: telegram.Chat(u.ID, 0), Who: who, Quiet: alerts.Quiet(u.Quiet),
			Lang: func(ctx context.Context) ops.Lang { return b.desk.Lang(ctx, who) }})
	}
	c := b.cfg.Alerts
	all := slices.Concat(c.Recipients, c.Escalation)
	for _, r := range c.Routes {
		all = append(all, r.Recipients...)
	}
	for _, r := range all {
		key := r.Key()
		if r.Person != 0 || slices.ContainsFunc(list, func(o alerts.Recipient) bool { return o.Key == key }) {
			continue
		}
		lang := c.Lang
		list = append(list, alerts.Recipient{Key: key, Place: telegram.Chat(r.Chat, r.Topic), Lang: func(context.Context) ops.Lang { return lang }})
	}
	return list
}

// keys name recipients as alerts call them: people by their name.
func (b *bot) keys(list []config.Recipient) (keys []string) {
	for _, r := range list {
		if who, ok := b.cfg.Person(r.Person); ok {
			keys = append(keys, who.Name)
		} else {
			keys = append(keys, r.Key())
		}
	}
	return keys
}

// mend asks for an op as Vigie itself and says yes, where the policy lets an operator say it. What asks for more is not done.
func (b *bot) mend(ctx context.Context, ask ops.Ask, place ops.Place, lang ops.Lang) (string, error) {
	return b.byItself(ctx, "repair", ask, place, lang)
}

// byItself asks for an op as Vigie itself, by way of via, and says yes. A plan that its yes is not enough for is called off.
func (b *bot) byItself(ctx context.Context, via string, ask ops.Ask, place ops.Place, lang ops.Lang) (string, error) {
	who := ops.Caller{ID: -1, Name: "vigie", Role: ops.Operator, Via: via, Lang: lang}
	_, run, err := b.gate.Ask(ctx, who, ask, place)
	if err != nil {
		return "", err
	}
	if run.State == ops.Waiting {
		asked := run.ID
		run, err = b.gate.Decide(ctx, who, asked, ops.Decision{Yes: true})
		if err == nil && run.State == ops.Waiting {
			err = ops.Fail(ops.Denied, ops.T("a rule asks for somebody else’s yes", "une règle demande le oui de quelqu’un d’autre"), nil)
		}
		if err != nil {
			_, _ = b.gate.Decide(ctx, who, asked, ops.Decision{}) // else it would wait for a yes that nobody gives
			return "", err
		}
	}
	return run.ID, nil
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

// settings keep small pieces of state in the store, under a prefix.
type settings struct {
	store interface {
		Setting(ctx context.Context, id string) (json.RawMessage, error)
		SetSetting(ctx context.Context, id string, body json.RawMessage) error
	}
	prefix string
}

func (s settings) Load(ctx context.Context, id string) (json.RawMessage, error) {
	body, err := s.store.Setting(ctx, s.prefix+id)
	if errors.Is(err, ops.ErrNoDoc) {
		return nil, nil
	}
	return body, err
}

func (s settings) Save(ctx context.Context, id string, body json.RawMessage) error {
	return s.store.SetSetting(ctx, s.prefix+id, body)
}

// oneSetting is a single one of them.
type oneSetting struct{ settings }

func (s oneSetting) Load(ctx context.Context) (json.RawMessage, error) {
	return s.settings.Load(ctx, "")
}
func (s oneSetting) Save(ctx context.Context, body json.RawMessage) error {
	return s.settings.Save(ctx, "", body)
}

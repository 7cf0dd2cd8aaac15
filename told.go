package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"vigie/alerts"
	"vigie/bot/telegram"
	"vigie/config"
	"vigie/ops"
)

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

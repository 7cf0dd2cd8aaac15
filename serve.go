package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"vigie/bot/telegram"
	"vigie/config"
	"vigie/ops"
)

// patience is how long the step under way may take to end when the bot is told to end. systemd and Docker
// are told to wait longer than that in docs/operating.md.
const patience = 90 * time.Second

// runBot runs the bot on Telegram until ctx ends.
func runBot(ctx context.Context, cfg *config.Config, errs io.Writer) (failed error) {
	redact := ops.NewRedactor(cfg.Secrets()...)
	log, closeLog, err := logger(cfg.Log, redact, errs)
	if err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	defer func() { failed = errors.Join(failed, closeLog()) }()
	for _, w := range cfg.Warnings {
		log.Warn().Msg(w.In(ops.English))
	}
	b, err := build(ctx, cfg, log, redact)
	if err != nil {
		return err
	}
	tg, err := b.telegram()
	if err != nil {
		return errors.Join(err, b.Close())
	}
	b.desk.Screens[telegram.Name] = tg
	b.tg = tg
	b.alerts.Through(tg)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	end, err := b.serve(ctx, tg)
	if err != nil {
		return errors.Join(err, b.end(tg))
	}
	err = tg.Run(ctx, b.desk)
	stop() // also when Telegram ended it: what serve began must not be waited for in vain
	log.Info().Msg("ending: the step under way is finished, nothing new is begun")
	return errors.Join(err, b.end(tg), end())
}

func (b *bot) telegram() (*telegram.Bot, error) {
	var menu []telegram.Command
	for _, op := range b.gate.Ops() {
		menu = append(menu, telegram.Command{Name: op.Command, Doc: op.Doc})
	}
	t := b.cfg.Telegram
	return telegram.New(telegram.Options{
		Token: t.Token.Reveal(), APIURL: t.APIURL, People: b.cfg.Person, Store: telegram.StoreOf(b.store), Commands: menu,
		Webhook: telegram.Webhook{URL: t.WebhookURL, Listen: t.WebhookListen, Secret: t.WebhookSecret.Reveal()},
		Redact:  b.redact.Redact, Log: b.log,
	})
}

// serve takes up what the last process left, launches runs, and serves HTTP. end waits for what it began.
func (b *bot) serve(ctx context.Context, tg *telegram.Bot) (end func() error, err error) {
	left, err := b.gate.Recover(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking at what was left: %w", err)
	}
	b.gate.Watch = b.tell
	if err := b.gate.Runner.Launch(ctx, b.gate.Advance); err != nil {
		return nil, fmt.Errorf("launching runs: %w", err)
	}
	countAll(b, tg)
	httpd, err := listenHTTP(ctx, b.cfg.HTTP.Listen, b.probes(), b.watch.handlers, func(err error) { b.log.Error().Err(err).Send() })
	if err != nil {
		return nil, fmt.Errorf("serving HTTP: %w", err)
	}
	b.gate.Tell(ops.Caller{}, ops.Note, "started, version "+version)
	b.log.Info().Str("version", version).Int("left", len(left)).Str("project", b.stack.Project).Msg("started")
	var work sync.WaitGroup
	work.Go(func() { b.desk.Resume(ctx, left) })
	work.Go(func() { b.desk.Vanish(ctx) })
	work.Go(func() { b.lapse(ctx) })
	work.Go(func() { b.names.Keep(ctx, b.stack) })
	work.Go(func() { slim(ctx) })
	work.Go(func() {
		if err := b.alerts.Run(ctx); err != nil {
			b.log.Error().Err(err).Msg("keeping watch")
		}
	})
	return func() error { <-httpd; work.Wait(); return nil }, nil
}

// keepWatch keeps the watch of a bot that tells nobody, until end is called, which waits for it.
func (b *bot) keepWatch(ctx context.Context, look bool) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { b.names.Keep(ctx, b.stack) })
	work.Go(func() {
		if err := b.alerts.Keep(ctx, look); err != nil {
			b.log.Error().Err(err).Msg("keeping watch")
		}
	})
	return func() { cancel(); work.Wait() }
}

// tell tells of a run's newest state: the watch, so that what a plan causes is no incident, and the person who asked.
func (b *bot) tell(r ops.Run) {
	b.alerts.Ran(r)
	b.desk.Watch(r)
}

// probes are what must answer for the bot to be ready.
func (b *bot) probes() map[string]probe {
	return map[string]probe{
		"journal":  func(ctx context.Context) error { _, err := b.store.Head(ctx); return err },
		"docker":   func(ctx context.Context) error { _, err := b.engine.Info(ctx); return err },
		"telegram": func(context.Context) error { return hears(b.tg) },
	}
}

// healthy says why the bot is not, if it is not: what the pulse stands for.
func (b *bot) healthy(ctx context.Context) error {
	for name, p := range b.probes() {
		if err := p(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// hears says why the bot is deaf, if it is: a long poll comes back within a minute, with or without news.
func hears(tg *telegram.Bot) error {
	if tg == nil {
		return errors.New("telegram is not spoken to")
	}
	last := tg.Stats().LastHeard
	switch {
	case last.IsZero():
		return errors.New("telegram has not answered yet")
	case time.Since(last) > 2*time.Minute:
		return fmt.Errorf("telegram has not answered for %s", time.Since(last).Truncate(time.Second))
	}
	return nil
}

// lapse expires plans that nobody answered, so that their messages say so.
func (b *bot) lapse(ctx context.Context) {
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := b.gate.Lapse(ctx); err != nil && ctx.Err() == nil {
				b.log.Error().Err(err).Msg("expiring plans")
			}
		}
	}
}

// end finishes the step under way, tells what is left, and closes the journal last.
func (b *bot) end(tg *telegram.Bot) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b.gate.Tell(ops.Caller{}, ops.Note, "ending")
	err := b.gate.Close(ctx)
	b.desk.Close()
	last, cancelLast := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancelLast()
	return errors.Join(err, tg.Close(last), b.Close())
}

// runHealth asks the running bot.
func runHealth(ctx context.Context, file string) error {
	address := "127.0.0.1:9464"
	if file != "" {
		if err := withConfig(file, func(c *config.Config) error { address = c.HTTP.Listen; return nil }); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cmp.Or(address, "127.0.0.1:9464")+"/healthz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the bot does not answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the bot answers %s", resp.Status)
	}
	return nil
}

// slim gives back what starting needed and running does not: a bot that waits for somebody to write should not hold it.
func slim(ctx context.Context) {
	debug.SetGCPercent(50) // it is idle nearly always, and small: a collection more costs nothing that anybody would notice
	select {
	case <-ctx.Done():
	case <-time.After(15 * time.Second): // by then everything was looked at once
		debug.FreeOSMemory()
	}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"vigie/alerts"
	"vigie/bot/telegram"
	"vigie/commands"
	"vigie/config"
	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/host"
)

// A bot is everything but its transport: what `vigie`, `vigie check` and `vigie console` share.
type bot struct {
	cfg    *config.Config
	log    zerolog.Logger
	redact *ops.Redactor
	store  *data.Store
	reach  *reach
	engine *docker.Engine
	// machines are those that are looked at, once lookOut has made them.
	machines *host.System
	stack    *docker.Stack
	gate     *ops.Gate
	desk     *commands.Desk
	watch    *lookouts
	names    docker.Naming
	alerts   *alerts.Engine
	tg       *telegram.Bot // nil in a terminal
}

// build puts a bot together, bottom up. Systems that do not answer now are no error: they are told of when asked for.
func build(ctx context.Context, cfg *config.Config, log zerolog.Logger, redact *ops.Redactor) (*bot, error) {
	b := &bot{cfg: cfg, log: log, redact: redact}
	store, err := data.Open(ctx, data.Options{Path: cfg.Store.Path, DSN: cfg.Store.Database.Reveal()})
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	b.store = store
	if err := b.assemble(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close ends the ways to other machines, and closes the journal last.
func (b *bot) Close() error {
	if b.reach == nil {
		return b.store.Close()
	}
	return errors.Join(b.reach.Close(), b.store.Close())
}

func (b *bot) assemble(ctx context.Context) error {
	host := b.cfg.Hosts[b.cfg.Stack.Host]
	if err := b.reachHosts(); err != nil {
		return err
	}
	engine, address, err := b.openEngine(host)
	if err != nil {
		return err
	}
	b.engine = engine
	b.stack = openStack(ctx, engine, b.cfg, address, b.log)
	codes, err := data.NewCodes(b.store, codeSecrets(b.cfg))
	if err != nil {
		return err
	}
	runner, err := runs.NewDBOS(ctx, b.store, runs.Options{Log: slog.New(zerolog.NewSlogHandler(b.log.Level(max(b.log.GetLevel(), zerolog.WarnLevel))))})
	if err != nil {
		return fmt.Errorf("preparing the engine that drives runs: %w", err)
	}
	broken := func(err error) { b.log.Error().Err(err).Send() }
	b.gate = &ops.Gate{
		Policy: b.cfg.Policy, Store: b.store, Runner: runner, Codes: codes, People: b.cfg, Redact: b.redact.Redact, Broken: broken,
		TTL: time.Duration(b.cfg.ApprovalTTL), Zone: b.cfg.Stack.Location, NeverArgs: b.cfg.NeverArgs(),
		Protected: protection(ctx, engine, b.cfg.Store.Database.Reveal(), address, b.cfg.Stack.Protect),
	}
	b.desk = &commands.Desk{
		Gate: b.gate, Store: b.store, Screens: map[string]commands.Screen{}, Zone: b.cfg.Stack.Location,
		Stack: cmp.Or(b.stack.Project, "this host"), Version: version, Broken: broken, Check: b.audit, Explain: b.effects,
	}
	b.stack.Beyond = b.desk
	b.askModel()
	if b.watch, err = b.lookOut(); err != nil {
		return err
	}
	b.alerts = alerts.New(b.engineOptions(b.watch))
	if err := b.gate.Open(append(b.watch.bound, docker.Bind(b.stack), commands.Bind(b.desk), alerts.Bind(b.alerts))...); err != nil {
		return err
	}
	b.desk.Absent = absent(b.gate)
	return b.cfg.CheckOps(specs(b.gate))
}

func specs(g *ops.Gate) (list []ops.Spec) {
	for _, op := range g.Ops() {
		list = append(list, op.Spec)
	}
	return list
}

func codeSecrets(cfg *config.Config) map[int64]string {
	secrets := map[int64]string{}
	for _, u := range cfg.Users {
		if !u.TOTP.IsZero() {
			secrets[u.ID] = u.TOTP.Reveal()
		}
	}
	return secrets
}

// openStack reads which project it is and which files it has from the config, and finds out from the containers what
// the config leaves out.
func openStack(ctx context.Context, engine *docker.Engine, cfg *config.Config, dockerHost string, log zerolog.Logger) *docker.Stack {
	s := &docker.Stack{Host: engine, Project: cfg.Stack.Project, Wait: time.Duration(cfg.Stack.Wait), Off: map[string]bool{}}
	for _, name := range cfg.Stack.Off {
		s.Off[name] = true
	}
	list, err := engine.List(ctx)
	if err != nil {
		log.Warn().Err(err).Msg("docker does not answer yet")
	}
	s.Self = selves(list, cfg.Store.Database.Reveal(), dockerHost, cfg.Stack.Protect)
	o := docker.ComposeOptions{Project: s.Project, Dir: cfg.Stack.Dir, Docker: dockerHost}
	for _, f := range cfg.Stack.Files {
		o.Files = append(o.Files, docker.ComposeFile{Path: f.Path, Phase: f.Phase})
	}
	if found := docker.DiscoverCompose(list); len(o.Files) == 0 {
		for _, f := range found {
			if s.Project == f.Project || s.Project == "" && len(found) == 1 {
				o = f
				o.Docker = dockerHost
			}
		}
	}
	if len(o.Files) == 0 {
		return s
	}
	if o.Project == "" && o.Dir != "" {
		o.Project = filepath.Base(o.Dir)
	}
	project, err := docker.OpenCompose(o)
	if err != nil {
		log.Warn().Err(err).Msg("the compose files cannot be used; docker alone still can")
		return s
	}
	s.Compose, s.Project = project, o.Project
	return s
}

// effects is the policy as it holds for a person now, for /whoami.
func (b *bot) effects(who ops.Caller) (list []commands.Effect) {
	may := slices.DeleteFunc(specs(b.gate), func(s ops.Spec) bool { return s.Secret && !who.Role.AtLeast(ops.Admin) }) // whatever the rules say
	for _, l := range b.cfg.Policy.Explain(who, may, time.Now().In(b.cfg.Stack.Location)) {
		list = append(list, commands.Effect{Verdict: l.Verdict, Commands: l.Commands, Only: l.Only})
	}
	return list
}

// audit verifies the journal, for /audit.
func (b *bot) audit(ctx context.Context) (commands.Audit, error) {
	r, err := b.store.Verify(ctx)
	if err != nil {
		return commands.Audit{}, err
	}
	found := commands.Audit{Entries: r.Entries, Head: data.MarkOf(r.Head).String()}
	for _, broken := range r.Breaks {
		found.Breaks = append(found.Breaks, broken.Say())
	}
	return found, nil
}

// logger writes what the bot says about itself, as JSON lines, redacted whatever the line is.
func logger(cfg config.Log, redact *ops.Redactor, otherwise io.Writer) (zerolog.Logger, func() error, error) {
	out, closeLog := otherwise, func() error { return nil }
	if cfg.File != "" {
		f, err := openAppend(cfg.File)
		if err != nil {
			return zerolog.Logger{}, nil, err
		}
		out, closeLog = f, f.Close
	}
	level, err := zerolog.ParseLevel(cmp.Or(cfg.Level, "info"))
	if err != nil {
		return zerolog.Logger{}, nil, err
	}
	return zerolog.New(redacting{redact, out}).Level(level).With().Timestamp().Logger(), closeLog, nil
}

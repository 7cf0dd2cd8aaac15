package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"

	"github.com/rs/zerolog"

	"vigie/bot/console"
	"vigie/config"
	"vigie/data"
	"vigie/ops"
)

// runConsole is the same bot in a terminal. Without a config it looks at the local Docker, and its journal goes with it.
func runConsole(ctx context.Context, file string, in io.Reader, out, errs io.Writer) (failed error) {
	dir, remove, err := tempDir()
	if err != nil {
		return err
	}
	defer remove()
	cfg, err := config.Default(dir, os.Getenv)
	if file != "" {
		cfg, err = config.Load(file, os.Getenv)
	}
	if err != nil {
		return err
	}
	redact := ops.NewRedactor(cfg.Secrets()...)
	b, err := build(ctx, cfg, zerolog.New(redacting{redact, errs}).Level(zerolog.ErrorLevel), redact)
	if errors.Is(err, data.ErrInUse) {
		return ops.Fail(ops.Unavailable, ops.T("The bot is running and has its journal to itself. Talk to it, or stop it first, or run vigie console without a config.",
			"Le bot tourne et garde son journal pour lui. Parle-lui, ou arrête-le d’abord, ou lance vigie console sans configuration."), err)
	}
	if err != nil {
		return err
	}
	if _, err := b.gate.Recover(ctx); err != nil {
		return errors.Join(err, b.Close())
	}
	b.gate.Watch = b.tell
	if err := b.gate.Runner.Launch(ctx, b.gate.Advance); err != nil {
		return errors.Join(err, b.Close())
	}
	unwatch := b.keepWatch(ctx, true)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	screen := console.New(console.Options{Interrupts: interrupts, Dir: dir, In: in, Out: out, Redact: redact.Redact,
		Caller: ops.Caller{ID: 1, Name: "you", Role: ops.Admin, Via: console.Name, Lang: language()}})
	b.desk.Screens[console.Name] = screen
	err = screen.Run(ctx, b.desk)
	last, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	closed := b.gate.Close(last)
	b.desk.Close()
	unwatch()
	return errors.Join(err, closed, b.Close())
}

func tempDir() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "vigie-")
	return dir, func() { _ = os.RemoveAll(dir) }, err // what is left of it is the system's to clean
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"github.com/rs/zerolog"

	"vigie/config"
	"vigie/data"
	"vigie/ops"
)

// runCheck plans every example of every op against the real stack, and changes nothing: it plans with a journal of
// its own, in a temporary place.
func runCheck(ctx context.Context, cfg *config.Config, out io.Writer) error {
	lang := language()
	for _, w := range cfg.Warnings {
		fmt.Fprintln(out, "🟠", w.In(lang))
	}
	trial := *cfg
	dir, remove, err := tempDir()
	if err != nil {
		return err
	}
	defer remove()
	trial.Store = config.Store{Path: filepath.Join(dir, "check.db")}
	b, err := build(ctx, &trial, zerolog.Nop(), ops.NewRedactor(cfg.Secrets()...))
	if err != nil {
		return err
	}
	defer b.Close()
	defer b.keepWatch(ctx, false)()
	info, err := b.engine.Info(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "🟢 docker %s (API %s), %d containers\n", info.Version, info.API, info.Containers)
	bad := 0
	for _, r := range b.desk.Rehearse(ctx, ops.Caller{Name: "check", Role: ops.Admin, Via: "console", Lang: lang}) {
		switch kind := ops.KindOf(r.Err); kind {
		case "":
			fmt.Fprintf(out, "🟢 %-24s %s\n", r.Line, b.redact.Redact(ops.Unmark(r.Said.In(lang))))
		case ops.NotFound, ops.Invalid, ops.Denied: // the example names what is not here, or may not be done here
			fmt.Fprintf(out, "⚪ %-24s %s\n", r.Line, b.redact.Redact(ops.Unmark(ops.SayOf(r.Err).In(lang))))
		default:
			bad++
			fmt.Fprintf(out, "🔴 %-24s %s\n", r.Line, b.redact.Redact(ops.Unmark(ops.SayOf(r.Err).In(lang))))
		}
	}
	if bad > 0 {
		return ops.Fail(ops.Failed, ops.T("%d examples cannot be planned", "%d exemples ne peuvent pas être planifiés", bad), nil)
	}
	return nil
}

// runAudit verifies the journal of a bot that may be running.
func runAudit(ctx context.Context, cfg *config.Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	head := flags.String("head", "", "an entry that was written down earlier, as SEQ:SUM")
	if len(args) == 0 || args[0] != "verify" {
		return errors.New("say: vigie -config FILE audit verify [-head SEQ:SUM]")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	var remembered []data.Mark
	if *head != "" {
		m, err := data.ParseMark(*head)
		if err != nil {
			return err
		}
		remembered = append(remembered, m)
	}
	s, err := data.OpenReadOnly(ctx, data.Options{Path: cfg.Store.Path, DSN: cfg.Store.Database.Reveal()})
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := s.Verify(ctx, remembered...)
	if err != nil {
		return err
	}
	for _, b := range r.Breaks {
		fmt.Fprintln(out, "🔴", b.Say().In(language()))
	}
	if len(r.Breaks) > 0 {
		return ops.Fail(ops.Failed, ops.T("the journal was changed by somebody else than vigie", "le journal a été modifié par un autre que vigie"), nil)
	}
	fmt.Fprintln(out, "🟢", ops.T("%d entries, unbroken; newest %s", "%d entrées, sans rupture ; dernière %s", r.Entries, data.MarkOf(r.Head).String()).In(language()))
	return nil
}

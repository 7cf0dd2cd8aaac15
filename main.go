package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"vigie/config"
	"vigie/ops"
)

// version is set by the linker.
var version = "dev"

const usage = `vigie keeps watch over a Docker stack and answers from Telegram.

  vigie -config FILE                 run the bot
  vigie -config FILE check           report every problem, plan every example against the real stack, change nothing
  vigie [-config FILE] console       the same bot in this terminal; without a config, on the local Docker
  vigie -config FILE audit verify    check that nobody changed the journal  [-head SEQ:SUM]
  vigie [-config FILE] health        ask the running bot whether it is well: exit 0 or 1
  vigie guard -config FILE           the forced command of an ssh key: lets through what that file allows, and nothing else
  vigie version
`

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	var code exit
	if errors.As(err, &code) {
		os.Exit(int(code))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	flags := flag.NewFlagSet("vigie", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { fmt.Fprint(errs, usage) }
	file := flags.String("config", os.Getenv("VIGIE_CONFIG"), "the configuration file")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	ends := []os.Signal{syscall.SIGTERM, os.Interrupt}
	if flags.Arg(0) == "console" { // where Ctrl-C first stops what is shown
		ends = ends[:1]
	}
	ctx = untilSignal(ctx, ends...)
	switch command := flags.Arg(0); command {
	case "":
		return withConfig(*file, func(c *config.Config) error { return runBot(ctx, c, errs) })
	case "check":
		return withConfig(*file, func(c *config.Config) error { return runCheck(ctx, c, out) })
	case "audit":
		return withConfig(*file, func(c *config.Config) error { return runAudit(ctx, c, flags.Args()[1:], out) })
	case "console":
		return runConsole(ctx, *file, in, out, errs)
	case "health":
		return runHealth(ctx, *file)
	case "guard":
		return runGuard(ctx, flags.Args()[1:], in, out, errs)
	case "version":
		_, err := fmt.Fprintln(out, "vigie", version)
		return err
	case "help":
		_, err := fmt.Fprint(out, usage)
		return err
	default:
		return fmt.Errorf("there is no command %q\n\n%s", command, usage)
	}
}

// untilSignal ends at the first signal, in order: no new work, the step under way ends. A second one ends the process at
// once. Both are taken here: handing the second back to the system would lose one that comes in between.
func untilSignal(ctx context.Context, ends ...os.Signal) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	told := make(chan os.Signal, 2)
	signal.Notify(told, ends...)
	go func() { // as long as the process lives
		<-told
		cancel()
		<-told
		os.Exit(1)
	}()
	return ctx
}

// withConfig reads the configuration, tells its warnings, and goes on.
func withConfig(file string, do func(*config.Config) error) error {
	if file == "" {
		return errors.New("say which configuration: vigie -config FILE (or VIGIE_CONFIG); config.example.toml is its manual")
	}
	c, err := config.Load(file, os.Getenv)
	if err != nil {
		return err
	}
	return do(c)
}

// explain is an error as a person at a terminal reads it.
func explain(err error) string {
	var say *ops.Error
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		return problems.In(language())
	case errors.As(err, &say):
		return ops.Unmark(say.Say.In(language()))
	}
	return "vigie: " + err.Error()
}

// language is the terminal's.
func language() ops.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if v[:min(2, len(v))] == string(ops.French) {
				return ops.French
			}
			break
		}
	}
	return ops.English
}

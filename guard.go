package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"vigie/guard"
)

// An exit is the exit code of a command that has said all that there is to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// runGuard is one use of a key whose forced command is `vigie guard -config FILE`.
func runGuard(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) error {
	flags := flag.NewFlagSet("vigie guard", flag.ContinueOnError)
	flags.SetOutput(errs)
	path := flags.String("config", "/etc/vigie/guard.toml", "what this machine allows")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return exit(guard.ExitConfig)
	}
	rules, log, err := guard.Load(*path)
	if err != nil {
		fmt.Fprintln(errs, "vigie guard:", err)
		return exit(guard.ExitConfig)
	}
	call := guard.Call{Command: os.Getenv("SSH_ORIGINAL_COMMAND"), In: in, Out: out, Err: errs}
	if log != "" {
		f, err := openAppend(log)
		if err != nil { // what cannot be logged is not let through
			fmt.Fprintln(errs, "vigie guard: its log cannot be written")
			return exit(guard.ExitConfig)
		}
		defer f.Close()
		call.Log = func(refused bool, what string) {
			verdict := "allowed"
			if refused {
				verdict = "refused"
			}
			if _, err := fmt.Fprintln(f, time.Now().UTC().Format(time.RFC3339), verdict, os.Getenv("SSH_CONNECTION"), what); err != nil {
				fmt.Fprintln(errs, "vigie guard: its log cannot be written")
				os.Exit(guard.ExitConfig) // it is told before anything is begun: what cannot be logged is not let through
			}
		}
	}
	if code := rules.Run(ctx, call); code != 0 {
		return exit(code)
	}
	return nil
}

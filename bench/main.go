// Command bench measures Vigie on this machine and prints one table: each figure beside a floor that was measured in the
// same run. It uses the binary as it is released, the local Docker Engine with containers of its own, and the stand-in
// Bot API over the loopback. It judges nothing: it fails only where something could not be measured.
//
// Run it from the repository's root: make bench. Arguments are parts of the names of sections, and only those are measured:
// build/bench "starting 50" storm.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	// A first signal ends in order, and removes the containers; a second one ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A bench is what every measurement uses.
type bench struct {
	dir      string // removed at the end
	programs programs
	town     *town

	status50  figure // what /status takes when nothing else goes on
	status50n int
}

// A section measures some rows. They are measured in the order of sections, and printed in that of place.
type section struct {
	place   int
	name    string
	measure func(context.Context) ([]row, error)
}

func (b *bench) sections() []section {
	return []section{
		{60, "sizes", b.sizes},
		{70, "the journal", b.journal},
		{99, "starting 50 containers", b.settle(50)},
		{40, "cold start", b.coldStart},
		{50, "idle memory", b.idle},
		{10, "/status at 50 containers", b.statusOf(50)},
		{20, "updates a second", b.updates},
		{80, "what a run costs", b.runs},
		{30, "/status beside slow ops", b.besideSlow},
		{82, "event → push", b.pushes},
		{56, "reading plain words", b.words},
		{58, "a bad day", b.day},
		{86, "flapping", b.flapping},
		{84, "a storm", b.storm},
		{99, "starting what failed", b.mend},
		{88, "an outage", b.outage},
		{99, "starting what is gone", b.mend},
		{99, "starting 200 containers", b.settle(200)},
		{12, "/status at 200 containers", b.statusOf(200)},
		{90, askCosts, b.costs},
	}
}

func run(ctx context.Context) (err error) {
	b := &bench{}
	if b.dir, err = os.MkdirTemp("", "vigie-bench-"); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	began, machine := time.Now(), machineNow()
	say("building the binaries")
	if b.programs, err = build(ctx, filepath.Join(b.dir, "bin")); err != nil {
		return err
	}
	if b.town, err = openTown(ctx, b.dir, b.programs.box); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.town.remove()) }()
	rows, failed := b.measureAll(ctx)
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing is printed of what was measured")
	}
	fmt.Println(machine + b.town.describe(ctx))
	printTable(os.Stdout, rows)
	fmt.Printf("\nMeasured in %s, load at the end %s. p50 / p99 of n; under n = 100 the p99 is the slowest. Ratio and aim go by the p50.\n", time.Since(began).Round(time.Second), load())
	if len(failed) > 0 {
		return fmt.Errorf("could not be measured: %s", strings.Join(failed, "; "))
	}
	return nil
}

// limit is how long a section may take, after which it counts as not measured.
func (s section) limit() time.Duration {
	if s.name == askCosts {
		return 3*time.Minute + fillTime()
	}
	return 3 * time.Minute
}

// measureAll goes on after a failure, and names it.
func (b *bench) measureAll(ctx context.Context) (rows []row, failed []string) {
	for _, s := range b.sections() {
		if !wanted(s) {
			continue
		}
		say(s.name)
		limited, cancel := context.WithTimeout(ctx, s.limit())
		more, err := s.measure(limited)
		cancel()
		if ctx.Err() != nil {
			return rows, failed
		}
		if err != nil {
			failed = append(failed, s.name+": "+strings.Join(strings.Fields(err.Error()), " "))
		}
		for i := range more {
			more[i].place = cmp.Or(more[i].place, s.place)
		}
		rows = append(rows, more...)
	}
	slices.SortStableFunc(rows, func(x, y row) int { return cmp.Compare(x.place, y.place) })
	return rows, failed
}

// wanted reports whether a section is to be measured: all are, unless the arguments name some by a part of their names.
func wanted(s section) bool {
	return len(os.Args) < 2 || slices.ContainsFunc(os.Args[1:], func(part string) bool { return strings.Contains(s.name, part) })
}

// say tells what goes on, beside the table.
func say(what string) { fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format("15:04:05"), what) }

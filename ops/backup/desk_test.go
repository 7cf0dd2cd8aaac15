package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
)

// byRisk lets everybody look, and asks for a yes before anything else.
type byRisk struct{}

func (byRisk) Decide(r ops.Request) ops.Verdict {
	switch r.Risk {
	case ops.Reads:
		return ops.Verdict{Demand: ops.Allow}
	case ops.Destructive:
		return ops.Verdict{Demand: ops.Typed}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

// A desk is a gate on a system, for one person, on a real store.
type desk struct {
	t     *testing.T
	s     *System
	store *data.Store
	gate  *ops.Gate
	who   ops.Caller
	ended chan ops.Run
	mu    sync.Mutex // guards notes
	notes []string
	said  chan string // each new note of a running step
}

func newDesk(t *testing.T, s *System, file string) *desk {
	t.Helper()
	store, err := data.Open(t.Context(), data.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, s: s, store: store, who: ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, ended: make(chan ops.Run, 16), said: make(chan string, 1000)}
	d.gate = &ops.Gate{Policy: byRisk{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour, Broken: func(err error) { t.Errorf("the gate broke: %v", err) }, Watch: d.watch}
	if err := d.gate.Open(Bind(s), playSet.Bind(play{})); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) launch() []ops.Run {
	d.t.Helper()
	left, err := d.gate.Recover(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.gate.Runner.Launch(d.t.Context(), d.gate.Advance); err != nil {
		d.t.Fatal(err)
	}
	return left
}

func (d *desk) watch(r ops.Run) {
	if r.Over() {
		d.ended <- r
		return
	}
	if r.State == ops.Running && r.At < len(r.Steps) {
		note := ops.Unmark(r.Steps[r.At].Note.En)
		d.mu.Lock()
		fresh := note != "" && !slices.Contains(d.notes, note)
		if fresh {
			d.notes = append(d.notes, note)
		}
		d.mu.Unlock()
		if fresh {
			d.said <- note
		}
	}
}

func (d *desk) close() {
	if err := d.gate.Close(context.Background()); err != nil {
		d.t.Error(err)
	}
	if err := d.store.Close(); err != nil {
		d.t.Error(err)
	}
}

// openDesk is a desk that is launched, and closed at the end of the test.
func openDesk(t *testing.T, s *System) *desk {
	t.Helper()
	d := newDesk(t, s, filepath.Join(t.TempDir(), "vigie.db"))
	d.launch()
	t.Cleanup(d.close)
	return d
}

func (d *desk) ask(op string, pairs ...string) (*ops.Answer, *ops.Run, error) {
	args := ops.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	return d.gate.Ask(d.t.Context(), d.who, ops.Ask{Op: op, Args: args}, "here")
}

func (d *desk) yes(r *ops.Run) {
	d.t.Helper()
	if _, err := d.gate.Decide(d.t.Context(), d.who, r.ID, ops.Decision{Yes: true, Typed: r.Plan.Target}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) wait(id string) ops.Run {
	d.t.Helper()
	for r := range d.ended {
		if r.ID == id {
			return r
		}
	}
	panic("unreachable")
}

// do asks, says yes and waits for the end.
func (d *desk) do(op string, pairs ...string) ops.Run {
	d.t.Helper()
	_, r, err := d.ask(op, pairs...)
	if err != nil {
		d.t.Fatalf("%s: %v", op, err)
	}
	d.yes(r)
	return d.wait(r.ID)
}

// says is how a run ended, as «state: why or last note».
func says(r ops.Run) string {
	last := r.Why
	if r.State == ops.Succeeded {
		for _, s := range r.Steps {
			if !s.Note.IsZero() {
				last = s.Note
			}
		}
	}
	return string(r.State) + ": " + ops.Unmark(last.En)
}

// plan is what a plan says, one line each.
func plan(p ops.Plan) string {
	var b strings.Builder
	fmt.Fprintln(&b, ops.Unmark(p.Title.En))
	for _, s := range p.Steps {
		word := ""
		if s.Check {
			word = "check: "
		}
		fmt.Fprintln(&b, "- "+word+ops.Unmark(s.Text.En))
	}
	for _, c := range p.Costs {
		fmt.Fprintln(&b, "  "+ops.Unmark(c.En))
	}
	return b.String()
}

// look asks what only looks, and returns its answer as lines, the folded ones behind «|».
func (d *desk) look(lang ops.Lang, op string, pairs ...string) []string {
	d.t.Helper()
	a, _, err := d.ask(op, pairs...)
	if err != nil {
		return []string{string(ops.KindOf(err)) + ": " + ops.Unmark(ops.SayOf(err).In(lang))}
	}
	var lines []string
	for _, b := range a.Blocks {
		line := ops.Unmark(b.Line.In(lang))
		for _, row := range b.Table {
			line += "[" + strings.Join(row, " | ") + "]"
		}
		if b.Fold {
			line = "| " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func has(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in:\n%s", part, got)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// put writes a file that was changed so long ago.
func put(t *testing.T, file, content string, ago time.Duration) {
	t.Helper()
	at := time.Now().Add(-ago)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644), os.Chtimes(file, at, at)); err != nil {
		t.Fatal(err)
	}
}

// names lists a folder, without what it holds.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

// A play is a system whose steps do nothing but say that they were run: what phases and restores come as.
type play struct{}

var (
	playSet ops.Set[play]
	played  = make(chan string, 1000)
	act     = ops.Declare(&playSet, "play.act", func(s string) ops.Text { return ops.Raw(s) }, func(_ context.Context, _ play, s string) error {
		played <- s
		if strings.Contains(s, "fails") {
			return ops.Fail(ops.Failed, ops.Raw(s), nil)
		}
		return nil
	})
)

// acted is what was played since it was last asked.
func acted() (list []string) {
	for {
		select {
		case s := <-played:
			list = append(list, s)
		default:
			return list
		}
	}
}

// runStep runs one step through a gate, as the only step of a plan.
func runStep(t *testing.T, s *System, step ops.Step) error {
	t.Helper()
	var one ops.Set[play]
	ops.Add(&one, ops.Spec{Name: "play.one", Command: "one", Risk: ops.Reversible}, func(context.Context, play, struct{}) (ops.Plan, error) {
		return ops.Plan{Steps: []ops.Step{step}}, nil
	})
	d := &desk{t: t, s: s, who: ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, ended: make(chan ops.Run, 4), said: make(chan string, 1000)}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	d.store = store
	d.gate = &ops.Gate{Policy: byRisk{}, Store: store, Runner: runs.NewDirect(nil), Watch: d.watch}
	if err := d.gate.Open(Bind(s), one.Bind(play{})); err != nil {
		t.Fatal(err)
	}
	d.launch()
	defer d.close()
	if r := d.do("play.one"); r.State != ops.Succeeded {
		return errors.New(says(r))
	}
	return nil
}

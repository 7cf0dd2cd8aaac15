package zerobyte

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/zerobyte/zerobytetest"
)

type secret string

func (s secret) Reveal() string { return string(s) }

// confirm is a policy that lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}

// A world is a system on a stand-in server, inside a bubble.
type world struct {
	*System
	t      *testing.T
	server *zerobytetest.Server
	gate   *ops.Gate
	over   chan ops.Run
	said   []string // what runs told as they went
}

func newWorld(t *testing.T, v zerobytetest.Version, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, server: zerobytetest.New(v), over: make(chan ops.Run, 16)}
	o := Options{URL: "http://seko:4096", Scratch: "/srv/restore", Desired: Runbook(), Client: w.server.Client()}
	if v < 40 {
		o.User, o.Password = w.server.User, secret(w.server.Password)
	} else {
		o.Key = secret(w.server.Key)
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.System, err = New(o); err != nil {
		t.Fatal(err)
	}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.State == ops.Running && r.At < len(r.Steps) && !r.Steps[r.At].Note.IsZero() {
				w.said = append(w.said, ops.Unmark(r.Steps[r.At].Note.En))
			}
			if r.Over() {
				w.over <- r
			}
		}}
	if err := w.gate.Open(Bind(w.System)); err != nil {
		t.Fatal(err)
	}
	if err := w.gate.Runner.Launch(t.Context(), w.gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		for _, wrong := range w.server.Wrong() {
			t.Errorf("v0.%d: %s", v, wrong)
		}
	})
	return w
}

func (w *world) job(name string, do func(*zerobytetest.Job)) {
	w.server.Change(func(st *zerobytetest.State) { do(st.Job(name)) })
}

func (w *world) ask(op string, args ...string) (*ops.Answer, *ops.Run, error) {
	ask := ops.Ask{Op: op, Args: ops.Args{}}
	for i := 0; i+1 < len(args); i += 2 {
		ask.Args[args[i]] = args[i+1]
	}
	return w.gate.Ask(w.t.Context(), ann, ask, "here")
}

// do asks, says yes and waits for the end.
func (w *world) do(op string, args ...string) ops.Run {
	w.t.Helper()
	_, r, err := w.ask(op, args...)
	if err != nil {
		w.t.Fatalf("%s %v: %v", op, args, err)
	}
	if _, err := w.gate.Decide(w.t.Context(), ann, r.ID, ops.Decision{Yes: true}); err != nil {
		w.t.Fatal(err)
	}
	return <-w.over
}

// how is the end of a run in one line: its state, what its steps found, why it ended.
func how(r ops.Run) string {
	parts := []string{string(r.State)}
	for _, s := range r.Steps {
		parts = append(parts, ops.Unmark(s.Note.En))
	}
	if !r.Why.IsZero() {
		parts = append(parts, "why: "+ops.Unmark(r.Why.En))
	}
	return strings.Join(parts, " | ")
}

// words is everything that an answer says, in English.
func words(a *ops.Answer) string {
	var b strings.Builder
	for _, block := range a.Blocks {
		if block.Code != "" {
			fmt.Fprintf(&b, "> %s\n", block.Code)
			continue
		}
		fmt.Fprintln(&b, ops.Unmark(block.Line.En))
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			fmt.Fprintf(&b, "[%s] ", ops.Unmark(button.Label.En))
		}
	}
	return b.String()
}

// each plays a test in a bubble for each version.
func each(t *testing.T, do func(t *testing.T, v zerobytetest.Version), versions ...zerobytetest.Version) {
	if len(versions) == 0 {
		versions = []zerobytetest.Version{zerobytetest.V26, zerobytetest.V41, zerobytetest.V42}
	}
	for _, v := range versions {
		t.Run(fmt.Sprintf("v0.%d", v), func(t *testing.T) { bubble(t, func(t *testing.T) { do(t, v) }) })
	}
}

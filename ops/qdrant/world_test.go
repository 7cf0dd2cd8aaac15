package qdrant

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/qdrant/qdranttest"
)

const key = "qdrant-key-of-the-test"

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

// An arriving op is what a restore of everything is for one collection.
type arriving struct{ steps func() []ops.Step }

var arrivals ops.Set[*arriving]

var _ = ops.Add(&arrivals, ops.Spec{Name: "test.arrive", Command: "arrive", Risk: ops.Destructive, Doc: ops.T("a", "b"), Theme: ops.T("a", "b")},
	func(_ context.Context, a *arriving, _ struct{}) (ops.Plan, error) {
		return ops.Plan{Title: ops.T("arrive", "arrive"), Target: "docs", Steps: a.steps(), UndoFor: keptFor}, nil
	})

// A world is a Qdrant, and a gate to work on it.
type world struct {
	*System
	t      *testing.T
	server *qdranttest.Server
	folder string
	gate   *ops.Gate
	over   chan ops.Run
	arrive *arriving
}

func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{t: t, server: &qdranttest.Server{Key: key}, folder: t.TempDir(), over: make(chan ops.Run, 16), arrive: &arriving{}}
	web := httptest.NewServer(w.server)
	t.Cleanup(web.Close)
	var err error
	w.System, err = New(Options{URL: web.URL, Key: secret(key), Folder: w.folder, Names: names})
	w.must(err)
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	w.must(err)
	w.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.Over() {
				w.over <- r
			}
		}}
	w.must(w.gate.Open(Bind(w.System), arrivals.Bind(w.arrive)))
	w.must(w.gate.Runner.Launch(t.Context(), w.gate.Advance))
	t.Cleanup(func() {
		if err := w.gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		store.Close()
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// generation is data that tells one time from another.
func generation(name string, n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprint(i)] = name + strings.Repeat(".", 300)
	}
	return m
}

func (w *world) ask(op string, pairs ...string) (*ops.Answer, *ops.Run, error) {
	args := ops.Args{}
	for i := 0; i < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	return w.gate.Ask(w.t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, ops.Ask{Op: op, Args: args}, "here")
}

func (w *world) yes(r *ops.Run) ops.Run {
	w.t.Helper()
	if _, err := w.gate.Decide(w.t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, r.ID, ops.Decision{Yes: true}); err != nil {
		w.t.Fatal(err)
	}
	for {
		select {
		case over := <-w.over:
			if over.ID == r.ID {
				return over
			}
		case <-time.After(time.Minute):
			w.t.Fatal("the run never ended")
		}
	}
}

func (w *world) do(op string, pairs ...string) ops.Run {
	w.t.Helper()
	_, r, err := w.ask(op, pairs...)
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	return w.yes(r)
}

func (w *world) holds(name string, want map[string]string) bool {
	return maps.Equal(w.server.Points(name), want)
}

func tell(r ops.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.State, ops.Unmark(r.Why.En))
	for _, s := range append(append([]ops.StepRun{}, r.Steps...), r.Undone...) {
		fmt.Fprintf(&b, "  %-8s %s · %s\n", s.State, ops.Unmark(s.Step.Text.En), ops.Unmark(s.Note.En))
	}
	return b.String()
}

// saved makes a snapshot on this machine, and returns its name.
func (w *world) saved(collection string) string {
	w.t.Helper()
	if r := w.do("qdrant.snapshot", "collection", collection); r.State != ops.Succeeded {
		w.t.Fatal(tell(r))
	}
	return w.files()[0].Name
}

// fault makes the nth request from now go wrong; met ends that, and says which it was.
func (w *world) fault(n int, kind string) (met func() string) {
	at, what := 0, ""
	w.server.Fail(func(r *http.Request) string {
		if at++; at == n {
			what = r.Method + " " + r.URL.Path
			return kind
		}
		return ""
	})
	return func() string { w.server.Fail(nil); return what }
}

package n8n

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
)

type secret string

func (s secret) Reveal() string { return string(s) }

// confirm lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}

// A place is an n8n for the suite: the real one, or the stand-in.
type place interface {
	system() *System
	add(name, path, fails string) (id string) // a workflow that is off
	edit(id, fails string)                    // a new version of it, not published
	hit(path string) int                      // POST to a webhook; the status
}

// A world is a gate on a system.
type world struct {
	*System
	t    *testing.T
	gate *ops.Gate
	over chan ops.Run
}

func newWorld(t *testing.T, s *System) *world {
	t.Helper()
	w := &world{System: s, t: t, over: make(chan ops.Run, 16)}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour, Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.Over() {
				w.over <- r
			}
		}}
	if err := w.gate.Open(Bind(s)); err != nil {
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
	})
	return w
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

// how is the end of a run in one line.
func how(r ops.Run) string {
	parts := []string{string(r.State)}
	for _, s := range r.Steps {
		parts = append(parts, ops.Unmark(s.Note.En))
	}
	return strings.Join(append(parts, "why: "+ops.Unmark(r.Why.En)), " | ")
}

func (w *world) show() string {
	w.t.Helper()
	a, _, err := w.ask("n8n.show")
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	for _, block := range a.Blocks {
		fmt.Fprintln(&b, ops.Unmark(block.Line.En))
	}
	return b.String()
}

// sightings is what one look of the watcher tells, by subject.
func (w *world) sightings() map[string]ops.Trouble {
	got := map[string]ops.Trouble{}
	w.Watcher().(*watcher).lookOnce(w.t.Context(), func(s ops.Sighting) {
		for _, t := range s.Troubles {
			got[t.Subject] = t
		}
	})
	return got
}

// until polls for what a real server does by itself.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
		<-time.After(100 * time.Millisecond)
	}
}

func post(client *http.Client, url string, body string) (int, error) {
	r, err := client.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	return r.StatusCode, r.Body.Close()
}

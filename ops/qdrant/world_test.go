package qdrant

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/qdrant/qdranttest"
)

const key = "qdrant-key-of-the-test"

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
	*opstest.World
	t      *testing.T
	server *qdranttest.Server
	folder string
	arrive *arriving
}

func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{t: t, server: &qdranttest.Server{Key: key}, folder: t.TempDir(), arrive: &arriving{}}
	web := httptest.NewServer(w.server)
	t.Cleanup(web.Close)
	var err error
	w.System, err = New(Options{URL: web.URL, Key: opstest.Secret(key), Folder: w.folder, Names: names})
	w.must(err)
	w.World = opstest.Open(t, Bind(w.System), arrivals.Bind(w.arrive))
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
	if r := w.Do("qdrant.snapshot", "collection", collection); r.State != ops.Succeeded {
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

package fresh

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/data/datatest"
	"vigie/ops"
	"vigie/ops/opstest"
)

func TestMain(m *testing.M) { datatest.Main(m, nil) }

// A wall is what is told.
type wall struct{ opstest.Wall }

// want checks all that is told now.
func (w *wall) want(t *testing.T, want ...string) {
	t.Helper()
	if got := w.Says(); !slices.Equal(got, want) {
		t.Errorf("told:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// watch runs the watcher of a new system on o; stop ends it and waits.
func watch(t *testing.T, o Options) (s *System, w *wall, stop func()) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w, stop = run(t, s)
	return s, w, stop
}

func run(t *testing.T, s *System) (w *wall, stop func()) {
	w = &wall{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // waited for by stop
		defer close(done)
		s.Watch(ctx, nil, w.Tell)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return w, stop
}

// put writes a file that was changed so long ago, all at once: until then its time is not the bubble's.
func put(t *testing.T, file string, content []byte, ago time.Duration) {
	t.Helper()
	part := file + ".part"
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(part, content, 0o644)); err != nil {
		t.Fatal(err)
	}
	touch(t, part, ago)
	if err := os.Rename(part, file); err != nil {
		t.Fatal(err)
	}
}

func touch(t *testing.T, file string, ago time.Duration) {
	t.Helper()
	at := time.Now().Add(-ago)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
}

// everybody may look.
type everybody struct{}

func (everybody) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

// ask asks the one op here, and returns its answer as lines with the folded ones behind «|».
func ask(t *testing.T, s *System, lang ops.Lang, name string) ([]string, error) {
	t.Helper()
	g := &ops.Gate{Policy: everybody{}, Store: forgetful{}}
	if err := g.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	args := ops.Args{}
	if name != "" {
		args["name"] = name
	}
	a, _, err := g.Ask(t.Context(), ops.Caller{ID: 1, Role: ops.Viewer}, ops.Ask{Op: "fresh.list", Args: args}, "here")
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, b := range a.Blocks {
		line := ops.Unmark(b.Line.In(lang))
		if b.Fold {
			line = "| " + line
		}
		lines = append(lines, line)
	}
	return lines, nil
}

package fresh

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/data/datatest"
	"vigie/ops"
)

func TestMain(m *testing.M) { datatest.Main(m, nil) }

type secret string

func (s secret) Reveal() string { return string(s) }

// A shelf keeps what outlives a restart.
type shelf struct {
	mu   sync.Mutex // guards what follows
	kept map[string]json.RawMessage
	fail error
}

func (s *shelf) Load(_ context.Context, id string) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[id], s.fail
}

func (s *shelf) Save(_ context.Context, id string, body json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if s.kept == nil {
		s.kept = map[string]json.RawMessage{}
	}
	s.kept[id] = slices.Clone(body)
	return nil
}

func (s *shelf) breaks(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// A wall is what has been told so far, as alerts would hold it.
type wall struct {
	mu    sync.Mutex // guards what follows
	up    map[string]ops.Trouble
	ended []ops.Trouble
}

func (w *wall) tell(s ops.Sighting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := map[string]ops.Trouble{}
	for key, t := range w.up {
		if s.Whole == "" || !strings.HasPrefix(t.Subject, s.Whole) {
			now[key] = t
		}
	}
	for _, t := range s.Troubles {
		if t.Over {
			w.ended = append(w.ended, t)
			continue
		}
		now[t.Subject+" "+t.Kind] = t
	}
	w.up = now
}

// says is everything that is wrong, as «subject kind severity: title».
func (w *wall) says() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(w.up)) {
		t := w.up[key]
		list = append(list, key+" "+string(t.Severity)+": "+ops.Unmark(t.Title.En))
	}
	return list
}

func (w *wall) over() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.ended {
		list = append(list, t.Subject+" "+t.Kind+": "+ops.Unmark(t.Title.En))
	}
	return list
}

func (w *wall) trouble(key string) ops.Trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up[key]
}

// want checks all that is told now.
func (w *wall) want(t *testing.T, want ...string) {
	t.Helper()
	if got := w.says(); !slices.Equal(got, want) {
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
		s.Watch(ctx, nil, w.tell)
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

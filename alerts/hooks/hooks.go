package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"vigie/ops"
)

// A Hooks is the door for all sources. It is an [ops.Watcher], and what [Hooks.Handlers] returns serves its paths.
type Hooks struct {
	sources []*source
	service func(string) (string, bool)
	broken  func(error)

	mu   sync.RWMutex // held for reading while tell runs: when Watch has returned, nothing is told any more
	tell func(ops.Sighting)
}

var _ ops.Watcher = (*Hooks)(nil)

// Options are what a Hooks needs.
type Options struct {
	Sources []Source
	// Service finds the service of ours that another system calls name, by its own or its container's name. What is told of
	// it then stands with our own troubles of "container:" and the service. It is called for each message: it must be quick.
	// nil knows none.
	Service func(name string) (service string, ok bool)
	// Broken gets what was refused, at most once a minute for each source. It is for the log; there is no secret in it.
	Broken func(error)
}

// New checks the sources. Its error names every mistake.
func New(o Options) (*Hooks, error) {
	h := &Hooks{broken: o.Broken, service: func(name string) (string, bool) {
		if o.Service == nil || name == "" || oneLine(name, mostKey) != name { // no service of ours is called like that
			return "", false
		}
		return o.Service(name)
	}}
	if h.broken == nil {
		h.broken = func(error) {}
	}
	var wrong []string
	for _, s := range o.Sources {
		if why := s.mistake(); why != "" {
			wrong = append(wrong, fmt.Sprintf("%q %s", s.Name, why))
			continue
		}
		if slices.ContainsFunc(h.sources, func(have *source) bool { return have.Name == s.Name }) {
			wrong = append(wrong, fmt.Sprintf("%q is there twice", s.Name))
			continue
		}
		h.sources = append(h.sources, newSource(s))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("webhook sources: %s", strings.Join(wrong, "; "))
	}
	return h, nil
}

// Name is "hooks".
func (h *Hooks) Name() string { return "hooks" }

// Watch lets the handlers tell until ctx ends. There is no mark: what was told lives on in what it was told to.
func (h *Hooks) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	h.set(tell)
	<-ctx.Done()
	h.set(nil)
}

func (h *Hooks) set(tell func(ops.Sighting)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell = tell
}

func (h *Hooks) watching() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.tell != nil
}

// told tells, and reports whether somebody listened.
func (h *Hooks) told(troubles []ops.Trouble) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.tell == nil {
		return false
	}
	if len(troubles) > 0 {
		h.tell(ops.Sighting{Troubles: troubles})
	}
	return true
}

// Handlers are the paths to serve, as patterns of [http.ServeMux]: one for each source, and /hooks/ for what is none.
func (h *Hooks) Handlers() map[string]http.Handler {
	all := map[string]http.Handler{"/hooks/": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "there is no such source\n")
	})}
	for _, s := range h.sources {
		all["/hooks/"+s.Name] = h.handler(s)
	}
	return all
}

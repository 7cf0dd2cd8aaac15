package hooks

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// failed is a failed call. All of one provider that fail alike are one trouble: LiteLLM alerts on each retry of each model.
func (s *source) failed(m litellm, r request) event {
	f, provider := failureOf(m), providerOf(m)
	model := first(oneLine(m.Model, 40), "?")
	e := event{facts: map[string]string{"type": m.Type, "provider": provider, "model": m.Model, "class": f.class}, usual: f.usual}
	e.Subject, e.Kind, e.Fades = "litellm:"+r.source+":"+key(provider), f.class, fadesCalls
	if f.class == database.class {
		e.Subject = "litellm:" + r.source
	}
	e.Title = f.title(ops.Name(oneLine(provider, 40)))
	storm := s.storms.add(e.Subject+" "+e.Kind, model, r.now)
	e.At = storm.since
	calls := ops.Count{N: storm.calls, EnOne: "failed call", EnMany: "failed calls", FrOne: "appel échoué", FrMany: "appels échoués"}
	models := strings.Join(storm.models, ", ")
	if storm.more {
		models += ", …"
	}
	line := ops.T("%s · %s", "%s · %s", calls, models)
	if storm.calls > 1 {
		line = ops.T("%s in %s · %s", "%s en %s · %s", calls, ops.Span(r.now.Sub(storm.since)), models)
	}
	e.Lines, e.Quote = []ops.Text{line}, quote(m.Message)
	return e
}

// exception is how LiteLLM names whose fault it was: «OpenrouterException - {…}».
var exception = regexp.MustCompile(`\b([A-Z][A-Za-z]{2,30}?)Exception\b`)

// nobody are exceptions that are not called after a provider.
var nobody = []string{"http", "proxy", "litellm", "litellmproxy", "api", "router", "llm", "timeout", "runtime", "client", "connection"}

// providerOf says whom a call went to: as the error names it, or the model's prefix, or the model.
func providerOf(m litellm) string {
	for _, found := range exception.FindAllStringSubmatch(hide(m.Message), 20) {
		if p := strings.ToLower(found[1]); !slices.Contains(nobody, p) {
			return p
		}
	}
	provider, _, _ := strings.Cut(m.Model, "/")
	return first(strings.ToLower(strings.TrimSpace(provider)), "LiteLLM")
}

// storms count failed calls of one subject and kind, as long as they keep coming. At most mostStorms are remembered.
type storms struct {
	mu  sync.Mutex // guards all
	all map[string]*storm
}

const (
	mostStorms = 200
	mostModels = 5
)

type storm struct {
	since, last time.Time
	calls       int
	models      []string
	more        bool // models than those
}

// add counts one more call, and returns the storm as it is now.
func (s *storms) add(id, model string, now time.Time) storm {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]*storm{}
	}
	now = now.UTC()
	one := s.all[id]
	if one == nil || now.Sub(one.last) > fadesCalls {
		s.forget(now)
		one = &storm{since: now}
		s.all[id] = one
	}
	one.last = now
	one.calls++
	switch {
	case slices.Contains(one.models, model):
	case len(one.models) < mostModels:
		one.models = append(one.models, model)
	default:
		one.more = true
	}
	copied := *one
	copied.models = slices.Clone(one.models)
	return copied
}

// forget makes room for one more: what is over goes, and if that is not enough, what is quiet for longest.
func (s *storms) forget(now time.Time) {
	oldest := ""
	for id, one := range s.all {
		if now.Sub(one.last) > fadesCalls {
			delete(s.all, id)
		} else if oldest == "" || one.last.Before(s.all[oldest].last) {
			oldest = id
		}
	}
	if len(s.all) >= mostStorms {
		delete(s.all, oldest)
	}
}

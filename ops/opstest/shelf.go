package opstest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"vigie/ops"
)

// A Shelf keeps what outlives a restart, in memory. The zero value is empty.
type Shelf struct {
	mu   sync.Mutex // guards what follows
	kept map[string]json.RawMessage
	fail error
}

// Load returns what was saved under an id, nil if nothing was.
func (s *Shelf) Load(_ context.Context, id string) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[id], s.fail
}

// Save keeps a document.
func (s *Shelf) Save(_ context.Context, id string, body json.RawMessage) error {
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

// Breaks makes every call fail, until it is called with nil.
func (s *Shelf) Breaks(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// A Wall is what watchers have told so far, as alerts would hold it.
type Wall struct {
	mu    sync.Mutex // guards what follows
	up    map[string]ops.Trouble
	ended []string
}

// Tell takes a sighting, as [ops.Sighting] says it is meant.
func (w *Wall) Tell(s ops.Sighting) {
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
			w.ended = append(w.ended, t.Subject+" "+t.Kind+": "+ops.Unmark(t.Title.En))
			continue
		}
		now[t.Subject+" "+t.Kind] = t
	}
	w.up = now
}

// Says is everything that is wrong, as «subject kind severity: title».
func (w *Wall) Says() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(w.up)) {
		list = append(list, key+" "+string(w.up[key].Severity)+": "+ops.Unmark(w.up[key].Title.En))
	}
	return list
}

// Over is everything that was told to be over, as «subject kind: how it is now».
func (w *Wall) Over() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.ended)
}

// Trouble is what is told of «subject kind».
func (w *Wall) Trouble(key string) ops.Trouble {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up[key]
}

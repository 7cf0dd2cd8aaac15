package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

// kept is what is remembered of a thing's document.
type kept struct{ version int64 }

func (k *kept) stored() *int64 { return &k.version }

// A keepable is a thing that survives a crash, as one document.
type keepable interface {
	doc(b *book) (kind, id, state string)
	body() (json.RawMessage, error)
	stored() *int64 // the version of the document as it is in the store
}

func (i *Incident) doc(*book) (kind, id, state string) {
	state = "open"
	if i.State == Over && len(i.Owed) == 0 {
		state = "over"
	}
	return "incident", i.ID, state
}
func (i *Incident) body() (json.RawMessage, error) { return json.Marshal(i) }
func (i *Incident) stored() *int64                 { return &i.version }

func (l *Letter) doc(*book) (kind, id, state string) {
	state = "open"
	if l.Closed {
		state = "closed"
	}
	return "letter", l.ID, state
}
func (l *Letter) body() (json.RawMessage, error) { return json.Marshal(l) }

func (m *Mute) doc(*book) (kind, id, state string) {
	state = "on"
	if m.Ended {
		state = "off"
	}
	return "mute", m.key(), state
}
func (m *Mute) body() (json.RawMessage, error) { return json.Marshal(m) }

func (m *mark) doc(b *book) (kind, id, state string) {
	for name, o := range b.marks {
		if o == m {
			return "setting", "watch/" + name, ""
		}
	}
	return "setting", "watch/", "" // unreachable: marks are not forgotten
}
func (m *mark) body() (json.RawMessage, error) { return m.at, nil }

// A saver writes what changed, away from the goroutine that owns the book: a slow disk must not delay a message.
type saver struct {
	dirty   []keepable
	moved   bool            // something changed since the bells rang
	busy    []keepable      // what is being written
	waiting []chan struct{} // who waits for what changed up to now to be durable
	served  []chan struct{} // who waits for what is being written
	results chan saved
	retry   time.Time
}

// saved is what became of one round of writing.
type saved struct {
	versions map[keepable]int64
	failed   []keepable
	errs     []error
	err      error
}

func (s *saver) touch(k keepable) {
	s.moved = true
	if !slices.Contains(s.dirty, k) {
		s.dirty = append(s.dirty, k)
	}
}

func (s *saver) holds(k keepable) bool {
	return slices.Contains(s.dirty, k) || slices.Contains(s.busy, k)
}

// A written is one document on its way.
type written struct {
	thing keepable
	rank  int
	doc   ops.Doc
}

// save begins a round of writing, unless one is under way.
func (b *book) save() {
	s := &b.saver
	if s.busy != nil || time.Now().Before(s.retry) {
		return
	}
	list := b.collect()
	if len(list) == 0 {
		for _, done := range s.waiting {
			close(done)
		}
		s.waiting = nil
		return
	}
	s.served, s.waiting = s.waiting, nil
	go func() { s.results <- b.e.write(context.Background(), list) }() // one at a time; close takes the last result
}

// collect takes what changed, as documents. A suspect is not kept: its watcher sees it again.
func (b *book) collect() (list []written) {
	s := &b.saver
	for _, k := range s.dirty {
		if i, ok := k.(*Incident); ok && (i.Fired.IsZero() || i.State == Suspect && i.version == 0) {
			continue
		}
		body, err := k.body()
		if err != nil { // unreachable: plain data
			b.e.broken(err)
			continue
		}
		kind, id, state := k.doc(b)
		list = append(list, written{k, rank(k), ops.Doc{Kind: kind, ID: id, State: state, Version: *k.stored(), Updated: time.Now(), Body: body}})
		s.busy = append(s.busy, k)
	}
	s.dirty = nil
	return list
}

// rank is the order of writing: a letter in the store has its incidents there; one that is closed is closed only once the one
// that took its place is there; and a watcher's mark stands only for what is there. What is of one rank is written side by
// side, which the store makes one transaction of.
func rank(k keepable) int {
	switch k := k.(type) {
	case *Incident:
		return 0
	case *Letter:
		if k.Closed {
			return 2
		}
	case *mark:
		return 3
	}
	return 1
}

// write writes documents, rank by rank. After a failure it writes no further rank.
func (e *Engine) write(ctx context.Context, list []written) saved {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r := saved{versions: map[keepable]int64{}}
	var mu sync.Mutex // guards r
	for n := range 4 {
		var work sync.WaitGroup
		for _, w := range list {
			switch {
			case w.rank != n:
			case r.err != nil: // nothing of this rank is under way
				r.failed = append(r.failed, w.thing)
			default:
				work.Go(func() {
					version, err := e.writeOne(ctx, w.doc)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						r.failed = append(r.failed, w.thing)
						r.errs = append(r.errs, err)
						return
					}
					r.versions[w.thing] = version
				})
			}
		}
		work.Wait()
		r.err = errors.Join(r.errs...)
	}
	return r
}

func (e *Engine) writeOne(ctx context.Context, doc ops.Doc) (version int64, err error) {
	version, err = e.o.Store.Save(ctx, doc)
	if !errors.Is(err, ops.ErrConflict) {
		return version, err
	}
	now, err := e.o.Store.Load(ctx, doc.Kind, doc.ID) // an earlier write that seemed to fail did not
	if err != nil {
		return 0, err
	}
	doc.Version = now.Version
	return e.o.Store.Save(ctx, doc)
}

// kept takes in what became of a round. What could not be written is told all the same, and written later.
func (b *book) kept(r saved) {
	s := &b.saver
	s.busy = nil
	for k, version := range r.versions {
		*k.stored() = version
	}
	for _, done := range s.served {
		close(done)
	}
	s.served = nil
	if r.err == nil {
		return
	}
	b.e.broken(fmt.Errorf("keeping the incidents: %w", r.err))
	s.retry = time.Now().Add(5 * time.Second)
	for _, k := range r.failed {
		if !slices.Contains(s.dirty, k) {
			s.dirty = append(s.dirty, k)
		}
	}
}

// close writes what is left, and lets go of who waits.
func (b *book) close() {
	s := &b.saver
	if s.busy != nil {
		b.kept(<-s.results)
	}
	if list := b.collect(); len(list) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if r := b.e.write(ctx, list); r.err != nil {
			b.e.broken(fmt.Errorf("keeping the incidents: %w", r.err))
		}
	}
}

package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops"
)

// A room is a screen that a test looks at, and that fails as it is told.
type room struct {
	mu       sync.Mutex // guards all below
	messages map[ops.Place]string
	pinned   []ops.Place
	sent     int // new messages
	loud     int
	edits    int
	fails    func() error // what the next call meets
	trace    []string
}

func (r *room) log(f string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trace = append(r.trace, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(f, a...))
}

func newRoom() *room { return &room{messages: map[ops.Place]string{}} }

func (r *room) Show(ctx context.Context, at ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error) {
	r.mu.Lock()
	fails := r.fails
	r.mu.Unlock()
	var late error
	if fails != nil {
		switch err := fails(); {
		case errors.Is(err, errHangs):
			<-ctx.Done()
			return at, ctx.Err()
		case errors.Is(err, errLost): // accepted, and the answer is lost
			late = ctx.Err()
			if late == nil {
				late = err
			}
		case err != nil:
			return at, err
		}
	}
	was := at
	isNew := strings.Count(string(at), ":") < 2
	at = r.take(at, a)
	r.log("show %s -> %s %q lost=%v", was, at, a.Blocks[0].Line.En, late)
	if late != nil { // nobody will ever know that it is there: what it says says nothing
		r.mu.Lock()
		if isNew {
			delete(r.messages, at)
		}
		r.mu.Unlock()
		<-ctx.Done()
		return at, ctx.Err()
	}
	return at, nil
}

// take puts a message up, or changes it.
func (r *room) take(at ops.Place, a ops.Answer) ops.Place {
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.Count(string(at), ":") < 2 {
		r.sent++
		at = ops.Place(fmt.Sprintf("%s:%d", at, r.sent))
		if a.Loud {
			r.loud++
		}
	} else {
		r.edits++
	}
	r.messages[at] = a.Blocks[0].Line.En
	for _, b := range a.Blocks[1:] {
		r.messages[at] += "\n" + b.Line.En + b.Code
	}
	return at
}

func (r *room) Update(at ops.Place, lang ops.Lang, a ops.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages[at] = a.Blocks[0].Line.En
	r.trace = append(r.trace, fmt.Sprint("update ", at, a.Blocks[0].Line.En))
}

func (r *room) Pin(_ context.Context, at ops.Place) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pinned = append(r.pinned, at)
	return nil
}

func (r *room) Chat(p ops.Place) ops.Place {
	parts := strings.SplitN(string(p), ":", 3)
	return ops.Place(strings.Join(parts[:min(2, len(parts))], ":"))
}

// says reports whether a message of a chat holds text now.
func (r *room) says(chat, text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, m := range r.messages {
		if strings.HasPrefix(string(at), chat+":") && strings.Contains(m, text) {
			return true
		}
	}
	return false
}

var (
	errHangs = errors.New("hangs")
	errLost  = errors.New("lost")
)

// A shelf is a store in memory that fails as it is told.
type shelf struct {
	ops.Store // what is not used here is nil

	mu    sync.Mutex // guards all below
	docs  map[string]ops.Doc
	order []string
	fails func() error
	gone  bool
}

func newShelf() *shelf { return &shelf{docs: map[string]ops.Doc{}} }

func (s *shelf) Save(_ context.Context, d ops.Doc, _ ...ops.Entry) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return 0, errors.New("closed")
	}
	if s.fails != nil {
		if err := s.fails(); err != nil {
			return 0, err
		}
	}
	key := d.Kind + " " + d.ID
	if s.docs[key].Version != d.Version {
		return 0, fmt.Errorf("%s: %w", key, ops.ErrConflict)
	}
	if d.Version == 0 {
		s.order = append(s.order, key)
	}
	d.Version++
	d.Body = slices.Clone(d.Body)
	s.docs[key] = d
	return d.Version, nil
}

func (s *shelf) Load(_ context.Context, kind, id string) (ops.Doc, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.docs[kind+" "+id]
	if !ok {
		return ops.Doc{}, ops.ErrNoDoc
	}
	return d, nil
}

func (s *shelf) List(_ context.Context, kind string, states ...string) (list []ops.Doc, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.order {
		if d := s.docs[key]; d.Kind == kind && (len(states) == 0 || slices.Contains(states, d.State)) {
			list = append(list, d)
		}
	}
	return list, nil
}

// A puppet is a watcher that a test moves. It tells all that is wrong at each start, as a real one does.
type puppet struct {
	mu    sync.Mutex // guards now
	now   map[[2]string]ops.Trouble
	tell  chan ops.Sighting
	marks []string
}

func newPuppet() *puppet {
	return &puppet{now: map[[2]string]ops.Trouble{}, tell: make(chan ops.Sighting, 1000)}
}

func (p *puppet) Name() string { return "puppet" }

func (p *puppet) Watch(ctx context.Context, mark json.RawMessage, tell func(ops.Sighting)) {
	p.mu.Lock()
	p.marks = append(p.marks, string(mark))
	all := ops.Sighting{Whole: "container:"}
	for _, t := range p.now {
		all.Troubles = append(all.Troubles, t)
	}
	for len(p.tell) > 0 { // what was said while nobody listened is in all
		<-p.tell
	}
	p.mu.Unlock()
	tell(all)
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-p.tell:
			tell(s)
		}
	}
}

// set tells of troubles at once.
func (p *puppet) set(list ...ops.Trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range list {
		t := &list[i]
		if t.At.IsZero() {
			t.At = time.Now()
		}
		key := [2]string{t.Subject, t.Kind}
		if t.Over {
			delete(p.now, key)
		} else {
			p.now[key] = *t
		}
	}
	p.tell <- ops.Sighting{Troubles: list, Mark: json.RawMessage(fmt.Sprint(time.Now().UnixMilli()))}
}

func bad(name, kind string, s ops.Severity) ops.Trouble {
	return ops.Trouble{Subject: "container:" + name, Kind: kind, Severity: s, Title: ops.Raw(name + " " + kind)}
}

func good(name, kind string) ops.Trouble {
	return ops.Trouble{Subject: "container:" + name, Kind: kind, Over: true, Title: ops.Raw(name + " is well")}
}

// A watch is an engine under test.
type watch struct {
	t    *testing.T
	o    Options
	e    *Engine
	end  context.CancelFunc
	done chan struct{}
}

func start(t *testing.T, o Options) *watch {
	w := &watch{t: t, o: o}
	w.start()
	return w
}

func (w *watch) start() {
	ctx, end := context.WithCancel(context.Background())
	w.e, w.end, w.done = New(w.o), end, make(chan struct{})
	go func() { // waited for in stop
		defer close(w.done)
		if err := w.e.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
}

func (w *watch) stop() {
	w.end()
	<-w.done
}

func people(names ...string) (list []Recipient) {
	for n, name := range names {
		list = append(list, Recipient{Key: name, Place: ops.Place(fmt.Sprintf("chat:%d", n+1))})
	}
	return list
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func containsLine(text, begin string) bool {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

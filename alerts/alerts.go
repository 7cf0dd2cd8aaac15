// Package alerts turns what watchers tell into incidents, and incidents into messages that people do not learn to ignore.
//
// Reading order: alerts.go (what it needs and how it runs), incident.go (the life of one), book.go (all of them, and the one
// goroutine that owns them), fire.go (is it told, to whom, again when), hold.go (what keeps it from being told), letter.go (one
// message for one reader), courier.go (bringing it there), say.go, digest.go and board.go (how it reads), keep.go (what survives a
// crash), repair.go, and then the ops: list.go, ack.go, mute.go, maintenance.go, test.go.
//
// What holds: an incident is told once, by one message that is edited as it evolves, and is as told only when the reader's
// transport has accepted it. What cannot be sent waits in the store. What is muted, or comes in a quiet hour, is told later, not
// dropped. A crash between a message's being accepted and that being written down sends it twice; nothing loses one.
package alerts

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"vigie/ops"
)

// A Screen is the way to readers: what this package needs of a transport. See the transports for what their Show promises.
type Screen interface {
	// Show sends a as a new message at place, or edits the message that place names, and returns where it is. An error
	// while ctx lasts is final: it would be refused again.
	Show(ctx context.Context, place ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error)
	// Update edits a message when there is room for it, and does not wait.
	Update(place ops.Place, lang ops.Lang, a ops.Answer)
	// Pin pins a message in its chat without a sound.
	Pin(ctx context.Context, message ops.Place) error
	// Chat is the place without its message.
	Chat(place ops.Place) ops.Place
}

// A Recipient is somebody, or a chat, that can be told.
type Recipient struct {
	Key   string                         // as routes call it: "ann", "-1001234567890/45"
	Place ops.Place                      // a chat, or a topic of one
	Lang  func(context.Context) ops.Lang // nil: English
	Quiet Quiet                          // when nothing but what is critical is sent there
	Who   ops.Caller                     // zero for a chat of several people
}

// A Quiet is a span of the day, in minutes since midnight of the stack's zone; it may go over midnight. From == To is none.
type Quiet struct{ From, To int }

// A Route says who is told of which troubles. What is left out matches all.
type Route struct {
	Subject []string // globs: "budget:*"
	Kind    []string
	Least   ops.Severity // as grave, or graver
	Exactly bool         // and not graver
	To      []string     // recipients' keys; none: it is kept, and nobody is told
}

// A Window is a time in which nothing of some subjects is told: what is still wrong at its end is.
type Window struct {
	Name    string
	Next    func(time.Time) time.Time // the first start after a time
	For     time.Duration
	Subject []string // globs; none: all
}

// A Fallback is a second way to people, for when the first one stays closed.
type Fallback interface {
	// Send delivers a text, or fails.
	Send(ctx context.Context, text string) error
}

// Options are what an Engine needs. Store is required.
type Options struct {
	Store    ops.Store
	Watchers []ops.Watcher
	Screen   Screen
	People   []Recipient
	Default  []string // keys of those who are told where no route says otherwise
	Routes   []Route  // the first that matches decides
	Windows  []Window
	Repairs  []Repair
	Zone     *time.Location // of clock times and quiet hours; nil is UTC
	Stack    string         // what the stack is called

	Delay map[string]time.Duration // how long a kind must last before it is told; overrides the watcher's own
	// EscalateAfter is when what is critical and not acknowledged is told again, to EscalateTo as well; 0 is never.
	EscalateAfter time.Duration
	EscalateTo    []string
	Remind        time.Duration // when what is not acknowledged is told again; 0 is 24 h, negative is never
	RemindGrave   time.Duration // the same for what is critical; 0 is 1 h, negative is never
	Storm         int           // from so many new ones at once one message tells of all; 0 is 5

	Fallback      Fallback      // nil: none
	FallbackAfter time.Duration // how long the first way must have been closed; 0 is 2 min

	// Locks are what a plan that works on a subject holds; nil: only what troubles say of themselves is known.
	Locks func(subject string) []string
	// Subjects are what can be muted besides what is wrong now.
	Subjects func(context.Context) ([]ops.Choice, error)
	// Mend asks for an op and approves it, as Vigie itself; it returns when the run is on its way. place is where it is told of.
	Mend   func(ctx context.Context, ask ops.Ask, place ops.Place, lang ops.Lang) (run string, err error)
	Broken func(error) // told of what the operator of the bot must know
}

// An Engine keeps the incidents of one stack. One Run at a time.
type Engine struct {
	o     Options
	inbox chan ask
	ended chan struct{}
	bells map[string]chan struct{} // by recipient: there may be something for you; room for one
	board chan struct{}            // the boards may have changed; room for one
}

// An ask is something to do with the book, by the goroutine that owns it.
type ask struct {
	do   func(*book)
	done chan struct{} // closed once done, if it is set
	kept bool          // …and only once what changed is durable
}

// New makes an engine; it does nothing yet.
func New(o Options) *Engine {
	e := &Engine{o: o, inbox: make(chan ask, 256), ended: make(chan struct{}), bells: map[string]chan struct{}{}, board: make(chan struct{}, 1)}
	for _, r := range o.People {
		e.bells[r.Key] = make(chan struct{}, 1)
	}
	return e
}

// Run watches and tells until ctx ends. What the last process kept is taken up first.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.ended)
	b, err := e.open(ctx)
	if err != nil {
		return fmt.Errorf("reading the incidents that were open: %w", err)
	}
	marks := map[string]json.RawMessage{}
	for name, m := range b.marks {
		marks[name] = m.at
	}
	var work sync.WaitGroup
	defer work.Wait()
	for _, w := range e.o.Watchers {
		work.Go(func() {
			w.Watch(ctx, marks[w.Name()], func(s ops.Sighting) {
				e.post(ctx, ask{do: func(b *book) { b.see(w.Name(), s) }})
			})
		})
	}
	for _, r := range e.o.People {
		work.Go(func() { e.carry(ctx, r) })
	}
	work.Go(func() { e.keepBoards(ctx) })
	b.run(ctx)
	return nil
}

// Keep is Run for a bot that tells nobody: what is asked of it is answered; with watch, from what the watchers see as well.
func (e *Engine) Keep(ctx context.Context, watch bool) error {
	e.o.People, e.o.Screen = nil, nil
	if !watch {
		e.o.Watchers = nil
	}
	return e.Run(ctx)
}

// Through says by which screen people are reached. It is called before Run.
func (e *Engine) Through(s Screen) { e.o.Screen = s }

// post hands something to the owner of the book. It says false when the engine has ended.
func (e *Engine) post(ctx context.Context, a ask) bool {
	select {
	case e.inbox <- a:
		return true
	case <-ctx.Done():
	case <-e.ended:
	}
	return false
}

// with does something with the book and returns when it is done; with kept, when it is durable too.
func (e *Engine) with(ctx context.Context, kept bool, do func(*book)) error {
	done := make(chan struct{})
	if !e.post(ctx, ask{do, done, kept}) {
		return notWatching
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ended:
		return notWatching
	}
}

var notWatching = ops.Fail(ops.Unavailable, ops.T("I am not keeping watch right now: I am starting or ending. Ask again in a moment.",
	"Je ne veille pas en ce moment : je démarre ou je m’arrête. Redemande dans un instant."), nil)

// Ran tells the engine of a run's newest state: what a plan causes is no incident. It does not block for long.
func (e *Engine) Ran(r ops.Run) {
	if r.State == ops.Waiting {
		return
	}
	e.post(context.Background(), ask{do: func(b *book) { b.ran(r) }})
}

func (e *Engine) broken(err error) {
	if e.o.Broken != nil {
		e.o.Broken(err)
	}
}

func (o *Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

func (o *Options) recipient(key string) (Recipient, bool) {
	for _, r := range o.People {
		if r.Key == key {
			return r, true
		}
	}
	return Recipient{}, false
}

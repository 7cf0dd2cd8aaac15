package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"sync"
	"time"

	"vigie/ops"
)

// How the watch over containers works.
//
// Three goroutines share what is known of the containers (a memo each). The reader follows the engine's events, and tells
// what an event changes before it asks the engine anything: from the event to the telling there is only arithmetic. The
// sweeper looks at everything whenever a stream of events begins, and every minute besides: one list, and close looks at
// the rows where the list cannot be enough. The third looks closely at what the events were about (log, health output,
// limits), a few at a time, and the same trouble is then told again, richer. No call to the engine is made while what is known
// is locked, so that a slow answer never keeps an event waiting: the engine drops the events of who does not read them.
//
// What was asked for is older than what an event told meanwhile. So each event has a number, and an answer counts only for
// the containers that no event was about since the question was put; those are looked at again.
//
// What is told is a function of the memos (judge). It is compared with what was told, and the difference is told: new
// first, then what is over. What a new stream replays of the past goes into the memos without a word; the sweep that
// follows tells what has come of it. Of a time in which nothing could be seen, the difference between then and now is told. What
// an engine that ends does to the containers is nobody's doing: see watch_gone.go.
//
// Troubles of a container that come and go are on the subject "container:NAME". What is wrong with how it is set up (a
// health check that cannot fail, an old env file, an image that is gone) is on "setup:NAME": that may stay for months, and an
// incident must be able to end. What the watch itself cannot do is on "watch:docker".

// WatchOptions are how the containers are watched; the zero value is good.
type WatchOptions struct {
	Every    time.Duration // how often everything is looked at, besides the events; 0 is a minute
	Restarts int           // so many ends that nobody asked for, within Window, are a crash loop; 0 is 3
	Window   time.Duration // 0 is 10 minutes
}

const (
	aboutContainer = "container:"
	aboutSetup     = "setup:"
	aboutWatch     = "watch:docker"
)

// Watcher watches the stack's containers. It reads s, which must not change any more.
func (s *Stack) Watcher(o WatchOptions) ops.Watcher {
	o.Every = cmp.Or(o.Every, time.Minute)
	o.Restarts = cmp.Or(o.Restarts, 3)
	o.Window = cmp.Or(o.Window, 10*time.Minute)
	return watcher{s, o}
}

type watcher struct {
	stack   *Stack
	options WatchOptions
}

// Name implements [ops.Watcher].
func (watcher) Name() string { return "docker" }

// Watch implements [ops.Watcher].
func (w watcher) Watch(ctx context.Context, mark json.RawMessage, tell func(ops.Sighting)) {
	l := w.lookout(tell)
	l.recall(mark)
	var work sync.WaitGroup
	work.Go(func() { l.sweeps(ctx) })
	work.Go(func() { l.looks(ctx) })
	l.follow(ctx)
	work.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say(nil, "") // where it stands at the end
}

// A lookout is one Watch.
type lookout struct {
	stack *Stack
	o     WatchOptions
	tell  func(ops.Sighting)

	// Each of these has room for one poke.
	sweep chan struct{} // look at everything now
	look  chan struct{} // somebody stands in queue
	retry chan struct{} // the engine answers: follow its events now

	mu        sync.Mutex       // guards all below; never held during a call to the engine, held while telling so that the newest is told last
	boxes     map[string]*memo // by id
	past      map[string]was   // by container name: what was there before, until something takes its place
	destroyed map[string]int   // ids that went, with the number of the event that said so
	files     []File
	unread    error                // why the newest state of the files is not in files
	written   map[string]time.Time // env files, with when they were written
	noImage   map[string]bool      // references that the engine does not have, and should
	told      map[what]ops.Trouble // what is so, as it was told last
	queue     []string             // ids to look at closely
	count     int                  // events so far
	looked    bool                 // everything was looked at once

	// The stream of events.
	cut       context.CancelFunc // ends it
	streaming bool
	begun     time.Time         // when it was asked for: what is older was not heard as it happened
	newest    time.Time         // the newest event, by the engine's clock
	heard     map[heardKey]bool // events of the last seconds, which a new stream tells again
	deaf      error             // why there are no events, while the engine answers
	failed    int               // streams in a row that gave nothing
	missed    bool              // the list showed what no event told, and none came since

	// Being blind.
	lost   time.Time      // since when something may have happened unseen; zero while all is seen
	away   bool           // it was the bot that was not there
	gone   bool           // in that time the engine did not answer: it may have ended, with all containers
	dark   [2]time.Time   // from when to when the engine was last gone
	sound  time.Time      // when all was seen again: what the events tell of the time before may be older than that
	before map[string]was // by container name: how it was then
	blind  time.Time      // since when the engine does not answer; zero if it does
	why    error          // with what it does not answer
	gap    ops.Trouble    // to be told once
}

func (w watcher) lookout(tell func(ops.Sighting)) *lookout {
	return &lookout{
		stack: w.stack, o: w.options, tell: tell,
		sweep: make(chan struct{}, 1), look: make(chan struct{}, 1), retry: make(chan struct{}, 1), cut: func() {},
		boxes: map[string]*memo{}, past: map[string]was{}, destroyed: map[string]int{}, written: map[string]time.Time{},
		noImage: map[string]bool{}, told: map[what]ops.Trouble{}, heard: map[heardKey]bool{},
	}
}

// A what names a trouble.
type what struct{ subject, kind string }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // poked already
	}
}

// report tells what changed since it was told. The caller holds mu.
func (l *lookout) report() {
	if news, _, _ := l.changes(time.Now()); len(news) > 0 {
		l.say(news, "")
	}
}

// say tells, with where the watch stands. The caller holds mu.
func (l *lookout) say(list []ops.Trouble, whole string) {
	l.tell(ops.Sighting{Troubles: list, Whole: whole, Mark: l.mark(time.Now())})
}

package telegram

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Telegram takes about one message a second in a chat, 20 a minute in a group and 30 a second in all, where
// edits count as messages; a few may come at once. The margin of 5 %, and of less at once than it takes, is for
// the network, which brings together what was sent apart: 20 at once and 28 a second stay below 30 even if a third of a second's
// calls arrive as one.
const (
	chatEvery    = 1050 * time.Millisecond
	chatBurst    = 2
	groupEvery   = 3150 * time.Millisecond
	groupBurst   = 4
	overallEvery = time.Second / 28
	overallBurst = 20
	// progressLeaves is how much of the overall burst progress leaves to answers.
	progressLeaves = 6
	// flooded is how many chats must be told to wait at once before it is taken as meant for all.
	flooded = 3
)

// A pace gives turns to send: one at a time in a chat, in order, answers before progress, and not faster
// than Telegram takes them.
type pace struct {
	mu    sync.Mutex // guards everything here and in lanes and turns; held for moments only
	all   *rate.Limiter
	until time.Time // everybody waits until then
	lanes map[int64]*lane
	seq   int
	free  bool // nothing but the order counts
}

// A lane is the queue of one chat.
type lane struct {
	limits  []*rate.Limiter
	until   time.Time // Telegram said so
	queue   []*turn   // who is next first
	changed chan struct{}
}

// A turn is a place in the queue of a chat. It is kept over retries, so that nothing overtakes.
type turn struct {
	pace   *pace
	lane   *lane
	urgent bool
	seq    int
	busy   bool      // it is being sent
	after  time.Time // not before then
}

func newPace(free bool) *pace {
	p := &pace{all: rate.NewLimiter(rate.Every(overallEvery), overallBurst), lanes: map[int64]*lane{}, free: free}
	if free {
		p.all.SetLimit(rate.Inf)
	}
	return p
}

// join queues up in a chat. The turn must leave.
func (p *pace) join(chat int64, urgent bool) *turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lanes[chat]
	if l == nil {
		l = &lane{changed: make(chan struct{})}
		if !p.free {
			l.limits = append(l.limits, rate.NewLimiter(rate.Every(chatEvery), chatBurst))
		}
		if !p.free && chat < 0 { // a group, or a channel
			l.limits = append(l.limits, rate.NewLimiter(rate.Every(groupEvery), groupBurst))
		}
		p.lanes[chat] = l
	}
	p.seq++
	t := &turn{pace: p, lane: l, urgent: urgent, seq: p.seq}
	l.queue = append(l.queue, t)
	l.sort()
	return t
}

// sort puts who is being sent first, then answers, then progress, each in order.
func (l *lane) sort() {
	slices.SortFunc(l.queue, func(a, b *turn) int {
		switch {
		case a.busy != b.busy:
			return yes(b.busy) - yes(a.busy)
		case a.urgent != b.urgent:
			return yes(b.urgent) - yes(a.urgent)
		}
		return a.seq - b.seq
	})
	close(l.changed)
	l.changed = make(chan struct{})
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// wait returns when it is t's turn. Afterwards t must rest, or leave.
func (t *turn) wait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.pace.mu.Lock()
		delay, ready := t.take(time.Now())
		changed := t.lane.changed
		t.pace.mu.Unlock()
		if ready {
			return nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// take takes the tokens if it is t's turn now; otherwise it says how long that lasts at least.
func (t *turn) take(now time.Time) (delay time.Duration, ready bool) {
	l, p := t.lane, t.pace
	if l.queue[0] != t {
		return time.Hour, false // until the queue changes
	}
	for _, until := range []time.Time{p.until, l.until, t.after} {
		delay = max(delay, until.Sub(now))
	}
	left := 0.0 // tokens that progress leaves to an answer that may come
	if !t.urgent {
		left = 1
	}
	for _, limit := range l.limits {
		delay = max(delay, lacking(limit, now, 1+left))
	}
	if delay = max(delay, lacking(p.all, now, 1+left*progressLeaves)); delay > 0 {
		return delay, false
	}
	for _, limit := range l.limits {
		limit.AllowN(now, 1)
	}
	p.all.AllowN(now, 1)
	t.busy = true
	return 0, true
}

// lacking is how long limit takes until it has so many tokens.
func lacking(limit *rate.Limiter, now time.Time, want float64) time.Duration {
	missing := want - limit.TokensAt(now)
	if missing <= 1e-6 || limit.Limit() == rate.Inf {
		return 0
	}
	return time.Duration(missing/float64(limit.Limit())*float64(time.Second)) + time.Microsecond
}

// rest gives the turn back for a while; it keeps its place in the queue.
func (t *turn) rest(d time.Duration) {
	t.pace.mu.Lock()
	defer t.pace.mu.Unlock()
	t.busy, t.after = false, time.Now().Add(d)
	t.lane.sort()
}

// hurry makes progress an answer.
func (t *turn) hurry() {
	t.pace.mu.Lock()
	defer t.pace.mu.Unlock()
	t.urgent = true
	t.lane.sort()
}

func (t *turn) leave() {
	t.pace.mu.Lock()
	defer t.pace.mu.Unlock()
	t.lane.queue = slices.DeleteFunc(t.lane.queue, func(o *turn) bool { return o == t })
	t.lane.sort()
}

// hold makes t's chat wait for as long as Telegram says; and all chats, when several are told so at once.
func (t *turn) hold(d time.Duration) {
	p := t.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if until := now.Add(d); until.After(t.lane.until) {
		t.lane.until = until
	}
	held := 0
	for _, l := range p.lanes {
		held += yes(l.until.After(now))
	}
	if held >= flooded && t.lane.until.After(p.until) {
		p.until = t.lane.until
	}
}

// waiting counts turns, for the metrics.
func (p *pace) waiting() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lanes {
		n += len(l.queue)
	}
	return n
}

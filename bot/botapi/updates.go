package botapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

const (
	maxPoll  = 50 * time.Second // Telegram cuts longer timeouts to this
	maxBatch = 100
)

// Update is one update as it was queued for a bot.
type Update struct {
	ID   int
	Kind string          // message, callback_query, …
	JSON json.RawMessage // the whole update
}

// updateQueue holds what a bot has not confirmed yet.
type updateQueue struct {
	pending    []Update
	nextUpdate int             // ids have no gaps: confirm counts on it
	allowed    map[string]bool // nil is the default set
	history    ring[Update]
	wake       chan struct{}  // closed and replaced when something happened
	poll       chan *apiError // ends the long poll under way; nil without one
}

func newUpdateQueue() updateQueue {
	return updateQueue{nextUpdate: 100_000_001, wake: make(chan struct{}), history: ring[Update]{max: logged}}
}

func (q *updateQueue) wakeUp() {
	close(q.wake)
	q.wake = make(chan struct{})
}

// updateKinds are those of this server, and whether a bot gets them unasked.
var updateKinds = map[string]bool{
	"message": true, "edited_message": true, "channel_post": true, "edited_channel_post": true,
	"callback_query": true, "my_chat_member": true, "chat_member": false,
	"message_reaction": false, "message_reaction_count": false,
}

// allow remembers allowed_updates; absent, null or unreadable leaves it as it is.
func (q *updateQueue) allow(raw string) {
	var names []string
	if raw == "" || raw == "null" {
		return
	}
	q.allowed = nil
	if json.Unmarshal([]byte(raw), &names) != nil {
		return
	}
	for _, name := range names {
		if _, known := updateKinds[name]; known {
			if q.allowed == nil {
				q.allowed = map[string]bool{}
			}
			q.allowed[name] = true
		}
	}
}

// push queues an update for b, if it wants that kind; s.mu is held.
func (s *Server) push(b *bot, kind string, content any) {
	wanted := updateKinds[kind]
	if b.allowed != nil {
		wanted = b.allowed[kind]
	}
	if !wanted {
		return
	}
	inner, err := json.Marshal(content)
	if err != nil {
		panic("botapi: encoding an update: " + err.Error()) // unreachable: all contents are plain structs
	}
	u := Update{ID: b.nextUpdate, Kind: kind, JSON: fmt.Appendf(nil, `{"update_id":%d,%q:%s}`, b.nextUpdate, kind, inner)}
	b.nextUpdate++
	b.pending = append(b.pending, u)
	b.history.add(u)
	b.wakeUp()
}

// confirm forgets what an offset confirms: the updates before it, or with a
// negative one all but so many of the newest.
func (q *updateQueue) confirm(offset int) {
	n := 0
	switch {
	case offset < 0:
		n = max(0, len(q.pending)+offset)
	case offset > 0 && len(q.pending) > 0:
		n = min(max(0, offset-q.pending[0].ID), len(q.pending))
	}
	clear(q.pending[:n])
	q.pending = q.pending[n:]
	if len(q.pending) == 0 {
		q.pending = nil // lets go of the array of a long queue
	}
}

func (q *updateQueue) batch(limit int) []json.RawMessage {
	out := []json.RawMessage{}
	for _, u := range q.pending[:min(limit, len(q.pending))] {
		out = append(out, u.JSON)
	}
	return out
}

func (s *Server) getUpdates(ctx context.Context, b *bot, p params) (any, *apiError) {
	limit := p.int("limit")
	if limit < 1 || limit > maxBatch {
		limit = maxBatch
	}
	timeout := min(max(0, time.Duration(p.int("timeout"))*time.Second), maxPoll)
	s.mu.Lock()
	if b.hook.url != "" {
		s.mu.Unlock()
		return nil, errWebhookIsSet
	}
	b.endPoll(errOtherPoller)
	b.allow(p.str("allowed_updates"))
	b.confirm(p.int("offset"))
	if len(b.pending) > 0 || timeout == 0 {
		defer s.mu.Unlock()
		return b.batch(limit), nil
	}
	ended := make(chan *apiError, 1)
	b.poll = ended
	s.note()
	s.mu.Unlock()
	return s.longPoll(ctx, b, limit, timeout, ended)
}

// endPoll ends the long poll under way, if any; s.mu is held.
func (q *updateQueue) endPoll(why *apiError) {
	if q.poll != nil {
		q.poll <- why // never blocks: it has room for one, and is sent to once
		q.poll = nil
	}
}

// longPoll waits for an update, the timeout, or a newer poll.
func (s *Server) longPoll(ctx context.Context, b *bot, limit int, timeout time.Duration, ended chan *apiError) (any, *apiError) {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	over := false
	for {
		s.mu.Lock()
		mine := b.poll == ended
		if mine && (len(b.pending) > 0 || over || s.down) {
			b.poll = nil
			batch := b.batch(limit)
			s.mu.Unlock()
			return batch, nil
		}
		wake := b.wake
		s.mu.Unlock()
		if !mine {
			return nil, s.holdBack(ctx, <-ended)
		}
		select {
		case <-wake:
		case why := <-ended:
			return nil, s.holdBack(ctx, why)
		case <-deadline.C:
			over = true
		case <-ctx.Done():
			over = true
		case <-s.closing.Done():
			over = true
		}
	}
}

// holdBack waits for ConflictDelay, as Telegram does before it says Conflict.
func (s *Server) holdBack(ctx context.Context, why *apiError) *apiError {
	if s.opts.ConflictDelay > 0 {
		delay := time.NewTimer(s.opts.ConflictDelay)
		defer delay.Stop()
		select {
		case <-delay.C:
		case <-ctx.Done():
		case <-s.closing.Done():
		}
	}
	return why
}

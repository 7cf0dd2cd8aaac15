package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"vigie/bot"
	"vigie/commands"
	"vigie/ops"
)

const (
	// toastWithin is when a tap is answered at the latest, with nothing if need be: Telegram forgets it soon after.
	toastWithin = 8 * time.Second
	toastUnits  = 200
	// grace is how long what is being handled may go on when we are told to end.
	grace = 10 * time.Second
)

// A hearing hands what was recorded to the desk: in order within a chat, chats beside each other, and taps at
// once, so that Stop stops what its chat is busy with.
type hearing struct {
	bot  *Bot
	desk Desk
	work sync.WaitGroup // chats and taps; waited for in close

	mu      sync.Mutex // guards what follows; held for moments only
	chats   map[int64]*chat
	closing bool
}

// A chat is the queue of one; there is a goroutine for it as long as there is something in it.
type chat struct{ queue []heardUpdate }

type heardUpdate struct {
	id   int64
	said commands.Said
}

func (h *hearing) takeAll(working context.Context, list []Update) {
	for _, u := range list {
		h.take(working, u)
	}
}

// take queues one recorded update, or handles it beside the queue. working ends when all must end.
func (h *hearing) take(working context.Context, raw Update) {
	h.bot.stats.updates.Add(1)
	var u update
	if err := json.Unmarshal(raw.Body, &u); err != nil { // nothing that we could ever read: it must not come back
		h.bot.o.Log.Error().Err(err).Int64("update", raw.ID).Msg("telegram told something unreadable")
		h.done(working, raw.ID)
		return
	}
	said, ok := h.bot.said(u)
	said.Key = fmt.Sprintf("%s/%d", h.bot.source(), u.ID)
	if !ok {
		h.done(working, raw.ID)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return // it stays recorded
	}
	if u.Callback != nil {
		h.work.Go(func() { h.tap(working, raw.ID, u.Callback.ID, said) })
		return
	}
	h.bot.stats.queued.Add(1)
	id := chatOf(u)
	c := h.chats[id]
	if c == nil {
		c = &chat{}
		h.chats[id] = c
		h.work.Go(func() { h.serve(working, id, c) })
	}
	c.queue = append(c.queue, heardUpdate{raw.ID, said})
}

func chatOf(u update) int64 {
	for _, m := range []*message{u.Message, u.EditedMessage, u.ChannelPost} {
		if m != nil {
			return m.Chat.ID
		}
	}
	return 0
}

// serve handles what is queued in one chat.
func (h *hearing) serve(working context.Context, id int64, c *chat) {
	for {
		h.mu.Lock()
		if len(c.queue) == 0 || h.closing {
			h.bot.stats.queued.Add(-int64(len(c.queue)))
			delete(h.chats, id)
			h.mu.Unlock()
			return
		}
		next := c.queue[0]
		c.queue = c.queue[1:]
		h.mu.Unlock()
		h.bot.stats.queued.Add(-1)
		h.handle(working, next.said)
		h.done(working, next.id)
	}
}

// handle is the desk's, and a wall: whatever breaks there, the next message is handled.
func (h *hearing) handle(working context.Context, s commands.Said) (t commands.Toast) {
	defer func() {
		if p := recover(); p != nil {
			h.bot.o.Log.Error().Err(fmt.Errorf("panic: %v", p)).Bytes("stack", debug.Stack()).Msg("handling an update")
		}
	}()
	return h.desk.Handle(working, s)
}

// done marks an update as handled; unless we were made to end meanwhile: then nobody knows how far it came,
// and it is given out again.
func (h *hearing) done(working context.Context, id int64) {
	if working.Err() != nil {
		return
	}
	if err := h.bot.o.Store.Handled(working, h.bot.source(), id); err != nil {
		h.bot.o.Log.Error().Err(err).Int64("update", id).Msg("marking an update as handled")
	}
}

// tap handles a tap, and answers it in time whatever the desk does.
func (h *hearing) tap(working context.Context, id int64, query string, s commands.Said) {
	s.Tap = h.bot.tapped(working, s.Tap)
	toast := make(chan commands.Toast, 1)
	h.work.Go(func() {
		toast <- h.handle(working, s)
		h.done(working, id)
	})
	late := time.NewTimer(toastWithin)
	defer late.Stop()
	select {
	case t := <-toast:
		h.bot.toast(working, query, s.Who.Lang, t)
	case <-late.C:
		h.bot.toast(working, query, s.Who.Lang, commands.Toast{})
		if t := <-toast; t.Alert { // it has to be read, and can no longer be shown over the chat
			if _, err := h.bot.Show(working, s.Place, s.Who.Lang, ops.Say(t.Text)); err != nil {
				h.bot.o.Log.Error().Err(err).Msg("showing the late answer to a tap")
			}
		}
	}
}

// toast answers a tap. An answer that comes too late is no matter: the button has stopped spinning.
func (b *Bot) toast(ctx context.Context, query string, lang ops.Lang, t commands.Toast) {
	ctx, cancel := context.WithTimeout(ctx, 2*toastWithin)
	defer cancel()
	p := params{"callback_query_id": query}
	p.AddNonEmpty("text", bot.Short(t.Text, lang, b.o.Redact, toastUnits))
	p.AddBool("show_alert", t.Alert)
	err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "answerCallbackQuery", p, nil) })
	if err != nil && !says(err, "query is too old", "query ID is invalid") && ctx.Err() == nil {
		b.o.Log.Warn().Err(err).Msg("answering a tap")
	}
}

// close lets what is being handled end, and then makes it end. What waits stays recorded.
func (h *hearing) close(stop context.CancelFunc) {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	timer := time.AfterFunc(grace, stop)
	h.work.Wait()
	timer.Stop()
	stop()
}

package botapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxCallbackText = 200 // UTF-16 units

// Tap is a tap on a button.
type Tap struct {
	ID     string
	UserID int64
	at     time.Time
	bot    *bot
	room   string
	done   chan struct{} // closed once answered
	answer CallbackAnswer
}

// CallbackAnswer is what a bot answered to a tap: nothing, a toast or an alert.
type CallbackAnswer struct {
	Text  string
	Alert bool
	URL   string
}

// Answered is closed once the bot answered.
func (t *Tap) Answered() <-chan struct{} { return t.done }

// Wait gives the bot's answer.
func (t *Tap) Wait(ctx context.Context) (CallbackAnswer, error) {
	select {
	case <-t.done:
		return t.answer, nil
	case <-ctx.Done():
		return CallbackAnswer{}, fmt.Errorf("waiting for the answer to tap %s: %w", t.ID, ctx.Err())
	}
}

// Tap taps the button of a message by its label, or else by its callback data.
// Like a real client it gives what the button says now.
func (s *Server) Tap(userID, chatID int64, messageID int, label string) (*Tap, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roomOf(userID, chatID, "")
	if err != nil {
		return nil, err
	}
	return s.tapIn(r, userID, messageID, label)
}

func (s *Server) tapIn(r *room, userID int64, messageID int, label string) (*Tap, error) {
	rec := r.byID[messageID]
	if rec == nil || rec.ReplyMarkup == nil {
		return nil, fmt.Errorf("message %d of chat %d has no buttons", messageID, r.chat.ID)
	}
	var all []Button
	for _, row := range rec.ReplyMarkup.Rows {
		all = append(all, row...)
	}
	at := slices.IndexFunc(all, func(b Button) bool { return b.Text == label })
	if at < 0 {
		at = slices.IndexFunc(all, func(b Button) bool { return b.CallbackData != "" && b.CallbackData == label })
	}
	if at < 0 || all[at].CallbackData == "" {
		var labels []string
		for _, b := range all {
			labels = append(labels, b.Text)
		}
		return nil, fmt.Errorf("message %d has no callback button %q; it has: %s", messageID, label, strings.Join(labels, " · "))
	}
	return s.query(r, userID, messageID, all[at].CallbackData)
}

// TapData sends any callback data for any message, as a hostile or stale client can.
func (s *Server) TapData(userID, chatID int64, messageID int, data string) (*Tap, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roomOf(userID, chatID, "")
	if err != nil {
		return nil, err
	}
	return s.query(r, userID, messageID, data)
}

// query tells the bot of a tap; s.mu is held.
func (s *Server) query(r *room, userID int64, messageID int, data string) (*Tap, error) {
	p := s.users[userID]
	if p == nil {
		return nil, fmt.Errorf("there is no user %d", userID)
	}
	to := r.bot
	var about any = inaccessible{Chat: r.chat, MessageID: messageID}
	if rec := r.byID[messageID]; rec != nil {
		about = rec.Message
		if rec.owner != nil {
			to = rec.owner
		}
	}
	if to == nil {
		to = s.order[0]
	}
	if r.kicked[to] {
		return nil, errors.New("the bot is no longer in this chat")
	}
	s.nextTap++
	t := &Tap{
		ID:     strconv.FormatUint(4_000_000_000_000_000_000+s.nextTap, 10),
		UserID: userID,
		at:     time.Now(),
		bot:    to,
		room:   r.key,
		done:   make(chan struct{}),
	}
	s.forgetOldTaps()
	s.taps[t.ID] = t
	s.push(to, "callback_query", CallbackQuery{
		ID: t.ID, From: p.User, Message: about, ChatInstance: fmt.Sprint(-7_000_000_000 - r.chat.ID), Data: data,
	})
	s.note()
	return t, nil
}

// forgetOldTaps keeps the table from growing with taps that nobody answers.
func (s *Server) forgetOldTaps() {
	if len(s.taps) < 10_000 {
		return
	}
	for id, t := range s.taps {
		if time.Since(t.at) > s.opts.CallbackLife {
			delete(s.taps, id)
		}
	}
}

// ExpireTaps makes all unanswered taps too old to be answered.
func (s *Server) ExpireTaps() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.taps)
}

func (s *Server) answerCallbackQuery(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.taps[p.str("callback_query_id")]
	if t == nil || t.bot != b || time.Since(t.at) > s.opts.CallbackLife {
		return nil, errQueryOld
	}
	if utf16Len(p.str("text")) > maxCallbackText {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	delete(s.taps, t.ID)
	t.answer = CallbackAnswer{Text: p.str("text"), Alert: p.bool("show_alert"), URL: p.str("url")}
	close(t.done)
	s.publish(event{Kind: "answer", Room: t.room, UserID: t.UserID, Tap: t.ID, Text: t.answer.Text, Alert: t.answer.Alert, URL: t.answer.URL})
	return true, nil
}

package botapi

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"
)

const deletable = 48 * time.Hour // a bot cannot delete older messages

func (s *Server) editMessageText(_ context.Context, b *bot, p params) (any, *apiError) {
	if p.str("text") == "" {
		return nil, badRequest("message text is empty")
	}
	text, entities, refused := formatted(p, "text", "entities")
	if refused != nil {
		return nil, refused
	}
	if text == "" {
		return nil, badRequest("text must be non-empty")
	}
	if utf16Len(text) > maxText {
		return nil, badRequest("message is too long")
	}
	return s.edit(b, p, func(m *Message) *apiError {
		if m.Text == "" {
			return badRequest("there is no text in the message to edit")
		}
		m.Text, m.Entities = text, s.knownMentions(entities)
		if raw := p.str("link_preview_options"); json.Valid([]byte(raw)) {
			m.LinkPreviewOptions = json.RawMessage(raw)
		}
		return nil
	})
}

func (s *Server) editMessageCaption(_ context.Context, b *bot, p params) (any, *apiError) {
	text, entities, refused := caption(p)
	if refused != nil {
		return nil, refused
	}
	return s.edit(b, p, func(m *Message) *apiError {
		if m.Document == nil && m.Photo == nil {
			return badRequest("there is no caption in the message to edit")
		}
		m.Caption, m.CaptionEntities = text, s.knownMentions(entities)
		return nil
	})
}

func (s *Server) editMessageReplyMarkup(_ context.Context, b *bot, p params) (any, *apiError) {
	return s.edit(b, p, func(*Message) *apiError { return nil })
}

// edit applies change and the new reply_markup to a message of b. A keyboard
// that is not sent again is gone.
func (s *Server) edit(b *bot, p params, change func(*Message) *apiError) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !p.has("chat_id") && !p.has("message_id") {
		return nil, badRequest("message identifier is not specified")
	}
	r, refused := s.writable(b, p)
	if refused != nil {
		return nil, refused
	}
	marks, refused := parseMarkup(p.str("reply_markup"), r.bot != nil)
	if refused != nil {
		return nil, refused
	}
	if marks.other {
		return nil, badRequest("inline keyboard expected")
	}
	if p.int("message_id") <= 0 {
		return nil, badRequest("message identifier is not specified")
	}
	rec := r.byID[p.int("message_id")]
	if rec == nil {
		return nil, badRequest("message to edit not found")
	}
	if rec.owner != b {
		return nil, badRequest("message can't be edited")
	}
	m := rec.Message
	if refused := change(&m); refused != nil {
		return nil, refused
	}
	m.ReplyMarkup = marks.inline
	if reflect.DeepEqual(m, rec.Message) {
		return nil, errNotModified
	}
	if refused := s.spend(b, r); refused != nil {
		return nil, refused
	}
	m.EditDate = time.Now().Unix()
	s.replace(r, rec, m)
	return m, nil
}

// replace gives a message new content and shows it; s.mu is held.
func (s *Server) replace(r *room, rec *record, m Message) {
	rec.Message = m
	rec.revise(time.Now())
	s.publish(event{Kind: "edit", Room: r.key, Message: viewOf(rec)})
}

func (s *Server) deleteMessage(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, rec, refused := s.message(b, p, "message to delete not found")
	if refused != nil {
		return nil, refused
	}
	mine := rec.owner == b
	if r.bot == nil && !mine && !r.group.BotAdmin || time.Since(time.Unix(rec.Date, 0)) > deletable {
		return nil, badRequest("message can't be deleted")
	}
	s.remove(r, rec.MessageID)
	return true, nil
}

// message finds a message that a bot names; s.mu is held.
func (s *Server) message(b *bot, p params, missing string) (*room, *record, *apiError) {
	r, refused := s.room(b, p.str("chat_id"))
	if refused != nil {
		return nil, nil, refused
	}
	rec := r.byID[p.int("message_id")]
	if rec == nil {
		return nil, nil, badRequest("%s", missing)
	}
	return r, rec, nil
}

func (s *Server) pinChatMessage(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, rec, refused := s.message(b, p, "message to pin not found")
	if refused != nil {
		return nil, refused
	}
	if refused := r.mayPin(); refused != nil {
		return nil, refused
	}
	r.pinned = slices.DeleteFunc(r.pinned, func(id int) bool { return id == rec.MessageID })
	r.pinned = append(r.pinned, rec.MessageID)
	s.setPinned(r, rec, true)
	return true, nil
}

func (r *room) mayPin() *apiError {
	if r.bot == nil && !r.group.BotAdmin {
		return badRequest("not enough rights to manage pinned messages in the chat")
	}
	return nil
}

// unpinChatMessage takes a message, or without one the newest that is pinned.
func (s *Server) unpinChatMessage(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, refused := s.room(b, p.str("chat_id"))
	if refused != nil {
		return nil, refused
	}
	if refused := r.mayPin(); refused != nil {
		return nil, refused
	}
	id := p.int("message_id")
	if id == 0 && len(r.pinned) > 0 {
		id = r.pinned[len(r.pinned)-1]
	}
	rec := r.byID[id]
	if rec == nil || !rec.Pinned {
		return nil, badRequest("message to unpin not found")
	}
	r.pinned = slices.DeleteFunc(r.pinned, func(p int) bool { return p == id })
	s.setPinned(r, rec, false)
	return true, nil
}

func (s *Server) setPinned(r *room, rec *record, pinned bool) {
	rec.Pinned = pinned
	s.publish(event{Kind: "edit", Room: r.key, Message: viewOf(rec)})
}

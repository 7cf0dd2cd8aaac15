package botapi

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) sendMessage(_ context.Context, b *bot, p params) (any, *apiError) {
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
	return s.send(b, p, Message{Text: text, Entities: entities})
}

// formatted reads a text with its parse_mode or explicit entities.
func formatted(p params, field, entitiesField string) (string, []Entity, *apiError) {
	text, entities := p.str(field), []Entity(nil)
	var refused *apiError
	switch mode := strings.ToLower(p.str("parse_mode")); mode {
	case "html":
		text, entities, refused = parseHTML(text)
	case "":
		entities, refused = explicitEntities(p.str(entitiesField), text)
	case "markdown", "markdownv2":
		refused = badRequest("parse_mode %s is refused by this server: it reads HTML only", p.str("parse_mode"))
	default:
		refused = badRequest("unsupported parse_mode")
	}
	if refused != nil {
		return "", nil, refused
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if utf16Len(strings.TrimSpace(text)) > maxText {
		return text, nil, nil // for the caller to refuse; its entities may be very many
	}
	text, entities = trim(text, settle(entities))
	return text, detect(text, entities), nil
}

func explicitEntities(raw, text string) ([]Entity, *apiError) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	var entities []Entity
	if err := json.Unmarshal([]byte(raw), &entities); err != nil {
		return nil, badRequest("can't parse entities: %v", err)
	}
	size := utf16Len(text)
	for _, e := range entities {
		if e.Offset < 0 || e.Length <= 0 || e.end() > size {
			return nil, badRequest("entity beginning at UTF-16 offset %d ends after the end of the text at UTF-16 offset %d", e.Offset, e.end())
		}
	}
	return entities, nil
}

// room finds the chat that a bot names; s.mu is held.
func (s *Server) room(b *bot, chatID string) (*room, *apiError) {
	if chatID == "" {
		return nil, badRequest("chat_id is empty")
	}
	if name, ok := strings.CutPrefix(chatID, "@"); ok {
		for _, r := range s.groups {
			if name != "" && strings.EqualFold(r.chat.Username, name) {
				return r, r.access(b)
			}
		}
		return nil, errNoChat
	}
	id, err := strconv.ParseInt(chatID, 10, 64)
	if err != nil {
		return nil, errNoChat
	}
	if r := s.groups[id]; r != nil {
		return r, r.access(b)
	}
	if s.users[id] == nil {
		return nil, errNoChat
	}
	r := b.direct[id]
	if r.notStarted {
		return nil, forbidden("bot can't initiate conversation with a user")
	}
	return r, nil
}

// access tells whether b is still in the group.
func (r *room) access(b *bot) *apiError {
	if r.movedTo != 0 {
		refused := badRequest("group chat was upgraded to a supergroup chat")
		refused.MigrateTo = r.movedTo
		return refused
	}
	if r.kicked[b] {
		return forbidden("bot was kicked from the " + r.chat.Type + " chat")
	}
	return nil
}

// writable finds a chat that b may write to; s.mu is held.
func (s *Server) writable(b *bot, p params) (*room, *apiError) {
	r, refused := s.room(b, p.str("chat_id"))
	if refused != nil {
		return nil, refused
	}
	if p := s.users[r.chat.ID]; p != nil && p.blocked[b] {
		return nil, errBlocked
	}
	return r, nil
}

// send completes m from the parameters that all send methods share, and sends it.
func (s *Server) send(b *bot, p params, m Message) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, refused := s.writable(b, p)
	if refused != nil {
		return nil, refused
	}
	marks, refused := parseMarkup(p.str("reply_markup"), r.bot != nil)
	if refused != nil {
		return nil, refused
	}
	if refused := s.place(r, p, &m); refused != nil {
		return nil, refused
	}
	if refused := s.spend(b, r); refused != nil {
		return nil, refused
	}
	m.MessageID, m.Date, m.Chat, m.From = r.newID(), time.Now().Unix(), r.chat, &b.user
	if r.chat.Type == "channel" {
		m.From, m.SenderChat = nil, &m.Chat
	}
	m.Entities, m.CaptionEntities = s.knownMentions(m.Entities), s.knownMentions(m.CaptionEntities)
	m.HasProtectedContent = p.bool("protect_content")
	m.ReplyMarkup = marks.inline
	if raw := p.str("link_preview_options"); json.Valid([]byte(raw)) {
		m.LinkPreviewOptions = json.RawMessage(raw)
	}
	rec := &record{owner: b, Stored: Stored{Message: m, Silent: p.bool("disable_notification"), ForceReply: marks.forceReply}}
	rec.revise(time.Now())
	s.put(r, rec)
	return m, nil
}

// place puts m into its topic and links what it replies to.
func (s *Server) place(r *room, p params, m *Message) *apiError {
	if thread := p.int("message_thread_id"); thread != 0 {
		topic := r.topic(thread)
		if topic == nil {
			return badRequest("message thread not found")
		}
		if topic.Closed && !r.group.BotAdmin {
			return badRequest("TOPIC_CLOSED")
		}
		m.MessageThreadID, m.IsTopicMessage, m.ReplyToMessage = thread, true, r.topicHead(thread)
	}
	reply := struct {
		MessageID int  `json:"message_id"`
		Anyway    bool `json:"allow_sending_without_reply"`
	}{p.int("reply_to_message_id"), p.bool("allow_sending_without_reply")}
	if raw := p.str("reply_parameters"); raw != "" && raw != "null" {
		if err := json.Unmarshal([]byte(raw), &reply); err != nil {
			return badRequest("can't parse reply parameters JSON object")
		}
	}
	if reply.MessageID == 0 {
		return nil
	}
	to := r.byID[reply.MessageID]
	if to == nil && !reply.Anyway {
		return badRequest("message to be replied not found")
	}
	if to != nil {
		m.ReplyToMessage = quoted(to)
	}
	return nil
}

// quoted is a message as it stands inside one that replies to it: without its own reply.
func quoted(rec *record) *Message {
	m := rec.Message
	m.ReplyToMessage = nil
	return &m
}

// knownMentions fills in people that text_mention entities name, and drops strangers.
func (s *Server) knownMentions(entities []Entity) []Entity {
	return slices.DeleteFunc(slices.Clone(entities), func(e Entity) bool {
		if e.Type != "text_mention" {
			return false
		}
		p := s.users[e.User.ID]
		if p != nil {
			*e.User = p.User
		}
		return p == nil
	})
}

var chatActions = []string{
	"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
	"choose_sticker", "find_location", "record_video_note", "upload_video_note",
}

func (s *Server) sendChatAction(_ context.Context, b *bot, p params) (any, *apiError) {
	if !slices.Contains(chatActions, p.str("action")) {
		return nil, badRequest("wrong parameter action in request")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, refused := s.writable(b, p)
	if refused != nil {
		return nil, refused
	}
	// Unlike the send methods, this one takes General by its number.
	if thread := p.int("message_thread_id"); thread > 1 && r.topic(thread) == nil {
		return nil, badRequest("message thread not found")
	}
	s.publish(event{Kind: "typing", Room: r.key, MessageID: p.int("message_thread_id"), Text: p.str("action")})
	return true, nil
}

package botapi

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// Say has a person write in a chat. In a channel it is a post. What is longer
// than a message is sent as several, as clients do; the last one is returned.
func (s *Server) Say(userID, chatID int64, text string, opts ...SayOption) (Stored, error) {
	var o saying
	for _, opt := range opts {
		opt(&o)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roomOf(userID, chatID, o.bot)
	if err != nil {
		return Stored{}, err
	}
	return s.sayIn(r, userID, text, o)
}

// roomOf finds a chat as a person sees it; s.mu is held.
func (s *Server) roomOf(userID, chatID int64, botName string) (*room, error) {
	p := s.users[userID]
	if p == nil {
		return nil, fmt.Errorf("there is no user %d", userID)
	}
	if chatID < 0 {
		r := s.groups[chatID]
		if r == nil || !r.hasMember(userID) {
			return nil, fmt.Errorf("user %d is in no chat %d", userID, chatID)
		}
		return r, nil
	}
	if chatID != userID {
		return nil, fmt.Errorf("the private chat of user %d has their id, not %d", userID, chatID)
	}
	for _, b := range s.order {
		if botName == "" || b.Username == botName {
			return b.direct[userID], nil
		}
	}
	return nil, fmt.Errorf("there is no bot @%s", botName)
}

func (s *Server) sayIn(r *room, userID int64, text string, o saying) (Stored, error) {
	p := s.users[userID]
	if r.bot != nil && p.blocked[r.bot] {
		return Stored{}, fmt.Errorf("user %d blocked the bot and cannot write to it", userID)
	}
	r.notStarted = false
	text, entities := trim(text, slices.Clone(o.entities))
	var last Stored
	for _, part := range parts(text) {
		if part != text {
			entities = nil // formatting does not survive being cut
		}
		m := Message{From: &p.User, Chat: r.chat, Date: time.Now().Unix(), Text: part, Entities: detect(part, entities)}
		if err := s.complete(r, &m, o); err != nil {
			return Stored{}, err
		}
		if m.Text == "" && m.Document == nil && m.Voice == nil {
			return Stored{}, fmt.Errorf("user %d says nothing", userID)
		}
		m.MessageID = r.newID()
		rec := &record{Stored: Stored{Message: m}}
		rec.revise(time.Now())
		s.put(r, rec)
		s.hear(r, postKind(r, ""), &rec.Message)
		last = rec.Stored
	}
	return last, nil
}

// complete applies the options to a message of a person.
func (s *Server) complete(r *room, m *Message, o saying) error {
	if !o.at.IsZero() {
		m.Date = o.at.Unix()
	}
	if o.thread != 0 {
		m.MessageThreadID, m.IsTopicMessage, m.ReplyToMessage = o.thread, true, r.topicHead(o.thread)
		if m.ReplyToMessage == nil {
			return fmt.Errorf("chat %d has no topic %d", r.chat.ID, o.thread)
		}
	}
	if o.replyTo != 0 {
		to := r.byID[o.replyTo]
		if to == nil {
			return fmt.Errorf("chat %d has no message %d to reply to", r.chat.ID, o.replyTo)
		}
		m.ReplyToMessage = quoted(to)
	}
	if o.file.name != "" || o.voice > 0 {
		f := s.files.add(o.file)
		if o.voice > 0 {
			m.Voice = &Voice{Duration: int(o.voice.Seconds()), MimeType: "audio/ogg", FileID: f.id, FileUniqueID: f.unique, FileSize: len(f.data)}
		} else {
			m.Document = f.document()
		}
		m.Caption, m.CaptionEntities, m.Text, m.Entities = m.Text, m.Entities, "", nil
	}
	if r.chat.Type == "channel" {
		m.From, m.SenderChat = nil, &r.chat
	}
	if o.change != nil {
		return o.change(s, r, m)
	}
	return nil
}

// parts cuts a text into messages of at most 4096 UTF-16 units, at line ends where it can.
func parts(text string) []string {
	var out []string
	for utf16Len(text) > maxText {
		units, cut := 0, len(text)
		for i, c := range text {
			if units += utf16.RuneLen(c); units > maxText {
				cut = i
				break
			}
		}
		if line := strings.LastIndexByte(text[:cut], '\n'); line > cut/2 {
			cut = line + 1
		}
		out = append(out, text[:cut])
		text = text[cut:]
	}
	return append(out, text)
}

// EditText has a person change what they wrote.
func (s *Server) EditText(userID, chatID int64, messageID int, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roomOf(userID, chatID, "")
	if err != nil {
		return err
	}
	rec := r.byID[messageID]
	if rec == nil || rec.owner != nil || rec.From == nil || rec.From.ID != userID || rec.Text == "" {
		return fmt.Errorf("user %d has no text %d to edit in chat %d", userID, messageID, chatID)
	}
	m := rec.Message
	m.Text, m.Entities = trim(text, nil)
	m.Entities = detect(m.Text, nil)
	m.EditDate = time.Now().Unix()
	s.replace(r, rec, m)
	s.hear(r, postKind(r, "edited_"), &m)
	return nil
}

// Delete has a person delete a message for everybody; bots are not told.
func (s *Server) Delete(userID, chatID int64, messageID int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roomOf(userID, chatID, "")
	if err != nil {
		return err
	}
	if r.byID[messageID] == nil {
		return fmt.Errorf("chat %d has no message %d", chatID, messageID)
	}
	s.remove(r, messageID)
	return nil
}

func postKind(r *room, prefix string) string {
	if r.chat.Type == "channel" {
		return prefix + "channel_post"
	}
	return prefix + "message"
}

// hear tells the bots of a message; in groups those that may know; s.mu is held.
func (s *Server) hear(r *room, kind string, m *Message) {
	for _, b := range s.order {
		if r.bot == b || r.bot == nil && !r.kicked[b] && b.concerns(r, m) {
			s.push(b, kind, m)
		}
	}
}

// concerns is Telegram's privacy mode for groups.
func (b *bot) concerns(r *room, m *Message) bool {
	if b.ReadsGroups || r.group.BotAdmin || r.chat.Type == "channel" || m.MigrateToChatID != 0 {
		return true
	}
	if to := m.ReplyToMessage; to != nil && to.From != nil && to.From.ID == b.user.ID {
		return true
	}
	text, entities := m.Text, m.Entities
	if text == "" {
		text, entities = m.Caption, m.CaptionEntities
	}
	units := utf16.Encode([]rune(text))
	for _, e := range entities {
		word := string(utf16.Decode(units[e.Offset:min(e.end(), len(units))]))
		name, addressed := word, false
		switch e.Type {
		case "bot_command":
			if _, name, addressed = strings.Cut(word, "@"); !addressed {
				return true
			}
		case "mention":
			name = strings.TrimPrefix(word, "@")
		default:
			continue
		}
		if strings.EqualFold(name, b.Username) {
			return true
		}
	}
	return false
}

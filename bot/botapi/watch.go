package botapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stored is a message as it stands, with what the wire does not show.
type Stored struct {
	Message
	At         time.Time // when it came, whatever its date says
	Silent     bool      // sent with disable_notification
	Pinned     bool
	ForceReply bool       // asks the person to reply to it
	Revisions  []Revision // every content that it had; the last is the present one
}

// Revision is the content of a message from a moment on.
type Revision struct {
	At       time.Time
	Text     string // or caption
	Photo    string // the unique id of its photo; "" without one
	Entities []Entity
	Markup   *InlineKeyboard
}

// Edits is how often the message was edited.
func (m Stored) Edits() int { return len(m.Revisions) - 1 }

// Labels are the labels of the message's buttons, row by row.
func (m Stored) Labels() []string {
	var out []string
	if m.ReplyMarkup != nil {
		for _, row := range m.ReplyMarkup.Rows {
			for _, b := range row {
				out = append(out, b.Text)
			}
		}
	}
	return out
}

// revise notes the present content.
func (m *record) revise(at time.Time) {
	text, entities := m.Text, m.Entities
	if text == "" {
		text, entities = m.Caption, m.CaptionEntities
	}
	photo := ""
	if m.Photo != nil {
		photo = m.Photo[0].FileUniqueID
	}
	m.Revisions = append(slices.Clip(m.Revisions), Revision{At: at, Text: text, Photo: photo, Entities: entities, Markup: m.ReplyMarkup})
}

// Messages gives what stands in a chat, oldest first. The private chat of a
// user with the first bot has the user's id.
func (s *Server) Messages(chatID int64) []Stored { return s.MessagesWith("", chatID) }

// MessagesWith is Messages for a private chat with a bot of that name.
func (s *Server) MessagesWith(botName string, chatID int64) []Stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.groups[chatID]
	for _, b := range s.order {
		if r == nil && (botName == "" || b.Username == botName) {
			r = b.direct[chatID]
		}
	}
	if r == nil {
		return nil
	}
	out := make([]Stored, len(r.messages))
	for i, rec := range r.messages {
		out[i] = rec.Stored
	}
	return out
}

// Calls gives the newest 20,000 calls, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.all()
}

// CallsOf gives the calls of one method.
func (s *Server) CallsOf(method string) []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return !strings.EqualFold(c.Method, method) })
}

// Updates gives the newest 20,000 updates that the first bot was to hear, confirmed or not.
func (s *Server) Updates() []Update {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.order[0].history.all()
}

// Pending is how many updates the first bot has not confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.order[0].pending)
}

// Polling tells whether the first bot waits in a long poll.
func (s *Server) Polling() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.order[0].poll != nil
}

// Push queues an update with any content for the first bot, allowed or not.
func (s *Server) Push(kind string, content any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.order[0]
	allowed := b.allowed
	b.allowed = map[string]bool{kind: true}
	s.push(b, kind, content)
	b.allowed = allowed
}

// Wait blocks until the state satisfies the condition, which may call any
// method of the server. It looks again after every change.
func (s *Server) Wait(ctx context.Context, condition func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if condition() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the chat: %w", ctx.Err())
		}
	}
}

// WaitMessage blocks until a message of the chat satisfies the condition, and
// gives the newest that does. An error shows the chat as it stood.
func (s *Server) WaitMessage(ctx context.Context, chatID int64, condition func(Stored) bool) (Stored, error) {
	var found Stored
	err := s.Wait(ctx, func() bool {
		for _, m := range slices.Backward(s.Messages(chatID)) {
			if condition(m) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		return Stored{}, fmt.Errorf("%w; it says:\n%s", err, s.Transcript(chatID))
	}
	return found, nil
}

// Transcript is a chat in plain text, for people who read a test's failure.
func (s *Server) Transcript(chatID int64) string {
	var out strings.Builder
	for _, m := range s.Messages(chatID) {
		name := "channel"
		if m.From != nil {
			name = m.From.FirstName
		}
		fmt.Fprintf(&out, "%d %s: %s%s", m.MessageID, name, m.Text, m.Caption)
		if m.Document != nil {
			fmt.Fprintf(&out, " [file %s, %d bytes]", m.Document.FileName, m.Document.FileSize)
		}
		if m.Photo != nil {
			out.WriteString(" [photo]")
		}
		for _, label := range m.Labels() {
			fmt.Fprintf(&out, " [%s]", label)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

package botapi

import (
	"encoding/json"
	"time"
)

// SayOption changes what a person sends.
type SayOption func(*saying)

type saying struct {
	thread   int
	replyTo  int
	at       time.Time
	bot      string
	file     upload
	voice    time.Duration
	change   func(s *Server, r *room, m *Message) error
	entities []Entity
}

// InThread says it in a topic.
func InThread(id int) SayOption { return func(o *saying) { o.thread = id } }

// ReplyTo says it as a reply.
func ReplyTo(messageID int) SayOption { return func(o *saying) { o.replyTo = messageID } }

// At dates it, as when the bot was away. The date has whole seconds.
func At(t time.Time) SayOption { return func(o *saying) { o.at = t } }

// ToBot chooses the private chat with another bot than the first.
func ToBot(username string) SayOption { return func(o *saying) { o.bot = username } }

// WithEntities adds formatting of the sender's own.
func WithEntities(e ...Entity) SayOption { return func(o *saying) { o.entities = e } }

// WithDocument sends a file, with the text as its caption.
func WithDocument(name string, data []byte) SayOption {
	return func(o *saying) { o.file = upload{name: name, data: data} }
}

// WithVoice sends a voice message, with the text as its caption.
func WithVoice(length time.Duration) SayOption { return func(o *saying) { o.voice = length } }

// Forwarded says something that another person wrote. Who hides their account
// is known by name only: give them no ID.
func Forwarded(author User) SayOption {
	return changing(func(_ *Server, _ *room, m *Message) error {
		m.ForwardDate = m.Date - 60
		origin := map[string]any{"type": "hidden_user", "sender_user_name": author.FirstName, "date": m.ForwardDate}
		m.ForwardSenderName = author.FirstName
		if author.ID != 0 {
			origin = map[string]any{"type": "user", "sender_user": author, "date": m.ForwardDate}
			m.ForwardFrom, m.ForwardSenderName = &author, ""
		}
		var err error
		m.ForwardOrigin, err = json.Marshal(origin)
		return err
	})
}

// ViaBot says something that an inline bot composed.
func ViaBot(username string) SayOption {
	return changing(func(_ *Server, _ *room, m *Message) error {
		m.ViaBot = &User{ID: 90_000_001, IsBot: true, FirstName: username, Username: username}
		return nil
	})
}

// AsAnonymousAdmin says it in the group's name: the person is not told.
func AsAnonymousAdmin() SayOption {
	return changing(func(_ *Server, r *room, m *Message) error {
		m.From = &User{ID: 1_087_968_824, IsBot: true, FirstName: "Group", Username: "GroupAnonymousBot"}
		m.SenderChat = &r.chat
		return nil
	})
}

// AsChannel says it in a channel's name; auto is a post of the linked channel.
func AsChannel(id int64, title string, auto bool) SayOption {
	return changing(func(_ *Server, _ *room, m *Message) error {
		m.From = &User{ID: 136_817_688, IsBot: true, FirstName: "Channel", Username: "Channel_Bot"}
		if auto {
			m.From = &User{ID: 777_000, FirstName: "Telegram"}
		}
		m.SenderChat, m.IsAutomaticForward = &Chat{ID: id, Type: "channel", Title: title}, auto
		return nil
	})
}

func changing(change func(*Server, *room, *Message) error) SayOption {
	return func(o *saying) {
		before := o.change
		o.change = func(s *Server, r *room, m *Message) error {
			if before != nil {
				if err := before(s, r, m); err != nil {
					return err
				}
			}
			return change(s, r, m)
		}
	}
}

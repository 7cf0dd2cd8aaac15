package telegram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"vigie/commands"
	"vigie/ops"
)

// said is what a person said in u. Not ok is what is not for us: other people's talk, service messages,
// commands to another bot.
func (b *Bot) said(u update) (s commands.Said, ok bool) {
	switch {
	case u.Callback != nil:
		return b.tap(u.Callback)
	case u.EditedMessage != nil:
		s, ok = b.words(u.EditedMessage)
		s.Edited = true
		return s, ok && s.Text != ""
	case u.Message != nil:
		return b.words(u.Message)
	case u.ChannelPost != nil:
		return b.words(u.ChannelPost)
	}
	return s, false
}

// tap takes who tapped from the tap itself, never from the message or its chat.
func (b *Bot) tap(c *callback) (s commands.Said, ok bool) {
	if c.Message == nil || c.Message.Chat.ID == 0 { // below an inline message: not ours
		return s, false
	}
	here := c.Message.here()
	return commands.Said{
		Who:     b.caller(c.From, true),
		Place:   here.Place(),
		Message: here.at(c.Message.ID).Place(),
		Private: c.Message.Chat.Type == "private",
		Tap:     c.Data,
	}, true
}

func (b *Bot) words(m *message) (s commands.Said, ok bool) {
	if m.MovedTo != 0 || m.MovedFrom != 0 {
		b.moved(m.Chat.ID, m.MovedTo)
		b.moved(m.MovedFrom, m.Chat.ID)
		return s, false
	}
	text, ok := b.addressed(m)
	if !ok {
		return s, false
	}
	here := m.here()
	return commands.Said{
		Who:       b.author(m),
		Place:     here.Place(),
		Message:   here.at(m.ID).Place(),
		Private:   m.Chat.Type == "private",
		Text:      text,
		Sent:      m.sent(),
		Forwarded: m.forwarded(),
		Voice:     m.spoken(),
	}, true
}

// author is who wrote m. Whoever writes as a group or a channel hides who they are, and what another bot
// composed is no person's word: they have no role.
func (b *Bot) author(m *message) ops.Caller {
	if m.From == nil || m.Sender != nil {
		who := ops.Caller{Via: "telegram", Name: "anonymous"}
		if m.Sender != nil {
			who.ID, who.Name = m.Sender.ID, ops.Clean(m.Sender.Title)
		}
		return who
	}
	return b.caller(*m.From, m.ViaBot == nil)
}

func (b *Bot) caller(u user, ownWords bool) ops.Caller {
	who := ops.Caller{ID: u.ID, Name: u.name(), Via: "telegram", Lang: u.lang()}
	if u.IsBot || !ownWords || u.ID <= 0 {
		return who
	}
	known, ok := b.o.People(u.ID)
	if !ok {
		return who
	}
	known.ID, known.Via = u.ID, "telegram"
	if known.Lang == "" {
		known.Lang = who.Lang
	}
	if known.Name == "" {
		known.Name = who.Name
	}
	return known
}

// addressed gives what m says to us: in private everything, in a group commands, replies to what we wrote,
// and where we are mentioned. A command for another bot is never ours.
func (b *Bot) addressed(m *message) (text string, ok bool) {
	me := b.self()
	private, text := m.Chat.Type == "private", m.Text
	if strings.HasPrefix(text, "/") {
		word, rest := text, ""
		if at := strings.IndexFunc(text, unicode.IsSpace); at > 0 {
			word, rest = text[:at], text[at:]
		}
		command, name, named := strings.Cut(word, "@")
		if named && !strings.EqualFold(name, me.Username) {
			return "", false
		}
		return command + rest, true
	}
	if private {
		return text, text != "" || m.spoken()
	}
	text, mentioned := unmention(text, me.Username)
	reply := m.ReplyTo != nil && m.ReplyTo.From != nil && m.ReplyTo.From.ID == me.ID
	if !mentioned && !reply {
		return "", false
	}
	return text, text != "" || m.spoken()
}

// unmention takes «@name» out of a text, where it is a word.
func unmention(text, name string) (rest string, found bool) {
	for at := 0; at < len(text); at++ {
		end := at + 1 + len(name)
		if text[at] != '@' || name == "" || end > len(text) || !strings.EqualFold(text[at+1:end], name) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !inWord(before) && !inWord(after) {
			text, found = strings.TrimRight(text[:at], " ")+text[end:], true
			at = -1
		}
	}
	return strings.TrimSpace(text), found
}

func inWord(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

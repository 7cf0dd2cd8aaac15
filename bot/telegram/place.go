package telegram

import (
	"fmt"

	"vigie/ops"
)

// generalTopic is the number of a forum's first topic. Sending to it by number can fail: it is left out.
const generalTopic = 1

// A place is a chat, a topic of it (0: none), and a message (0: a new one).
type place struct {
	chat    int64
	thread  int
	message int
}

// Place writes p as «tg:<chat>:<thread>:<message>».
func (p place) Place() ops.Place {
	return ops.Place(fmt.Sprintf("%s:%d:%d:%d", Name, p.chat, p.thread, p.message))
}

func (p place) at(message int) place {
	p.message = message
	return p
}

// key names a message whatever topic it is said to be in: a tap on a message that has become inaccessible
// does not tell.
func (p place) key() place { return place{chat: p.chat, message: p.message} }

func parsePlace(s ops.Place) (p place, err error) {
	_, err = fmt.Sscanf(string(s), Name+":%d:%d:%d", &p.chat, &p.thread, &p.message)
	if err != nil || p.Place() != s || p.chat == 0 {
		return place{}, fmt.Errorf("%q is no place in telegram", s)
	}
	return p, nil
}

// moved notes that a group has become a supergroup. What stood in the old one cannot be edited any more.
func (b *Bot) moved(from, to int64) {
	if from == 0 || to == 0 || from == to {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chats[from] != to {
		b.chats[from] = to
		b.o.Log.Info().Int64("from", from).Int64("to", to).Msg("a group has become a supergroup")
	}
}

// now is where p is now: in the chat that its group became, or the message that took its place.
func (b *Bot) now(p place) place {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range 4 { // no chain is longer, and none may be a ring
		if to, ok := b.instead[p.key()]; ok && p.message != 0 {
			p = to
		} else if to, ok := b.chats[p.chat]; ok {
			p = place{chat: to}
		} else {
			break
		}
	}
	return p
}

// replace notes that what stood at from stands at to now.
func (b *Bot) replace(from, to place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.instead) > 10_000 { // a message this old is hardly edited again; if it is, it is sent anew once more
		clear(b.instead)
	}
	b.instead[from.key()] = to
}

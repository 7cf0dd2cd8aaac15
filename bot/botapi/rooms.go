package botapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bot is a bot account with its queue of updates.
type bot struct {
	Bot
	user   User
	bucket bucket // of all that it sends
	nextID int    // message id in its private chats, which share one counter
	direct map[int64]*room
	updateQueue
	hook     webhook
	commands map[commandKey][]Command
}

// person is a user and what they allow.
type person struct {
	User
	blocked map[*bot]bool
}

// room is a chat: a private one of one bot, or a group.
type room struct {
	key    string // names the room in the chat page
	chat   Chat
	group  Group // of a group
	bot    *bot  // of a private chat
	nextID int   // of a group

	notStarted bool // a private chat that the person never wrote in

	messages []*record // those still there, oldest first
	byID     map[int]*record
	pinned   []int
	kicked   map[*bot]bool
	movedTo  int64 // the supergroup that it became
	second   bucket
	minute   bucket
}

// record is a message as the server keeps it.
type record struct {
	Stored
	owner *bot // the bot that wrote it; nil for people
}

func (s *Server) addBot(b Bot) {
	id, _, _ := strings.Cut(b.Token, ":")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || len(b.Token) == len(id) || b.Username == "" || s.bots[b.Token] != nil {
		panic(fmt.Sprintf("botapi: bot %q needs a token of its own like 123:secret, and a user name", b.Username))
	}
	orDefault(&b.Name, b.Username)
	made := &bot{
		Bot:         b,
		user:        User{ID: n, IsBot: true, FirstName: b.Name, Username: b.Username},
		nextID:      1,
		direct:      map[int64]*room{},
		commands:    map[commandKey][]Command{},
		updateQueue: newUpdateQueue(),
	}
	s.bots[b.Token] = made
	s.order = append(s.order, made)
}

// AddUser adds a person; everybody not NotStarted has a private chat with every bot.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID <= 0 || u.FirstName == "" || s.users[u.ID] != nil {
		panic(fmt.Sprintf("botapi: user %d needs a positive id of their own and a first name", u.ID))
	}
	p := &person{User: u, blocked: map[*bot]bool{}}
	s.users[u.ID] = p
	s.people = append(s.people, p)
	for _, b := range s.order {
		s.openPrivate(b, p)
	}
	s.publish(event{Kind: "chats"})
}

func (s *Server) openPrivate(b *bot, p *person) {
	r := &room{
		key:  fmt.Sprintf("%s/%d", b.Username, p.ID),
		chat: Chat{ID: p.ID, Type: "private", FirstName: p.FirstName, LastName: p.LastName, Username: p.Username},
		bot:  b,
		byID: map[int]*record{},

		notStarted: p.NotStarted,
	}
	b.direct[p.ID] = r
	s.rooms, s.byKey[r.key] = append(s.rooms, r), r
}

// AddGroup adds a group or channel that every bot is in.
func (s *Server) AddGroup(g Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	orDefault(&g.Type, "supergroup")
	if g.ID >= 0 || g.Title == "" || s.groups[g.ID] != nil {
		panic(fmt.Sprintf("botapi: group %d needs a negative id of its own and a title", g.ID))
	}
	r := &room{
		key:    strconv.FormatInt(g.ID, 10),
		chat:   Chat{ID: g.ID, Type: g.Type, Title: g.Title, Username: g.Username, IsForum: len(g.Topics) > 0},
		nextID: 1,
		byID:   map[int]*record{},
		kicked: map[*bot]bool{},
	}
	g.Topics, r.group = slices.Clone(g.Topics), g
	r.group.Topics = nil
	s.groups[g.ID] = r
	s.rooms, s.byKey[r.key] = append(s.rooms, r), r
	for _, t := range g.Topics {
		s.openTopic(r, t)
	}
	s.publish(event{Kind: "chats"})
}

// AddTopic opens a topic in a group, which is a forum from then on.
func (s *Server) AddTopic(chatID int64, t Topic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.groups[chatID]
	if r == nil {
		panic(fmt.Sprintf("botapi: no group %d for the topic %q", chatID, t.Name))
	}
	r.chat.IsForum = true
	s.openTopic(r, t)
	s.publish(event{Kind: "chats"})
}

func (s *Server) openTopic(r *room, t Topic) {
	if t.ID <= 1 || t.Name == "" || r.topic(t.ID) != nil {
		panic(fmt.Sprintf("botapi: topic %d needs an id above 1 of its own and a name", t.ID))
	}
	r.group.Topics = append(r.group.Topics, t)
	r.nextID = max(r.nextID, t.ID+1)
}

func (r *room) topic(id int) *Topic {
	for i := range r.group.Topics {
		if r.group.Topics[i].ID == id {
			return &r.group.Topics[i]
		}
	}
	return nil
}

// topicHead is the message that opened a topic: Telegram shows it as what every
// message of the topic replies to, when that replies to nothing else.
func (r *room) topicHead(id int) *Message {
	t := r.topic(id)
	if t == nil {
		return nil
	}
	return &Message{
		MessageID:         id,
		MessageThreadID:   id,
		IsTopicMessage:    true,
		Chat:              r.chat,
		SenderChat:        &r.chat,
		ForumTopicCreated: &TopicCreated{Name: t.Name, IconColor: 7322096},
	}
}

// hasMember tells whether a user is in the chat.
func (r *room) hasMember(userID int64) bool {
	if r.bot != nil {
		return r.chat.ID == userID
	}
	return len(r.group.Members) == 0 || slices.Contains(r.group.Members, userID)
}

func (r *room) newID() int {
	counter := &r.nextID
	if r.bot != nil {
		counter = &r.bot.nextID
	}
	*counter++
	return *counter - 1
}

// put stores a new message and shows it; s.mu is held.
func (s *Server) put(r *room, rec *record) {
	rec.At = time.Now()
	r.messages = append(r.messages, rec)
	r.byID[rec.MessageID] = rec
	if len(r.messages) > s.opts.History {
		oldest := r.messages[0].MessageID
		delete(r.byID, oldest)
		r.pinned = slices.DeleteFunc(r.pinned, func(id int) bool { return id == oldest })
		r.messages[0] = nil
		r.messages = r.messages[1:]
	}
	s.publish(event{Kind: "message", Room: r.key, Message: viewOf(rec)})
}

// remove takes a message away; s.mu is held.
func (s *Server) remove(r *room, id int) {
	delete(r.byID, id)
	r.messages = slices.DeleteFunc(r.messages, func(rec *record) bool { return rec.MessageID == id })
	r.pinned = slices.DeleteFunc(r.pinned, func(p int) bool { return p == id })
	s.publish(event{Kind: "delete", Room: r.key, MessageID: id})
}

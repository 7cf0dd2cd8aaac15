package botapi

import (
	"encoding/json"
	"net/http"
	"strings"
)

// shownMessages is how many messages of a chat a page starts with.
const shownMessages = 300

// pageSnapshot is all that a person sees, as of event Seq.
type pageSnapshot struct {
	Me    pageUser   `json:"me"`
	Users []pageUser `json:"users"`
	Rooms []pageRoom `json:"rooms"`
	Seq   uint64     `json:"seq"`
}

type pageUser struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Hint     string `json:"hint"`
}

type pageRoom struct {
	Key      string      `json:"key"`
	Title    string      `json:"title"`
	Type     string      `json:"type"`
	Bot      string      `json:"bot,omitempty"` // user name, of a private chat
	People   int         `json:"people"`
	Topics   []pageTopic `json:"topics"`
	Commands []Command   `json:"commands"`
	Messages []*view     `json:"messages"`
}

type pageTopic struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Closed bool   `json:"closed"`
}

func (p *person) forPage() pageUser {
	return pageUser{ID: p.ID, Name: strings.TrimSpace(p.FirstName + " " + p.LastName), Language: p.LanguageCode, Hint: p.Hint}
}

// stateFor shows what a person sees, or the first person when there is none
// with that id; s.mu is held.
func (s *Server) stateFor(userID int64) pageSnapshot {
	state := pageSnapshot{Users: []pageUser{}, Rooms: []pageRoom{}, Seq: s.events.last}
	me := s.users[userID]
	for _, p := range s.people {
		state.Users = append(state.Users, p.forPage())
		if me == nil {
			me = p
		}
	}
	if me == nil {
		return state
	}
	state.Me = me.forPage()
	for _, r := range s.rooms {
		if r.hasMember(me.ID) && r.movedTo == 0 {
			state.Rooms = append(state.Rooms, s.showRoom(r, me))
		}
	}
	return state
}

func (s *Server) showRoom(r *room, me *person) pageRoom {
	shown := pageRoom{
		Key: r.key, Title: r.chat.Title, Type: r.chat.Type, People: len(r.group.Members),
		Topics: []pageTopic{}, Commands: []Command{}, Messages: []*view{},
	}
	if shown.People == 0 {
		shown.People = len(s.people)
	}
	for _, t := range r.group.Topics {
		shown.Topics = append(shown.Topics, pageTopic(t))
	}
	bots := s.order
	if r.bot != nil {
		shown.Title, shown.Bot, bots = r.bot.Name, r.bot.Username, []*bot{r.bot}
	}
	for _, b := range bots {
		if !r.kicked[b] {
			shown.Commands = append(shown.Commands, b.commandsFor(r, me.User)...)
		}
	}
	for _, rec := range r.messages[max(0, len(r.messages)-shownMessages):] {
		shown.Messages = append(shown.Messages, viewOf(rec))
	}
	return shown
}

// readPost reads what the page posts; false after it answered what is wrong.
func readPost(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPlain)).Decode(into)
	if err != nil {
		http.Error(w, "reading the request: "+err.Error(), http.StatusBadRequest)
	}
	return err == nil
}

// roomFor finds a room of a person by its key; s.mu is held.
func (s *Server) roomFor(userID int64, key string) *room {
	if r := s.byKey[key]; r != nil && s.users[userID] != nil && r.hasMember(userID) {
		return r
	}
	return nil
}

func (s *Server) pageSay(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		User    int64  `json:"user"`
		Room    string `json:"room"`
		Text    string `json:"text"`
		Thread  int    `json:"thread"`
		ReplyTo int    `json:"reply_to"`
	}
	if !readPost(w, r, &ask) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.roomFor(ask.User, ask.Room)
	if in == nil {
		http.Error(w, "there is no such chat", http.StatusNotFound)
		return
	}
	if _, err := s.sayIn(in, ask.User, ask.Text, saying{thread: ask.Thread, replyTo: ask.ReplyTo}); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (s *Server) pageTap(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		User    int64  `json:"user"`
		Room    string `json:"room"`
		Message int    `json:"message"`
		Data    string `json:"data"`
	}
	if !readPost(w, r, &ask) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.roomFor(ask.User, ask.Room)
	if in == nil {
		http.Error(w, "there is no such chat", http.StatusNotFound)
		return
	}
	t, err := s.query(in, ask.User, ask.Message, ask.Data)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"tap": t.ID}) // an error is the client's going away
}

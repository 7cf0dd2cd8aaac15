package botapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server serves /bot<token>/<method> and /file/bot<token>/<path>. Method names
// are taken in any case, arguments from the query, a form, multipart or JSON.
type Server struct {
	opts    Options
	closing context.Context // done after Close
	close   context.CancelFunc
	workers sync.WaitGroup // webhook deliveries

	mu      sync.Mutex // guards all below; never held while waiting or on the network
	bots    map[string]*bot
	order   []*bot // in the order of Options.Bots
	users   map[int64]*person
	people  []*person // in the order they were added
	groups  map[int64]*room
	rooms   []*room // in the order they were opened
	byKey   map[string]*room
	files   fileStore
	taps    map[string]*Tap
	nextTap uint64
	faults  []*Fault
	down    bool
	old     bool // see BeforeMediaForText
	calls   ring[Call]
	events  ring[event]
	changed chan struct{} // closed and replaced at every change, to wake watchers
}

// Options say who and what exists, and how strict time is.
type Options struct {
	Bots   []Bot // at least one; the first is the one that people talk to by default
	Users  []User
	Groups []Group

	// Limits are off when zero; RealLimits gives Telegram's.
	Limits Limits
	// History is how many messages a chat keeps, 20,000 when 0. The oldest go first.
	History int
	// FileBytes is how much uploaded data is kept, 256 MiB when 0. The oldest go first.
	FileBytes int
	// CallbackLife is how long a tap can be answered, a minute when 0.
	CallbackLife time.Duration
	// ConflictDelay holds back the 409 that ends a long poll; Telegram takes 3 s.
	ConflictDelay time.Duration
	// WebhookBackoff is the pause after a first failed delivery, 1 s when 0; it doubles up to a minute.
	WebhookBackoff time.Duration
	// PageHosts are names that the chat page answers to, beside localhost and bare
	// addresses: a name that an attacker points here must not open it.
	PageHosts []string
	// WebhookClient delivers webhooks; nil is a client with a 10 s timeout.
	WebhookClient *http.Client
}

// Bot is a bot account.
type Bot struct {
	Token    string // "<id>:<secret>"
	Username string
	Name     string // Username when empty
	// ReadsGroups turns privacy mode off: without it, as with Telegram, the bot
	// hears in groups only commands, mentions of it and replies to it.
	ReadsGroups bool
}

// Group is a group or channel that every bot is in.
type Group struct {
	ID       int64 // negative
	Title    string
	Type     string // supergroup when empty; group or channel
	Username string
	Topics   []Topic // with any, the group is a forum
	Members  []int64 // everybody when empty
	Admins   []int64
	BotAdmin bool // bots may pin, and delete what others wrote; they hear everything
}

// Topic is a thread of a forum. General is implied and has no topic of its own here.
type Topic struct {
	ID     int // the id of the message that opened it; above 1
	Name   string
	Closed bool
}

// New makes a server; it panics when the options contradict themselves.
func New(opts Options) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts:    opts.withDefaults(),
		closing: ctx,
		close:   cancel,
		bots:    map[string]*bot{},
		users:   map[int64]*person{},
		groups:  map[int64]*room{},
		byKey:   map[string]*room{},
		taps:    map[string]*Tap{},
		changed: make(chan struct{}),
		calls:   ring[Call]{max: logged},
		events:  ring[event]{max: loggedEvents},
	}
	s.files.max = s.opts.FileBytes
	if len(opts.Bots) == 0 {
		panic("botapi: no bot in the options")
	}
	for _, b := range opts.Bots {
		s.addBot(b)
	}
	for _, u := range opts.Users {
		s.AddUser(u)
	}
	for _, g := range opts.Groups {
		s.AddGroup(g)
	}
	return s
}

func (o Options) withDefaults() Options {
	orDefault(&o.History, 20_000)
	orDefault(&o.FileBytes, 256<<20)
	orDefault(&o.CallbackLife, time.Minute)
	orDefault(&o.WebhookBackoff, time.Second)
	if o.WebhookClient == nil {
		o.WebhookClient = &http.Client{Timeout: 10 * time.Second}
	}
	return o
}

func orDefault[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

// Close ends long polls and webhook deliveries and waits for the latter.
func (s *Server) Close() {
	s.close()
	s.mu.Lock()
	for _, b := range s.order {
		b.wakeUp()
	}
	s.note()
	s.mu.Unlock()
	s.workers.Wait()
}

// Down makes the server drop every connection, long polls included, until Down(false).
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
	for _, b := range s.order {
		b.wakeUp()
	}
	s.note()
}

// BeforeMediaForText makes the server one from before Bot API 7.11, which gives no text message a photo.
func (s *Server) BeforeMediaForText() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old = true
}

// ServeHTTP serves the API and its file downloads.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"); ok {
		token, path, _ := strings.Cut(rest, "/")
		s.serveFile(w, token, path)
		return
	}
	rest, isBot := strings.CutPrefix(r.URL.Path, "/bot")
	token, name, hasMethod := strings.Cut(rest, "/")
	if !isBot || !hasMethod || !strings.Contains(token, ":") {
		s.abortIfDown()
		answer(w, nil, errNotFound)
		return
	}
	s.serveCall(w, r, token, name)
}

// abortIfDown ends the request by closing its connection while the server is down.
func (s *Server) abortIfDown() {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler)
	}
}

// note wakes everything that watches; s.mu is held.
func (s *Server) note() {
	close(s.changed)
	s.changed = make(chan struct{})
}

package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"vigie/bot/botapi"
	"vigie/commands"
	"vigie/ops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token = "123456789:AAH-secret_secret_secret_secret_123"
	ann   = 1
	bruno = 2
	zed   = 9
	crew  = -100 // a supergroup with topics
	plain = -200 // a group
)

// memory is an UpdateStore that outlives the bot.
type memory struct {
	mu       sync.Mutex // guards all
	updates  map[int64]Update
	handled  map[int64]bool
	settings map[string]json.RawMessage
	fail     int // Record fails so many times
}

func newMemory() *memory {
	return &memory{updates: map[int64]Update{}, handled: map[int64]bool{}, settings: map[string]json.RawMessage{}}
}

func (m *memory) Record(_ context.Context, _ string, list []Update) (fresh []Update, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail > 0 {
		m.fail--
		return nil, errors.New("disk full")
	}
	for _, u := range list {
		if _, known := m.updates[u.ID]; !known {
			m.updates[u.ID] = u
			fresh = append(fresh, u)
		}
	}
	return fresh, nil
}

func (m *memory) Unhandled(context.Context, string) (list []Update, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, u := range m.updates {
		if !m.handled[id] {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b Update) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

func (m *memory) Handled(_ context.Context, _ string, ids ...int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.handled[id] = true
	}
	return nil
}

func (m *memory) Setting(_ context.Context, id string) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if body, ok := m.settings[id]; ok {
		return body, nil
	}
	return nil, ops.ErrNoDoc
}

func (m *memory) SetSetting(_ context.Context, id string, body json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settings[id] = body
	return nil
}

// desk is a conversation that a test writes.
type desk struct {
	mu   sync.Mutex // guards said
	said []commands.Said
	do   func(context.Context, commands.Said) commands.Toast
}

func (d *desk) Handle(ctx context.Context, s commands.Said) (t commands.Toast) {
	if d.do != nil {
		t = d.do(ctx, s)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, s)
	return t
}

func (d *desk) all() []commands.Said {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.said)
}

// logs keeps what the bot logs, to look for the token in it.
type logs struct {
	mu  sync.Mutex // guards out
	out strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// A world is a Bot API with people, and one bot on it.
type world struct {
	t     *testing.T
	api   *botapi.Server
	http  *httptest.Server
	store *memory
	desk  *desk
	bot   *Bot
	logs  *logs
	ctx   context.Context
	stop  func() error

	url     string
	unpaced bool
}

func newWorld(t *testing.T, limits botapi.Limits, change ...func(*Options)) *world {
	t.Helper()
	w := emptyWorld(t, limits, time.Minute)
	w.http = httptest.NewServer(w.api)
	w.url = w.http.URL
	w.bot = w.newBot(change...)
	return w
}

// emptyWorld has nobody yet who hears.
func emptyWorld(t *testing.T, limits botapi.Limits, most time.Duration) *world {
	w := &world{t: t, store: newMemory(), desk: &desk{}, logs: &logs{}, unpaced: limits == botapi.Limits{}}
	w.api = botapi.New(botapi.Options{
		Bots: []botapi.Bot{{Token: token, Username: "vigie_bot", ReadsGroups: true}},
		Users: []botapi.User{
			{ID: ann, FirstName: "Ann", LanguageCode: "en"}, {ID: bruno, FirstName: "Bruno", LanguageCode: "fr-CA"},
			{ID: 3, FirstName: "Cat"}, {ID: 4, FirstName: "Dan"}, {ID: zed, FirstName: "Zed"},
		},
		Groups: []botapi.Group{
			{ID: crew, Title: "Crew", Topics: []botapi.Topic{{ID: 7, Name: "ops"}}},
			{ID: plain, Title: "Plain", Type: "group"},
		},
		Limits: limits,
	})
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(context.Background(), most)
	t.Cleanup(func() {
		w.end()
		cancel()
		w.api.Close()
		if w.http != nil {
			w.http.Close()
		}
		if strings.Contains(w.logs.String(), "secret_secret") {
			t.Errorf("the token is in the log:\n%s", w.logs)
		}
	})
	return w
}

func (w *world) newBot(change ...func(*Options)) *Bot {
	w.t.Helper()
	o := Options{
		Token: token, APIURL: w.url, Unpaced: w.unpaced, Store: w.store, Log: zerolog.New(w.logs),
		People: func(id int64) (ops.Caller, bool) {
			c, ok := map[int64]ops.Caller{ann: {Name: "ann", Role: ops.Admin}, bruno: {Name: "bruno", Role: ops.Operator}, 3: {Role: ops.Viewer}, 4: {Role: ops.Viewer}}[id]
			return c, ok
		},
	}
	for _, c := range change {
		c(&o)
	}
	b, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// run lets the bot hear, until end.
func (w *world) run() *world {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	b := w.bot
	go func() { ended <- b.Run(ctx, w.desk) }() // waited for in stop
	w.stop = func() error {
		cancel()
		return <-ended
	}
	return w
}

// end ends the bot in order.
func (w *world) end() {
	w.t.Helper()
	if w.stop != nil {
		if err := w.stop(); err != nil {
			w.t.Errorf("running: %v", err)
		}
		w.stop = nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.bot.Close(ctx); err != nil {
		w.t.Errorf("closing: %v", err)
	}
}

func (w *world) wait(what string, condition func() bool) {
	w.t.Helper()
	// A desk's notes change without the server's knowing.
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		if condition() {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-w.ctx.Done():
			w.t.Fatalf("waiting for %s; chat of ann:\n%s\nlog:\n%s", what, w.api.Transcript(ann), w.logs)
		}
	}
}

func (w *world) say(user, chat int64, text string, opts ...botapi.SayOption) botapi.Stored {
	w.t.Helper()
	m, err := w.api.Say(user, chat, text, opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// heard waits until the desk has heard n things, and gives the last.
func (w *world) heard(n int) commands.Said {
	w.t.Helper()
	w.wait(fmt.Sprintf("%d things heard", n), func() bool { return len(w.desk.all()) >= n })
	return w.desk.all()[n-1]
}

func (w *world) show(place ops.Place, a ops.Answer) ops.Place {
	w.t.Helper()
	at, err := w.bot.Show(w.ctx, place, ops.English, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

// last is the newest message of a chat.
func (w *world) last(chat int64) botapi.Stored {
	w.t.Helper()
	list := w.api.Messages(chat)
	if len(list) == 0 {
		w.t.Fatalf("chat %d is empty", chat)
	}
	return list[len(list)-1]
}

func words(format string, args ...any) ops.Answer {
	return ops.Say(ops.Raw(fmt.Sprintf(format, args...)))
}

// Package telegram is the transport to Telegram: it hears people through the Bot API and shows them answers.
//
// Reading order: telegram.go (what it needs and how it runs), update.go and said.go (what Telegram tells, and
// whose words those are), poll.go and webhook.go (how it is heard without losing any), hear.go (in which order
// it is handled), screen.go, edit.go, picture.go and send.go (how answers are shown), pace.go (how fast), api.go and
// errors.go (one call, and what can go wrong with it).
//
// Deliveries: an answer is sent until Telegram confirms it. When the confirmation is lost on the way, a new
// message may stand there twice: a repeated line does no harm, a missing one does. Edits never double.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"vigie/commands"
	"vigie/ops"
)

// Name is what every place of this transport begins with.
const Name = "tg"

// A Desk holds the conversation.
type Desk interface {
	Handle(context.Context, commands.Said) commands.Toast
}

// Options are what a Bot needs. Token, People and Store are required.
type Options struct {
	Token  string
	APIURL string // "" is Telegram's own; any compatible server
	// People finds a person by the numeric id. Nobody else has a role.
	People   func(id int64) (ops.Caller, bool)
	Store    UpdateStore
	Commands []Command
	Webhook  Webhook             // zero: long polling
	Redact   func(string) string // takes secrets out of whatever is shown; nil leaves all
	Unpaced  bool                // for tests, on a server without Telegram's limits
	Log      zerolog.Logger      // the zero Logger discards

	conflict struct{ pause, newcomer time.Duration } // tests do not wait as long; 0 is the usual
}

// A Command is one line of the menu.
type Command struct {
	Name string // without the slash
	Doc  ops.Text
}

// A Bot is one bot account. It is a [commands.Screen] at once, and hears people while it runs.
type Bot struct {
	o     Options
	api   *api
	pace  *pace
	stats counters

	me atomic.Pointer[user] // the bot itself, known once it runs

	mu       sync.Mutex // guards what follows; held for moments only
	closed   bool
	jobs     map[int]context.CancelFunc // work that nobody waits for but Close
	nextID   int
	slots    map[place]*slot  // messages that are being edited
	instead  map[place]place  // where a message went that could not be edited, or whose chat moved
	extras   map[place][]int  // further messages of the same answer, to go when it is replaced
	canvases map[place]canvas // what messages show as their pictures
	chats    map[int64]int64  // groups that became supergroups
	typing   map[place]time.Time
	kept     map[string]bool // asks that are in the store

	working sync.WaitGroup // jobs
}

var _ commands.Screen = (*Bot)(nil)

var tokenShape = regexp.MustCompile(`^\d+:[A-Za-z0-9_-]+$`)

// New checks the options and makes a bot. It does not call anybody yet.
func New(o Options) (*Bot, error) {
	switch {
	case !tokenShape.MatchString(o.Token):
		return nil, errors.New("making the telegram bot: the token must look like 123456789:AbC-…, as @BotFather gives it")
	case o.People == nil || o.Store == nil:
		return nil, errors.New("making the telegram bot: People and Store are needed")
	}
	a, err := newAPI(o.Token, o.APIURL)
	if err != nil {
		return nil, fmt.Errorf("making the telegram bot: %w", err)
	}
	if err := o.Webhook.check(); err != nil {
		return nil, fmt.Errorf("making the telegram bot: %w", err)
	}
	return &Bot{
		o: o, api: a, pace: newPace(o.Unpaced),
		jobs: map[int]context.CancelFunc{}, slots: map[place]*slot{}, instead: map[place]place{},
		extras: map[place][]int{}, canvases: map[place]canvas{}, chats: map[int64]int64{}, typing: map[place]time.Time{}, kept: map[string]bool{},
	}, nil
}

// Run hears people until ctx ends, which is no error. It returns once nothing is being handled any more;
// what it had not begun with stays recorded, and is given out by the next Run.
// It fails with [ErrToken], [ErrWebhook] or [ErrConflict], each an [ops.Error] that says what to do.
func (b *Bot) Run(ctx context.Context, desk Desk) error {
	err := b.run(ctx, desk)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (b *Bot) run(ctx context.Context, desk Desk) error {
	if err := b.introduce(ctx); err != nil {
		return err
	}
	if err := b.checkWebhook(ctx); err != nil {
		return err
	}
	var menu sync.WaitGroup
	menuCtx, end := context.WithCancel(ctx)
	menu.Go(func() { b.setMenu(menuCtx) })
	defer menu.Wait()
	defer end()

	h := &hearing{bot: b, desk: desk, chats: map[int64]*chat{}}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer h.close(stop)
	left, err := b.o.Store.Unhandled(ctx, b.source())
	if err != nil {
		return fmt.Errorf("reading the updates that were left: %w", err)
	}
	h.takeAll(working, left)
	if b.o.Webhook.URL != "" {
		return b.serve(ctx, working, h)
	}
	return b.poll(ctx, working, h)
}

// introduce asks who we are, for as long as it takes.
func (b *Bot) introduce(ctx context.Context) error {
	var me user
	err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "getMe", nil, &me) })
	if err != nil {
		return b.explain(fmt.Errorf("asking telegram who we are: %w", err))
	}
	b.me.Store(&me)
	b.heardNow()
	b.o.Log.Info().Str("bot", "@"+me.Username).Msg("telegram knows us")
	return nil
}

// source names this bot's updates in the store: another bot numbers its own.
func (b *Bot) source() string { return "telegram:" + strconv.FormatInt(b.self().ID, 10) }

func (b *Bot) self() user {
	if me := b.me.Load(); me != nil {
		return *me
	}
	id, _, _ := strings.Cut(b.o.Token, ":")
	n, _ := strconv.ParseInt(id, 10, 64) // New looked at it
	return user{ID: n, IsBot: true}
}

// Close lets what is being shown be shown, for as long as ctx lasts. Call it after Run, last.
func (b *Bot) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends with the jobs, which end below at the latest
		b.working.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("showing what was left to show: %w", ctx.Err())
		b.mu.Lock()
		for _, cancel := range b.jobs {
			cancel()
		}
		b.mu.Unlock()
		<-done
	}
	b.api.client.CloseIdleConnections()
	return err
}

// job does what nobody waits for but Close, for at most so long. It says false when the bot is closed. b.mu is held.
func (b *Bot) job(most time.Duration, do func(context.Context)) bool {
	if b.closed {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), most)
	id := b.nextID
	b.nextID++
	b.jobs[id] = cancel
	b.working.Go(func() {
		defer func() {
			cancel()
			b.mu.Lock()
			delete(b.jobs, id)
			b.mu.Unlock()
		}()
		do(ctx)
	})
	return true
}

package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"vigie/bot/botapi"
	"vigie/commands"
	"vigie/ops"
)

// TestOrder: one chat is served in order; another does not wait for it, and neither does a tap.
func TestOrder(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	release := make(chan struct{})
	w.desk.do = func(_ context.Context, s commands.Said) commands.Toast {
		if s.Text == "slow" {
			<-release
		}
		return commands.Toast{}
	}
	w.run()
	a := words("busy")
	a.Row(ops.Button{Label: ops.Raw("Stop"), Data: "l:1:s"})
	w.show("tg:1:0:0", a)
	at := w.last(ann).MessageID
	w.say(ann, ann, "slow")
	for i := range 50 {
		w.say(ann, ann, fmt.Sprint(i))
	}
	w.say(bruno, bruno, "quick")
	if s := w.heard(1); s.Text != "quick" {
		t.Errorf("heard %q first", s.Text)
	}
	tap, err := w.api.Tap(ann, ann, at, "Stop")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tap.Wait(w.ctx); err != nil {
		t.Error(err)
	}
	if s := w.heard(2); s.Tap != "l:1:s" {
		t.Errorf("heard %+v", s)
	}
	w.wait("the queue", func() bool { return w.bot.Stats().Queued == 50 })
	close(release)
	w.heard(53)
	for i, s := range w.desk.all()[3:] {
		if s.Text != fmt.Sprint(i) {
			t.Fatalf("heard %q as number %d", s.Text, i)
		}
	}
	if n := w.bot.Stats(); n.Queued != 0 || n.Updates != 53 || n.LastHeard.IsZero() {
		t.Errorf("%+v", n)
	}
}

// TestSlowDesk: a tap is answered before Telegram forgets it, and what must be read is shown all the same.
func TestSlowDesk(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	release := make(chan struct{})
	w.desk.do = func(context.Context, commands.Said) commands.Toast {
		<-release
		return commands.Toast{Text: ops.Raw("read this"), Alert: true}
	}
	w.run()
	a := words("x")
	a.Row(ops.Button{Label: ops.Raw("Go"), Data: "go"})
	w.show("tg:1:0:0", a)
	began := time.Now()
	tap, err := w.api.Tap(ann, ann, w.last(ann).MessageID, "Go")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tap.Wait(w.ctx); err != nil || got.Text != "" || time.Since(began) > 10*time.Second {
		t.Errorf("answered %+v, %v after %s", got, err, time.Since(began))
	}
	close(release)
	w.wait("the text", func() bool { return w.last(ann).Text == "read this" })
}

// TestPanic: what breaks the desk does not break the bot, and does not come back for ever.
func TestPanic(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	w.desk.do = func(_ context.Context, s commands.Said) commands.Toast {
		if s.Text == "bad" {
			panic("broken")
		}
		return commands.Toast{}
	}
	w.run()
	w.say(ann, ann, "bad")
	w.say(ann, ann, "good")
	if s := w.heard(1); s.Text != "good" {
		t.Errorf("heard %+v", s)
	}
	w.wait("both to be handled", func() bool {
		left, _ := w.store.Unhandled(w.ctx, "")
		return len(left) == 0
	})
	if !strings.Contains(w.logs.String(), "broken") {
		t.Error("the panic is not in the log")
	}
}

// TestDeathAfterRecording: the bot dies with updates recorded and not handled. The next one is given each once,
// and those that came twice over the wire as well.
func TestDeathAfterRecording(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	w.desk.do = func(ctx context.Context, s commands.Said) commands.Toast {
		if s.Text == "0" {
			<-ctx.Done() // it hangs, until it is made to end: nobody knows how far it came
		}
		return commands.Toast{}
	}
	h := &hearing{bot: w.bot, desk: w.desk, chats: map[int64]*chat{}}
	for i := range 5 {
		w.say(ann, ann, fmt.Sprint(i))
	}
	working, stop := context.WithCancel(w.ctx)
	if _, err := w.bot.pollOnce(w.ctx, working, h, 0); err != nil { // and no second poll, which would confirm
		t.Fatal(err)
	}
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	stop()
	h.work.Wait()
	if n := w.api.Pending(); n != 5 {
		t.Fatalf("%d are unconfirmed", n)
	}
	w.end()

	w.desk = &desk{}
	w.bot = w.newBot()
	w.say(ann, ann, "5")
	w.run()
	w.heard(6)
	w.wait("confirmation", func() bool { return w.api.Pending() == 0 })
	for i, s := range w.desk.all() {
		if s.Text != fmt.Sprint(i) || s.Sent.IsZero() {
			t.Errorf("number %d is %+v", i, s)
		}
	}
	w.end()
	w.bot = w.newBot()
	w.desk = &desk{}
	w.run()
	w.say(ann, ann, "6")
	if s := w.heard(1); s.Text != "6" {
		t.Errorf("given out again: %+v", s)
	}
}

// TestDiskFull: what cannot be recorded is neither handled nor confirmed; Telegram keeps it for us.
func TestDiskFull(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	w.store.fail = 2
	w.say(ann, ann, "hello")
	w.run()
	w.wait("a failure", func() bool { return strings.Contains(w.logs.String(), "disk full") })
	if w.api.Pending() != 1 {
		t.Error("confirmed before it was recorded")
	}
	w.heard(1)
	w.wait("confirmation", func() bool { return w.api.Pending() == 0 })
	if n := len(w.desk.all()); n != 1 {
		t.Errorf("heard %d", n)
	}
}

func TestTwoPollers(t *testing.T) {
	w := newWorld(t, botapi.Limits{}, func(o *Options) { o.conflict.pause, o.conflict.newcomer = 50*time.Millisecond, 1 }).run()
	w.say(ann, ann, "hi")
	w.heard(1)
	second := w.newBot(func(o *Options) { o.Store, o.conflict.pause = newMemory(), 50*time.Millisecond })
	err := second.Run(w.ctx, &desk{})
	var said *ops.Error
	if !errors.Is(err, ErrConflict) || !errors.As(err, &said) || said.Say.Fr == "" || strings.Contains(err.Error(), token) {
		t.Errorf("the second: %v", err)
	}
	if err := second.Close(w.ctx); err != nil {
		t.Error(err)
	}
	w.say(ann, ann, "hello") // the first goes on
	w.heard(2)
}

func TestForeignWebhook(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	other := httptest.NewServer(nil)
	defer other.Close()
	var set bool
	if err := w.bot.api.call(w.ctx, "setWebhook", params{"url": other.URL + "/secret-path"}, &set); err != nil || !set {
		t.Fatal(err)
	}
	err := w.bot.Run(w.ctx, w.desk)
	if !errors.Is(err, ErrWebhook) || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("a foreign webhook: %v", err)
	}
	if n := len(w.api.CallsOf("deleteWebhook")); n != 0 {
		t.Error("it was taken away")
	}
}

func TestRevokedToken(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	b := w.newBot(func(o *Options) { o.Token = "123456789:AAH-secret_secret-revoked" })
	err := b.Run(w.ctx, w.desk)
	if !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "secret") {
		t.Errorf("a revoked token: %v", err)
	}
	if err := b.Close(w.ctx); err != nil {
		t.Error(err)
	}
	for _, bad := range []Options{{}, {Token: "x"}, {Token: token}, {Token: token, APIURL: "nowhere"}} {
		if bad.Token == token && bad.APIURL != "" {
			bad.Store, bad.People = w.store, func(int64) (ops.Caller, bool) { return ops.Caller{}, false }
		}
		if _, err := New(bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", bad.APIURL, err)
		}
	}
}

// TestShutdown: what is being handled ends, what waits stays for the next time.
func TestShutdown(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	begun, release := make(chan struct{}), make(chan struct{})
	w.desk.do = func(_ context.Context, s commands.Said) commands.Toast {
		if s.Text == "first" {
			close(begun)
			<-release
		}
		return commands.Toast{}
	}
	w.run()
	w.say(ann, ann, "first")
	<-begun
	w.say(ann, ann, "second")
	w.wait("the queue", func() bool { return w.bot.Stats().Queued == 1 })
	var stopped sync.WaitGroup
	stopped.Go(func() { w.end() })
	close(release)
	stopped.Wait()
	if all := w.desk.all(); len(all) > 2 || all[0].Text != "first" {
		t.Errorf("handled %+v", all)
	}
	left, _ := w.store.Unhandled(w.ctx, "")
	if len(left)+len(w.desk.all()) != 2 {
		t.Errorf("%d handled and %d left", len(w.desk.all()), len(left))
	}
}

func TestMenu(t *testing.T) {
	menu := func(o *Options) {
		o.Commands = []Command{{"status", ops.T("what needs you", "ce qui a besoin de toi")}, {"Bad-Name", ops.Raw("x")}, {"logs", ops.T("last lines", "dernières lignes")}}
	}
	w := newWorld(t, botapi.Limits{}, menu).run()
	w.wait("the menu", func() bool { return len(w.api.CallsOf("setMyCommands")) == 4 })
	var list []menuLine
	if err := w.bot.api.call(w.ctx, "getMyCommands", params{"language_code": "fr"}, &list); err != nil || fmt.Sprint(list) != "[{status ce qui a besoin de toi} {logs dernières lignes}]" {
		t.Errorf("%v, %v", list, err)
	}
	w.end()
	w.bot = w.newBot(menu)
	w.run()
	w.wait("the menu to be read", func() bool { return len(w.api.CallsOf("getMyCommands")) == 9 })
	if n := len(w.api.CallsOf("setMyCommands")); n != 4 {
		t.Errorf("set %d times", n)
	}
}

// BenchmarkUpdates is how many updates a second come through, over HTTP, with a desk that does nothing.
func BenchmarkUpdates(b *testing.B) {
	const queued = 1000
	for b.Loop() {
		b.StopTimer()
		api := botapi.New(botapi.Options{Bots: []botapi.Bot{{Token: token, Username: "vigie_bot"}}, Users: []botapi.User{{ID: ann, FirstName: "Ann"}, {ID: bruno, FirstName: "Bruno"}}})
		server := httptest.NewServer(api)
		for i := range queued {
			if _, err := api.Say(int64(1+i%2), int64(1+i%2), "/status"); err != nil {
				b.Fatal(err)
			}
		}
		var n atomic.Int64
		all := make(chan struct{})
		d := &desk{do: func(context.Context, commands.Said) commands.Toast {
			if n.Add(1) == queued {
				close(all)
			}
			return commands.Toast{}
		}}
		bot, err := New(Options{Token: token, APIURL: server.URL, Store: newMemory(), Log: zerolog.Nop(),
			People: func(id int64) (ops.Caller, bool) { return ops.Caller{Role: ops.Admin}, true }})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		b.StartTimer()
		began := time.Now()
		go func() { ended <- bot.Run(ctx, d) }() // received from below
		<-all
		b.ReportMetric(queued/time.Since(began).Seconds(), "updates/s")
		b.StopTimer()
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := bot.Close(context.Background()); err != nil {
			b.Error(err)
		}
		api.Close()
		server.Close()
		b.StartTimer()
	}
}

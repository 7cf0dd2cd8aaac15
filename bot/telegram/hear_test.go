package telegram

import (
	"context"
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
	inBubble(t, func(t *testing.T, w *world) {
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
	})
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

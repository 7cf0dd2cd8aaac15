package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/bot/botapi"
	"vigie/commands"
	"vigie/ops"
)

// direct calls the Bot API without a network, so that time can be the test's.
type direct struct{ api http.Handler }

func (d direct) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			answer, err = nil, errors.New("connection reset by peer")
		} else if p != nil {
			panic(p)
		}
	}()
	out := httptest.NewRecorder()
	d.api.ServeHTTP(out, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return out.Result(), nil
}

// inBubble plays with Telegram's real limits and no real time.
func inBubble(t *testing.T, play func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := emptyWorld(t, botapi.RealLimits(), 24*time.Hour)
		w.url = "http://botapi.test"
		w.bot = w.newBot()
		w.bot.api.client.Transport = direct{w.api}
		play(t, w)
		w.end()
	})
}

// TestTelegramsRates: minutes of answers, progress and alerts in five chats and two groups, and Telegram
// never has to say that it is too fast.
func TestTelegramsRates(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		chats := []ops.Place{"tg:1:0:0", "tg:2:0:0", "tg:3:0:0", "tg:4:0:0", "tg:9:0:0", "tg:-100:7:0", "tg:-200:0:0"}
		var all sync.WaitGroup
		for _, chat := range chats {
			all.Go(func() {
				at := w.show(chat, words("progress"))
				for i := range 600 {
					w.bot.Update(at, ops.English, words("%d", i))
					if i%50 == 0 {
						for n := range 3 {
							w.show(chat, words("answer %d.%d", i, n))
						}
					}
					time.Sleep(300 * time.Millisecond)
				}
				w.show(at, words("end"))
			})
		}
		all.Wait()
		if s := w.bot.Stats(); s.Floods != 0 || s.Retries != 0 || s.Sends != int64(len(chats)*(1+36)) {
			t.Errorf("%+v", s)
		}
		for _, id := range []int64{1, 2, 3, 4, 9, crew, plain} {
			list := w.api.Messages(id)
			if list[0].Text != "end" || list[len(list)-1].Text != "answer 550.2" {
				t.Errorf("chat %d ends with %q and %q", id, list[0].Text, list[len(list)-1].Text)
			}
			if n := list[0].Edits(); id > 0 && n < 100 {
				t.Errorf("chat %d saw %d edits", id, n)
			}
		}
	})
}

// TestLongOutage: Telegram is gone for twenty minutes while a run ends; all of it is told afterwards, in order.
func TestLongOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		at := w.show("tg:1:0:0", words("⏳"))
		w.api.Down(true)
		w.bot.Update(at, ops.English, words("🟢 done"))
		var all sync.WaitGroup
		for i := range 3 {
			time.Sleep(time.Second)
			all.Go(func() { w.show("tg:1:0:0", words("alert %d", i)) })
		}
		time.Sleep(20 * time.Minute)
		w.api.Down(false)
		all.Wait()
		w.end()
		var texts []string
		for _, m := range w.api.Messages(ann) {
			texts = append(texts, m.Text)
		}
		if got := fmt.Sprint(texts); got != "[🟢 done alert 0 alert 1 alert 2]" {
			t.Error(got)
		}
	})
}

// TestLateAnswer: a confirmation that does not come in time is asked for again; an edit is not doubled by that.
func TestLateAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.api.Inject(botapi.Fault{Kind: botapi.LateAnswer, Method: "sendMessage", Delay: 2 * callTimeout})
		at := w.show("tg:1:0:0", words("twice"))
		w.api.Inject(botapi.Fault{Kind: botapi.LateAnswer, Method: "editMessageText", Delay: 2 * callTimeout})
		w.show(at, words("edited"))
		if list := w.api.Messages(ann); len(list) != 2 || list[0].Text != "twice" || list[1].Text != "edited" || list[1].Edits() != 1 {
			t.Error(w.api.Transcript(ann))
		}
		ctx, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		w.api.Inject(botapi.Fault{Kind: botapi.LateAnswer, Delay: time.Minute})
		if _, err := w.bot.Show(ctx, "tg:1:0:0", ops.English, words("given up")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up: %v", err)
		}
	})
}

// TestStaleUpdates: what was said while the bot was away comes with the time when it was said.
func TestStaleUpdates(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		said := time.Now()
		w.say(ann, ann, "/down all")
		time.Sleep(10 * time.Minute)
		var age time.Duration
		heard := make(chan struct{})
		w.desk.do = func(_ context.Context, s commands.Said) commands.Toast {
			age = time.Since(s.Sent)
			close(heard)
			return commands.Toast{}
		}
		w.run()
		<-heard
		if age < 10*time.Minute || age > time.Since(said)+time.Second {
			t.Errorf("said to be %s old", age)
		}
	})
}

// TestQuietNight: long polls follow each other without trouble.
func TestQuietNight(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.run()
		time.Sleep(30 * time.Second)
		w.say(ann, ann, "awake?")
		w.heard(1)
		time.Sleep(20 * time.Second)
		if s := w.bot.Stats(); s.Retries != 0 || s.Floods != 0 || s.Updates != 1 {
			t.Errorf("%+v", s)
		}
	})
}

package telegram

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

var faults = []botapi.FaultKind{botapi.ServerError, botapi.BadGateway, botapi.Torn, botapi.LostAnswer, botapi.HalfAnswer, botapi.FloodWait}

// TestFaultsOfSending: whatever happens on the way, the answer arrives, and those after it stay behind it.
func TestFaultsOfSending(t *testing.T) {
	for _, kind := range faults {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, botapi.Limits{})
			w.api.Inject(botapi.Fault{Kind: kind, Method: "sendMessage"})
			second := make(chan ops.Place, 1)
			go func() { // received from below
				at, err := w.bot.Show(w.ctx, "tg:1:0:0", ops.English, words("first"))
				if err != nil {
					t.Error(err)
				}
				second <- at
			}()
			w.wait("the fault", func() bool { return len(w.api.CallsOf("sendMessage")) > 0 })
			w.show("tg:1:0:0", words("second"))
			at := <-second
			var texts []string
			for _, m := range w.api.Messages(ann) {
				texts = append(texts, m.Text)
			}
			if got := slices.Compact(texts); fmt.Sprint(got) != "[first second]" {
				t.Errorf("%q", texts)
			}
			w.api.Inject(botapi.Fault{Kind: kind, Method: "editMessageText"})
			w.show(at, words("edited"))
			if got := w.api.Transcript(ann); strings.Count(got, "edited") != 1 {
				t.Errorf("after an edit:\n%s", got)
			}
			w.api.Inject(botapi.Fault{Kind: kind, Method: "sendDocument"})
			var file ops.Answer
			file.Line(ops.Raw("file")).Blocks = append(file.Blocks, ops.Block{File: &ops.File{Name: "a.txt", Data: []byte("x")}})
			at = w.show("tg:1:0:0", file)
			w.api.Inject(botapi.Fault{Kind: kind, Method: "deleteMessage"})
			if err := w.bot.Delete(w.ctx, at); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFaultsOfHearing: nothing that people say is lost or heard twice.
func TestFaultsOfHearing(t *testing.T) {
	for _, kind := range faults {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, botapi.Limits{})
			for _, method := range []string{"getMe", "getWebhookInfo", "getUpdates", "getUpdates"} {
				w.api.Inject(botapi.Fault{Kind: kind, Method: method})
			}
			for i := range 150 {
				w.say(ann, ann, fmt.Sprint(i))
			}
			w.run()
			w.heard(150)
			w.wait("confirmation", func() bool { return w.api.Pending() == 0 })
			for i, s := range w.desk.all() {
				if s.Text != fmt.Sprint(i) {
					t.Fatalf("number %d is %q", i, s.Text)
				}
			}
		})
	}
}

// TestOutage: Telegram is gone for a while; then everything is there, progress as it is by then.
func TestOutage(t *testing.T) {
	w := newWorld(t, botapi.Limits{}).run()
	at := w.show("tg:1:0:0", words("begin"))
	w.api.Down(true)
	for i := range 10 {
		w.bot.Update(at, ops.English, words("step %d", i))
	}
	answered := make(chan error, 1)
	go func() { // received from below
		_, err := w.bot.Show(w.ctx, "tg:2:0:0", ops.English, words("answer"))
		answered <- err
	}()
	w.wait("some tries", func() bool { return w.bot.Stats().Retries >= 3 })
	w.bot.Update(at, ops.English, words("the last"))
	w.api.Down(false)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	w.wait("the last", func() bool { return w.api.Messages(ann)[0].Text == "the last" })
	if n := w.api.Messages(ann)[0].Edits(); n > 1 {
		t.Errorf("%d edits", n)
	}
	w.say(ann, ann, "there again?")
	w.heard(1)
}

// TestFloodOfOneChat: who is told to wait waits exactly as long; others do not.
func TestFloodOfOneChat(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	w.api.Inject(botapi.Fault{Kind: botapi.FloodWait, RetryAfter: 2})
	began := time.Now()
	done := make(chan time.Duration, 1)
	go func() { // received from below
		if _, err := w.bot.Show(w.ctx, "tg:1:0:0", ops.English, words("x")); err != nil {
			t.Error(err)
		}
		done <- time.Since(began)
	}()
	w.wait("the flood", func() bool { return w.bot.Stats().Floods == 1 })
	w.show("tg:2:0:0", words("y"))
	if d := time.Since(began); d > time.Second {
		t.Errorf("the other chat waited %s", d)
	}
	if d := <-done; d < 2*time.Second || d > 3*time.Second {
		t.Errorf("waited %s for 2 s", d)
	}
	if n := len(w.api.CallsOf("sendMessage")); n != 3 {
		t.Errorf("%d calls", n)
	}
}

// TestFloodOfAll: when several chats are told so at once, it is meant for all.
func TestFloodOfAll(t *testing.T) {
	p := newPace(false)
	turns := []*turn{p.join(1, true), p.join(2, true), p.join(3, true), p.join(4, true)}
	for i, held := range turns[:3] {
		held.hold(time.Duration(i+1) * time.Minute)
	}
	p.mu.Lock()
	delay, ready := turns[3].take(time.Now())
	p.mu.Unlock()
	if ready || delay < 2*time.Minute {
		t.Errorf("ready %t after %s", ready, delay)
	}
}

// TestTurns: answers before progress, each in order, and one that tries again is not overtaken.
func TestTurns(t *testing.T) {
	p := newPace(true) // order is what this is about: tokens are not short
	progress := p.join(1, false)
	first, second := p.join(1, true), p.join(1, true)
	ready := func(turns ...*turn) (list string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, u := range turns {
			_, ok := u.take(time.Now())
			list += fmt.Sprint(yes(ok))
		}
		return list
	}
	if got := ready(progress, second, first, first); got != "0010" && got != "0011" {
		t.Errorf("ready: %s", got)
	}
	first.rest(time.Hour)
	if got := ready(progress, second, first); got != "000" {
		t.Errorf("while the first tries again: %s", got)
	}
	first.leave()
	progress.hurry()
	if got := ready(second, progress); got != "01" {
		t.Errorf("after progress became an answer: %s", got)
	}
	progress.leave()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := second.wait(ctx); err == nil {
		t.Error("waited although nobody wants it any more")
	}
}

// TestCloseWithoutTelegram: the bot ends in time although nothing gets through.
func TestCloseWithoutTelegram(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	at := w.show("tg:1:0:0", words("begin"))
	w.api.Down(true)
	w.bot.Update(at, ops.English, words("never"))
	ctx, cancel := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := w.bot.Close(ctx); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("closed after %s: %v", time.Since(began), err)
	}
	w.bot.Update(at, ops.English, words("too late"))
	w.bot.Typing(at)
	if _, err := w.bot.Show(w.ctx, at, ops.English, words("too late")); err == nil {
		t.Error("shown by a closed bot")
	}
	gone, giveUp := context.WithTimeout(w.ctx, 50*time.Millisecond)
	defer giveUp()
	if _, err := w.bot.Show(gone, "tg:1:0:0", ops.English, words("x")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("shown to nobody: %v", err)
	}
}

// TestRefusedForm: what Telegram does not like of a message's form does not keep its words from arriving.
func TestRefusedForm(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	p := params{"chat_id": "1", "text": "<b>bad", "parse_mode": "HTML", "reply_markup": `{"inline_keyboard":[[{"text":"x"}]]}`, "message_thread_id": "5"}
	if _, err := w.bot.post(w.ctx, "sendMessage", p, "bad", nil); err != nil {
		t.Fatal(err)
	}
	if m := w.last(ann); m.Text != "bad" || !strings.Contains(w.logs.String(), "parse_mode") {
		t.Errorf("%+v", m)
	}
}

var _ Desk = (*desk)(nil)

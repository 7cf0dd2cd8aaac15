package telegram

import (
	"errors"
	"strings"
	"testing"

	"vigie/bot/botapi"
	"vigie/ops"
)

func TestKeptAsks(t *testing.T) {
	w := newWorld(t, botapi.Limits{}).run()
	a := words("x")
	a.Row(ops.AskFor(ops.Raw("long"), "docker.logs", "service", "openclaw-gateway", "find", "a very long text that no button can carry"))
	w.show("tg:1:0:0", a)
	data := w.last(ann).ReplyMarkup.Rows[0][0].CallbackData
	if len(data) > 64 || len(w.store.settings) != 1 {
		t.Fatalf("data %q, %d kept", data, len(w.store.settings))
	}
	w.show("tg:1:0:0", a)
	w.end()
	w.bot = w.newBot() // after a restart
	w.run()
	if _, err := w.api.Tap(ann, ann, w.last(ann).MessageID, "long"); err != nil {
		t.Fatal(err)
	}
	if s := w.heard(1); s.Tap != "a:docker.logs?find=a very long text that no button can carry&service=openclaw-gateway" {
		t.Errorf("tapped %q", s.Tap)
	}
	if len(w.store.settings) != 1 {
		t.Errorf("%d kept", len(w.store.settings))
	}
	if _, err := w.api.TapData(ann, ann, w.last(ann).MessageID, "k:aaaaaaaaaaaaaaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	if s := w.heard(2); s.Tap != "k:aaaaaaaaaaaaaaaaaaaa" {
		t.Errorf("tapped %q", s.Tap)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	if err := w.api.Block(ann, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.bot.Show(w.ctx, "tg:1:0:0", ops.English, words("x")); !errors.Is(err, ErrBlocked) {
		t.Errorf("blocked: %v", err)
	}
	file := ops.Answer{Blocks: []ops.Block{{File: &ops.File{Name: "a.txt", Data: []byte("x")}}}}
	if _, err := w.bot.Show(w.ctx, "tg:1:0:0", ops.English, file); !errors.Is(err, ErrBlocked) {
		t.Errorf("blocked, with a file: %v", err)
	}
	if _, err := w.bot.Show(w.ctx, "tg:777:0:0", ops.English, words("x")); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("no such chat: %v", err)
	}
	for _, bad := range []ops.Place{"", "tg:1:0", "tg:0:0:0", "con:1", "tg:1:0:0:0", "tg:01:0:0"} {
		if _, err := w.bot.Show(w.ctx, bad, ops.English, words("x")); err == nil {
			t.Errorf("%q is a place", bad)
		}
	}
	w.show("tg:-100:99:0", words("in a topic that is gone")) // General takes it
	if m := w.last(crew); m.MessageThreadID != 0 {
		t.Errorf("%+v", m)
	}
	if at, ok := w.bot.Private(ann); at != "tg:1:0:0" || !ok {
		t.Error("ann has no chat")
	}
	if _, ok := w.bot.Private(zed); ok {
		t.Error("zed has a chat")
	}
	if at := w.bot.Chat("tg:-100:7:33"); at != "tg:-100:7:0" {
		t.Errorf("chat %s", at)
	}
}

func TestTyping(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	for range 5 {
		w.bot.Typing("tg:-100:7:0")
	}
	w.wait("typing", func() bool { return len(w.api.CallsOf("sendChatAction")) > 0 })
	w.end()
	if calls := w.api.CallsOf("sendChatAction"); len(calls) != 1 || calls[0].Params["message_thread_id"] != "7" {
		t.Errorf("%+v", calls)
	}
}

func TestMigration(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	at := w.show("tg:-200:0:0", words("before"))
	if err := w.api.Migrate(plain, -100200); err != nil {
		t.Fatal(err)
	}
	now := w.show(at, words("edited"))
	if !strings.HasPrefix(string(now), "tg:-100200:0:") || w.last(-100200).Text != "edited" {
		t.Errorf("shown at %s", now)
	}
	w.show("tg:-200:0:0", words("new"))
	if w.last(-100200).Text != "new" {
		t.Error(w.api.Transcript(-100200))
	}
	w.bot.Update(at, ops.English, words("edited again"))
	w.wait("the edit", func() bool { return w.api.Messages(-100200)[0].Text == "edited again" })
}

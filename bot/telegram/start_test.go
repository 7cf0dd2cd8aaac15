package telegram

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

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

package telegram

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"vigie/bot/botapi"
)

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestWebhook(t *testing.T) {
	at := freeAddress(t)
	hook := Webhook{URL: "http://" + at + "/hook", Listen: at, Secret: "right"}
	w := newWorld(t, botapi.Limits{}, func(o *Options) { o.Webhook = hook })
	w.store.fail = 1 // the first delivery is not taken, and comes again
	w.run()
	w.say(ann, ann, "/status")
	if s := w.heard(1); s.Text != "/status" {
		t.Errorf("heard %+v", s)
	}
	w.wait("confirmation", func() bool { return w.api.Pending() == 0 })
	for _, c := range []struct {
		method, path, secret, body string
		status                     int
	}{
		{"POST", "/hook", "wrong", `{"update_id":1}`, http.StatusUnauthorized},
		{"POST", "/hook", "", `{"update_id":1}`, http.StatusUnauthorized},
		{"POST", "/other", "right", `{"update_id":1}`, http.StatusNotFound},
		{"GET", "/hook", "right", "", http.StatusMethodNotAllowed},
		{"POST", "/hook", "right", "{", http.StatusBadRequest},
		{"POST", "/hook", "right", "{}", http.StatusBadRequest},
		{"POST", "/hook", "right", `{"update_id":1,"x":"` + strings.Repeat("x", maxHook) + `"}`, http.StatusRequestEntityTooLarge},
		{"POST", "/hook", "right", `{"update_id":1}`, http.StatusOK},
		{"POST", "/hook", "right", `{"update_id":1}`, http.StatusOK},
	} {
		r, err := http.NewRequestWithContext(w.ctx, c.method, "http://"+at+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.secret)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s %s with %q and %.20s: %d, not %d", c.method, c.path, c.secret, c.body, answer.StatusCode, c.status)
		}
	}
	http.DefaultClient.CloseIdleConnections()

	// The same webhook again is ours, and so is another one of ours; without any, ours is taken away.
	w.end()
	elsewhere := freeAddress(t)
	w.bot = w.newBot(func(o *Options) { o.Webhook = Webhook{URL: "http://" + elsewhere + "/", Listen: elsewhere} })
	w.run()
	w.say(ann, ann, "again")
	w.heard(2)
	w.end()
	w.bot = w.newBot()
	w.run()
	w.say(ann, ann, "by polling")
	w.heard(3)
}

func TestWebhookOptions(t *testing.T) {
	for _, bad := range []Webhook{
		{URL: "http://example.org/", Listen: ":80"}, {URL: "https://example.org"}, {Listen: ":80"}, {URL: "x", Listen: ":80"},
		{URL: "https://example.org", Listen: ":80", Secret: "no spaces"},
	} {
		if bad.check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	at := freeAddress(t)
	taken, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	w := newWorld(t, botapi.Limits{}, func(o *Options) { o.Webhook = Webhook{URL: "http://" + at, Listen: at} })
	if err := w.bot.Run(context.Background(), w.desk); err == nil || !strings.Contains(err.Error(), "listening") {
		t.Errorf("on a port that is taken: %v", err)
	}
}

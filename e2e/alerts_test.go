package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
)

// inside runs a command in a container.
func (w *world) inside(service string, argv ...string) {
	w.t.Helper()
	if _, err := docker(append([]string{"exec", w.project + "_" + service}, argv...)...); err != nil {
		w.t.Fatal(err)
	}
}

// kill9 ends containers behind the bot's back.
func (w *world) kill9(services ...string) {
	w.t.Helper()
	for _, s := range services {
		if err := w.api.ContainerKill(w.t.Context(), w.project+"_"+s, "KILL"); err != nil {
			w.t.Fatal(err)
		}
	}
}

// holding counts the messages of a chat that hold text now.
func (p *person) holding(text string) (n int) {
	for _, m := range p.told() {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// TestAnUnhealthyServiceIsTold goes from a health check that fails, over the button of the alert, to its end: one message.
func TestAnUnhealthyServiceIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}, watched: true})
	w.start()
	ann, cat := w.person("ann"), w.person("cat")
	ann.say("/alerts")
	ann.sees(`🟢 nothing is wrong`)
	w.inside("ok", "rm", "/ok")
	m := ann.sees(`🔴 ok unhealthy`)
	ann.sees(`no /ok yet`)
	if w.answer(ann.tap("I'm on it")) != "🟢 Noted: you are on it." {
		t.Error("the tap is not answered")
	}
	ann.sees(`ok unhealthy.*ann is on it`)
	ann.tap("Restart ok")
	ann.sees(`🔒 Restart ok, unhealthy`)
	ann.tap("Restart ok")
	ann.sees(`🟢 ok restarted`)
	ann.sees(`🟢 ok healthy again after .*ann: ok restarted`)
	for _, now := range ann.told() {
		if now.MessageID == m.MessageID && !strings.Contains(now.Text, "🟢 ok healthy again") {
			t.Errorf("the alert reads %q", now.Text)
		}
	}
	if n := ann.holding("unhealthy"); n != 0 {
		t.Errorf("%d messages still say that it is unhealthy", n)
	}
	if len(cat.told()) > 0 {
		t.Error("a viewer was told")
	}
	w.settled("ok")
}

// TestAnAlertOutlivesTheBot kills the bot while Telegram is away and something is wrong: the next one tells it, once.
func TestAnAlertOutlivesTheBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}, watched: true})
	w.start()
	ann := w.person("ann")
	w.tg.Down(true)
	w.inside("ok", "rm", "/ok")
	w.until("it is unhealthy", func() bool { return w.health("ok") == "unhealthy" })
	w.until("it is written down", func() bool {
		if len(w.journal()) == 0 { // opens the reader
			return false
		}
		docs, err := w.reader.List(t.Context(), "incident", "open")
		return err == nil && len(docs) == 1
	})
	w.kill()
	w.tg.Down(false)
	w.start()
	ann.sees(`🔴 ok unhealthy`)
	w.inside("ok", "touch", "/ok")
	ann.sees(`🟢 .*ok`) // the one that saw it fall ill is gone: how it is now, in its words or in ours
	if n := ann.holding("ok"); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestAStormIsTwoMessages ends twelve services at once, under Telegram's limits.
func TestAStormIsTwoMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: crowd, watched: true})
	w.start()
	ann := w.person("ann")
	ann.say("/alerts")
	ann.sees(`🟢 nothing is wrong`)
	before := len(ann.told())
	w.kill9(crowd...)
	ann.sees(`12 in trouble`)
	if n := len(ann.told()) - before; n > 2 {
		t.Errorf("%d messages:\n%s", n, w.tg.Transcript(ann.chat))
	}
	for _, name := range crowd {
		if err := w.api.ContainerStart(t.Context(), w.project+"_"+name, container.StartOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	ann.sees(`🟢 all 12 well again`)
	if n := len(ann.told()) - before; n > 2 {
		t.Errorf("%d messages:\n%s", n, w.tg.Transcript(ann.chat))
	}
}

// TestWhatHappenedUnseenIsTold cuts the bot off the engine, lets things happen, and lets it see again.
func TestWhatHappenedUnseenIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok", "many00"}, watched: true})
	w.start()
	ann := w.person("ann")
	ann.say("/alerts")
	ann.sees(`🟢 nothing is wrong`)
	w.away(35*time.Second, func() {
		w.kill9("many00")
		w.inside("ok", "rm", "/ok")
		ann.sees(`🔴 I cannot see Docker`)
	})
	ann.sees(`🟢 I see Docker again|⚪ blind for \d+ s; meanwhile`) // the one may take the place of the other in the same message
	ann.sees(`many00`)
	ann.sees(`ok unhealthy`)
	if n := ann.holding("cannot see Docker"); n != 0 {
		t.Errorf("%d messages still say that it is blind", n)
	}
}

// TestOtherProgramsTell takes an alert and a heartbeat over HTTP, with the right secret only.
func TestOtherProgramsTell(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-of-the-hooks-17"
	w := newWorld(t, setup{services: []string{"ok"}, watched: true, more: `
[hooks.cron]
kind = "json"
secret_file = "hook.secret"
[[heartbeats]]
name = "nightly"
every = "24h"
secret_file = "beat.secret"
`})
	w.write("hook.secret", secret)
	w.write("beat.secret", "another-secret-of-the-beats")
	w.start()
	ann := w.person("ann")
	post := func(path, with, text string) int {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.http+path, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer "+with)
		q.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	fires := `{"subject": "cron:nightly", "title": "the nightly job failed: disk <full> & more", "severity": "critical", "state": "firing"}`
	if code := post("/hooks/cron", "wrong-secret-wrong-secret", fires); code != http.StatusUnauthorized {
		t.Errorf("a wrong secret: %d", code)
	}
	w.until("the hook is listened to", func() bool { return post("/hooks/cron", secret, fires)/100 == 2 })
	ann.sees(`🔴 the nightly job failed: disk <full> & more`)
	if code := post("/hooks/cron", secret, strings.Replace(fires, "firing", "resolved", 1)); code/100 != 2 {
		t.Errorf("the end: %d", code)
	}
	ann.sees(`🟢 .*the nightly job failed`)
	if code := post("/hooks/heartbeat/nightly", "another-secret-of-the-beats", ""); code != http.StatusOK {
		t.Errorf("a heartbeat: %d", code)
	}
	ann.say("/fresh")
	ann.sees(`nightly`)
}

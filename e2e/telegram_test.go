package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

// TestTelegramStumbles spoils the calls around and in the middle of a restart in every way there is.
func TestTelegramStumbles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann := w.person("ann")
	stumble := func(method string, kinds ...botapi.FaultKind) {
		for _, k := range kinds {
			w.tg.Inject(botapi.Fault{Kind: k, Method: method, RetryAfter: 2})
		}
	}
	stumble("sendMessage", botapi.FloodWait, botapi.BadGateway, botapi.Torn, botapi.HalfAnswer)
	stumble("getUpdates", botapi.BadGateway, botapi.HalfAnswer, botapi.LostAnswer)
	ann.say("/restart slow")
	ann.sees(`🔒 Restart slow`)
	w.awaitNoted(1, ops.Asked, "docker.restart")
	stumble("answerCallbackQuery", botapi.Torn, botapi.FloodWait)
	stumble("editMessageText", botapi.LostAnswer, botapi.BadGateway, botapi.FloodWait, botapi.Torn, botapi.HalfAnswer)
	w.answer(ann.tap("Restart slow"))
	ann.sees(`🟢 slow restarted · healthy after`)
	if n := w.count("restart", "slow"); n != 1 || w.noted(ops.Asked, "") != 1 || w.noted(ops.Approved, "") != 1 {
		t.Errorf("%d restarts", n)
	}
	struck := 0
	for _, c := range w.tg.Calls() {
		if c.Fault != "" {
			struck++
		}
	}
	if struck < 12 {
		t.Errorf("only %d of the faults struck", struck)
	}
	w.settled("slow")
}

// TestTelegramDown takes Telegram away for 20 s, between the approval and the first word about it: the run goes on, its
// end is told afterwards, and what people wrote meanwhile is answered.
func TestTelegramDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann, cat := w.person("ann"), w.person("cat")
	ann.say("/restart slow")
	ann.sees(`🔒 Restart slow`)
	h := w.proxy.hold("GET", inspecting)
	ann.tap("Restart slow")
	h.wait(t)
	gone := time.Now()
	w.tg.Down(true)
	h.pass()
	cat.say("/status")
	w.awaitNoted(1, ops.RunDone, "docker.restart")
	w.until("20 s have passed", func() bool { return time.Since(gone) > 20*time.Second })
	w.tg.Down(false)
	ann.sees(`🟢 slow restarted · healthy after`)
	cat.sees(`🟢 2 of 2 fine`)
	if n := w.count("restart", "slow"); n != 1 || len(ann.told()) != 1 {
		t.Errorf("%d restarts, %d messages", n, len(ann.told()))
	}
	w.settled("slow")
}

// TestKilledBeforeTheAnswer kills the bot between hearing and answering, and before it can tell Telegram what it has
// heard: each update is handled, and none twice.
func TestKilledBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.start()
	cat := w.person("cat")
	h := w.proxy.hold("GET", `/containers/json$`)
	w.tg.Inject(botapi.Fault{Kind: botapi.Torn, Method: "getUpdates", Times: 1000}) // nothing is confirmed
	cat.say("/status")
	h.wait(t)
	w.kill()
	if w.tg.Heal(); w.tg.Pending() != 1 {
		t.Fatalf("%d updates are not confirmed", w.tg.Pending())
	}
	w.start()
	cat.sees(`🟢 2 of 2 fine`)
	cat.say("/help status") // after it, so all before it has been handled
	cat.sees(`/status.*What is up`)
	if n := len(cat.told()); n != 2 {
		t.Errorf("%d answers to two questions", n)
	}
	if n := w.noted(ops.Read, "docker.status"); n != 1 {
		t.Errorf("status was looked at %d times", n)
	}
}

// TestSecondPoller starts a second Vigie with the same token when the first is no newcomer any more: the second gives up
// and says why, the first goes on.
func TestSecondPoller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.start()
	cat := w.person("cat")
	w.until("the first has been there for a minute", func() bool { return time.Since(cat.mark) > 61*time.Second })
	second := w.spawn("-config", w.another("second"))
	if code, said := second.code(t), second.said(); code != 1 || !strings.Contains(said, "Another program receives this bot's messages") {
		t.Errorf("exit %d: %s", code, said)
	}
	if w.bot.ended() {
		t.Fatalf("the first gave up:\n%s", w.bot.said())
	}
	cat.say("/status")
	cat.sees(`🟢 2 of 2 fine`)
}

// another is the configuration of a Vigie with a journal and pages of its own, and the rest of the first.
func (w *world) another(name string) (config string) {
	w.t.Helper()
	text := strings.NewReplacer(`path = "vigie.db"`, `path = "`+name+`.db"`, w.http, freePort(w.t)).Replace(w.read("vigie.toml"))
	return w.write(name+".toml", text)
}

// TestForeignWebhook finds a webhook that is not ours: it is left alone.
func TestForeignWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	const theirs = "https://elsewhere.example.org/hook"
	w.telegram("setWebhook?url=" + theirs)
	w.launch()
	if code, said := w.bot.code(t), w.bot.said(); code != 1 || !strings.Contains(said, "elsewhere.example.org") {
		t.Errorf("exit %d: %s", code, said)
	}
	if info := w.telegram("getWebhookInfo"); !strings.Contains(info, theirs) {
		t.Errorf("the webhook is gone: %s", info)
	}
	if slices.ContainsFunc(w.tg.Calls(), func(c botapi.Call) bool { return c.Method == "deleteWebhook" }) {
		t.Error("deleteWebhook was called")
	}
	// One that is set while the bot runs ends it as well.
	w.telegram("deleteWebhook")
	w.start()
	w.telegram("setWebhook?url=" + theirs)
	if code, said := w.bot.code(t), w.bot.said(); code != 1 || !strings.Contains(said, "elsewhere.example.org") {
		t.Errorf("exit %d: %s", code, said)
	}
	if info := w.telegram("getWebhookInfo"); !strings.Contains(info, theirs) {
		t.Errorf("the webhook is gone: %s", info)
	}
}

// TestSameStore starts a second Vigie on the journal of the first.
func TestSameStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.start()
	second := w.spawn("-config", w.config)
	if code, said := second.code(t), second.said(); code != 1 || !strings.Contains(said, "another vigie uses this database") {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, said := w.run("console"); code != 1 || !strings.Contains(said, "The bot is running") {
		t.Errorf("console: exit %d: %s", code, said)
	}
	cat := w.person("cat")
	cat.say("/status")
	cat.sees(`🟢 2 of 2 fine`)
	w.verified()
}

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const linkSecret = "https://admin.example.org/__bootstrap__#token=bootstrap-token-of-the-tests"

// TestBootstrapLink shows the link to one admin in their own chat, takes it away by a tap, at the end, and after a kill -9, and looks for
// it everywhere else.
func TestBootstrapLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}, more: "[openclaw]\nservice = \"ok\"\nlink_file = \"openclaw.link\"\n[log]\nlevel = \"debug\"\n"})
	w.write("openclaw.link", linkSecret)
	w.start()
	ann, bob := w.person("ann"), w.person("bob")
	bob.say("/openclaw_link")
	bob.sees(`🔒 .*admin`)
	ann.in(group).say("/openclaw_link")
	ann.in(group).sees(`🔒 /openclaw_link answers in your own chat`)

	ann.say("/openclaw_link")
	m := ann.sees(`bootstrap-token-of-the-tests`)
	if got := w.answer(ann.tap("Done, delete it")); got != "deleted" {
		t.Errorf("the tap is answered with %q", got)
	}
	w.until("it is deleted", func() bool { return !w.shown(ann.chat, m.MessageID) })

	ann.say("/openclaw_link")
	m = ann.sees(`bootstrap-token-of-the-tests`)
	w.kill()
	if !w.shown(ann.chat, m.MessageID) {
		t.Fatal("a bot that is killed deletes nothing")
	}
	w.start()
	w.until("the next start deletes it", func() bool { return !w.shown(ann.chat, m.MessageID) })
	ann.say("/openclaw_link " + linkSecret) // what a person types themselves is not spread either
	ann.say("/history")
	ann.sees(`The last`)
	_, page := w.get("/metrics")
	w.kill()

	places := map[string]string{"the bot's log": w.bot.said(), "the metrics": page, "the group": w.tg.Transcript(group), "bob's chat": w.tg.Transcript(bob.chat)}
	journal, err := json.Marshal(w.journal())
	if err != nil {
		t.Fatal(err)
	}
	places["the journal"] = string(journal)
	store, err := filepath.Glob(filepath.Join(w.dir, "vigie.db*"))
	if err != nil || len(store) == 0 {
		t.Fatal(store, err)
	}
	for _, file := range store {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		places[filepath.Base(file)] = strings.ReplaceAll(string(raw), "/openclaw_link "+linkSecret, "") // Telegram's own update
	}
	told := 0
	for _, c := range w.tg.Calls() {
		params, err := json.Marshal(c.Params)
		if err != nil {
			t.Fatal(err)
		}
		if c.Method == "editMessageText" && strings.Contains(string(params), "bootstrap-token-of-the-tests") {
			if told++; !strings.Contains(string(params), "1001") || !strings.Contains(string(params), "is_disabled") {
				t.Errorf("it went elsewhere, or with a preview: %s", params)
			}
			continue
		}
		places["calls of "+c.Method] += string(params)
	}
	if told < 2 || strings.Count(places["the journal"], "openclaw.link") < 4 {
		t.Errorf("it was shown %d times; the journal says %s", told, places["the journal"])
	}
	for where, text := range places {
		for _, part := range []string{"bootstrap-token-of", "__bootstrap__"} {
			if at := strings.Index(text, part); at >= 0 {
				t.Errorf("%s is in %s: %q", part, where, text[max(0, at-120):min(len(text), at+60)])
			}
		}
	}
}

// shown reports whether a message is in a chat.
func (w *world) shown(chat int64, id int) bool {
	for _, m := range w.tg.Messages(chat) {
		if m.MessageID == id {
			return true
		}
	}
	return false
}

package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/commands"
	"vigie/ops"
)

func TestWhoSaysWhat(t *testing.T) {
	w := newWorld(t, botapi.Limits{}).run()
	topic, inTopic := ops.Place("tg:-100:7:0"), botapi.InThread(7)
	keys := map[string]bool{}
	for _, c := range []struct {
		what       string
		user, chat int64
		text       string
		opts       []botapi.SayOption
		want       commands.Said
		role       ops.Role
	}{
		{"in private", ann, ann, "what is up?", nil, commands.Said{Place: "tg:1:0:0", Private: true, Text: "what is up?"}, ops.Admin},
		{"in French", bruno, bruno, "/status@Vigie_Bot n8n", nil, commands.Said{Place: "tg:2:0:0", Private: true, Text: "/status n8n"}, ops.Operator},
		{"a stranger", zed, zed, "/status", nil, commands.Said{Place: "tg:9:0:0", Private: true, Text: "/status"}, ops.Nobody},
		{"in a topic", ann, crew, "/status", []botapi.SayOption{inTopic}, commands.Said{Place: topic, Text: "/status"}, ops.Admin},
		{"mentioned", ann, crew, "hey @vigie_bot, what is up?", nil, commands.Said{Place: "tg:-100:0:0", Text: "hey, what is up?"}, ops.Admin},
		{"an anonymous admin", ann, crew, "/status", []botapi.SayOption{botapi.AsAnonymousAdmin()}, commands.Said{Place: "tg:-100:0:0", Text: "/status"}, ops.Nobody},
		{"a channel", ann, crew, "/status", []botapi.SayOption{botapi.AsChannel(-300, "News", true)}, commands.Said{Place: "tg:-100:0:0", Text: "/status", Forwarded: true}, ops.Nobody},
		{"through another bot", ann, ann, "/status", []botapi.SayOption{botapi.ViaBot("gif")}, commands.Said{Place: "tg:1:0:0", Private: true, Text: "/status"}, ops.Nobody},
		{"forwarded", ann, ann, "/down all", []botapi.SayOption{botapi.Forwarded(botapi.User{ID: zed, FirstName: "Zed"})},
			commands.Said{Place: "tg:1:0:0", Private: true, Text: "/down all", Forwarded: true}, ops.Admin},
		{"forwarded from somebody hidden", ann, ann, "/down all", []botapi.SayOption{botapi.Forwarded(botapi.User{FirstName: "Zed"})},
			commands.Said{Place: "tg:1:0:0", Private: true, Text: "/down all", Forwarded: true}, ops.Admin},
		{"by voice", ann, ann, "", []botapi.SayOption{botapi.WithVoice(3 * time.Second)}, commands.Said{Place: "tg:1:0:0", Private: true, Voice: true}, ops.Admin},
	} {
		n := len(w.desk.all())
		m := w.say(c.user, c.chat, c.text, c.opts...)
		s := w.heard(n + 1)
		if s.Who.Role != c.role || s.Who.Via != "telegram" || !s.Sent.Equal(time.Unix(m.Date, 0)) {
			t.Errorf("%s: said by %+v at %s", c.what, s.Who, s.Sent)
		}
		if c.role != ops.Nobody && s.Who.ID != c.user {
			t.Errorf("%s: said by %d", c.what, s.Who.ID)
		}
		if message := ops.Place(strings.TrimSuffix(string(c.want.Place), ":0") + fmt.Sprintf(":%d", m.MessageID)); s.Message != message {
			t.Errorf("%s: said in %s, not %s", c.what, s.Message, message)
		}
		lang := map[int64]ops.Lang{bruno: ops.French}[c.user]
		if s.Who.Role != ops.Nobody && s.Who.Lang != lang && !(lang == "" && s.Who.Lang == ops.English) {
			t.Errorf("%s: speaks %s", c.what, s.Who.Lang)
		}
		if !strings.HasPrefix(s.Key, "telegram:") || keys[s.Key] {
			t.Errorf("%s: its key is %q, once more or of no bot", c.what, s.Key)
		}
		keys[s.Key] = true
		s.Who, s.Sent, s.Message, s.Key = ops.Caller{}, time.Time{}, "", ""
		if s != c.want {
			t.Errorf("%s:\n%+v, want\n%+v", c.what, s, c.want)
		}
	}
}

// TestNotForUs: what others say to each other never reaches the desk, and is done with.
func TestNotForUs(t *testing.T) {
	w := newWorld(t, botapi.Limits{}).run()
	at := w.show("tg:-100:7:0", words("mine"))
	p, err := parsePlace(at)
	if err != nil {
		t.Fatal(err)
	}
	theirs := w.say(bruno, crew, "among us", botapi.InThread(7))
	w.say(ann, crew, "/status@other_bot")
	w.say(ann, ann, "/status@other_bot")
	w.say(ann, crew, "talk @vigie_bots")
	w.say(ann, crew, "write to me@vigie_bot.example")
	w.say(ann, crew, "in a topic", botapi.InThread(7))
	w.say(ann, crew, "yes", botapi.ReplyTo(theirs.MessageID))
	w.api.Push("message", map[string]any{"message_id": 1, "chat": map[string]any{"id": crew, "type": "supergroup"}, "date": 1})
	w.api.Push("channel_post", map[string]any{"message_id": 1, "chat": map[string]any{"id": -300, "type": "channel"}, "date": 1, "text": "news"})
	w.api.Push("callback_query", map[string]any{"id": "1", "from": map[string]any{"id": ann}, "inline_message_id": "x", "data": "a:x"})
	w.api.Push("message", "not even a message")
	w.api.Push("poll", map[string]any{"id": "1"})
	w.say(ann, crew, "because", botapi.InThread(7), botapi.ReplyTo(p.message))
	if s := w.heard(1); s.Text != "because" || s.Place != "tg:-100:7:0" {
		t.Errorf("heard %+v", s)
	}
	w.wait("all to be handled", func() bool {
		left, _ := w.store.Unhandled(w.ctx, "")
		return len(left) == 0
	})
	if len(w.desk.all()) != 1 {
		t.Errorf("heard %+v", w.desk.all())
	}
}

func TestEdited(t *testing.T) {
	w := newWorld(t, botapi.Limits{}).run()
	m := w.say(ann, ann, "/status")
	w.heard(1)
	if err := w.api.EditText(ann, ann, m.MessageID, "/down all"); err != nil {
		t.Fatal(err)
	}
	if s := w.heard(2); !s.Edited || s.Text != "/down all" {
		t.Errorf("heard %+v", s)
	}
}

func TestTaps(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	answer := commands.Toast{Text: ops.T("done %s", "fait %s", ops.Name("n8n")), Alert: true}
	w.desk.do = func(_ context.Context, s commands.Said) commands.Toast { return answer }
	w.run()
	a := words("x")
	a.Row(ops.Button{Label: ops.Raw("Go"), Data: "r:1:yes"})
	at := w.show("tg:-100:7:0", a)
	m := w.last(crew)
	tap, err := w.api.Tap(bruno, crew, m.MessageID, "Go")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tap.Wait(w.ctx)
	if err != nil || got.Text != "fait n8n" || !got.Alert {
		t.Errorf("answered %+v, %v", got, err)
	}
	if s := w.heard(1); s.Who.ID != bruno || s.Who.Role != ops.Operator || s.Message != at || s.Place != "tg:-100:7:0" || s.Tap != "r:1:yes" || s.Private {
		t.Errorf("heard %+v", s)
	}
	answer = commands.Toast{Text: ops.Raw(strings.Repeat("long words ", 50))}
	if tap, err = w.api.Tap(zed, crew, m.MessageID, "Go"); err != nil {
		t.Fatal(err)
	}
	if got, err := tap.Wait(w.ctx); err != nil || len(got.Text) > 203 || !strings.HasSuffix(got.Text, "…") {
		t.Errorf("answered %+v, %v", got, err)
	}
	if s := w.heard(2); s.Who.Role != ops.Nobody || s.Who.ID != zed {
		t.Errorf("heard %+v", s)
	}
	// The message is gone: Telegram tells its chat and number only.
	if err := w.bot.Delete(w.ctx, at); err != nil {
		t.Fatal(err)
	}
	w.api.Inject(botapi.Fault{Kind: botapi.ServerError, Method: "answerCallbackQuery"})
	if tap, err = w.api.TapData(ann, crew, m.MessageID, "r:1:yes"); err != nil {
		t.Fatal(err)
	}
	if _, err := tap.Wait(w.ctx); err != nil {
		t.Error(err)
	}
	if s := w.heard(3); s.Place != "tg:-100:0:0" || s.Message != ops.Place(fmt.Sprintf("tg:-100:0:%d", m.MessageID)) || !s.Sent.IsZero() {
		t.Errorf("heard %+v", s)
	}
	// Too late is no trouble.
	if _, err = w.api.TapData(ann, crew, m.MessageID, "r:1:yes"); err != nil {
		t.Fatal(err)
	}
	w.api.ExpireTaps()
	w.heard(4)
	w.end()
	if strings.Contains(w.logs.String(), "too old") {
		t.Error(w.logs)
	}
}

// FuzzUpdate: whatever arrives, it is somebody's whom we know, or nobody's; and nothing breaks.
func FuzzUpdate(f *testing.F) {
	f.Add([]byte(`{"update_id":1,"message":{"message_id":5,"from":{"id":1,"first_name":"Ann"},"chat":{"id":-100,"type":"supergroup"},"text":"hi @vigie_bot /x@"}}`))
	f.Add([]byte(`{"update_id":1,"callback_query":{"id":"4","from":{"id":1},"message":{"chat":{"id":1,"type":"private"},"message_id":7,"date":0},"data":"a:x"}}`))
	f.Add([]byte(`{"update_id":1,"edited_message":{"chat":{"id":0},"text":"/","migrate_to_chat_id":-1,"reply_to_message":{"from":{}}}}`))
	b, err := New(Options{Token: token, Store: newMemory(), People: func(id int64) (ops.Caller, bool) { return ops.Caller{Role: ops.Admin}, id == ann }})
	if err != nil {
		f.Fatal(err)
	}
	b.me.Store(&user{ID: 123456789, IsBot: true, Username: "vigie_bot"})
	f.Fuzz(func(t *testing.T, body []byte) {
		var u update
		if json.Unmarshal(body, &u) != nil {
			return
		}
		s, ok := b.said(u)
		if ok && s.Who.Role != ops.Nobody && s.Who.ID != ann {
			t.Errorf("%+v has a role", s.Who)
		}
		if p, err := parsePlace(s.Place); ok && p.chat != 0 && err != nil {
			t.Errorf("%q is no place", s.Place)
		}
	})
}

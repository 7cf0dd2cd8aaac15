package botapi

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hears gives the one update that the first bot hears since it last confirmed.
func (a api) hears() heard {
	a.t.Helper()
	got := a.poll()
	if len(got) != 1 {
		a.t.Fatalf("heard %d updates, want 1", len(got))
	}
	a.poll("offset", got[0].ID+1)
	return got[0]
}

func TestHowPeopleSpeak(t *testing.T) {
	a := serve(t)
	now := time.Now()
	first := a.said(ann, ann, "first")
	a.hears()
	for _, row := range []struct {
		name  string
		chat  int64
		text  string
		opts  []SayOption
		check func(heard) bool
	}{
		{"plainly", ann, "/logs n8n", nil, func(u heard) bool {
			m := u.Message
			return m.Text == "/logs n8n" && m.From.ID == ann && m.From.LanguageCode == "en" && m.Chat.Type == "private" && m.Chat.ID == ann &&
				show(m.Entities) == "bot_command@0+5" && m.Date >= now.Unix()
		}},
		{"in the past", ann, "old", []SayOption{At(now.Add(-time.Hour))}, func(u heard) bool { return u.Message.Date == now.Add(-time.Hour).Unix() }},
		{"as a reply", ann, "yes", []SayOption{ReplyTo(first.MessageID)}, func(u heard) bool { return u.Message.ReplyToMessage.Text == "first" }},
		{"forwarded", ann, "x", []SayOption{Forwarded(User{ID: bob, FirstName: "Bob"})}, func(u heard) bool {
			return u.Message.ForwardFrom.ID == bob && u.Message.ForwardDate != 0 && strings.Contains(string(u.Message.ForwardOrigin), `"type":"user"`)
		}},
		{"forwarded from somebody hidden", ann, "x", []SayOption{Forwarded(User{FirstName: "Zoé"})}, func(u heard) bool {
			return u.Message.ForwardFrom == nil && u.Message.ForwardSenderName == "Zoé" && strings.Contains(string(u.Message.ForwardOrigin), `"hidden_user"`)
		}},
		{"through a bot", ann, "x", []SayOption{ViaBot("gif")}, func(u heard) bool { return u.Message.ViaBot.Username == "gif" }},
		{"in a topic", hall, "/x", []SayOption{InThread(deploys)}, func(u heard) bool {
			m := u.Message
			return m.MessageThreadID == deploys && m.IsTopicMessage && m.Chat.IsForum && m.ReplyToMessage.ForumTopicCreated.Name == "Deploys"
		}},
		{"in General", hall, "/x", nil, func(u heard) bool { return u.Message.MessageThreadID == 0 && !u.Message.IsTopicMessage }},
		{"as an anonymous admin", hall, "/x", []SayOption{AsAnonymousAdmin()}, func(u heard) bool {
			return u.Message.From.Username == "GroupAnonymousBot" && u.Message.SenderChat.ID == hall
		}},
		{"as a channel", hall, "/x", []SayOption{AsChannel(news, "News", false)}, func(u heard) bool {
			return u.Message.From.Username == "Channel_Bot" && u.Message.SenderChat.ID == news && !u.Message.IsAutomaticForward
		}},
		{"as the linked channel", hall, "/x", []SayOption{AsChannel(news, "News", true)}, func(u heard) bool {
			return u.Message.From.ID == 777000 && u.Message.IsAutomaticForward
		}},
		{"in a channel", news, "post", nil, func(u heard) bool {
			return u.Message == nil && u.Post.Text == "post" && u.Post.From == nil && u.Post.SenderChat.ID == news
		}},
		{"with a voice", ann, "", []SayOption{WithVoice(5 * time.Second)}, func(u heard) bool { return u.Message.Voice.Duration == 5 && u.Message.Text == "" }},
		{"with a file", ann, "/caption", []SayOption{WithDocument("a.txt", []byte("data"))}, func(u heard) bool {
			return u.Message.Document.FileSize == 4 && u.Message.Caption == "/caption" && len(u.Message.CaptionEntities) == 1 && u.Message.Text == ""
		}},
		{"in bold", ann, "  bold", []SayOption{WithEntities(Entity{Type: "bold", Offset: 2, Length: 4})}, func(u heard) bool { return show(u.Message.Entities) == "bold@0+4" }},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := a
			a.t = t
			a.said(ann, row.chat, row.text, row.opts...)
			if u := a.hears(); !row.check(u) {
				t.Errorf("heard %+v", u)
			}
		})
	}
}

func TestWhatPeopleCannotDo(t *testing.T) {
	a := serve(t)
	m := a.sent(ann, "x", "reply_markup", map[string]any{"inline_keyboard": [][]map[string]string{{{"text": "A", "callback_data": "a"}, {"text": "Docs", "url": "https://e.org"}}}})
	group := a.sent(news, "post")
	for want, err := range map[string]error{
		"there is no user 5": errOf(a.Say(5, 5, "x")),
		"the private chat of user 1001 has their id, not 1002":                     errOf(a.Say(ann, bob, "x")),
		"user 1002 is in no chat -1001000000003":                                   errOf(a.Say(bob, news, "x")),
		"user 1001 is in no chat -5":                                               errOf(a.Say(ann, -5, "x")),
		"user 1001 says nothing":                                                   errOf(a.Say(ann, ann, "  ")),
		"there is no bot @nobody":                                                  errOf(a.Say(ann, ann, "x", ToBot("nobody"))),
		"chat 1001 has no message 99 to reply to":                                  errOf(a.Say(ann, ann, "x", ReplyTo(99))),
		"chat -1001000000001 has no topic 7":                                       errOf(a.Say(ann, crew, "x", InThread(deploys))),
		"user 1001 has no text 1 to edit in chat 1001":                             a.EditText(ann, ann, m.MessageID, "x"),
		"chat 1001 has no message 99":                                              a.Delete(ann, ann, 99),
		`message 1 has no callback button "B"; it has: A · Docs`:                   errOf(a.Tap(ann, ann, m.MessageID, "B")),
		`message 1 has no callback button "Docs"; it has: A · Docs`:                errOf(a.Tap(ann, ann, m.MessageID, "Docs")),
		fmt.Sprintf("message %d of chat %d has no buttons", group.MessageID, news): errOf(a.Tap(ann, news, group.MessageID, "A")),
		"chat 1001 is no group":                                                    a.Kick(ann, ann, true),
		"group -1001000000001 cannot become -1001000000002":                        a.Migrate(crew, hall),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if n := len(a.Updates()); n != 0 {
		t.Errorf("the bot heard %d updates of it", n)
	}
}

func errOf[T any](_ T, err error) error { return err }

// TestPrivacyMode checks what a bot hears in a group that it does not run.
func TestPrivacyMode(t *testing.T) {
	a := serve(t)
	mine := a.sent(crew, "from the bot").MessageID
	others := a.said(ann, crew, "hello all").MessageID
	for text, opts := range map[string][]SayOption{
		"/status":             nil,
		"/status@vigie_bot":   nil,
		"what of @Vigie_Bot?": nil,
		"a reply":             {ReplyTo(mine)},
	} {
		a.said(ann, crew, text, opts...)
		if got := a.hears(); got.Message.Text != text {
			t.Errorf("heard %q instead of %q", got.Message.Text, text)
		}
	}
	for text, opts := range map[string][]SayOption{
		"just talking":        nil,
		"/status@another_bot": nil,
		"and @ann":            nil,
		"a reply to ann":      {ReplyTo(others)},
	} {
		a.said(ann, crew, text, opts...)
		if n := a.Pending(); n != 0 {
			t.Errorf("%q was heard", text)
		}
	}
	a.said(ann, hall, "where the bot is an admin")
	a.hears()
	open := serve(t, func(o *Options) { o.Bots[0].ReadsGroups = true })
	open.said(ann, crew, "just talking")
	open.hears()
	if me := into[map[string]any](t, open.call("getMe")); me["can_read_all_group_messages"] != true {
		t.Errorf("getMe %v", me)
	}
}

func TestPeopleEdit(t *testing.T) {
	a := serve(t)
	m := a.said(ann, ann, "/stop n8n")
	a.hears()
	if err := a.EditText(ann, ann, m.MessageID, "/start n8n"); err != nil {
		t.Fatal(err)
	}
	u := a.hears()
	if u.Message != nil || u.Edited.Text != "/start n8n" || u.Edited.EditDate == 0 || len(u.Edited.Entities) != 1 || u.Edited.MessageID != m.MessageID {
		t.Errorf("heard %+v", u.Edited)
	}
}

func TestRevisionsAreKept(t *testing.T) {
	a := serve(t)
	begin := time.Now()
	m := a.sent(ann, "one", "reply_markup", keyboard("A", "a"), "disable_notification", true)
	before := a.Messages(ann)[0]
	into[Message](t, a.call("editMessageText", "chat_id", ann, "message_id", m.MessageID, "text", "<b>two</b>", "parse_mode", "HTML"))
	edited := into[Message](t, a.call("editMessageReplyMarkup", "chat_id", ann, "message_id", m.MessageID, "reply_markup", keyboard("B", "b")))
	if edited.EditDate == 0 || edited.Text != "two" {
		t.Errorf("the edit answers %+v", edited)
	}
	got := a.Messages(ann)[0]
	if got.Edits() != 2 || !got.Silent || fmt.Sprint(got.Labels()) != "[B]" {
		t.Fatalf("stored %+v", got)
	}
	var texts []string
	last := begin
	for _, r := range got.Revisions {
		texts = append(texts, r.Text+show(r.Entities))
		if r.At.Before(last) {
			t.Errorf("revision at %v, after one at %v", r.At, last)
		}
		last = r.At
	}
	if fmt.Sprint(texts) != "[one twobold@0+3 twobold@0+3]" || got.Revisions[1].Markup != nil || got.Revisions[0].Markup == nil {
		t.Errorf("revisions %v", texts)
	}
	if before.Text != "one" || before.Edits() != 0 || fmt.Sprint(before.Labels()) != "[A]" {
		t.Errorf("a message that was handed out changed: %+v", before)
	}
}

func TestTaps(t *testing.T) {
	a := serve(t)
	m := a.sent(crew, "x", "reply_markup", keyboard("Restart n8n", "r:1", "Cancel", "c"))
	tap, err := a.Tap(bob, crew, m.MessageID, "r:1")
	if err != nil {
		t.Fatal(err)
	}
	u := a.hears().Callback
	if u.ID != tap.ID || u.From.ID != bob || u.Data != "r:1" || u.ChatInstance == "" {
		t.Errorf("heard %+v", u)
	}
	select {
	case <-tap.Answered():
		t.Error("answered before it was")
	default:
	}
	wantRefusal(t, a.call("answerCallbackQuery", "callback_query_id", tap.ID, "text", x(201)), 400, "Bad Request: MESSAGE_TOO_LONG")
	into[bool](t, a.call("answerCallbackQuery", "callback_query_id", tap.ID, "text", x(200), "show_alert", true))
	if got, err := tap.Wait(within(t, time.Second)); err != nil || got != (CallbackAnswer{Text: x(200), Alert: true}) {
		t.Errorf("answered %+v, %v", got, err)
	}
	wantRefusal(t, a.call("answerCallbackQuery", "callback_query_id", tap.ID), 400, errQueryOld.Description)

	late, err := a.Tap(bob, crew, m.MessageID, "Cancel")
	if err != nil {
		t.Fatal(err)
	}
	a.hears()
	a.ExpireTaps()
	wantRefusal(t, a.call("answerCallbackQuery", "callback_query_id", late.ID), 400, errQueryOld.Description)

	a.call("deleteMessage", "chat_id", crew, "message_id", m.MessageID)
	if _, err := a.TapData(ann, crew, m.MessageID, "forged"); err != nil {
		t.Fatal(err)
	}
	gone := a.hears().Callback
	about, _ := gone.Message.(map[string]any)
	if gone.Data != "forged" || about["date"] != 0.0 || about["message_id"] != float64(m.MessageID) {
		t.Errorf("a tap on what is gone: %+v", gone)
	}
}

func TestTapsGrowOld(t *testing.T) {
	a := serve(t, func(o *Options) { o.CallbackLife = time.Nanosecond })
	m := a.sent(ann, "x", "reply_markup", keyboard("A", "a"))
	tap, err := a.Tap(ann, ann, m.MessageID, "A")
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, a.call("answerCallbackQuery", "callback_query_id", tap.ID), 400, errQueryOld.Description)
	r, err := a.try(t.Context(), otherToken, "answerCallbackQuery", "callback_query_id", tap.ID)
	if err != nil || r.Status != 400 {
		t.Errorf("another bot answered: %+v, %v", r, err)
	}
}

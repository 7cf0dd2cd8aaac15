package botapi

import (
	"fmt"
	"testing"
)

func TestBlockKickMigrate(t *testing.T) {
	a := serve(t)
	if err := a.Block(ann, true); err != nil {
		t.Fatal(err)
	}
	if u := a.hears().Member; u["new_chat_member"].(map[string]any)["status"] != "kicked" {
		t.Errorf("heard %v", u)
	}
	if _, err := a.Say(ann, ann, "x"); err == nil {
		t.Error("a person writes to a bot that they block")
	}
	if err := a.Block(ann, false); err != nil {
		t.Fatal(err)
	}
	a.hears()
	a.sent(ann, "again")

	if err := a.Kick(ann, crew, true); err != nil {
		t.Fatal(err)
	}
	a.hears()
	wantRefusal(t, a.call("sendMessage", "chat_id", crew, "text", "x"), 403, "Forbidden: bot was kicked from the supergroup chat")
	a.said(ann, crew, "/x")
	if a.Pending() != 0 {
		t.Error("a bot hears a group that it was thrown out of")
	}
	if err := a.Kick(ann, crew, false); err != nil {
		t.Fatal(err)
	}
	a.hears()

	const next = int64(-1001000000099)
	if err := a.Migrate(crew, next); err != nil {
		t.Fatal(err)
	}
	if u := a.hears(); u.Message.MigrateToChatID != next {
		t.Errorf("heard %+v", u.Message)
	}
	r := a.call("sendMessage", "chat_id", crew, "text", "x")
	wantRefusal(t, r, 400, "Bad Request: group chat was upgraded to a supergroup chat")
	if r.Parameters.MigrateTo != next {
		t.Errorf("migrate_to_chat_id %d", r.Parameters.MigrateTo)
	}
	a.sent(next, "moved")
}

func TestTopicsAndPins(t *testing.T) {
	a := serve(t)
	a.AddTopic(crew, Topic{ID: 500, Name: "New"})
	if m := a.sent(crew, "x", "message_thread_id", 500); m.MessageThreadID != 500 || m.MessageID <= 500 {
		t.Errorf("message %d in thread %d", m.MessageID, m.MessageThreadID)
	}
	if !into[Message](t, a.call("sendMessage", "chat_id", hall, "text", "x", "message_thread_id", closedDoor)).IsTopicMessage {
		t.Error("an admin bot cannot write in a closed topic")
	}
	first, second := a.sent(hall, "1").MessageID, a.sent(hall, "2").MessageID
	into[bool](t, a.call("pinChatMessage", "chat_id", hall, "message_id", first))
	into[bool](t, a.call("pinChatMessage", "chat_id", hall, "message_id", second))
	pinned := func() string {
		chat := into[struct {
			Pinned *Message `json:"pinned_message"`
		}](t, a.call("getChat", "chat_id", hall))
		if chat.Pinned == nil {
			return "none"
		}
		return chat.Pinned.Text
	}
	if pinned() != "2" {
		t.Errorf("pinned %s", pinned())
	}
	into[bool](t, a.call("unpinChatMessage", "chat_id", hall))
	if pinned() != "1" {
		t.Errorf("pinned %s", pinned())
	}
	into[bool](t, a.call("unpinChatMessage", "chat_id", hall, "message_id", first))
	if pinned() != "none" {
		t.Errorf("pinned %s", pinned())
	}
}

func TestClosedTopic(t *testing.T) {
	a := serve(t, func(o *Options) { o.Groups[1].BotAdmin = false })
	wantRefusal(t, a.call("sendMessage", "chat_id", hall, "text", "x", "message_thread_id", closedDoor), 400, "Bad Request: TOPIC_CLOSED")
}

// TestCommandMenus checks which list of commands a person sees.
func TestCommandMenus(t *testing.T) {
	a := serve(t)
	set := func(name, language string, scope any) {
		t.Helper()
		into[bool](t, a.call("setMyCommands", "commands", commandList(1, name, "d"), "language_code", language, "scope", scope))
	}
	see := func(key string, userID int64) string {
		a.mu.Lock()
		defer a.mu.Unlock()
		list := a.order[0].commandsFor(a.byKey[key], a.users[userID].User)
		if len(list) == 0 {
			return ""
		}
		return list[0].Command
	}
	private, group := "vigie_bot/1001", fmt.Sprint(crew)
	for _, step := range []struct {
		name, language string
		scope          any
		inPrivate      string // what Ann sees
		inGroup        string
		bobInGroup     string
	}{
		{"anywhere", "", nil, "anywhere", "anywhere", "anywhere"},
		{"partout", "fr", map[string]any{"type": "default"}, "anywhere", "anywhere", "partout"},
		{"private", "", map[string]any{"type": "all_private_chats"}, "private", "anywhere", "partout"},
		{"groups", "", map[string]any{"type": "all_group_chats"}, "private", "groups", "groups"},
		{"admins", "", map[string]any{"type": "all_chat_administrators"}, "private", "admins", "groups"},
		{"crew", "", map[string]any{"type": "chat", "chat_id": crew}, "private", "crew", "crew"},
		{"crewadmins", "", map[string]any{"type": "chat_administrators", "chat_id": "@thecrew"}, "private", "crewadmins", "crew"},
		{"bob", "fr", map[string]any{"type": "chat_member", "chat_id": crew, "user_id": bob}, "private", "crewadmins", "bob"},
	} {
		set(step.name, step.language, step.scope)
		if p, g, b := see(private, ann), see(group, ann), see(group, bob); p != step.inPrivate || g != step.inGroup || b != step.bobInGroup {
			t.Errorf("after %s: %s, %s, %s", step.name, p, g, b)
		}
	}
	into[bool](t, a.call("deleteMyCommands", "scope", map[string]any{"type": "all_private_chats"}))
	if got := see(private, ann); got != "anywhere" {
		t.Errorf("after the deletion: %s", got)
	}
	if got := into[[]Command](t, a.call("getMyCommands", "scope", map[string]any{"type": "all_private_chats"})); len(got) != 0 {
		t.Errorf("still set: %v", got)
	}
}

package botapi

import (
	"context"
	"fmt"
	"slices"
	"time"
)

func (s *Server) getMe(_ context.Context, b *bot, _ params) (any, *apiError) {
	return struct {
		User
		CanJoin      bool `json:"can_join_groups"`
		ReadsGroups  bool `json:"can_read_all_group_messages"`
		Inline       bool `json:"supports_inline_queries"`
		Business     bool `json:"can_connect_to_business"`
		HasMainWebUI bool `json:"has_main_web_app"`
	}{User: b.user, CanJoin: true, ReadsGroups: b.ReadsGroups}, nil
}

func (s *Server) getChat(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, refused := s.room(b, p.str("chat_id"))
	if refused != nil {
		return nil, refused
	}
	full := struct {
		Chat
		AccentColorID    int      `json:"accent_color_id"`
		MaxReactionCount int      `json:"max_reaction_count"`
		Pinned           *Message `json:"pinned_message,omitempty"`
	}{Chat: r.chat, MaxReactionCount: 11}
	if n := len(r.pinned); n > 0 {
		full.Pinned = quoted(r.byID[r.pinned[n-1]])
	}
	return full, nil
}

func (r *room) isAdmin(userID int64) bool {
	return r.bot == nil && slices.Contains(r.group.Admins, userID)
}

func (s *Server) getChatMember(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, refused := s.room(b, p.str("chat_id"))
	if refused != nil {
		return nil, refused
	}
	id := int64(p.int("user_id"))
	status := "member"
	switch u := s.users[id]; {
	case id == b.user.ID:
		if r.group.BotAdmin {
			status = "administrator"
		}
		return map[string]any{"user": b.user, "status": status}, nil
	case u == nil:
		return nil, badRequest("invalid user_id specified")
	case !r.hasMember(id):
		status = "left"
		fallthrough
	default:
		if status == "member" && r.isAdmin(id) {
			status = "administrator"
		}
		return map[string]any{"user": u.User, "status": status}, nil
	}
}

// Block has a person block the first bot, or take it back.
func (s *Server) Block(userID int64, blocked bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.users[userID]
	if p == nil {
		return fmt.Errorf("there is no user %d", userID)
	}
	b := s.order[0]
	if p.blocked[b] == blocked {
		return nil
	}
	p.blocked[b] = blocked
	was, is := "member", "kicked"
	if !blocked {
		was, is = is, was
	}
	s.push(b, "my_chat_member", b.statusChange(b.direct[userID].chat, p.User, was, is))
	s.note()
	return nil
}

// Kick has a person throw the first bot out of a group, or bring it back.
func (s *Server) Kick(userID, chatID int64, out bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.roomOf(userID, chatID, "")
	if err != nil {
		return err
	}
	if r.bot != nil {
		return fmt.Errorf("chat %d is no group", chatID)
	}
	b := s.order[0]
	if r.kicked[b] == out {
		return nil
	}
	r.kicked[b] = out
	was, is := "member", "kicked"
	if !out {
		was, is = "left", "member"
	}
	s.push(b, "my_chat_member", b.statusChange(r.chat, s.users[userID].User, was, is))
	s.note()
	return nil
}

func (b *bot) statusChange(c Chat, by User, was, is string) any {
	member := func(status string) any {
		m := map[string]any{"user": b.user, "status": status}
		if status == "kicked" {
			m["until_date"] = 0
		}
		return m
	}
	return map[string]any{
		"chat": c, "from": by, "date": time.Now().Unix(), "old_chat_member": member(was), "new_chat_member": member(is),
	}
}

// Migrate turns a group into a supergroup with a new id, as when topics are switched on.
func (s *Server) Migrate(chatID, newID int64) error {
	s.mu.Lock()
	old := s.groups[chatID]
	if old == nil || s.groups[newID] != nil {
		s.mu.Unlock()
		return fmt.Errorf("group %d cannot become %d", chatID, newID)
	}
	next := old.group
	old.movedTo = newID
	note := &record{Stored: Stored{Message: Message{
		MessageID: old.newID(), Date: time.Now().Unix(), Chat: old.chat, MigrateToChatID: newID,
	}}}
	note.revise(time.Now())
	s.put(old, note)
	s.hear(old, "message", &note.Message)
	s.mu.Unlock()
	next.ID, next.Type = newID, "supergroup"
	s.AddGroup(next)
	return nil
}

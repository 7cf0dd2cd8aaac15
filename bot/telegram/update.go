package telegram

import (
	"encoding/json"
	"strings"
	"time"

	"vigie/ops"
)

// heard are the kinds of updates that we ask for. Channel posts and the like have nobody behind them whom
// we could answer.
var heard = []string{"message", "edited_message", "callback_query"}

// The library's own types end with the year 2021: they know no topics, no origins of forwarded messages and
// no messages that have become inaccessible. These hold what is used here, and nothing else.
type update struct {
	ID                int64     `json:"update_id"`
	Message           *message  `json:"message"`
	EditedMessage     *message  `json:"edited_message"`
	ChannelPost       *message  `json:"channel_post"`
	EditedChannelPost *message  `json:"edited_channel_post"`
	Callback          *callback `json:"callback_query"`
}

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
	Language  string `json:"language_code"`
}

type room struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"` // private, group, supergroup, channel
	Title string `json:"title"`
}

type message struct {
	ID        int    `json:"message_id"`
	Thread    int    `json:"message_thread_id"` // also set on plain replies: see InTopic
	InTopic   bool   `json:"is_topic_message"`
	From      *user  `json:"from"`
	Sender    *room  `json:"sender_chat"` // an anonymous admin's group, or a channel
	Chat      room   `json:"chat"`
	Date      int64  `json:"date"` // 0: no longer accessible, only Chat and ID are there
	Edited    int64  `json:"edit_date"`
	Text      string `json:"text"`
	ViaBot    *user  `json:"via_bot"`
	MovedTo   int64  `json:"migrate_to_chat_id"`
	MovedFrom int64  `json:"migrate_from_chat_id"`

	ReplyTo     *message        `json:"reply_to_message"`
	Voice       json.RawMessage `json:"voice"`
	VideoNote   json.RawMessage `json:"video_note"`
	Origin      json.RawMessage `json:"forward_origin"`
	ForwardedAt int64           `json:"forward_date"` // what forward_origin was before 2023
	Automatic   bool            `json:"is_automatic_forward"`
}

type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

func (m *message) forwarded() bool { return len(m.Origin) > 0 || m.ForwardedAt != 0 || m.Automatic }

func (m *message) spoken() bool { return len(m.Voice) > 0 || len(m.VideoNote) > 0 }

// here is the chat and topic that m is in.
func (m *message) here() place {
	p := place{chat: m.Chat.ID}
	if m.InTopic && m.Thread > generalTopic {
		p.thread = m.Thread
	}
	return p
}

func (m *message) sent() time.Time {
	switch {
	case m.Edited > 0:
		return time.Unix(m.Edited, 0)
	case m.Date > 0:
		return time.Unix(m.Date, 0)
	}
	return time.Time{}
}

// name is what a person calls themselves: for the journal, never to know them by.
func (u user) name() string {
	name := strings.TrimSpace(ops.Clean(u.FirstName + " " + u.LastName))
	if name == "" {
		name = u.Username
	}
	if len([]rune(name)) > 64 {
		name = string([]rune(name)[:64])
	}
	return name
}

func (u user) lang() ops.Lang {
	if code, _, _ := strings.Cut(strings.ToLower(u.Language), "-"); code == "fr" {
		return ops.French
	}
	return ops.English
}

package botapi

// event is one change that the chat page shows.
type event struct {
	Kind      string `json:"kind"` // message, edit, delete, typing, answer or chats
	Room      string `json:"room,omitempty"`
	Message   *view  `json:"message,omitempty"`
	MessageID int    `json:"id,omitempty"` // deleted message, or thread of typing
	UserID    int64  `json:"-"`            // only for this person
	Tap       string `json:"tap,omitempty"`
	Text      string `json:"text,omitempty"`
	Alert     bool   `json:"alert,omitempty"`
	URL       string `json:"url,omitempty"`
}

// view is a message for the chat page.
type view struct {
	Message
	Silent     bool `json:"silent,omitempty"`
	Pinned     bool `json:"pinned,omitempty"`
	ForceReply bool `json:"force_reply,omitempty"`
}

func viewOf(rec *record) *view {
	return &view{Message: rec.Message, Silent: rec.Silent, Pinned: rec.Pinned, ForceReply: rec.ForceReply}
}

// publish shows a change to pages and watchers; s.mu is held.
func (s *Server) publish(e event) {
	s.events.add(e)
	s.note()
}

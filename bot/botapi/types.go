package botapi

import "encoding/json"

// User is a person, or a bot. Only the fields with a JSON name reach the bot.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`

	// Hint is shown beside the name in the chat page, such as a role.
	Hint string `json:"-"`
	// NotStarted people never wrote to a bot: it cannot write to them first.
	NotStarted bool `json:"-"`
}

// Chat is a private chat, group or channel as a bot sees it.
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // private, group, supergroup or channel
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

// Message is a message on the wire. A value is never changed once it was handed
// out: an edit makes a new one.
type Message struct {
	MessageID           int             `json:"message_id"`
	MessageThreadID     int             `json:"message_thread_id,omitempty"`
	From                *User           `json:"from,omitempty"`
	SenderChat          *Chat           `json:"sender_chat,omitempty"`
	Date                int64           `json:"date"`
	Chat                Chat            `json:"chat"`
	ForwardOrigin       json.RawMessage `json:"forward_origin,omitempty"`
	ForwardFrom         *User           `json:"forward_from,omitempty"`
	ForwardSenderName   string          `json:"forward_sender_name,omitempty"`
	ForwardDate         int64           `json:"forward_date,omitempty"`
	IsTopicMessage      bool            `json:"is_topic_message,omitempty"`
	IsAutomaticForward  bool            `json:"is_automatic_forward,omitempty"`
	ReplyToMessage      *Message        `json:"reply_to_message,omitempty"`
	ViaBot              *User           `json:"via_bot,omitempty"`
	EditDate            int64           `json:"edit_date,omitempty"`
	HasProtectedContent bool            `json:"has_protected_content,omitempty"`
	AuthorSignature     string          `json:"author_signature,omitempty"`
	Text                string          `json:"text,omitempty"`
	Entities            []Entity        `json:"entities,omitempty"`
	LinkPreviewOptions  json.RawMessage `json:"link_preview_options,omitempty"`
	Document            *Document       `json:"document,omitempty"`
	Photo               []PhotoSize     `json:"photo,omitempty"`
	Voice               *Voice          `json:"voice,omitempty"`
	Caption             string          `json:"caption,omitempty"`
	CaptionEntities     []Entity        `json:"caption_entities,omitempty"`
	ForumTopicCreated   *TopicCreated   `json:"forum_topic_created,omitempty"`
	MigrateToChatID     int64           `json:"migrate_to_chat_id,omitempty"`
	ReplyMarkup         *InlineKeyboard `json:"reply_markup,omitempty"`
}

// Entity marks a stretch of a text; Offset and Length are UTF-16 units.
type Entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url,omitempty"`
	User     *User  `json:"user,omitempty"`
	Language string `json:"language,omitempty"`
}

// InlineKeyboard is the rows of buttons under a message.
type InlineKeyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// Button is one inline button; exactly one of its actions is set.
type Button struct {
	Text         string    `json:"text"`
	Icon         string    `json:"icon_custom_emoji_id,omitempty"`
	Style        string    `json:"style,omitempty"` // danger, success or primary
	URL          string    `json:"url,omitempty"`
	CallbackData string    `json:"callback_data,omitempty"`
	WebApp       *WebApp   `json:"web_app,omitempty"`
	CopyText     *CopyText `json:"copy_text,omitempty"`
	SwitchInline *string   `json:"switch_inline_query,omitempty"`
	SwitchHere   *string   `json:"switch_inline_query_current_chat,omitempty"`
}

// WebApp is the page that a button opens inside Telegram.
type WebApp struct {
	URL string `json:"url"`
}

// CopyText is what a button puts on the clipboard.
type CopyText struct {
	Text string `json:"text"`
}

// Document is a file sent as it is.
type Document struct {
	FileName     string `json:"file_name,omitempty"`
	MimeType     string `json:"mime_type,omitempty"`
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileSize     int    `json:"file_size"`
}

// PhotoSize is one size of a photo.
type PhotoSize struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileSize     int    `json:"file_size"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
}

// Voice is a voice message; Duration is in seconds.
type Voice struct {
	Duration     int    `json:"duration"`
	MimeType     string `json:"mime_type,omitempty"`
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileSize     int    `json:"file_size"`
}

// TopicCreated is the content of the message that opened a topic.
type TopicCreated struct {
	Name      string `json:"name"`
	IconColor int    `json:"icon_color"`
}

// CallbackQuery is a tap on a button as the bot hears of it.
type CallbackQuery struct {
	ID           string `json:"id"`
	From         User   `json:"from"`
	Message      any    `json:"message,omitempty"` // Message, or inaccessible
	ChatInstance string `json:"chat_instance"`
	Data         string `json:"data"`
}

// inaccessible stands in a callback query for a message that is gone.
type inaccessible struct {
	Chat      Chat  `json:"chat"`
	MessageID int   `json:"message_id"`
	Date      int64 `json:"date"` // always 0
}

// Command is one line of the menu that setMyCommands sets.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

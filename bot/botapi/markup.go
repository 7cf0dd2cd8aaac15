package botapi

import (
	"encoding/json"
	"net/url"
	"strings"
	"unicode/utf8"
)

const (
	maxButtons      = 100
	maxCallbackData = 64 // bytes
	maxCopyText     = 256
)

// markup is a reply_markup: an inline keyboard, or one of the others, of which
// only force_reply shows in the chat page.
type markup struct {
	inline     *InlineKeyboard
	forceReply bool
	other      bool // a reply keyboard, its removal, or force_reply
}

func parseMarkup(raw string, private bool) (markup, *apiError) {
	var m markup
	if raw == "" || raw == "null" {
		return m, nil
	}
	var object struct {
		Inline     json.RawMessage `json:"inline_keyboard"`
		Keyboard   json.RawMessage `json:"keyboard"`
		Remove     bool            `json:"remove_keyboard"`
		ForceReply bool            `json:"force_reply"`
	}
	if !utf8.ValidString(raw) {
		return m, badRequest("inline keyboard button text must be encoded in UTF-8")
	}
	if !json.Valid([]byte(raw)) {
		return m, badRequest("can't parse reply keyboard markup JSON object")
	}
	if err := json.Unmarshal([]byte(raw), &object); err != nil {
		return m, badRequest("object expected as reply markup")
	}
	m.forceReply = object.ForceReply
	m.other = object.Keyboard != nil || object.Remove || object.ForceReply
	if object.Inline == nil {
		return m, nil
	}
	var rows [][]json.RawMessage
	if json.Unmarshal(object.Inline, &rows) != nil {
		return m, badRequest("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays")
	}
	total := 0
	keyboard := InlineKeyboard{}
	for _, row := range rows {
		var buttons []Button
		for _, raw := range row {
			b, err := parseButton(raw, private)
			if err != nil {
				return m, err
			}
			buttons = append(buttons, b)
		}
		total += len(buttons)
		if len(buttons) > 0 {
			keyboard.Rows = append(keyboard.Rows, buttons)
		}
	}
	if total > maxButtons {
		return m, badRequest("reply markup is too long")
	}
	if total > 0 {
		m.inline = &keyboard
	}
	return m, nil
}

func cantParseButton(why string) *apiError {
	return badRequest("can't parse inline keyboard button: %s", why)
}

func parseButton(raw json.RawMessage, private bool) (Button, *apiError) {
	var has map[string]json.RawMessage
	if json.Unmarshal(raw, &has) != nil {
		return Button{}, cantParseButton("InlineKeyboardButton must be an Object")
	}
	if has["text"] == nil {
		return Button{}, cantParseButton(`Can't find field "text"`)
	}
	var b Button
	if err := json.Unmarshal(raw, &b); err != nil {
		return Button{}, cantParseButton("wrong type of a field: " + err.Error())
	}
	if strings.TrimSpace(b.Text) == "" {
		return Button{}, badRequest("inline keyboard button text must be non-empty")
	}
	switch b.Style {
	case "", "danger", "success", "primary":
	default:
		return Button{}, cantParseButton("invalid button style specified")
	}
	return b, b.check(private)
}

// check tells whether the one action of the button may be.
func (b Button) check(private bool) *apiError {
	switch {
	case b.URL != "":
		return checkButtonURL(b.URL)
	case b.CallbackData != "":
		if len(b.CallbackData) > maxCallbackData {
			return badRequest("BUTTON_DATA_INVALID")
		}
	case b.WebApp != nil:
		if !private {
			return badRequest("BUTTON_TYPE_INVALID")
		}
		if !strings.HasPrefix(b.WebApp.URL, "https://") {
			return badRequest("inline keyboard button Web App URL '%s' is invalid: Only HTTPS links are allowed", b.WebApp.URL)
		}
	case b.CopyText != nil:
		if n := utf16Len(b.CopyText.Text); n == 0 || n > maxCopyText {
			return badRequest("BUTTON_COPY_TEXT_INVALID")
		}
	case b.SwitchInline != nil, b.SwitchHere != nil:
	default:
		return cantParseButton("Text buttons are unallowed in the inline keyboard")
	}
	return nil
}

func checkButtonURL(link string) *apiError {
	wrong := func(why string) *apiError {
		return badRequest("inline keyboard button URL '%s' is invalid: %s", link, why)
	}
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return wrong("Wrong HTTP URL")
	case u.Scheme == "tg" || u.Scheme == "ton":
		return nil
	case u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		return wrong("Unsupported URL protocol")
	case u.Scheme != "" && !strings.Contains(u.Hostname(), "."):
		return wrong("Wrong HTTP URL")
	}
	return nil
}

package telegram

import (
	"bytes"
	"encoding/json"
)

// What Telegram repeats of messages in an update: the one that was tapped on, and those that are answered or quoted. It may be an answer
// of ours that is for one person's eyes and is deleted soon, so its words are not recorded with the update.
var (
	repeating = map[string][]string{
		"callback_query": {"message"},
		"message":        {"reply_to_message", "quote", "external_reply", "pinned_message"},
		"edited_message": {"reply_to_message", "quote", "external_reply", "pinned_message"},
	}
	unsaid = []string{"text", "caption", "entities", "caption_entities", "reply_markup", "link_preview_options", "quote", "reply_to_message", "external_reply"}
)

// forgetful is an update without the words of the messages that it repeats. What cannot be read is left as it is.
func forgetful(raw []byte) []byte {
	if !bytes.Contains(raw, []byte(`"callback_query"`)) && !bytes.Contains(raw, []byte(`"reply_to_message"`)) && !bytes.Contains(raw, []byte(`"quote"`)) &&
		!bytes.Contains(raw, []byte(`"external_reply"`)) && !bytes.Contains(raw, []byte(`"pinned_message"`)) {
		return raw // most updates repeat nothing
	}
	var update map[string]json.RawMessage
	if json.Unmarshal(raw, &update) != nil {
		return raw
	}
	for kind, parts := range repeating {
		whole, ok := fields(update[kind])
		if !ok {
			continue
		}
		for _, part := range parts {
			repeated, ok := fields(whole[part])
			if !ok {
				continue
			}
			for _, w := range unsaid {
				delete(repeated, w)
			}
			whole[part] = encoded(repeated)
		}
		update[kind] = encoded(whole)
	}
	return encoded(update)
}

func fields(raw json.RawMessage) (f map[string]json.RawMessage, ok bool) {
	return f, len(raw) > 0 && json.Unmarshal(raw, &f) == nil && f != nil
}

func encoded(f map[string]json.RawMessage) json.RawMessage {
	raw, err := json.Marshal(f)
	if err != nil {
		return json.RawMessage("{}") // unreachable: it was read as JSON
	}
	return raw
}

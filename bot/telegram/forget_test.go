package telegram

import (
	"encoding/json"
	"strings"
	"testing"
)

// What was tapped on, answered or quoted is recorded without its words; what a person says themselves, and all that says where, stays.
func TestForgetful(t *testing.T) {
	const hot = `"text":"the link","caption":"the link","entities":[{"type":"code","offset":0,"length":8}],"reply_markup":{"inline_keyboard":[[{"text":"the link"}]]}`
	for _, raw := range []string{
		`{"update_id":7,"callback_query":{"id":"4000000000000000001","from":{"id":1001},"data":"g:now","message":{"message_id":35,"date":1795712278,"chat":{"id":1001,"type":"private"},` + hot + `}}}`,
		`{"update_id":8,"message":{"message_id":36,"text":"what is this?","chat":{"id":1001},"reply_to_message":{"message_id":35,"chat":{"id":1001},` + hot + `},"quote":{"text":"the link","position":3}}}`,
		`{"update_id":9,"edited_message":{"message_id":36,"text":"what is this?","chat":{"id":1001},"reply_to_message":{"message_id":35,` + hot + `}}}`,
		`{"update_id":10,"message":{"message_id":36,"text":"what is this?","pinned_message":{"message_id":35,` + hot + `}}}`,
	} {
		u, err := numbered([]byte(raw))
		if err != nil || strings.Contains(string(u.Body), "the link") {
			t.Errorf("%s: %v", u.Body, err)
		}
		var was, is update
		if err := json.Unmarshal([]byte(raw), &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(u.Body, &is); err != nil || is.ID != was.ID {
			t.Fatal(err)
		}
		if c := was.Callback; c != nil && (is.Callback.ID != c.ID || is.Callback.Data != c.Data || is.Callback.Message.ID != 35 || is.Callback.Message.Chat != c.Message.Chat || is.Callback.Message.Date != c.Message.Date) {
			t.Errorf("%s", u.Body)
		}
		if m := was.Message; m != nil && is.Message.Text != m.Text {
			t.Errorf("%s", u.Body)
		}
	}
	for _, raw := range []string{`{"update_id":1,"message":{"text":"a  b","chat":{"id":12345678901234567890}}}`, `{"update_id":1, "callback_query":7}`} {
		if u, err := numbered([]byte(raw)); err != nil || !strings.Contains(raw, "callback") && string(u.Body) != raw {
			t.Errorf("%s: %v", u.Body, err)
		}
	}
}

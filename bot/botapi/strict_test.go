package botapi

import (
	"slices"
	"testing"
	"time"
)

// args are the parameters of one call.
type args map[string]any

func (a api) with(method string, p args) reply {
	a.t.Helper()
	var pairs []any
	for name, value := range p {
		pairs = append(pairs, name, value)
	}
	return a.call(method, pairs...)
}

func rows(n, wide int) map[string]any {
	var all [][]map[string]string
	for range n {
		var row []map[string]string
		for range wide {
			row = append(row, map[string]string{"text": "b", "callback_data": "d"})
		}
		all = append(all, row)
	}
	return map[string]any{"inline_keyboard": all}
}

func oneButton(fields map[string]any) map[string]any {
	return map[string]any{"inline_keyboard": [][]map[string]any{{fields}}}
}

func commandList(n int, name, description string) []map[string]string {
	var list []map[string]string
	for range n {
		list = append(list, map[string]string{"command": name, "description": description})
	}
	return list
}

// TestRefusals tries every rule of refusals_test.go: the answer is exact, and
// nothing is done.
func TestRefusals(t *testing.T) {
	a := serve(t)
	old := time.Now().Add(-49 * time.Hour)
	for id, want := range map[int]int{
		a.sent(ann, "a text", "reply_markup", keyboard("A", "a")).MessageID:                                                             textID,
		into[Message](t, a.upload("sendDocument", "document", "f.txt", []byte("data"), args{"chat_id": ann, "caption": "c"})).MessageID: documentID,
		a.said(ann, ann, "by Ann").MessageID:       writtenID,
		a.said(ann, ann, "old", At(old)).MessageID: oldID,
	} {
		if id != want {
			t.Fatalf("message %d should be %d", id, want)
		}
	}
	a.said(ann, crew, "/by_ann")
	if err := a.Block(bob, true); err != nil {
		t.Fatal(err)
	}
	for _, row := range slices.Concat(textRefusals, keyboardRefusals, editRefusals, deleteRefusals, otherRefusals, fileRefusals, commandRefusals, webhookRefusals) {
		t.Run(row.rule, func(t *testing.T) {
			code, want := row.code, row.want
			if code == 0 {
				code, want = 400, "Bad Request: "+want
			}
			a := a
			a.t = t
			before := len(a.Messages(ann))
			wantRefusal(t, a.with(row.method, row.args), code, want)
			if after := len(a.Messages(ann)); after != before {
				t.Errorf("a refused call changed the chat: %d messages, then %d", before, after)
			}
		})
	}
}

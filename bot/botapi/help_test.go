package botapi

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	token      = "7000001:AAtest-token_of_the_first_bot_123456"
	otherToken = "7000002:AAtest-token_of_the_other_bot_12345"
	ann        = int64(1001)
	bob        = int64(1002)
	stranger   = int64(1003)
	crew       = int64(-1001000000001)
	hall       = int64(-1001000000002) // a forum
	news       = int64(-1001000000003)
	deploys    = 7 // a topic of the hall
	closedDoor = 9 // a closed topic of the hall
)

func testOptions() Options {
	return Options{
		Bots: []Bot{
			{Token: token, Username: "vigie_bot", Name: "Vigie"},
			{Token: otherToken, Username: "other_bot"},
		},
		Users: []User{
			{ID: ann, FirstName: "Ann", Username: "ann", LanguageCode: "en", Hint: "admin"},
			{ID: bob, FirstName: "Bob", LanguageCode: "fr", Hint: "viewer"},
			{ID: stranger, FirstName: "Eve", NotStarted: true},
		},
		Groups: []Group{
			{ID: crew, Title: "Crew", Username: "thecrew", Admins: []int64{ann}},
			{ID: hall, Title: "Hall", BotAdmin: true, Topics: []Topic{{ID: deploys, Name: "Deploys"}, {ID: closedDoor, Name: "Old", Closed: true}}},
			{ID: news, Title: "News", Type: "channel", Members: []int64{ann}},
		},
	}
}

// api is a server on the loopback and a plain client for it.
type api struct {
	*Server
	t    *testing.T
	base string
}

func serve(t *testing.T, change ...func(*Options)) api {
	t.Helper()
	opts := testOptions()
	for _, c := range change {
		c(&opts)
	}
	s := New(opts)
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		web.Close()
	})
	return api{Server: s, t: t, base: web.URL}
}

// reply is the server's answer to a call.
type reply struct {
	Status      int `json:"-"`
	OK          bool
	Result      json.RawMessage
	ErrorCode   int `json:"error_code"`
	Description string
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	}
}

// call posts a JSON body given as name, value pairs; a value is sent as it is.
func (a api) call(method string, pairs ...any) reply {
	a.t.Helper()
	r, err := a.try(a.t.Context(), token, method, pairs...)
	if err != nil {
		a.t.Fatalf("%s: %v", method, err)
	}
	return r
}

func (a api) try(ctx context.Context, token, method string, pairs ...any) (reply, error) {
	object := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		object[pairs[i].(string)] = pairs[i+1]
	}
	body, err := json.Marshal(object)
	if err != nil {
		return reply{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/bot"+token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	return read(http.DefaultClient.Do(request))
}

// later makes a call of which the answer is received later; with a broken
// connection it is the zero reply.
func (a api) later(method string, pairs ...any) <-chan reply {
	got := make(chan reply, 1)
	go func() {
		r, _ := a.try(a.t.Context(), token, method, pairs...)
		got <- r
	}()
	return got
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came within 20 s")
		panic("unreachable")
	}
}

func read(answered *http.Response, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	defer answered.Body.Close()
	raw, err := io.ReadAll(answered.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{Status: answered.StatusCode}
	return r, json.Unmarshal(raw, &r)
}

func (a api) get(method string, query url.Values) reply {
	a.t.Helper()
	r, err := read(http.Get(a.base + "/bot" + token + "/" + method + "?" + query.Encode()))
	if err != nil {
		a.t.Fatalf("%s: %v", method, err)
	}
	return r
}

func into[T any](t *testing.T, r reply) T {
	t.Helper()
	var v T
	if !r.OK {
		t.Fatalf("refused: %d %s", r.ErrorCode, r.Description)
	}
	if err := json.Unmarshal(r.Result, &v); err != nil {
		t.Fatalf("reading %s: %v", r.Result, err)
	}
	return v
}

// said has a person say something and fails the test when they cannot.
func (a api) said(userID, chatID int64, text string, opts ...SayOption) Stored {
	a.t.Helper()
	m, err := a.Say(userID, chatID, text, opts...)
	if err != nil {
		a.t.Fatal(err)
	}
	return m
}

// sent has the bot send a text.
func (a api) sent(chatID int64, text string, pairs ...any) Message {
	a.t.Helper()
	return into[Message](a.t, a.call("sendMessage", append([]any{"chat_id", chatID, "text", text}, pairs...)...))
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			img.Set(x, y, color.RGBA{uint8(40 + x*160/w), uint8(90 + y*120/h), 190, 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func keyboard(labelsAndData ...string) map[string]any {
	var row []map[string]string
	for i := 0; i < len(labelsAndData); i += 2 {
		row = append(row, map[string]string{"text": labelsAndData[i], "callback_data": labelsAndData[i+1]})
	}
	return map[string]any{"inline_keyboard": []any{row}}
}

func wantRefusal(t *testing.T, r reply, code int, description string) {
	t.Helper()
	if r.OK || r.Status != code || r.ErrorCode != code || r.Description != description {
		t.Errorf("got %d %q (ok %v), want %d %q", r.Status, r.Description, r.OK, code, description)
	}
}

func x(n int) string { return strings.Repeat("x", n) }

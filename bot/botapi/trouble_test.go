package botapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// raw gets an answer as it is on the wire. It posts: Go's client would by
// itself repeat a GET whose connection broke.
func (a api) raw(path string) (int, string, error) {
	answered, err := http.Post(a.base+path, "", nil)
	if err != nil {
		return 0, "", err
	}
	defer answered.Body.Close()
	body, err := io.ReadAll(answered.Body)
	return answered.StatusCode, string(body), err
}

func TestFaults(t *testing.T) {
	a := serve(t)
	send := "/bot" + token + "/sendMessage?chat_id=1001&text=x"
	for _, row := range []struct {
		fault  Fault
		status int
		body   string // a part of it
		torn   bool
		sent   int
	}{
		{Fault{Kind: FloodWait, RetryAfter: 7}, 429, `"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}`, false, 0},
		{Fault{Kind: ServerError}, 500, `{"ok":false,"error_code":500,"description":"Internal Server Error"}`, false, 0},
		{Fault{Kind: BadGateway}, 502, "<html>", false, 0},
		{Fault{Kind: Torn}, 0, "", true, 0},
		{Fault{Kind: LostAnswer}, 0, "", true, 1},
		{Fault{Kind: LateAnswer, Delay: 200 * time.Millisecond}, 200, `"ok":true`, false, 1},
		{Fault{Kind: HalfAnswer}, 200, `{"ok":true`, false, 1},
	} {
		t.Run(string(row.fault.Kind), func(t *testing.T) {
			before := len(a.Messages(ann))
			a.Inject(row.fault)
			begin := time.Now()
			status, body, err := a.raw(send)
			if torn := err != nil; torn != row.torn || status != row.status || !strings.Contains(body, row.body) {
				t.Errorf("got %d %q %v", status, body, err)
			}
			if row.fault.Kind == HalfAnswer && json.Valid([]byte(body)) {
				t.Errorf("the half answer reads whole: %s", body)
			}
			if time.Since(begin) < row.fault.Delay {
				t.Errorf("answered after %v", time.Since(begin))
			}
			if sent := len(a.Messages(ann)) - before; sent != row.sent {
				t.Errorf("%d messages were sent, want %d", sent, row.sent)
			}
			calls := a.Calls()
			if last := calls[len(calls)-1]; last.Fault != row.fault.Kind || last.Params["text"] != "x" {
				t.Errorf("logged %+v", last)
			}
			if status, _, err := a.raw(send); status != 200 || err != nil {
				t.Errorf("the next call is struck too: %d %v", status, err)
			}
		})
	}
}

func TestFaultsChooseTheirCalls(t *testing.T) {
	a := serve(t)
	a.Inject(Fault{Kind: ServerError, Method: "editmessagetext", Times: 2, Skip: 1})
	m := a.sent(ann, "0")
	var codes []int
	for _, text := range []string{"1", "2", "3", "4"} {
		codes = append(codes, a.call("editMessageText", "chat_id", ann, "message_id", m.MessageID, "text", text).Status)
	}
	if codes[0] != 200 || codes[1] != 500 || codes[2] != 500 || codes[3] != 200 {
		t.Errorf("statuses %v", codes)
	}
	a.Inject(Fault{Kind: ServerError, Times: 100})
	a.Heal()
	a.sent(ann, "healed")
}

func TestDown(t *testing.T) {
	a := serve(t)
	ended := a.later("getUpdates", "timeout", 50)
	if err := a.Wait(within(t, 10*time.Second), a.Polling); err != nil {
		t.Fatal(err)
	}
	a.Down(true)
	if r := receive(t, ended); r.Status != 0 {
		t.Error("the long poll was answered")
	}
	for _, path := range []string{"/bot" + token + "/getMe", "/file/bot" + token + "/x", "/nothing"} {
		if _, _, err := a.raw(path); err == nil {
			t.Errorf("%s was answered", path)
		}
	}
	a.said(ann, ann, "while it is down")
	a.Down(false)
	if got := texts(a.poll()); got != "[while it is down]" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestLimits(t *testing.T) {
	a := serve(t, func(o *Options) { o.Limits = RealLimits() })
	var refused reply
	for i := range 4 {
		refused = a.call("sendMessage", "chat_id", ann, "text", "x")
		if i < 3 && !refused.OK {
			t.Fatalf("message %d: %s", i, refused.Description)
		}
	}
	wantRefusal(t, refused, 429, "Too Many Requests: retry after 1")
	if refused.Parameters.RetryAfter != 1 {
		t.Errorf("retry_after %d", refused.Parameters.RetryAfter)
	}
	if r := a.call("sendMessage", "chat_id", bob, "text", "x"); !r.OK {
		t.Errorf("another chat: %s", r.Description)
	}
	m := a.Messages(ann)[0]
	if r := a.call("editMessageText", "chat_id", ann, "message_id", m.MessageID, "text", "y"); r.Status != 429 {
		t.Errorf("an edit is free: %d", r.Status)
	}
	if r := a.call("sendChatAction", "chat_id", ann, "action", "typing"); !r.OK {
		t.Errorf("an action is not: %s", r.Description)
	}
}

// TestLimitsOverTime runs the buckets in a bubble, where time is exact.
func TestLimitsOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := testOptions()
		opts.Limits = RealLimits()
		s := New(opts)
		defer s.Close()
		b := s.order[0]
		send := func(r *room) int {
			s.mu.Lock()
			defer s.mu.Unlock()
			if refused := s.spend(b, r); refused != nil {
				return refused.RetryAfter
			}
			return 0
		}
		private, group := b.direct[ann], s.groups[crew]
		for range 3 {
			if send(private) != 0 {
				t.Fatal("the burst is refused")
			}
		}
		if got := send(private); got != 1 {
			t.Errorf("retry after %d", got)
		}
		time.Sleep(time.Second) // the bubble's clock
		if send(private) != 0 || send(private) != 1 {
			t.Error("one message a second is not what passes")
		}
		passed := 0
		for range 60 {
			if send(group) == 0 {
				passed++
			}
			time.Sleep(time.Second)
		}
		if passed < 38 || passed > 40 { // a bucket of 20, and 20 more in the minute
			t.Errorf("%d messages passed in a minute", passed)
		}
		time.Sleep(time.Minute)
		passed = 0
		for id := range int64(100) {
			r := &room{chat: Chat{ID: id, Type: "private"}}
			if send(r) == 0 {
				passed++
			}
		}
		if passed != 30 {
			t.Errorf("%d messages passed at once over all chats", passed)
		}
	})
}

// hook is a bot's own server, which fails as long as it is told to.
type hook struct {
	*httptest.Server
	failing atomic.Bool
	secret  atomic.Value
	got     chan heard
	tries   atomic.Int64
	reply   string
}

func listen(t *testing.T) *hook {
	h := &hook{got: make(chan heard, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.tries.Add(1)
		h.secret.Store(r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
		if h.failing.Load() {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		var u heard
		if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
			t.Errorf("reading an update: %v", err)
		}
		io.WriteString(w, h.reply)
		h.got <- u
	}))
	t.Cleanup(h.Close)
	return h
}

func TestWebhook(t *testing.T) {
	h := listen(t)
	a := serve(t, func(o *Options) { o.WebhookBackoff = time.Millisecond })
	a.said(ann, ann, "before")
	into[bool](t, a.call("setWebhook", "url", h.URL+"/hook", "secret_token", "s3cret-_", "max_connections", 7, "allowed_updates", []string{"message"}))
	wantRefusal(t, a.call("getUpdates"), 409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	if u := receive(t, h.got); u.Message.Text != "before" || h.secret.Load() != "s3cret-_" {
		t.Fatalf("delivered %+v with secret %q", u, h.secret.Load())
	}

	h.failing.Store(true)
	a.said(ann, ann, "first")
	a.said(ann, ann, "second")
	if err := a.Wait(within(t, 10*time.Second), func() bool { return h.tries.Load() >= 4 }); err != nil {
		t.Fatal(err)
	}
	info := into[map[string]any](t, a.call("getWebhookInfo"))
	if info["last_error_message"] != "Wrong response from the webhook: 503 Service Unavailable" || info["pending_update_count"] != 2.0 ||
		info["url"] != h.URL+"/hook" || info["max_connections"] != 7.0 {
		t.Errorf("info %v", info)
	}
	h.failing.Store(false)
	if first, second := receive(t, h.got), receive(t, h.got); first.Message.Text != "first" || second.Message.Text != "second" {
		t.Errorf("then %q, %q", first.Message.Text, second.Message.Text)
	}
	if err := a.Wait(within(t, 10*time.Second), func() bool { return a.Pending() == 0 }); err != nil {
		t.Error(err)
	}

	into[bool](t, a.call("deleteWebhook"))
	a.said(ann, ann, "polled again")
	if got := texts(a.poll()); got != "[polled again]" {
		t.Errorf("polled %s", got)
	}
	if info := into[map[string]any](t, a.call("getWebhookInfo")); info["url"] != "" || info["last_error_message"] != nil {
		t.Errorf("info %v", info)
	}
}

func TestWebhookEndsALongPollAndDrops(t *testing.T) {
	h := listen(t)
	a := serve(t)
	polled := a.later("getUpdates", "timeout", 50)
	if err := a.Wait(within(t, 10*time.Second), a.Polling); err != nil {
		t.Fatal(err)
	}
	into[bool](t, a.call("setWebhook", "url", h.URL))
	wantRefusal(t, receive(t, polled), 409, "Conflict: terminated by setWebhook request")
	h.failing.Store(true)
	a.said(ann, ann, "dropped")
	into[bool](t, a.call("setWebhook", "url", "", "drop_pending_updates", true))
	if a.Pending() != 0 {
		t.Errorf("%d pending", a.Pending())
	}
}

func TestWebhookAnswersWithAMethod(t *testing.T) {
	h := listen(t)
	h.reply = `{"method":"sendMessage","chat_id":1001,"text":"in the answer"}`
	a := serve(t)
	into[bool](t, a.call("setWebhook", "url", h.URL))
	a.said(ann, ann, "hi")
	if _, err := a.WaitMessage(within(t, 10*time.Second), ann, func(m Stored) bool { return m.Text == "in the answer" }); err != nil {
		t.Error(err)
	}
}

func TestWaitGivesUpWithTheContext(t *testing.T) {
	a := serve(t)
	a.sent(ann, "hello", "reply_markup", keyboard("Go", "go"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.WaitMessage(ctx, ann, func(Stored) bool { return false })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "1 Vigie: hello [Go]") {
		t.Errorf("got %v", err)
	}
}

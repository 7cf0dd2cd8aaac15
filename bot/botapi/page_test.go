package botapi

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// pageOf serves the chat page of a.
func pageOf(t *testing.T, a api) string {
	web := httptest.NewServer(a.Page())
	t.Cleanup(func() {
		a.Close()
		web.Close()
	})
	return web.URL
}

func TestPageIsGuarded(t *testing.T) {
	a := serve(t, func(o *Options) { o.PageHosts = []string{"chat.example.org"} })
	base := pageOf(t, a)
	for _, row := range []struct {
		name, method, path, host, origin string
		want                             int
	}{
		{"by address", "GET", "/", "", "", 200},
		{"by a known name", "GET", "/", "chat.example.org:80", "", 200},
		{"by a stranger's name", "GET", "/", "evil.example.org", "", 403},
		{"from another site", "POST", "/say", "", "https://evil.example.org", 403},
		{"without a person", "POST", "/say", "", "", 404},
		{"state of nobody", "GET", "/state?user=5", "", "", 200},
		{"events of nobody", "GET", "/events?user=5&after=0", "", "", 404},
		{"events after nothing", "GET", "/events?user=1001", "", "", 400},
		{"no such file", "GET", "/file?id=x", "", "", 404},
	} {
		request, err := http.NewRequestWithContext(t.Context(), row.method, base+row.path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = row.host
		if row.origin != "" {
			request.Header.Set("Origin", row.origin)
			request.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		answered, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answered.Body.Close()
		if answered.StatusCode != row.want {
			t.Errorf("%s: %d, want %d", row.name, answered.StatusCode, row.want)
		}
		if policy := answered.Header.Get("Content-Security-Policy"); row.want == 200 && !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: policy %q", row.name, policy)
		}
	}
}

func TestPageLoadsNothingForeign(t *testing.T) {
	a := serve(t)
	base := pageOf(t, a)
	for _, name := range []string{"", "chat.js", "composer.js", "draw.js", "list.js", "panels.js", "words.js", "chat.css", "message.css", "icon.svg"} {
		answered, err := http.Get(base + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answered.Body)
		answered.Body.Close()
		if err != nil || answered.StatusCode != 200 {
			t.Fatalf("%s: %d, %v", name, answered.StatusCode, err)
		}
		text := strings.ReplaceAll(string(body), "http://www.w3.org/2000/svg", "")
		if strings.Contains(text, "http://") || strings.Contains(text, "https://") || strings.Contains(text, "innerHTML") {
			t.Errorf("%s names a foreign address or makes markup of text", name)
		}
		if lines := strings.Count(text, "\n"); strings.HasSuffix(name, ".js") && lines > 300 {
			t.Errorf("%s has %d lines", name, lines)
		}
	}
}

func TestPageState(t *testing.T) {
	a := serve(t)
	base := pageOf(t, a)
	a.sent(bob, "for Bob")
	a.sent(hall, "for all", "message_thread_id", deploys)
	state := func(user string) pageSnapshot {
		answered, err := http.Get(base + "/state?user=" + user)
		if err != nil {
			t.Fatal(err)
		}
		defer answered.Body.Close()
		var s pageSnapshot
		if err := json.NewDecoder(answered.Body).Decode(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := state("1002")
	var rooms []string
	for _, r := range s.Rooms {
		rooms = append(rooms, r.Title)
	}
	if s.Me.Name != "Bob" || s.Me.Hint != "viewer" || len(s.Users) != 3 || strings.Join(rooms, " ") != "Vigie other_bot Crew Hall" {
		t.Errorf("Bob sees %+v, %v", s.Me, rooms)
	}
	if got := s.Rooms[0].Messages; len(got) != 1 || got[0].Text != "for Bob" {
		t.Errorf("his messages %+v", got)
	}
	if s := state("nobody"); s.Me.Name != "Ann" || len(s.Rooms[0].Messages) != 0 {
		t.Errorf("a stranger sees %+v", s.Me)
	}
	if state("1003"); a.call("sendMessage", "chat_id", stranger, "text", "x").OK {
		t.Error("looking at the page started the bot for Eve")
	}
}

func TestPageEvents(t *testing.T) {
	a := serve(t)
	base := pageOf(t, a)
	a.sent(bob, "before")
	a.mu.Lock()
	from := a.events.last
	a.mu.Unlock()
	answered, err := http.Get(base + "/events?user=1001&after=0")
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	a.sent(bob, "secret")
	a.sent(ann, "hello")
	m := a.sent(ann, "x", "reply_markup", keyboard("A", "a"))
	tap, err := a.Tap(ann, ann, m.MessageID, "A")
	if err != nil {
		t.Fatal(err)
	}
	other, err := a.TapData(bob, bob, 1, "b")
	if err != nil {
		t.Fatal(err)
	}
	a.call("answerCallbackQuery", "callback_query_id", other.ID, "text", "secret")
	a.call("answerCallbackQuery", "callback_query_id", tap.ID, "text", "done")
	var got []string
	lines := bufio.NewScanner(answered.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		if e.Kind != "chats" {
			text := e.Text
			if e.Message != nil {
				text = e.Message.Text
			}
			got = append(got, e.Kind+":"+text)
		}
		if e.Kind == "answer" {
			break
		}
	}
	if strings.Join(got, " ") != "message:hello message:x answer:done" {
		t.Errorf("Ann's page is told %v", got)
	}
	if from == 0 {
		t.Error("nothing was counted before")
	}
}

func TestPageAsksForAReloadWhenItMissedSomething(t *testing.T) {
	a := serve(t)
	a.mu.Lock()
	defer a.mu.Unlock()
	if got := string(a.eventsFor(ann, a.events.last+5)); !strings.Contains(got, `{"kind":"reload"}`) {
		t.Errorf("after a restart: %q", got)
	}
	for range loggedEvents + 1 {
		a.publish(event{Kind: "chats"})
	}
	if got := string(a.eventsFor(ann, 1)); !strings.Contains(got, `{"kind":"reload"}`) {
		t.Errorf("after a long absence: %.80q", got)
	}
}

func TestPageFiles(t *testing.T) {
	a := serve(t)
	base := pageOf(t, a)
	document := into[Message](t, a.upload("sendDocument", "document", "é\"<.html", []byte("<script>1</script>"), args{"chat_id": ann})).Document
	photo := into[Message](t, a.upload("sendPhoto", "photo", "p.png", pngOf(t, 8, 8), args{"chat_id": ann})).Photo[0]
	for _, row := range []struct{ query, kind, disposition string }{
		{document.FileID + "&show=1", "application/octet-stream", `attachment; filename*=UTF-8''%C3%A9%22%3C.html`},
		{photo.FileID + "&show=1", "image/png", ""},
		{photo.FileID, "application/octet-stream", `attachment; filename*=UTF-8''p.png`},
	} {
		answered, err := http.Get(base + "/file?id=" + row.query)
		if err != nil {
			t.Fatal(err)
		}
		answered.Body.Close()
		h := answered.Header
		if h.Get("Content-Type") != row.kind || h.Get("Content-Disposition") != row.disposition || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", row.query, h)
		}
	}
}

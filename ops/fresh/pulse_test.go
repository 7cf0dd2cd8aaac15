package fresh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

const pushToken = "Zx81pushTokenThatNobodySees"

// What comes back from where our pulse goes: Uptime Kuma's answers, healthchecks.io's, a proxy's; and nothing of the
// address in what is said about it.
func TestPulse(t *testing.T) {
	for _, c := range []struct {
		path, body string
		code       int
		kind       string
		severity   ops.Severity
		says       string
	}{
		{"/api/push/" + pushToken, `{"ok":true}`, 200, "", "", ""},
		{"/api/push/" + pushToken + "?status=up&msg=OK&ping=", `{"ok":true}`, 200, "", "", ""},
		{"/api/push/" + pushToken, `{"ok":false,"msg":"Monitor not found or not active."}`, 404, unheard, ops.Warning, "knows no such monitor, or it is paused (404)"},
		{"/api/push/" + pushToken, `{"ok":false}`, 200, unheard, ops.Warning, "knows no such monitor, or it is paused (200)"},
		{"/" + pushToken, "OK", 200, "", "", ""},
		{"/" + pushToken, "OK (not found)", 404, unheard, ops.Warning, "(404)"},
		{"/" + pushToken, "", 403, unheard, ops.Warning, "refuses it (403)"},
		{"/" + pushToken, "", 429, unheard, ops.Notice, "answers 429"},
		{"/" + pushToken, "<html>502 Bad Gateway", 502, unheard, ops.Notice, "answers 502"},
		{"/" + pushToken, "", 301, unheard, ops.Warning, "sends me elsewhere (301)"},
	} {
		var asked []string
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Method+" "+r.URL.String())
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.code)
			fmt.Fprint(w, c.body)
		}))
		s, err := New(Options{Pulse: Pulse{URL: opstest.Secret(web.URL + c.path)}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s.pulsed.kind, s.pulsed.why, s.pulsed.grave = s.pulse(t.Context())
		}
		web.Close()
		if s.pulsed.kind != c.kind || !strings.Contains(s.pulsed.why.En, c.says) || strings.Contains(fmt.Sprintf("%+v", s.pulsed), pushToken) {
			t.Errorf("%s %d %s: %+v", c.path, c.code, c.body, s.pulsed)
		}
		if list := s.pulsed.troubles(); len(list) != min(1, len(c.kind)) || c.kind != "" && (list[0].Severity != c.severity || list[0].Subject != "pulse:ours" || list[0].Wait != 5*time.Minute) {
			t.Errorf("%s %d: %+v", c.path, c.code, list)
		}
		want := "GET " + c.path
		if strings.HasPrefix(c.path, "/api/push/") {
			want = "GET /api/push/" + pushToken + "?msg=OK&ping=&status=up"
		}
		if len(asked) != 2 || asked[0] != want {
			t.Errorf("asked %q, want %q", asked, want)
		}
		if timed := regexp.MustCompile(`ping=\d+&`).MatchString(asked[1]); timed != (c.kind == "" && strings.HasPrefix(c.path, "/api/push/")) {
			t.Errorf("then asked %q", asked[1])
		}
	}
}

// What net/http says when it gets no answer holds the address; what we say does not.
func TestPulseUnreachable(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	torn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.Close()
	}))
	defer torn.Close()
	private := httptest.NewUnstartedServer(nil)
	private.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of what is tested
	private.StartTLS()
	defer private.Close()
	hangs := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer silent.Close()
	defer close(hangs)
	for base, want := range map[string]string{
		gone.URL: "refuses the connection", torn.URL: "cannot be reached", private.URL: "the certificate of 127.0.0.1 is not good",
		"http://no-such-host.invalid": "the name no-such-host.invalid is not found", silent.URL: "does not answer within 10 s",
	} {
		s, err := New(Options{Pulse: Pulse{URL: opstest.Secret(base + "/api/push/" + pushToken)}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), map[bool]time.Duration{true: 200 * time.Millisecond, false: 10 * time.Second}[base == silent.URL])
		kind, why, grave := s.pulse(ctx)
		cancel()
		if kind != unheard || grave || !strings.Contains(ops.Unmark(why.En), want) || strings.Contains(why.En+why.Fr, pushToken) {
			t.Errorf("%s: %s %q %v, want %q", base, kind, why, grave, want)
		}
	}
}

// answers is a server without a network, so that its time is the bubble's.
type answers struct {
	mu  sync.Mutex // guards what follows
	at  []time.Time
	err error
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Now())
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
}

func (a *answers) set(err error) (asked int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
	return len(a.at)
}

func TestPulseBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards sick
		var sick error
		s, err := New(Options{Pulse: Pulse{URL: opstest.Secret("https://hc.example.org/" + pushToken), Every: 30 * time.Second, Healthy: func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			return sick
		}}})
		if err != nil {
			t.Fatal(err)
		}
		web := &answers{}
		s.client.Transport = web
		w, _ := run(t, s)
		time.Sleep(10*time.Minute + time.Second)
		w.want(t)
		if n := web.set(errors.New("dial https://hc.example.org/" + pushToken)); n != 21 {
			t.Errorf("%d pulses in ten minutes", n)
		}
		time.Sleep(10 * time.Minute)
		w.want(t, "pulse:ours unheard notice: my own heartbeat does not arrive: hc.example.org cannot be reached")
		if n := web.set(nil); n != 41 {
			t.Errorf("%d pulses in twenty minutes: it is hurried", n)
		}
		if at := time.Since(w.Trouble("pulse:ours unheard").At); at < 9*time.Minute {
			t.Errorf("since %s", at)
		}
		if lines, err := ask(t, s, ops.English, ""); err != nil || !strings.HasPrefix(lines[0], "🟠 my own heartbeat does not arrive") {
			t.Errorf("%q %v", lines, err)
		}
		mu.Lock()
		sick = ops.Fail(ops.Unavailable, ops.T("Telegram does not answer", "Telegram ne répond pas"), nil)
		mu.Unlock()
		time.Sleep(10 * time.Minute)
		w.want(t, "pulse:ours held warning: I hold my own heartbeat back: Telegram does not answer")
		if n := web.set(nil); n != 41 {
			t.Errorf("%d pulses: it is sent while not well", n)
		}
		mu.Lock()
		sick = nil
		mu.Unlock()
		time.Sleep(time.Minute)
		if w.want(t); !slices.Contains(w.Over(), "pulse:ours held: my own heartbeat arrives again") {
			t.Errorf("%q", w.Over())
		}
		if lines, err := ask(t, s, ops.French, ""); err != nil || lines[0] != "🟢 mon propre battement est arrivé il y a 1 s" {
			t.Errorf("%q %v", lines, err)
		}
	})
}

package llm

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/data"
	"vigie/llm/script"
	"vigie/ops"
	"vigie/ops/docker"
)

func open(t *testing.T) *data.Store {
	t.Helper()
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// ask is a client of a scripted model, whose first alias is "first" and whose second is "second".
func newClient(t *testing.T, s *script.Server, change func(*Options)) *Client {
	t.Helper()
	o := Options{BaseURL: "http://litellm/v1", Key: s.Key, Models: []string{"first", "second"}, DailyUSD: 1, InUSD: 1, OutUSD: 5, Transport: s}
	if change != nil {
		change(&o)
	}
	if o.Store == nil {
		store := open(t)
		t.Cleanup(func() { _ = store.Close() })
		o.Store = store
	}
	return NewClient(o)
}

var tools = NewToolbox(docker.Bind(nil).Ops, map[string][]string{"service": {"n8n", "grafana", "postgresql"}})

func asked(words string) Question {
	return Question{Words: FreshWords(words), Tools: tools, Lang: ops.English}
}

// TestFailures: each way in which no answer comes is told apart, and the next model is asked where that can help.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		why     Why
		line    script.Line
		another bool
	}{
		{Limited, script.Line{Status: 429, Type: "throttling_error", Message: "litellm.RateLimitError: slow down"}, true},
		{Budget, script.Line{Status: 429, Type: "budget_exceeded", Message: "Budget has been exceeded!"}, false},
		{Budget, script.Line{Status: 400, Type: "budget_exceeded", Message: "ExceededBudget"}, false},
		{Budget, script.Line{Status: 429, Type: "None", Message: "No deployments available - crossed budget"}, false},
		{NoCredit, script.Line{Status: 402, Message: "Payment Required"}, true},
		{NoCredit, script.Line{Status: 400, Message: "OpenrouterException - Insufficient credits"}, true},
		{BadKey, script.Line{Status: 401, Type: "auth_error", Message: "Authentication Error"}, false},
		{BadKey, script.Line{Status: 400, Type: "no_db_connection", Message: "No connected db."}, false},
		{TooLong, script.Line{Status: 400, Message: "litellm.ContextWindowExceededError: too much"}, true},
		{Unwilling, script.Line{Status: 400, Message: "Exception: content_filter_policy"}, true},
		{NoModel, script.Line{Status: 400, Type: "None", Message: "{'error': 'Invalid model name passed in model=x'}"}, true},
		{Down, script.Line{Status: 503, Type: "no_db_connection", Message: "DB not connected"}, true},
		{Down, script.Line{Status: 500, Message: "litellm.InternalServerError"}, true},
		{Slow, script.Line{Status: 408, Message: "litellm.Timeout"}, true},
		{Garbled, script.Line{Raw: "<html>nginx</html>"}, true},
		{Garbled, script.Line{Raw: `{"choices":[]}`}, true},
		{Garbled, script.Line{}, false}, // an answer that says nothing and calls nothing was an answer
	} {
		s := script.Handler(map[string][]script.Line{"first": {c.line}, "second": {{Calls: []script.Call{{Name: "docker-status", Arguments: "{}"}}}}})
		h, err := newClient(t, s, nil).Understand(t.Context(), asked("how is everything"))
		if c.another != (err == nil && len(h.Asks()) == 1) {
			t.Errorf("%s: with another model: %v, %v", c.why, h.asks, err)
		}
		_, err = newClient(t, s, func(o *Options) { o.Models = o.Models[:1] }).Understand(t.Context(), asked("how is everything"))
		if WhyOf(err) != c.why {
			t.Errorf("%+v is %q, not %q (%v)", c.line, WhyOf(err), c.why, err)
		}
		if say := SayOf(err); say.En == "" || say.Fr == "" {
			t.Errorf("%s: nothing is said of it", c.why)
		}
	}
}

// TestTooSlow: nobody waits longer than was said, and a proxy that is down three times is left alone for a minute.
func TestTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script.Handler(map[string][]script.Line{"first": {{Says: "late", Wait: time.Hour}}})
		store := open(t)
		defer store.Close()
		c := newClient(t, s, func(o *Options) { o.Models, o.Timeout, o.Store = o.Models[:1], 10*time.Second, store })
		began := time.Now()
		for range 3 {
			if _, err := c.Understand(context.Background(), asked("how is everything")); WhyOf(err) != Slow {
				t.Fatalf("got %v", err)
			}
		}
		if d := time.Since(began); d > 31*time.Second {
			t.Errorf("it took %s", d)
		}
		before := len(s.Heard())
		if _, err := c.Understand(context.Background(), asked("how is everything")); WhyOf(err) != Resting || len(s.Heard()) != before {
			t.Errorf("it is asked again at once: %v", err)
		}
		s.Say("first", script.Line{Calls: []script.Call{{Name: "docker-status"}}})
		time.Sleep(time.Minute + time.Second)
		if _, err := c.Understand(context.Background(), asked("how is everything")); err != nil {
			t.Errorf("after a minute: %v", err)
		}
	})
}

// TestLateIsNotFree: a question that was sent and never answered may have cost what it could at most; one that was turned down, or
// never arrived, did not.
func TestLateIsNotFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script.Handler(map[string][]script.Line{"first": {{Says: "late", Wait: time.Hour}}, "second": {{Status: 429, Type: "throttling_error", Message: "slow down"}}})
		store := open(t)
		defer store.Close()
		c := newClient(t, s, func(o *Options) { o.Models, o.Store = o.Models[1:], store })
		ask := func() (spent float64) {
			if _, err := c.Understand(context.Background(), asked("how is everything")); err == nil {
				t.Fatal("it answered")
			}
			spent, err := c.purse.pay(context.Background(), 0)
			if err != nil {
				t.Fatal(err)
			}
			return spent
		}
		if usd := ask(); usd != 0 {
			t.Errorf("turned down, it cost %v", usd)
		}
		c.o.Models = []string{"first"}
		one := ask()
		if two := ask(); one < c.price(0, c.o.MaxTokens) || two < 1.9*one {
			t.Errorf("late, it cost %v, then %v", one, two)
		}
	})
}

// TestPurse: what was spent today is known after a restart, what could cost too much is not asked, and tomorrow is another day.
func TestPurse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := script.Handler(map[string][]script.Line{"first": {{Says: "All is well.", Cost: 0.4}}})
		store := open(t)
		defer store.Close()
		fresh := func() *Client { return newClient(t, s, func(o *Options) { o.Models, o.Store = o.Models[:1], store }) }
		for range 2 {
			if h, err := fresh().Understand(context.Background(), asked("hello")); err != nil || h.Cost.USD != 0.4 {
				t.Fatalf("got %+v, %v", h.Cost, err)
			}
		}
		h, err := fresh().Understand(context.Background(), asked("hello"))
		if err != nil || h.Cost.Today < 1.19 {
			t.Errorf("got %+v, %v", h.Cost, err)
		}
		before := len(s.Heard())
		if _, err := fresh().Understand(context.Background(), asked("hello")); WhyOf(err) != Spent || len(s.Heard()) != before {
			t.Errorf("over the budget: %v", err)
		}
		time.Sleep(24 * time.Hour)
		if _, err := fresh().Understand(context.Background(), asked("hello")); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

// TestPurseHolds: what is under way counts as spent until it is known.
func TestPurseHolds(t *testing.T) {
	store := open(t)
	defer store.Close()
	p := purse{store: store, daily: 1}
	release, err := p.hold(t.Context(), 0.6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.hold(t.Context(), 0.6); WhyOf(err) != Spent {
		t.Errorf("twice 0.60 of 1.00: %v", err)
	}
	release()
	if _, err := p.hold(t.Context(), 0.6); err != nil {
		t.Error(err)
	}
}

// TestCostIsNeverNothing: where the proxy does not tell what an answer cost, it is reckoned, also for a stream that broke off.
func TestCostIsNeverNothing(t *testing.T) {
	s := script.New(map[string][]script.Line{"first": {{Says: "All is well, as far as I can see."}}, "second": {{Says: "one two three four", Torn: true}}})
	defer s.Close()
	c := newClient(t, s, func(o *Options) { o.BaseURL, o.Transport, o.Models = s.URL, nil, o.Models[:1] })
	h, err := c.Understand(t.Context(), asked("hello"))
	if want := (10*1 + 20*5) / 1e6; err != nil || h.Cost.USD != want {
		t.Errorf("got %+v, %v; want %v", h.Cost, err, want)
	}
	c.o.Models = []string{"second"}
	before := h.Cost.Today
	if _, err := c.Explain(t.Context(), Case{Subject: "n8n", Tools: tools}, func(string) {}); WhyOf(err) == "" {
		t.Errorf("a torn stream is an answer: %v", err)
	}
	if after, err := c.purse.pay(t.Context(), 0); err != nil || after <= before {
		t.Errorf("a torn stream costs nothing: %v, %v", after, err)
	}
}

// TestNoSecretInAPrompt puts a secret into everything that a request is made of.
func TestNoSecretInAPrompt(t *testing.T) {
	const secret = "hunter2-of-the-stack"
	for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), "POSTGRES_PASSWORD=" + "whatever-it-is", "postgres://n8n:p4ssw0rd-x@db/n8n", "Bearer abcdefghijklmnop"} {
		s := script.Handler(map[string][]script.Line{"first": {{Calls: []script.Call{{Name: "docker-logs", Arguments: `{"service":"n8n"}`}}}, {Says: "ok"}}})
		c := newClient(t, s, func(o *Options) { o.Redact = ops.NewRedactor(secret).Redact })
		if _, err := c.Understand(t.Context(), Question{Words: FreshWords("restart n8n " + form), Tools: NewToolbox(docker.Bind(nil).Ops, map[string][]string{"service": {"n8n", secret}}), Last: form}); err != nil {
			t.Fatal(err)
		}
		s.Say("first", script.Line{Calls: []script.Call{{Name: "docker-logs", Arguments: `{"service":"n8n"}`}}}, script.Line{Says: "ok"})
		_, err := c.Explain(t.Context(), Case{Subject: form, Verdict: form, Evidence: []Evidence{{form, form}}, Tools: tools,
			Look: func(context.Context, ops.Ask) (Evidence, error) { return Evidence{form, "log: " + form}, nil }}, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Heard()) != 3 {
			t.Fatalf("%d requests", len(s.Heard()))
		}
		for _, r := range s.Heard() {
			for _, word := range []string{secret, "whatever-it-is", "p4ssw0rd-x", "abcdefghijklmnop", base64.StdEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(r.Body, word) {
					t.Errorf("%q is in a prompt:\n%s", word, r.Body)
				}
			}
			if !strings.Contains(r.Body, `"no-cache":true`) || !strings.Contains(r.Body, `"no-store":true`) {
				t.Errorf("an old answer would do:\n%s", r.Body)
			}
		}
	}
}

// TestNoRedactorIsNoHole: a client that was given no redactor still hides what looks like a secret.
func TestNoRedactorIsNoHole(t *testing.T) {
	s := script.Handler(map[string][]script.Line{"first": {{Says: "no"}}})
	if _, err := newClient(t, s, func(o *Options) { o.Redact = nil }).Understand(t.Context(), asked("DB_PASSWORD=correct-horse-battery")); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Heard() {
		if text := fmt.Sprintf("%+v", r); strings.Contains(text, "correct-horse") || !strings.Contains(text, ops.Hidden) {
			t.Errorf("it was asked %s", text)
		}
	}
}

// Package realtest holds the stand-in for LiteLLM and a real LiteLLM proxy, which scripts/litellm.sh installs, to the same wire. The
// proxy has no model: it says what its configuration says.
package realtest

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/llm"
	"vigie/llm/script"
	"vigie/ops"
	"vigie/ops/docker"
)

// A proxy is one that has the models of this suite.
type proxy struct{ url, key string }

// The models, by alias, as the stand-in says them. proxy_test.go has the same for the real one.
func scripted() map[string][]script.Line {
	return map[string][]script.Line{
		"says":     {{Says: "All is well with n8n."}},
		"calls":    {{Calls: []script.Call{{Name: "docker-restart", Arguments: `{"service":"n8n"}`}}}},
		"shell":    {{Calls: []script.Call{{Name: "docker-restart", Arguments: `{"service":"n8n","command":"rm -rf /"}`}}}},
		"nonsense": {{Calls: []script.Call{{Name: "docker-restart", Arguments: `{"service":`}}}},
		"stranger": {{Calls: []script.Call{{Name: "docker-exec", Arguments: `{}`}}}},
		"limited":  {{Status: 429, Type: "throttling_error", Message: "litellm.RateLimitError: this is a mock rate limit error"}},
		"broken":   {{Status: 500, Message: "litellm.InternalServerError: this is a mock internal server error"}},
		"toolong":  {{Status: 400, Message: "litellm.ContextWindowExceededError: litellm.BadRequestError: this is a mock context window exceeded error"}},
		"filtered": {{Status: 400, Message: "litellm.BadRequestError: OpenAIException - litellm.MockException: Exception: content_filter_policy"}},
		"torn":     {{Status: 529, Message: "litellm.APIError: APIError: OpenAIException - litellm.MockException: This is a mock error raised mid-stream"}},
		"slow":     {{Says: "late", Wait: 20 * time.Second}},
	}
}

var tools = llm.NewToolbox(docker.Bind(nil).Ops, map[string][]string{"service": {"n8n"}})

func (p proxy) client(t *testing.T, change func(*llm.Options), models ...string) *llm.Client {
	t.Helper()
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	o := llm.Options{BaseURL: p.url, Key: p.key, Models: models, DailyUSD: 1, InUSD: 1, OutUSD: 5, Store: store, Redact: ops.NewRedactor("sk-secret-of-mine").Redact}
	if change != nil {
		change(&o)
	}
	return llm.NewClient(o)
}

func (p proxy) understand(t *testing.T, change func(*llm.Options), models ...string) (llm.Heard, error) {
	t.Helper()
	return p.client(t, change, models...).Understand(t.Context(), llm.Question{Words: llm.FreshWords("restart n8n"), Tools: tools, Lang: ops.English})
}

func (p proxy) explain(t *testing.T, models ...string) (llm.Explained, []string, error) {
	t.Helper()
	var parts []string
	got, err := p.client(t, nil, models...).Explain(t.Context(), llm.Case{Subject: "n8n", Verdict: "crash loop", Tools: tools,
		Look: func(context.Context, ops.Ask) (llm.Evidence, error) { return llm.Evidence{Source: "x", Text: "y"}, nil }}, func(s string) { parts = append(parts, s) })
	return got, parts, err
}

// suite is what both must pass.
func suite(t *testing.T, p proxy) {
	h, err := p.understand(t, nil, "calls")
	if err != nil || len(h.Asks()) != 1 || h.Asks()[0].Op != "docker.restart" || h.Asks()[0].Args["service"] != "n8n" {
		t.Errorf("a call: %+v, %v", h.Asks(), err)
	}
	if h.Cost.Model != "calls" || h.Cost.In != 10 || h.Cost.Out != 20 || h.Cost.USD <= 0 || h.Cost.Today != h.Cost.USD {
		t.Errorf("what it cost: %+v", h.Cost)
	}
	if h, err := p.understand(t, nil, "says"); err != nil || h.Says != "All is well with n8n." || len(h.Asks()) != 0 {
		t.Errorf("prose instead of a call: %+v, %v", h, err)
	}
	for _, model := range []string{"shell", "nonsense", "stranger"} {
		if h, err := p.understand(t, nil, model); llm.WhyOf(err) != llm.Garbled || len(h.Asks()) != 0 || h.Cost.USD <= 0 {
			t.Errorf("%s: %+v, %v", model, h, err)
		}
	}
	for model, why := range map[string]llm.Why{"limited": llm.Limited, "broken": llm.Down, "toolong": llm.TooLong, "filtered": llm.Unwilling, "torn": llm.Down, "nosuch": llm.NoModel} {
		if _, err := p.understand(t, nil, model); llm.WhyOf(err) != why {
			t.Errorf("%s: %q, not %q (%v)", model, llm.WhyOf(err), why, err)
		}
		if h, err := p.understand(t, nil, model, "calls"); err != nil || len(h.Asks()) != 1 || h.Cost.Model != "calls" {
			t.Errorf("%s, then another: %+v, %v", model, h, err)
		}
		if _, _, err := p.explain(t, model); llm.WhyOf(err) != why {
			t.Errorf("%s, streamed: %q, not %q (%v)", model, llm.WhyOf(err), why, err)
		}
	}
	if _, err := p.understand(t, func(o *llm.Options) { o.Key = "sk-another-key-1" }, "calls"); llm.WhyOf(err) != llm.BadKey {
		t.Errorf("a wrong key: %v", err)
	}
	if _, err := p.understand(t, func(o *llm.Options) { o.Timeout = 500 * time.Millisecond }, "slow"); llm.WhyOf(err) != llm.Slow {
		t.Errorf("too slow: %v", err)
	}
	got, parts, err := p.explain(t, "says")
	if err != nil || got.Says != "All is well with n8n." || len(parts) < 3 || !strings.HasPrefix(got.Says, parts[0]) || got.Cost.Out == 0 || got.Cost.USD <= 0 {
		t.Errorf("streamed words: %+v in %d parts, %v", got, len(parts), err)
	}
}

func TestScript(t *testing.T) {
	s := script.New(scripted())
	defer s.Close()
	suite(t, proxy{s.URL, s.Key})
}

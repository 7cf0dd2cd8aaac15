package models

import (
	"testing"

	"vigie/ops/models/modelstest"
	"vigie/ops/opstest"
)

// The stand-in and a real LiteLLM say the same of all that a proxy without a database can do.
func TestConformance(t *testing.T) {
	for what, start := range map[string]func(*testing.T) string{
		"stand-in": func(t *testing.T) string { return modelstest.Start(t).URL },
		"LiteLLM":  modelstest.Real,
	} {
		t.Run(what, func(t *testing.T) {
			url := start(t)
			w := newWorld(t, url)
			opstest.Holds(t, w.look("models.list"), "🟢 2 models in 2 deployments · 0 set in the UI", "| glm-5 | openai/glm-5 | 1 · 3 | config, eco", "| broken | openai/broken | – | config", "free, or without a price: 1")

			plan, end := w.do("models.test", "model", "glm-5")
			opstest.Holds(t, end, "done", "answered in", "30 tokens · 0.00007 $")
			opstest.Holds(t, plan.Costs[0].En, "one real call: at most 0.000135 $")
			_, end = w.do("models.test", "model", "broken") // its fallback must not answer for it
			opstest.Holds(t, end, "failed", "broken does not answer now: too many requests (429)", "this is a mock rate limit error")

			// Each way in which it says that it has no database.
			for op, args := range map[string][]string{"models.block": {"key", "n8n"}, "models.add": {"alias", "x", "model", "openai/x"}} {
				_, end := w.do(op, args...)
				opstest.Holds(t, end, "this LiteLLM has no database")
			}
			for path, body := range map[string]any{
				"/model/new":    map[string]any{"model_name": "x", "litellm_params": map[string]string{"model": "openai/x"}, "model_info": map[string]string{"id": "vigie-1"}},
				"/model/delete": map[string]string{"id": "vigie-1"},
			} {
				if err := w.done(t.Context(), path, body); err == nil {
					t.Errorf("%s: no error", path)
				} else {
					opstest.Holds(t, err.Error(), "this LiteLLM has no database")
				}
			}
			if err := w.done(t.Context(), "/key/block", map[string]string{"key": "abc"}); err == nil {
				t.Error("/key/block: no error")
			} else {
				opstest.Holds(t, err.Error(), "LiteLLM fails (500)")
			}
			if got, err := w.post(t.Context(), "/v1/chat/completions", map[string]any{"model": "nope", "max_tokens": 5, "disable_fallbacks": true,
				"cache": map[string]bool{"no-cache": true, "no-store": true}, "messages": []map[string]string{{"role": "user", "content": "x"}}}, probeTime); err != nil || got.code != 400 {
				t.Errorf("an unknown model: %d %v", got.code, err)
			}
		})
	}
}

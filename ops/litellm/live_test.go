package litellm

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/litellm/litellmtest"
)

// today is a moment of this UTC day, so many hours ago; tests that run just after midnight still mean today.
func hoursAgo(n float64) time.Time { return time.Now().Add(-time.Duration(n * float64(time.Hour))) }

func TestCosts(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	b.exec(`INSERT INTO "LiteLLM_VerificationToken" (token, key_alias) VALUES ('` + keyHash(2) + `', 'n8n')`)
	now := time.Now()
	b.write(
		call{at: now, usd: 2.10, tags: `["openclaw", "User-Agent: x"]`},
		call{at: now, usd: 1.31, alias: "claude-haiku", model: "openrouter/anthropic/claude-haiku", key: keyHash(2)},
		call{at: now, usd: 0.55, provider: "openai", alias: "gpt", model: "gpt-5", tags: `["openclaw"]`},
		call{at: now.Add(-30 * 24 * time.Hour), usd: 50},
		call{at: now.Add(-6 * 24 * time.Hour), usd: 6},
	)
	s := b.system(Options{})
	text := mustAsk(t, s, "litellm.costs")
	holds(t, text, "🟢 3.96 $ spent today", "| openrouter | 3.41 $ | ▇▇▇▇░ 86 %", "| openai | 0.55 $ | ▇░░░░ 14 %", "3 calls, 300 tokens", "(image/png)")
	holds(t, mustAsk(t, s, "litellm.costs", "by", "model"), "| glm-5 | 2.10 $", "| claude-haiku | 1.31 $", "| gpt | 0.55 $")
	holds(t, mustAsk(t, s, "litellm.costs", "by", "key"), "| key 00000000 | 2.65 $", "| n8n | 1.31 $")
	holds(t, mustAsk(t, s, "litellm.costs", "by", "tag"), "| openclaw | 2.65 $", "| User-Agent: x | 2.10 $", "| no tag | 1.31 $", "several tags")
	holds(t, mustAsk(t, s, "litellm.costs", "period", "7d"), "9.96 $ spent in 7 days")
	holds(t, mustAsk(t, s, "litellm.costs", "period", "30d"), "9.96 $ spent in 30 days") // the 30th day before today is the 31st

	a, err := ask(t, s, ops.French, "litellm.costs", "by", "tag")
	if err != nil {
		t.Fatal(err)
	}
	holds(t, shown(a, ops.French), "3.96 $ dépensés aujourd’hui", "| sans étiquette |", "3 appels, 300 jetons", "étiquettes compte sous chacune")
	for _, block := range a.Blocks {
		if block.File == nil {
			continue
		}
		picture, err := png.Decode(bytes.NewReader(block.File.Data))
		if err != nil || picture.Bounds().Dx() >= picture.Bounds().Dy() || len(block.File.Data) > 200_000 {
			t.Errorf("a picture of %v in %d bytes: %v", picture.Bounds(), len(block.File.Data), err)
		}
	}
	if len(a.Buttons) != 2 || len(a.Buttons[0]) != 3 || len(a.Buttons[1]) != 4 {
		t.Errorf("buttons: %+v", a.Buttons)
	}
}

func TestNothingSpent(t *testing.T) {
	s := newBase(t, litellmtest.Schema).system(Options{})
	for _, by := range []string{"provider", "model", "key", "tag"} {
		holds(t, mustAsk(t, s, "litellm.costs", "by", by), "⚪ no call today, nothing spent")
	}
	holds(t, mustAsk(t, s, "litellm.parasites"), "🟢 no health check of LiteLLM's in 24 h")
	holds(t, mustAsk(t, s, "litellm.budget"), "⚪ no budget is known; 0.00 $ spent today")
}

// Health checks are found by any of the places that LiteLLM marks them in, and nothing else is taken for one.
func TestParasites(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	now := time.Now()
	b.write(
		call{at: now, usd: 0.02, alias: "by-tag", tags: `["` + healthName + `"]`},
		call{at: now, usd: 0.02, alias: "by-team", team: healthName},
		call{at: now, usd: 0.02, alias: "by-key", key: healthName},
		call{at: now, usd: 0.02, alias: "by-metadata", key: "x", metadata: `{"user_api_key_alias": "` + healthName + `"}`},
		call{at: now, usd: 1, alias: "a user's tag", tags: `["health", "User-Agent: healthbot"]`},
		call{at: now, usd: 1, alias: "tags that are no list", tags: `{"` + healthName + `x": 1}`},
	)
	s := b.system(Options{})
	text := mustAsk(t, s, "litellm.parasites")
	holds(t, text, "🟠 health checks: 4 calls, 400 tokens, 0.08 $ in 24 h", "| by-tag | 1 |", "| by-team | 1 |", "| by-key | 1 |", "| by-metadata | 1 |",
		"delete health_check_interval, set background_health_checks: false", "health_check_interval: 0 is no way")
	if strings.Contains(text, "user's") || strings.Contains(text, "no list") {
		t.Errorf("calls are taken for health checks:\n%s", text)
	}
	holds(t, mustAsk(t, s, "litellm.parasites", "period", "7d"), "0.08 $ in 7 days")
	holds(t, mustAsk(t, s, "litellm.costs"), "🟠 0.08 $ of it went to LiteLLM's own health checks")
}

// A call is written when it ends: minutes after its startTime, or hours, where LiteLLM had to hold it back. It is counted once.
func TestLateRows(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	b.write(call{at: time.Now(), usd: 1}, call{at: hoursAgo(30), usd: 1})
	s := b.system(Options{})
	week := func() float64 { return s.book.spent(hoursAgo(7*24), hoursAgo(-2), nil) }
	look := func() {
		t.Helper()
		s.read = time.Time{} // as if it were long enough ago
		if err := s.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.fill(t.Context(), dayOf(time.Now())-dayDays, true, time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if got := week(); got != 2 {
		t.Fatalf("%v spent", got)
	}
	b.write(call{at: hoursAgo(0.5), usd: 10}, call{at: hoursAgo(1.9), usd: 20})
	look()
	look()
	if got := week(); got != 32 {
		t.Errorf("with calls that began before the newest known: %v spent", got)
	}
	b.write(call{at: hoursAgo(20), usd: 100})
	if err := s.hourly(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := week(); got != 132 {
		t.Errorf("with a call that LiteLLM held back for hours: %v spent", got)
	}
}

// LiteLLM prunes its log: what was spent was spent.
func TestPruned(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	b.write(call{at: hoursAgo(5), usd: 1}, call{at: hoursAgo(5), usd: 2}, call{at: hoursAgo(1), usd: 4})
	s := b.system(Options{})
	if err := s.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.fill(t.Context(), dayOf(time.Now())-2, true, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	b.exec(`DELETE FROM "LiteLLM_SpendLogs" WHERE spend IN (1, 4)`)
	s.read = time.Time{}
	if err := s.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.hourly(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.book.spent(hoursAgo(24), hoursAgo(-2), nil); got != 7 {
		t.Errorf("%v spent, want 7", got)
	}
}

// After a start, only what is missing is read: what Kept has is believed, also where LiteLLM has pruned it since.
func TestRestart(t *testing.T) {
	b, kept := newBase(t, litellmtest.Schema), &memory{}
	b.exec(`DROP TABLE "LiteLLM_DailyUserSpend"; DROP TABLE "LiteLLM_DailyTagSpend"`)
	b.exec(`INSERT INTO "LiteLLM_VerificationToken" (token, key_alias) VALUES ('` + keyHash(1) + `', 'n8n')`)
	b.write(call{at: time.Now(), usd: 1}, call{at: hoursAgo(20 * 24), usd: 5}, call{at: hoursAgo(4 * 24), usd: 3})
	all := func(s *System) {
		t.Helper()
		if err := s.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.fill(t.Context(), dayOf(time.Now())-dayDays, true, time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	all(b.system(Options{Kept: kept}))
	if kept.saves == 0 {
		t.Fatal("nothing was saved")
	}
	b.exec(`DELETE FROM "LiteLLM_SpendLogs" WHERE "startTime" < now() AT TIME ZONE 'UTC' - interval '2 days'; DELETE FROM "LiteLLM_VerificationToken"`)
	b.write(call{at: hoursAgo(1.5), usd: 0.5}) // while nobody looked
	s := b.system(Options{Kept: kept})
	all(s)
	if got := s.book.spent(hoursAgo(61*24), hoursAgo(-2), nil); got != 9.5 {
		t.Errorf("%v spent, want 9.5", got)
	}
	holds(t, mustAsk(t, s, "litellm.costs", "period", "30d", "by", "key"), "9.50 $ spent in 30 days", "| n8n | 9.50 $")

	other := newBase(t, litellmtest.Schema).system(Options{Kept: kept})
	all(other)
	if got := other.book.spent(hoursAgo(61*24), hoursAgo(-2), nil); got != 0 {
		t.Errorf("another database is believed to have spent %v", got)
	}
}

// What is older than the log comes from LiteLLM's daily sums; so does everything where LiteLLM keeps no log.
func TestDailySums(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	daily := func(back int, usd float64) {
		b.exec(strings.NewReplacer("BACK", time.Now().UTC().AddDate(0, 0, -back).Format(time.DateOnly), "USD", fmt.Sprint(usd)).Replace(
			`INSERT INTO "LiteLLM_DailyUserSpend" (id, user_id, date, api_key, model, model_group, custom_llm_provider, prompt_tokens, completion_tokens, spend, api_requests)
			VALUES (gen_random_uuid()::text, 'u', 'BACK', 'k', 'm', 'glm-5', 'openrouter', 60, 40, USD, 2);
			INSERT INTO "LiteLLM_DailyTagSpend" (id, tag, date, api_key, spend, api_requests) VALUES (gen_random_uuid()::text, 'n8n', 'BACK', 'k', USD, 2)`))
	}
	daily(0, 1)
	daily(5, 10)
	daily(25, 100)
	daily(45, 1000)
	s := b.system(Options{Daily: map[string]float64{"openrouter": 1.2}})
	holds(t, mustAsk(t, s, "litellm.costs"), "1.00 $ spent today", "2 calls, 100 tokens")
	holds(t, mustAsk(t, s, "litellm.costs", "period", "30d", "by", "tag"), "111.00 $ spent in 30 days", "| n8n | 111.00 $")
	holds(t, mustAsk(t, s, "litellm.budget"), "🟠 openrouter 1.00 of 1.20 $\n", "83 %")

	b.write(call{at: time.Now(), usd: 2}, call{at: hoursAgo(24), usd: 7}) // now it keeps a log, from yesterday on
	s = b.system(Options{})
	holds(t, mustAsk(t, s, "litellm.costs"), "2.00 $ spent today", "1 call, 100 tokens")
	text := mustAsk(t, s, "litellm.costs", "period", "7d")
	holds(t, text, "19.00 $ spent in 7 days") // of yesterday the daily sums know nothing, so the log is asked
}

package litellm

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/litellm/litellmtest"
)

// watched runs a watcher for as long as the test lives, in a bubble: its clock begins at 2000-01-01 00:00 UTC, and stands still
// while the real database is asked.
func watched(t *testing.T, s *System, mark json.RawMessage) *town {
	t.Helper()
	h, done := &town{}, make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { // ended and waited for by the cleanup
		defer close(done)
		s.Watcher().Watch(ctx, mark, h.hear)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return h
}

// every is how often these watchers look: each look asks a real database, and the tests live through days.
const every = 10 * time.Minute

func wait(d time.Duration) {
	time.Sleep(d) // of the bubble's clock
	synctest.Wait()
}

func TestWatchBudget(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	synctest.Test(t, func(t *testing.T) {
		wait(12 * time.Hour)
		s := b.system(Options{Daily: map[string]float64{"openrouter": 5, "openai": 1}, Zone: time.FixedZone("Paris", 3600), Every: every})
		h := watched(t, s, nil)
		wait(every / 2)
		if keys := h.keys(); len(keys) != 0 {
			t.Fatalf("with nothing spent: %v", keys)
		}
		b.write(call{at: time.Now(), usd: 3.6, alias: "glm-5"})
		wait(every)
		tr, ok := h.trouble("budget:openrouter budget")
		if !ok || tr.Severity != ops.Notice || ops.Unmark(tr.Title.En) != "openrouter: 72 % of the budget spent, 3.60 of 5.00 $" || tr.Title.Fr == "" {
			t.Fatalf("at 72 %%: %v %+v", h.keys(), tr)
		}
		holds(t, lines(tr), "most of it: glm-5 3.60")
		since := tr.At
		b.write(call{at: time.Now(), usd: 1, alias: "claude-haiku"})
		wait(every)
		if tr, _ = h.trouble("budget:openrouter budget"); tr.Severity != ops.Warning || !tr.At.Equal(since) {
			t.Errorf("at 92 %%: %+v, first seen %v", tr, since)
		}
		b.write(call{at: time.Now(), usd: 0.5})
		wait(every)
		tr, _ = h.trouble("budget:openrouter budget")
		if tr.Severity != ops.Critical || len(tr.Offers) != 2 || tr.Offers[0].Ask.Op != "litellm.budget" || tr.Offers[1].Ask.Op != "litellm.costs" {
			t.Errorf("at 102 %%: %+v", tr)
		}
		holds(t, lines(tr), "the next UTC day begins at 01:00")
		if keys := h.keys(); !slices.Equal(keys, []string{"budget:openrouter budget"}) {
			t.Errorf("what else is told: %v", keys)
		}
		wait(12 * time.Hour)
		if keys := h.keys(); len(keys) != 0 {
			t.Errorf("on the next day: %v", keys)
		}
	})
}

func TestWatchForecast(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	synctest.Test(t, func(t *testing.T) {
		wait(10*time.Hour + 30*time.Minute)
		for hour := range 10 { // 0.3 $ an hour in 10 calls
			for range 10 {
				b.write(call{at: time.Now().Add(-time.Duration(hour) * time.Hour), usd: 0.03})
			}
		}
		h := watched(t, b.system(Options{Global: 5, Every: every}), nil)
		wait(every / 2)
		tr, ok := h.trouble("budget:global forecast")
		if !ok || tr.Severity != ops.Warning || tr.Wait != 10*time.Minute {
			t.Fatalf("%v %+v", h.keys(), tr)
		}
		holds(t, ops.Unmark(tr.Title.En), "all of LiteLLM: the budget of 5.00 $ is used up at 16:")
		holds(t, lines(tr), "3.00 $ spent (60 %), 0.36 $ an hour", "the day ends at 00:00")
		wait(4 * time.Hour)
		if keys := h.keys(); len(keys) != 0 {
			t.Errorf("after hours without a call: %v", keys)
		}
	})
}

func TestWatchAnomalyAndParasites(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		wait(8*24*time.Hour + 15*time.Hour)
		for d := range 8 {
			b.write(call{at: start.Add(time.Duration(d)*24*time.Hour + 15*time.Hour + 30*time.Minute), usd: 0.2})
		}
		h := watched(t, b.system(Options{HealthChecks: 3, Every: every}), nil)
		wait(every / 2)
		if keys := h.keys(); len(keys) != 0 {
			t.Fatalf("as always: %v", keys)
		}
		b.write(call{at: time.Now(), usd: 2.31, alias: "claude-opus", key: keyHash(9)})
		for range 4 {
			b.write(call{at: time.Now(), key: healthName, tags: `["` + healthName + `"]`})
		}
		wait(every)
		tr, ok := h.trouble("spend:anomaly anomaly")
		if !ok || tr.Severity != ops.Warning || tr.Title.En != "LiteLLM spends more than usual: 2.31 $ since 15:00, usually 0.20 $ in that hour" {
			t.Errorf("%v %+v", h.keys(), tr)
		}
		holds(t, lines(tr), "models: claude-opus 2.31", "keys: key 00000000 2.31")
		tr, ok = h.trouble("litellm:health-checks parasites")
		if !ok || tr.Title.En != "LiteLLM's own health checks: 4 calls, 0.00 $ in 24 h" {
			t.Errorf("%v %+v", h.keys(), tr)
		}
		holds(t, lines(tr), "background_health_checks: false", "up to 4 calls an hour")
		wait(time.Hour)
		if tr, ok = h.trouble("spend:anomaly anomaly"); !ok || tr.Title.En != "LiteLLM spent more than usual: 2.31 $ from 15:00 to 16:00, usually 0.20 $" {
			t.Errorf("in the hour after: %v %+v", h.keys(), tr)
		}
		wait(2 * time.Hour)
		if keys := h.keys(); len(keys) != 0 {
			t.Errorf("when it is over: %v", keys)
		}
	})
}

func TestWatchUnenforced(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(vpai), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		wait(5 * time.Hour)
		h := watched(t, b.system(Options{ConfigFile: path, Every: every}), nil)
		wait(every)
		if keys := h.keys(); !slices.Equal(keys, []string{"budget:global unenforced", "budget:providers unenforced"}) {
			t.Errorf("%v", keys)
		}
		b.write(call{at: time.Now(), usd: 3.3})
		wait(every)
		tr, _ := h.trouble("budget:openrouter budget")
		holds(t, lines(tr), "LiteLLM does not enforce it: calls go on")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		wait(every)
		tr, ok := h.trouble("watch:spend config")
		if !ok || tr.Severity != ops.Notice || tr.Wait != 2*time.Minute {
			t.Errorf("%v", h.keys())
		}
		holds(t, lines(tr), "is not there")
		if _, still := h.trouble("budget:openrouter budget"); !still {
			t.Errorf("with the configuration its budgets are gone: %v", h.keys())
		}
	})
}

// A watcher that cannot see says so, says why, and leaves what it told before.
func TestWatchBlind(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	synctest.Test(t, func(t *testing.T) {
		wait(12 * time.Hour)
		h := watched(t, b.system(Options{Global: 1, Every: every}), nil)
		b.write(call{at: time.Now(), usd: 2})
		wait(every)
		b.exec(`ALTER TABLE "LiteLLM_SpendLogs" RENAME TO elsewhere; ALTER TABLE "LiteLLM_DailyUserSpend" RENAME TO gone`)
		wait(every)
		tr, ok := h.trouble("watch:spend blind")
		if !ok || tr.Severity != ops.Warning || tr.Wait != 2*time.Minute {
			t.Fatalf("%v", h.keys())
		}
		holds(t, lines(tr), "has no table LiteLLM_SpendLogs")
		if _, still := h.trouble("budget:global budget"); !still {
			t.Error("what was wrong is taken back without a look")
		}
		b.exec(`ALTER TABLE elsewhere RENAME TO "LiteLLM_SpendLogs"`)
		wait(every)
		if keys := h.keys(); !slices.Equal(keys, []string{"budget:global budget"}) {
			t.Errorf("after it came back: %v", keys)
		}
		wait(every)
	})
}

// A restart neither raises a budget that hovers below its threshold again, nor forgets since when it is so; a watcher that was
// away for days reads what it missed.
func TestWatchAcrossRestarts(t *testing.T) {
	b, kept := newBase(t, litellmtest.Schema), &memory{}
	synctest.Test(t, func(t *testing.T) {
		wait(12 * time.Hour)
		b.write(call{at: time.Now(), usd: 6}, call{at: time.Now(), usd: 1.1}, call{at: time.Now().Add(-11 * time.Hour), usd: 1})
		s := b.system(Options{Global: 11, Kept: kept, Every: every})
		ctx, cancel := context.WithCancel(context.Background())
		h, done := &town{}, make(chan struct{})
		go func() { defer close(done); s.Watcher().Watch(ctx, nil, h.hear) }()
		wait(95 * time.Minute)
		cancel()
		<-done
		first, ok := h.trouble("budget:global budget")
		if !ok || h.mark == nil || kept.saves < 2 {
			t.Fatalf("%v, mark %s, %d saves", h.keys(), h.mark, kept.saves)
		}
		again := watched(t, b.system(Options{Global: 11.6, Kept: kept, Every: every}), h.mark) // now it is at 69.8 %
		wait(2 * every)
		second, ok := again.trouble("budget:global budget")
		if !ok || !second.At.Equal(first.At) {
			t.Errorf("first %v, then %v", first.At, second.At)
		}
	})
}

func TestWatchAway(t *testing.T) {
	b, kept := newBase(t, litellmtest.Schema), &memory{}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		wait(12 * time.Hour)
		b.write(call{at: time.Now(), usd: 1})
		s := b.system(Options{Kept: kept, Every: every})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); s.Watcher().Watch(ctx, nil, (&town{}).hear) }()
		wait(2 * time.Hour)
		b.exec(`ALTER TABLE "LiteLLM_SpendLogs" RENAME TO elsewhere; ALTER TABLE "LiteLLM_DailyUserSpend" RENAME TO gone`)
		wait(30 * time.Hour)
		b.exec(`ALTER TABLE elsewhere RENAME TO "LiteLLM_SpendLogs"; ALTER TABLE gone RENAME TO "LiteLLM_DailyUserSpend"`)
		for h := 14; h < 44; h++ {
			b.write(call{at: start.Add(time.Duration(h)*time.Hour + time.Minute), usd: 0.5})
		}
		wait(2 * every)
		cancel()
		<-done
		if got := s.book.spent(start, time.Now().Add(time.Hour), nil); got != 16 {
			t.Errorf("%v spent, want 16", got)
		}
	})
}

// As long as nothing changes that matters, the words stay the same: nobody's message is edited for a cent.
func TestSteadyWords(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	synctest.Test(t, func(t *testing.T) {
		wait(12 * time.Hour)
		b.write(call{at: time.Now(), usd: 7.51})
		h := watched(t, b.system(Options{Global: 10, Every: every}), nil)
		wait(every / 2)
		before, ok := h.trouble("budget:global budget")
		b.write(call{at: time.Now(), usd: 0.02})
		wait(2 * every)
		if after, _ := h.trouble("budget:global budget"); !ok || after.Title != before.Title || lines(after) != lines(before) {
			t.Errorf("%q became %q", before.Title.En, after.Title.En)
		}
		b.write(call{at: time.Now(), usd: 0.1})
		wait(every)
		if after, _ := h.trouble("budget:global budget"); after.Title == before.Title {
			t.Errorf("after a percent more: %q", after.Title.En)
		}
	})
}

func lines(t ops.Trouble) string {
	var all []string
	for _, l := range t.Lines {
		all = append(all, ops.Unmark(l.En))
		if l.Fr == "" {
			all = append(all, "(no French)")
		}
	}
	return strings.Join(all, "\n")
}

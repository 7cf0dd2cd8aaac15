package litellm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
)

// vpai is how a real stack has it: both budgets stand where LiteLLM does not look.
const vpai = `
model_list:
  - model_name: claude-opus
    litellm_params: {model: openrouter/anthropic/claude-opus, api_key: os.environ/OPENROUTER_API_KEY, max_budget: 3, budget_duration: 1d}
router_settings:
  routing_strategy: usage-based-routing-v2
litellm_settings:
  drop_params: true
  provider_budget_config:
    anthropic: {budget_limit: 0.75, time_period: 1d}
    openrouter:
      budget_limit: 3.25
      time_period: 1d
    bytedance: {budget_limit: "5.00", time_period: 30d}
general_settings:
  master_key: sk-master-1234567890
  max_budget: 5
  budget_duration: 1d
  background_health_checks: false
`

func TestSettings(t *testing.T) {
	for _, c := range []struct{ name, yaml, budgets, faults, checks string }{
		{"as a real stack has it", vpai,
			"anthropic 0.75/1 idle, bytedance 5/30 idle, openrouter 3.25/1 idle,  5/1 idle",
			"budget:providers unenforced 9, budget:global unenforced 17", "off 19"},
		{"where they belong", `
router_settings:
  provider_budget_config: {openai: {budget_limit: 1.5, time_period: 1d}, gemini: {max_budget: 2, budget_duration: 24h}}
litellm_settings: {max_budget: 5, budget_duration: 1d}`, "gemini 2/1, openai 1.5/1,  5/1", "", ""},
		{"in both places, the right one counts", `
router_settings: {provider_budget_config: {openai: {budget_limit: 1, time_period: 1d}}}
litellm_settings: {provider_budget_config: {openai: {budget_limit: 9, time_period: 1d}}, max_budget: 4, budget_duration: 1d}
general_settings: {max_budget: 9}`, "openai 1/1,  4/1", "", ""},
		{"at the top of the file", "provider_budget_config: {openai: {budget_limit: 1}}\nmax_budget: 3\n", "openai 1/1 idle,  3/1 idle", "budget:providers unenforced 1, budget:global unenforced 2", ""},
		{"a provider without a limit", "router_settings:\n  provider_budget_config:\n    openai: {time_period: 1d}\n", "", "budget:openai misconfigured 3", ""},
		{"a global budget that never starts again", "litellm_settings: {max_budget: 5}\n", " 5/1", "budget:global misconfigured 1", ""},
		{"amounts in the environment", "litellm_settings: {max_budget: os.environ/BUDGET, budget_duration: 1d}\nrouter_settings: {provider_budget_config: {openai: {budget_limit: os.environ/B}}}\n", "", "", ""},
		{"shared by anchors and merged", "x-day: &day {time_period: 7d, max_budget: 8}\nrouter_settings:\n  provider_budget_config:\n    openai: {<<: *day, budget_limit: 1}\n    gemini: {budget_limit: 2, <<: [*day]}\n", "gemini 2/7, openai 1/7", "", ""},
		{"the health checks that cost", "general_settings:\n  background_health_checks: true\n  health_check_interval: 0\n", "", "", "on 2 interval 0 at 3"},
		{"an interval in the wrong section", "router_settings:\n  health_check_interval: 300\n", "", "", "interval 300 at 2 in router_settings"},
		{"empty", "", "", "", ""},
		{"no mapping", "- a\n- b\n", "", "", ""},
		{"values that are none", "litellm_settings: 5\nrouter_settings: [provider_budget_config]\ngeneral_settings: {max_budget: -1}\n", "", "", ""},
	} {
		st, err := readSettings([]byte(c.yaml))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var budgets, faults []string
		for _, b := range st.Budgets {
			idle := ""
			if b.Idle {
				idle = " idle"
			}
			budgets = append(budgets, fmt.Sprintf("%s %v/%d%s", b.Provider, b.USD, b.Days, idle))
		}
		for _, f := range st.Faults {
			var line int
			if _, err := fmt.Sscanf(f.Fix.En, "config.yaml, line %d", &line); err != nil {
				t.Errorf("%s: %q names no line", c.name, f.Fix.En)
			}
			faults = append(faults, fmt.Sprintf("%s %s %d", f.Subject, f.Kind, line))
		}
		if got := strings.Join(budgets, ", "); got != c.budgets {
			t.Errorf("%s: budgets %q, want %q", c.name, got, c.budgets)
		}
		if got := strings.Join(faults, ", "); got != c.faults {
			t.Errorf("%s: faults %q, want %q", c.name, got, c.faults)
		}
		if got := st.Checks.text(); got != c.checks {
			t.Errorf("%s: checks %q, want %q", c.name, got, c.checks)
		}
	}
}

func (c checks) text() string {
	var said []string
	switch {
	case c.On:
		said = append(said, fmt.Sprintf("on %d", c.OnLine))
	case c.Off:
		said = append(said, fmt.Sprintf("off %d", c.OnLine))
	}
	if c.IntervalLine > 0 {
		said = append(said, fmt.Sprintf("interval %s at %d", c.Interval, c.IntervalLine))
	}
	if c.Misplaced != "" {
		said = append(said, "in "+c.Misplaced)
	}
	return strings.Join(said, " ")
}

// Our own budgets take the place of LiteLLM's, and keep what is known of whether LiteLLM holds to them.
func TestWhoseBudgets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(vpai), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{DSN: "postgres://u:hunter2hunter2@db/litellm", ConfigFile: path, Daily: map[string]float64{"openrouter": 4, "gemini": 0.25}})
	if err != nil {
		t.Fatal(err)
	}
	st, failed := s.settings()
	if failed != nil {
		t.Fatal(failed)
	}
	got := map[string]allowance{}
	for _, b := range s.budgets(st) {
		got[b.Provider] = b
	}
	if len(got) != 5 || got["openrouter"] != (allowance{"openrouter", 4, 1, true}) || got["gemini"] != (allowance{"gemini", 0.25, 1, false}) || got[""] != (allowance{"", 5, 1, true}) {
		t.Errorf("%+v", got)
	}
}

func TestUnreadableSettings(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"missing.yaml": "is not there", "broken.yaml": "no YAML, from line 3 on",
	} {
		path := filepath.Join(dir, name)
		if name == "broken.yaml" {
			if err := os.WriteFile(path, []byte("general_settings:\n  master_key: sk-secret-1234\n  a: [sk-secret-1234\n b: c\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := (&System{Options: Options{ConfigFile: path}}).settings()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := err.Error() + ops.Unmark(err.Say.En+err.Say.Fr); !strings.Contains(text, want) && !strings.Contains(text, "from line") || strings.Contains(text, "secret") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestPeriods(t *testing.T) {
	for s, want := range map[string]int{"1d": 1, "30d": 30, "24h": 1, "48h": 2, "1mo": 30, "1w": 7, "1h": 0, "30s": 0, "": 0, "d": 0, "1": 0, "x1d": 0, "99999999999999999999d": 0} {
		if got := period(s); got != want {
			t.Errorf("%q is %d days, want %d", s, got, want)
		}
	}
}

// FuzzSettings: whatever stands in the file, budgets are sums of money over days, and nothing of the file gets into an error.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{vpai, "a: &a [*a]", "router_settings: &r {<<: *r, provider_budget_config: *r}", "litellm_settings: {max_budget: .inf, budget_duration: 1d}",
		"litellm_settings: {max_budget: 1e400}", "? [a]\n: b", "general_settings: {max_budget: 0x10}", "\xff", "%YAML 9\n---\n", "a: b\na: c"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		st, err := readSettings(content)
		if err != nil {
			if len(err.Error()) > 80 {
				t.Errorf("%v", err)
			}
			return
		}
		for _, b := range st.Budgets {
			if !(b.USD > 0) || b.USD > 1e308 || b.Days < 1 {
				t.Errorf("%+v", b)
			}
		}
		for _, fault := range st.Faults {
			if fault.Title.En == "" || fault.Title.Fr == "" || fault.Fix.En == "" || strings.Contains(fault.Fix.En, "%!") {
				t.Errorf("%+v", fault)
			}
		}
		for _, l := range st.Checks.remedy() {
			if l.En == "" || l.Fr == "" {
				t.Errorf("%+v", l)
			}
		}
	})
}

// FuzzKept: what Kept gives back is used whole or not at all, and is written again to the same.
func FuzzKept(f *testing.F) {
	b := ledger(noon, 2, func(h hour) float64 { return float64(h%7) / 10 })
	b.Days[dayOf(noon)-20] = newBucket()
	b.Days[dayOf(noon)-20].Tags["n8n"] = sum{1, 2, 3}
	b.Names[keyHash(1)] = "n8n"
	raw, err := b.encode("x", hourOf(noon))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(raw))
	f.Add([]byte(`{"v":1,"db":"x","words":[],"hours":{"1":{"l":[[0,0,0,0,0,1,1,1]]}}}`))
	f.Add([]byte(`{"v":1,"db":"x","words":["a"],"days":{"1":{"t":[[1e300,0,1,1]]}},"names":null}`))
	f.Add([]byte(`{"v":2}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := decode(raw, "x")
		if err != nil {
			return
		}
		again, err := b.encode("x", 1<<60)
		if err != nil {
			t.Fatal(err)
		}
		c, err := decode(again, "x")
		if err != nil {
			t.Fatalf("%v: %s", err, again)
		}
		if third, _ := c.encode("x", 1<<60); string(third) != string(again) {
			t.Errorf("%s\nis written again as\n%s", again, third)
		}
	})
}

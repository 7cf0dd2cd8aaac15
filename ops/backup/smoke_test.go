package backup

import (
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
)

func smoking(t *testing.T, known []string, env ...string) *System {
	t.Helper()
	return newSystem(t, Options{Stack: "javisi", Kept: &opstest.Shelf{}, Smoke: Smoke{Script: command{[]string{must(filepath.Abs("testdata/smoke-test.sh"))}, env}, Known: known}})
}

// The real grammar, run for real. Its rows decide, not its exit code.
func TestSmoke(t *testing.T) {
	openclaw := []string{"OpenClaw *"}
	for _, c := range []struct {
		name  string
		known []string
		env   []string
		want  []string
	}{
		{"passes", nil, nil, []string{"done: 4 passed · 2 warnings"}},
		{"fails as it is known to", openclaw, []string{"FAIL=OpenClaw container"}, []string{"done: 3 passed · 2 warnings · known to fail: OpenClaw container"}},
		{"fails and is not known to", nil, []string{"FAIL=OpenClaw container"}, []string{"failed: 1 test failed: OpenClaw container"}},
		{"fails both ways", openclaw, []string{"FAIL=OpenClaw container|TLS certificate"}, []string{"failed: 1 test failed: TLS certificate · /backups smoke"}},
		{"breaks off", openclaw, []string{"CUT=1"}, []string{"failed: it broke off after 5 tests, exit 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t, smoking(t, c.known, c.env...))
			has(t, says(d.do("backup.smoke")), c.want...)
		})
	}
}

func TestSmokeIsConfirmedAndShown(t *testing.T) {
	s := smoking(t, []string{"OpenClaw container"}, "FAIL=OpenClaw container|n8n container")
	d := openDesk(t, s)
	want(t, strings.Join(d.look(ops.English, "backup.list", "what", "smoke"), "\n"), "⚪ no smoke test was run yet: /smoke runs one")
	_, r, err := d.ask("backup.smoke")
	if err != nil || r.State != ops.Waiting {
		t.Fatalf("it did not wait: %v", err)
	}
	has(t, plan(r.Plan), "It may cost money", "known to fail: OpenClaw container")
	d.yes(r)
	d.wait(r.ID)
	got := d.look(ops.English, "backup.list", "what", "smoke")
	has(t, got[0], "🔴 smoke test ", " s ago: 1 test failed: n8n container")
	want(t, strings.Join(got[1:], "\n"), `2 passed · 2 warnings · known to fail: OpenClaw container
[FAIL | n8n container | state: exited][FAIL (known) | OpenClaw container | state: not_found][WARN | LiteLLM models | 5 available, expected >= 8 — some providers may not be configured][WARN | OpenClaw agents/concierge/IDENTITY.md not found | ][SKIP | Qdrant collections | could not get container IP][PASS | Caddy HTTPS health | HTTP 200][PASS | TLS certificate | expires in 71 days][INFO | Using Tailscale IP 100.64.0.14 for VPN-protected endpoints | ]`)
	if s.known.Smoke.Tests[1].Section != "HTTPS & TLS" {
		t.Errorf("%+v", s.known.Smoke.Tests[1])
	}
}

// At the end of a full restore, a smoke test that fails, or cannot be run, leaves it to a person whether all is put back.
func TestSmokeStays(t *testing.T) {
	for want, s := range map[string]*System{"unknown: 1 test failed: TLS certificate": smoking(t, nil, "FAIL=TLS certificate"),
		"unknown: the smoke test could not be run": newSystem(t, Options{Stack: "x", Smoke: Smoke{Script: command{[]string{"/nowhere"}, nil}}})} {
		if err := runStep(t, s, smoke.Do(smokeArgs{Stays: true})); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "All else is done") {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

func TestParseSmoke(t *testing.T) {
	for _, c := range []struct{ name, output, want string }{
		{"nothing", "", "not one test passed, exit 0"},
		{"its count is another", "PASS  a\nFAIL  b\n  2 TEST(S) FAILED\n", "1 test failed: b"},
		{"it counts what it does not show", "PASS  a\n  1 TEST(S) FAILED\n", "by its own count 1 failed, and it showed 0"},
		{"one blank is no row", "PASS a\n  ALL TESTS PASSED\n", "not one test passed, exit 0"},
		{"brackets inside", "PASS  DNS (a (b)) (x -> y)\n  ALL TESTS PASSED\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) { want(t, ops.Unmark(ParseSmoke(c.output, nil).verdict().En), c.want) })
	}
	one := ParseSmoke("PASS  DNS resolution (ewutelo.cloud -> 1.2.3.4)\r\n", nil).Tests[0]
	if one.Name != "DNS resolution" || one.Detail != "ewutelo.cloud -> 1.2.3.4" {
		t.Errorf("%+v", one)
	}
}

func FuzzParseSmoke(f *testing.F) {
	f.Add("--- A ---\nPASS  x (y)\nFAIL  z\n  1 TEST(S) FAILED\n")
	f.Add("PASS  \x1b[1m(\x02)\n")
	f.Add("FAIL  OpenClaw container (state: x)\n  999999 TEST(S) FAILED")
	f.Fuzz(func(t *testing.T, output string) {
		r := ParseSmoke(output, []string{"OpenClaw *"})
		if len(r.Tests) > mostTests || len(r.table()) != len(r.Tests) {
			t.Errorf("%d tests, %d rows", len(r.Tests), len(r.table()))
		}
		failed, known := r.failed()
		if len(failed)+len(known) != r.count(fail) || r.verdict().IsZero() != (len(failed) == 0 && r.count(pass) > 0 && r.Ended && r.Says == r.count(fail)) {
			t.Errorf("%v of %+v", r.verdict(), r)
		}
		for _, one := range r.Tests {
			if one.Name != ops.Clean(one.Name) || one.Name == "" && one.Detail == "" {
				t.Errorf("%+v", one)
			}
		}
	})
}

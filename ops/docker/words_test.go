package docker

import (
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func TestAges(t *testing.T) {
	for words, want := range map[string][2]string{
		"Less than a second": {"1 s", "1 s"}, "3 seconds": {"3 s", "3 s"}, "About a minute": {"1 min", "1 min"}, "12 minutes": {"12 min", "12 min"},
		"About an hour": {"1 h", "1 h"}, "47 hours": {"47 h", "47 h"}, "9 days": {"9 d", "9 j"}, "2 weeks": {"2 wk", "2 sem."},
		"3 months": {"3 mo", "3 mois"}, "2 years": {"2 y", "2 ans"}, "": {"", ""}, "since forever": {"since forever", "since forever"},
	} {
		if en, fr := age(words).In(ops.English), age(words).In(ops.French); en != want[0] || fr != want[1] {
			t.Errorf("%q: %q, %q", words, en, fr)
		}
	}
	if age("2 weeks").Span() <= age("9 days").Span() {
		t.Error("two weeks are not longer than nine days")
	}
}

// What cannot fail proves nothing: these were all found on real stacks.
func TestBlindChecks(t *testing.T) {
	for line, want := range map[string]bool{
		"CMD-SHELL;kill -0 1": true, "CMD-SHELL;kill -0 1 || exit 1": true, "CMD;caddy;version": true, "CMD;/bin/true": true, "CMD-SHELL;exit 0": true,
		"CMD;grafana;--version": true, "CMD-SHELL;echo ok": true,
		"CMD-SHELL;pg_isready -U postgres": false, "CMD;redis-cli;ping": false, "CMD-SHELL;wget -q http://localhost/version": false,
		"CMD-SHELL;kill -0 12": false, "CMD-SHELL;curl -f localhost || exit 1": false, "NONE": false, "": false,
	} {
		var test []string
		if line != "" {
			test = strings.Split(line, ";")
		}
		if blind(test) != want {
			t.Errorf("%q: %v", line, !want)
		}
		if probing(test) != (!want && line != "" && line != "NONE") {
			t.Errorf("%q: probing is %v", line, probing(test))
		}
	}
}

func TestTroubledLines(t *testing.T) {
	for line, want := range map[string]bool{
		"Error: listen EADDRINUSE": true, `{"level":"error","msg":"x"}`: true, "FATAL:  password authentication failed": true,
		"Traceback (most recent call last):": true, "could not connect": true, "level=error msg=locked": true, "panic: runtime": true,
		"ready, 0 errors": false, "no errors so far": false, `level=info msg="error page loaded"`: false, "err=nil": false,
		"GET /errorsmith 200": false, "terror": false, "started": false, "": false,
	} {
		if troubled(line) != want {
			t.Errorf("%q: %v", line, !want)
		}
	}
}

func TestShortPorts(t *testing.T) {
	for want, ports := range map[string][]string{
		"":            {"8080/tcp"},
		"lo:5432":     {"127.0.0.1:5432→5432/tcp"},
		":443 :80":    {"0.0.0.0:443→443/tcp", "[::]:443→443/tcp", "80→80/tcp"},
		":1 :2 …":     {"1→1/tcp", "2→2/tcp", "3→3/tcp"},
		":9000-9010":  {"0.0.0.0:9000-9010→9000-9010/tcp"},
		"lo:80 lo:81": {"[::1]:80→80/tcp", "127.0.0.1:81→81/tcp"},
	} {
		if got := portsShort(ports); got != want {
			t.Errorf("%v: %q, want %q", ports, got, want)
		}
	}
}

// An image that is kept for going back says so in its name, until when as well.
func TestKeptNames(t *testing.T) {
	made := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	name := rollback + "grafana:" + made.Format(rollbackLayout) + "-1f2e3d4c5b6a"
	for ref, ok := range map[string]bool{
		name: true, "docker.io/" + name: true, "grafana:12": false, "my" + name: false, rollback + "grafana:latest": false,
	} {
		until, kept := keptUntil(ref)
		if kept != ok || ok && !until.Equal(made.Add(24*time.Hour)) {
			t.Errorf("%s: %v, until %v", ref, kept, until)
		}
	}
}

func TestExitMeanings(t *testing.T) {
	for code := range 256 {
		m := exitMeaning(code, false)
		if m.En == "" || m.Fr == "" || strings.Contains(m.En+m.Fr, "%!") {
			t.Errorf("exit %d: %q, %q", code, m.En, m.Fr)
		}
	}
	if a, b := exitMeaning(137, true).En, exitMeaning(137, false).En; !strings.Contains(a, "memory") || a == b {
		t.Errorf("137 with and without a sign of it: %q, %q", a, b)
	}
}

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vigie/ops"
)

// TestCheck runs `vigie check` beside the bot and without it: it looks at all and changes nothing.
func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"sick", "oneshot", "web"}})
	w.release("2")
	code, said := w.run("check")
	if code != 0 || !strings.Contains(said, "🟢 docker") || strings.Contains("\n"+said, "\n🔴") {
		t.Errorf("exit %d: %s", code, said)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "vigie.db")); !os.IsNotExist(err) {
		t.Errorf("it made a journal: %v", err)
	}
	w.start()
	before := w.journal()
	if code, said = w.run("check"); code != 0 {
		t.Errorf("beside the bot: exit %d: %s", code, said)
	}
	if after := w.journal(); len(after) != len(before) {
		t.Errorf("the journal grew: %v", after[len(before):])
	}
	for action, want := range map[string]int{"create": 4, "start": 4, "restart": 0, "kill": 0, "stop": 0, "destroy": 0, "rename": 0} {
		if n := w.count(action, ""); n != want {
			t.Errorf("%d × %s, want %d", n, action, want)
		}
	}
	if calls := w.tg.CallsOf("sendMessage"); len(calls) != 0 {
		t.Errorf("it wrote to somebody: %v", calls[0].Params)
	}
	w.proxy.down()
	if code, said = w.run("check"); code != 1 || !strings.Contains(said, "does not exist") {
		t.Errorf("without Docker: exit %d: %s", code, said)
	}
	w.proxy.up(t)
}

// TestCheckTellsEveryMistake gives it a configuration with several.
func TestCheckTellsEveryMistake(t *testing.T) {
	t.Parallel()
	w := &world{stack: &stack{t: t, dir: t.TempDir()}}
	w.config = w.write("vigie.toml", `
[telegram]
token_file = "nowhere.token"
tokn = "x"
[[users]]
id = "ann"
name = "ann"
role = "emperor"
[http]
listen = "everywhere"
[stack]
wait = "fast"
`)
	for _, args := range [][]string{{"check"}, nil} {
		code, said := w.run(args...)
		if code != 1 {
			t.Errorf("%q: exit %d", args, code)
		}
		for _, word := range []string{"nowhere.token", "tokn", "id", "emperor", "everywhere", "fast"} {
			if !strings.Contains(said, word) {
				t.Errorf("%q does not tell of %s:\n%s", args, word, said)
			}
		}
		if len(regexp.MustCompile(`vigie.toml:\d+`).FindAllString(said, -1)) < 5 {
			t.Errorf("%q does not tell the lines:\n%s", args, said)
		}
	}
}

// TestPages asks the bot's own pages, and `vigie health`.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	if code, said := w.run("health"); code != 1 || !strings.Contains(said, "does not answer") {
		t.Errorf("health of no bot: exit %d: %s", code, said)
	}
	w.start()
	if code, said := w.run("health"); code != 0 {
		t.Errorf("health: exit %d: %s", code, said)
	}
	ann := w.person("ann")
	ann.say("/status")
	ann.sees(`🟢 2 of 2 fine`)
	ann.say("/restart ok")
	ann.sees(`🔒 Restart ok`)
	w.awaitNoted(1, ops.Read, "docker.status")
	code, page := w.get("/metrics")
	if code != http.StatusOK {
		t.Fatalf("metrics: %d", code)
	}
	figure := func(name string) float64 {
		m := regexp.MustCompile(`(?m)^` + name + `(?:\{[^}]*\})? (\S+)$`).FindStringSubmatch(page)
		if m == nil {
			t.Errorf("no %s:\n%s", name, page)
			return -1
		}
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	if n := figure("vigie_telegram_updates_total"); n != 2 {
		t.Errorf("%v updates", n)
	}
	if n := figure("vigie_telegram_sends_total"); n != 2 {
		t.Errorf("%v messages", n)
	}
	if n := figure("vigie_runs_open"); n != 1 {
		t.Errorf("%v runs open", n)
	}
	if n := figure("vigie_journal_entries_total"); int(n) != len(w.journal()) {
		t.Errorf("%v lines in the journal", n)
	}
	if figure("vigie_info") != 1 || figure("process_resident_memory_bytes") < 1 {
		t.Error("no version, or no memory")
	}
	if code, body := w.get("/readyz"); code != http.StatusOK || strings.Count(body, `"ok"`) != 3 {
		t.Errorf("readyz: %d %s", code, body)
	}
	w.proxy.down()
	if code, body := w.get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "docker.sock") {
		t.Errorf("readyz: %d %s", code, body)
	}
	if code, said := w.run("health"); code != 0 { // it lives; a restart would not help
		t.Errorf("health without Docker: exit %d: %s", code, said)
	}
	w.proxy.up(t)
	if code, body := w.get("/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
}

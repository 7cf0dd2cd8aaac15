package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

const (
	optional    = "#= "
	alternative = "#| "
)

func example(t testing.TB) []string {
	t.Helper()
	src, err := os.ReadFile("../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(src), "\n")
}

// loadExample loads lines of the example in a directory that has every file which they name.
func loadExample(t *testing.T, lines []string) (*Config, error) {
	t.Helper()
	dir := write(t, map[string]string{
		"telegram.token": token, "webhook.secret": "abc", "bob.totp": "JBSWY3DPEHPK3PXP", "store.dsn": "postgres://vigie:long-password@db/vigie",
		"opt/docker-compose.yml": "", "opt/docker-compose-infra.yml": "", "docker-compose.yml": "", "docker-compose-infra.yml": "",
		"fallback.url": "https://ntfy.sh/vigie-of-ann", "pulse.url": "https://kuma.example.org/api/push/hZ2Yc8aQ5n", "n8n.header": "Authorization: Bearer key-of-n8n",
		"backup.secret": strings.Repeat("b", 32), "alertmanager.secret": strings.Repeat("a", 32), "litellm.dsn": "postgres://reader:other-password@db/litellm",
		"monitoring.token": "987654321:AAF-another-token-of-another-bot-xxx", "opt/configs/litellm/config.yaml": "",
	})
	src := strings.ReplaceAll(strings.Join(lines, "\n"), "/opt/javisi", filepath.Join(dir, "opt"))
	src = strings.ReplaceAll(src, `"/host"`, `"`+dir+`"`)
	path := filepath.Join(dir, "vigie.toml")
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, none)
}

// uncommented is the example with every optional setting in force, and no alternative.
func uncommented(lines []string) (all []string) {
	for _, line := range lines {
		all = append(all, strings.TrimPrefix(line, optional))
	}
	return all
}

func TestExampleAsItIs(t *testing.T) {
	c, err := loadExample(t, example(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Users) != 1 || len(c.Rules) != 0 || len(c.Warnings) != 0 {
		t.Errorf("the example is not the minimal configuration: %+v", c)
	}
}

func TestExampleWithEverySetting(t *testing.T) {
	c, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Users) != 2 || len(c.Rules) != 3 || len(c.Hosts) != 2 || len(c.Stack.Files) != 2 || c.Telegram.WebhookURL == "" ||
		len(c.Checks) != 4 || len(c.Files) != 1 || len(c.Heartbeats) != 1 || len(c.Hooks) != 1 || len(c.Bots) != 1 || c.Pulse.URL.IsZero() ||
		len(c.Alerts.Routes) != 1 || len(c.Alerts.Maintenance) != 1 || len(c.Alerts.Repairs) != 1 || c.Alerts.Fallback.URL.IsZero() || c.LiteLLM.Database.IsZero() {
		t.Errorf("not every setting is in force: %+v", c)
	}
}

// Each alternative works in place of what it is the alternative to: in its table, with nothing optional.
func TestExampleAlternatives(t *testing.T) {
	lines, tried := example(t), 0
	for i, line := range lines {
		if !strings.HasPrefix(line, alternative) {
			continue
		}
		tried++
		alone := slices.Clone(lines[:i])
		alone = append(alone, strings.TrimPrefix(line, alternative))
		for j := i - 1; ; j-- {
			if header, ok := strings.CutPrefix(lines[j], optional); ok && strings.HasPrefix(header, "[") {
				alone[j] = header
				break
			}
		}
		if _, err := loadExample(t, alone); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if tried != 4 {
		t.Errorf("%d alternatives were tried", tried)
	}
}

// A default that the example shows is the default.
func TestExampleShowsTheDefaults(t *testing.T) {
	shown, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := loadExample(t, example(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct{ what, shown, holds any }{
		{"approval_ttl", shown.ApprovalTTL, c.ApprovalTTL}, {"api_url", shown.Telegram.APIURL, c.Telegram.APIURL},
		{"store.path", filepath.Base(shown.Store.Path), filepath.Base(c.Store.Path)}, {"http.listen", shown.HTTP.Listen, c.HTTP.Listen},
		{"docker", shown.Hosts["vps"].Docker, c.Hosts["local"].Docker}, {"wait", shown.Stack.Wait, c.Stack.Wait}, {"level", shown.Log.Level, c.Log.Level},
		{"disk", fmt.Sprint(shown.Hosts["vps"].Disk), fmt.Sprint(c.Hosts["local"].Disk)}, {"memory", fmt.Sprint(shown.Hosts["vps"].Memory), fmt.Sprint(c.Hosts["local"].Memory)},
		{"load", shown.Hosts["vps"].Load, c.Hosts["local"].Load}, {"watch", shown.Watch, c.Watch},
		{"alerts.lang", shown.Alerts.Lang, c.Alerts.Lang}, {"escalate_after", shown.Alerts.EscalateAfter, c.Alerts.EscalateAfter}, {"storm", shown.Alerts.Storm, c.Alerts.Storm},
		{"remind", shown.Alerts.RemindEvery, c.Alerts.RemindEvery}, {"remind", shown.Alerts.RemindCriticalEvery, c.Alerts.RemindCriticalEvery},
		{"never", slices.Sorted(maps.Keys(shown.Never))[2], slices.Sorted(maps.Keys(c.Never))[2]}, {"never", len(shown.Never), len(c.Never)},
	} {
		if v.shown != v.holds {
			t.Errorf("%s: the example shows %v, the default is %v", v.what, v.shown, v.holds)
		}
	}
}

// What the manual shows for things that may come several times is what holds for one that says no more than it must.
func TestExampleShowsTheDefaultsOfLists(t *testing.T) {
	shown, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(t, minimal+`
[[alerts.repair]]
service = "n8n"
kind = "died"
op = "/start"
[alerts.fallback]
url_file = "a.url"
[[checks]]
name = "n8n"
url = "https://n8n"
[[files]]
name = "x"
path = "/x"
[[heartbeats]]
name = "x"
every = "24h"
secret_file = "a.secret"
[pulse]
url_file = "a.url"
[hooks.alertmanager]
secret_file = "a.secret"
[litellm]
dsn = "postgres://db/x"
[[bots]]
name = "x"
token_file = "telegram.token"
`, none, "a.url", "https://ntfy.sh/x", "a.secret", strings.Repeat("a", 16))
	if err != nil {
		t.Fatal(err)
	}
	sc, cc := shown.Checks[0], c.Checks[0]
	for _, v := range []struct{ what, shown, holds any }{
		{"at_most", shown.Alerts.Repairs[0].AtMost, c.Alerts.Repairs[0].AtMost}, {"within", shown.Alerts.Repairs[0].Within, c.Alerts.Repairs[0].Within},
		{"format", shown.Alerts.Fallback.Format, c.Alerts.Fallback.Format}, {"after", shown.Alerts.Fallback.After, c.Alerts.Fallback.After},
		{"every", sc.Every, cc.Every}, {"timeout", sc.Timeout, cc.Timeout}, {"fails", sc.Fails, cc.Fails},
		{"insecure", sc.Insecure, cc.Insecure}, {"severity", sc.Severity, cc.Severity},
		{"count", shown.Files[0].Count, c.Files[0].Count}, {"severity", shown.Files[0].Severity, c.Files[0].Severity},
		{"severity", shown.Heartbeats[0].Severity, c.Heartbeats[0].Severity}, {"a tenth of every", 144 * time.Minute, time.Duration(c.Heartbeats[0].Grace)},
		{"every", shown.Pulse.Every, c.Pulse.Every}, {"kind", shown.Hooks["alertmanager"].Kind, c.Hooks["alertmanager"].Kind},
		{"severity", shown.Hooks["alertmanager"].Severity, c.Hooks["alertmanager"].Severity},
		{"every", shown.LiteLLM.Every, c.LiteLLM.Every}, {"warn", fmt.Sprint(shown.LiteLLM.Warn), fmt.Sprint(c.LiteLLM.Warn)}, {"any webhook", "*", c.Bots[0].Webhook},
	} {
		if v.shown != v.holds {
			t.Errorf("%s: the example shows %v, the default is %v", v.what, v.shown, v.holds)
		}
	}
}

// The manual knows every key that there is, as a setting with a line of its own.
func TestExampleHasEveryKey(t *testing.T) {
	var src []string
	for _, line := range example(t) {
		src = append(src, strings.TrimPrefix(strings.TrimPrefix(line, optional), alternative))
	}
	// Parsed by table, so that a key is looked for where it belongs. The alternatives would be duplicates to TOML.
	have, table := map[string]bool{}, ""
	for _, line := range src {
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(line, "[]")
			for at := table; at != ""; at = parent(at) {
				have[at] = true
			}
		}
		key, rest, ok := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); ok && !strings.HasPrefix(line, "#") {
			have[strings.TrimPrefix(table+"."+key, ".")] = true
			for _, inner := range []string{"path", "phase", "en", "fr"} {
				if strings.Contains(rest, inner+" = ") {
					have[table+"."+key+"."+inner] = true
				}
			}
		}
	}
	var miss func(t reflect.Type, at string) []string
	miss = func(typ reflect.Type, at string) (missing []string) {
		switch typ.Kind() {
		case reflect.Slice:
			return miss(typ.Elem(), at)
		case reflect.Map:
			if typ.Elem() == reflect.TypeFor[Host]() {
				return miss(typ.Elem(), at+".vps")
			}
			if typ.Elem() == reflect.TypeFor[Hook]() {
				return miss(typ.Elem(), at+".alertmanager")
			}
			if typ.Elem() == reflect.TypeFor[Why]() {
				return miss(typ.Elem(), at+".n8n_encryption_key")
			}
			return nil
		case reflect.Struct:
			for key, i := range keysOf(typ) {
				path := strings.TrimPrefix(at+"."+key, ".")
				if !have[path] && !have[strings.Replace(path, "hosts.vps", "hosts.nas", 1)] {
					missing = append(missing, path)
				}
				missing = append(missing, miss(typ.Field(i).Type, path)...)
			}
		}
		return missing
	}
	if missing := miss(reflect.TypeFor[Config](), ""); len(missing) > 0 {
		t.Errorf("not in the example: %s", strings.Join(missing, ", "))
	}
	if len(have) < 150 {
		t.Errorf("only %d keys were found", len(have))
	}
}

// The rules of the manual do what the manual says.
func TestExamplePolicy(t *testing.T) {
	c, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 15, 0, 0, 0, c.Stack.Location) // a Wednesday
	ann, bob := c.People()[0], c.People()[1]
	ann.Via, bob.Via = "telegram", "telegram"
	ask := func(who ops.Caller, command string, risk ops.Risk, target string, at time.Time) string {
		v := c.Policy.Decide(ops.Request{Who: who, Op: ops.Spec{Name: "docker." + command, Command: command, Risk: risk}, Risk: risk,
			Target: target, Args: ops.Args{"phase": target}, Time: at})
		return fmt.Sprintf("%s %d%s %t", v.Demand, v.N, v.Role, v.Code)
	}
	for _, v := range []struct{ got, want string }{
		{ask(bob, "restart", ops.Disruptive, "postgresql", at), "deny 0 false"},
		{ask(bob, "restart", ops.Disruptive, "postgresql", at.Add(3*time.Hour)), "confirm 0 false"},
		{ask(bob, "restart", ops.Disruptive, "n8n", at), "confirm 0 false"},
		{ask(bob, "down", ops.Disruptive, "infra", at), "approve 1admin false"},
		{ask(bob, "down", ops.Disruptive, "apps", at), "confirm 0 false"},
		{ask(ann, "prune", ops.Destructive, "javisi", at), "type 0 true"},
	} {
		if v.got != v.want {
			t.Errorf("got %s, want %s", v.got, v.want)
		}
	}
}

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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
		"backup.secret": strings.Repeat("b", 32), "alertmanager.secret": strings.Repeat("a", 32), "litellm.key": "sk-key-of-litellm", "openrouter.key": "sk-or-key-of-openrouter", "scores.dsn": "postgres://reader:password-of-scores@db/n8n", "litellm.dsn": "postgres://reader:other-password@db/litellm",
		"monitoring.token": "987654321:AAF-another-token-of-another-bot-xxx", "opt/configs/litellm/config.yaml": "", "model.key": "sk-model-of-the-example",
		"pg.password": "password-of-pg", "nas.passphrase": "passphrase-of-nas", "n8n.password": "password-of-n8n", "redis.password": "password-of-redis", "qdrant.key": "key-of-qdrant",
		"opt/backups/pg_dump/": "", "opt/data/redis/": "", "opt/logs/": "", "opt/workflows/": "", "remotion.token": "token-of-remotion", "creative.header": "X-Webhook-Secret: secret-of-creative", "assets.dsn": "postgres://reader:password-of-assets@db/n8n", "opt/scripts/pre-backup.sh": "", "opt/scripts/smoke-test.sh": "",
		"backup.url": "https://kuma.example.org/api/push/bK7Wd2xP4m", "offsite.password": "password-of-offsite", "offsite.url": "rest:https://ann:word-of-offsite@nas.lan/",
		"offsite.env": "AWS_ACCESS_KEY_ID=id-of-offsite\n", "grafana.password": "password-of-grafana", "loki.password": "password-of-loki", "zerobyte.key": "zb_key-of-zerobyte", "zerobyte.password": "password-of-zerobyte", "n8n.key": "key-of-n8n", "openclaw.link": "https://admin.example.org/__bootstrap__", "opt/deploy/inventory/group_vars/all/main.yml": "", "tmp/vigie-restore/": "",
	})
	src := strings.ReplaceAll(strings.Join(lines, "\n"), "/opt/javisi", filepath.Join(dir, "opt"))
	src = strings.ReplaceAll(strings.ReplaceAll(src, `"/host"`, `"`+dir+`"`), "/var/tmp/", dir+"/tmp/")
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
		len(c.Alerts.Routes) != 1 || len(c.Alerts.Maintenance) != 1 || len(c.Alerts.Repairs) != 1 || c.Alerts.Fallback.URL.IsZero() || c.LiteLLM.Database.IsZero() || c.LiteLLM.Key.IsZero() || c.LiteLLM.OpenRouterKey.IsZero() ||
		!c.Model.Given() || c.Model.Key.IsZero() || len(c.Model.Fallback) != 1 ||
		len(c.Postgres.Databases) != 1 || c.Redis.Service == "" || c.Qdrant.Key.IsZero() || len(c.Backup.Files) != 2 || c.Backup.HeartbeatURL.IsZero() || c.Backup.Grafana.URL == "" ||
		c.Backup.Restore.Target == "" || len(c.Restic.Repositories) != 1 || len(c.Zerobyte.Jobs) != 1 || c.ComfyUI.Model == "" || len(c.ComfyUI.Sizes) != 3 || len(c.ComfyUI.Downloads.Checkpoints) != 1 || c.Remotion.Token.IsZero() || len(c.Remotion.Compositions) != 1 || c.Studio.Proxy == "" || len(c.Studio.Certificates) != 2 || len(c.Creative.Routes) != 4 || c.Creative.Header.Name == "" || c.Assets.Database.IsZero() || len(c.Assets.Databases) != 3 || c.N8N.Key.IsZero() || len(c.OpenClaw.Personas) != 1 || c.OpenClaw.Link.IsZero() || len(c.OpenClaw.Deploy.Profiles) != 4 || c.Loki.Password.IsZero() || c.Loki.Tenant == "" || c.Grafana.Password.IsZero() || len(c.Grafana.Datasources) != 3 || !c.Grafana.Rules || len(c.Warnings) != 1 { // ann has no code to give
		t.Errorf("not every setting is in force: %+v", c)
	}
}

// Each alternative works in place of the setting that it stands below, with everything else in force. Lines of one alternative
// follow on each other.
func TestExampleAlternatives(t *testing.T) {
	lines, tried := example(t), 0
	isAlternative := func(line string) bool { return strings.HasPrefix(line, alternative) }
	for i := 0; i < len(lines); i++ {
		if !isAlternative(lines[i]) {
			continue
		}
		tried++
		instead := i - 1
		for !strings.HasPrefix(lines[instead], optional) {
			instead--
		}
		all, first := uncommented(lines), lines[i]
		all[instead] = ""
		for ; i < len(lines) && isAlternative(lines[i]); i++ {
			all[i] = strings.TrimPrefix(lines[i], alternative)
		}
		if _, err := loadExample(t, all); err != nil {
			t.Errorf("%s: %v", first, err)
		}
	}
	if tried != 9 {
		t.Errorf("%d alternatives were tried", tried)
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
			for _, inner := range []string{"path", "phase", "en", "fr", "last", "hours", "days", "weeks", "months", "years", "within"} {
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
			if typ.Elem() == reflect.TypeFor[Database]() {
				return miss(typ.Elem(), at+".n8n")
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
	if len(have) < 230 {
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

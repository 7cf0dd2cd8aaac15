package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

const whole = `
approval_ttl = "5m"
[telegram]
api_url = "http://127.0.0.1:8081/"
webhook_url = "https://bot.example.org/hook"
webhook_listen = "127.0.0.1:8443"
webhook_secret_file = "hook.secret"
[[users]]
id = 1
name = "ann"
role = "admin"
lang = "fr"
quiet = "23:00-7:00"
totp_file = "ann.totp"
[[users]]
id = 2
name = "bob"
role = "operator"
[store]
dsn_file = "dsn.secret"
[http]
listen = ":0"
[hosts.vps]
docker = "tcp://socket-proxy:2375"
root = "stack"
disk = [70, 85]
load = 3
[hosts.nas]
ssh = "ops@nas.lan:2222"
metrics = "http://nas.lan:9100/"
[stack]
project = "javisi"
host = "vps"
dir = "stack"
files = ["docker-compose-infra.yml", { path = "docker-compose.yml", phase = "core" }]
off = ["metube"]
protect = ["postgresql"]
zone = "Europe/Paris"
wait = "90s"
domain = "example.org"
[[policy]]
name = "bob restarts n8n"
who = 2
what = "/restart"
target = "n8n"
verdict = "allow"
[never]
MASTER_KEY = { en = "no", fr = "non" }
other_key = "nein"
[alerts]
to = ["operator+", "bob", -1001234567890, "-1001234567890/45"]
lang = "fr"
escalate_after = "off"
remind_every = "7d"
storm = 9
[alerts.delay]
unhealthy = "30s"
died = "0s"
[[alerts.route]]
subject = "budget:*"
kind = "budget"
severity = "warning+"
to = "bob"
[[alerts.route]]
severity = "notice"
to = []
[[alerts.maintenance]]
name = "nightly litellm"
cron = "0 3 * * mon-fri"
for = "30m"
subject = "container:litellm"
[[alerts.repair]]
service = ["n8n"]
kind = ["unhealthy", "died"]
op = "/restart"
[alerts.fallback]
url_file = "fallback.url"
format = "text"
[watch.containers]
crash_loop = 4
[[checks]]
name = "n8n"
url = "https://n8n.example.org/healthz?full=1"
expect = [200, 401]
body = "OK"
max_time = "1500ms"
every = "5s"
resolve = "100.64.0.14"
insecure = true
header_file = "n8n.header"
needs = ["container:n8n"]
[[checks]]
name = "db"
tcp = "[::1]:5432"
severity = "warning"
[[checks]]
name = "dns"
dns = "n8n.example.org"
answer = ["100.64.0.14"]
server = "100.100.100.100"
[[checks]]
name = "cert"
tls = "n8n.example.org"
days = [14, 3]
[[files]]
name = "pg_dump"
path = "backups/{name}-*.dump"
each = ["n8n", "litellm"]
newer = "26h"
at_least = "1.5MB"
band = 50
format = "pgdump"
[[heartbeats]]
name = "nightly-dump"
every = "5m"
secret_file = "beat.secret"
[pulse]
url_file = "pulse.url"
[hooks.kuma]
secret_file = "kuma.secret"
[hooks.other]
kind = "json"
secret_file = "kuma.secret"
severity = "notice"
[litellm]
dsn_file = "litellm.dsn"
[litellm.budgets]
global = 5
openrouter = 3.25
[[bots]]
name = "monitoring"
token_file = "bot.token"
webhook = ""
[log]
level = "debug"
file = "vigie.log"
`

// wholeFiles are what whole names: pairs of a name and what is in it.
var wholeFiles = []string{
	"hook.secret", "hook-secret-value", "ann.totp", "jbsw y3dp ehpk 3pxp\n", "dsn.secret", "postgres://vigie:p%40ssw0rd-long@db/vigie",
	"stack/docker-compose.yml", "", "stack/docker-compose-infra.yml", "",
	"fallback.url", "https://ann:ntfy-password@ntfy.example.org/topic-of-ann\n", "pulse.url", "https://kuma.example.org/api/push/hZ2Yc8aQ5n?status=up&msg=all+is+well",
	"n8n.header", "authorization: Basic YW5uOmJhc2ljLXBhc3N3b3Jk", "beat.secret", "beat-0123456789abcdef", "kuma.secret", "kuma-0123456789abcdef",
	"litellm.dsn", "postgres://reader:litellm-password@db/litellm", "bot.token", "987654321:AAF-another-token-of-another-bot-xxx",
}

func loadWhole(t testing.TB) *Config {
	t.Helper()
	c, err := load(t, whole, env(EnvToken, token), wholeFiles...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What editors on other systems add to a file does not matter.
func TestMarkAndCarriageReturns(t *testing.T) {
	c, err := load(t, "\ufeff"+strings.ReplaceAll(minimal, "\n", "\r\n"), none)
	if err != nil || c.Users[0].Name != "ann" {
		t.Errorf("got %v", err)
	}
}

func TestWholeConfig(t *testing.T) {
	c := loadWhole(t)
	dir := filepath.Dir(c.file)
	for _, v := range []struct {
		what      string
		got, want any
	}{
		{"api", c.Telegram.APIURL, "http://127.0.0.1:8081"},
		{"hook secret", c.Telegram.WebhookSecret.Reveal(), "hook-secret-value"},
		{"totp", c.Users[0].TOTP.Reveal(), "JBSWY3DPEHPK3PXP"},
		{"lang", c.People()[0].Lang, ops.French},
		{"database", c.Store.Database.Reveal(), "postgres://vigie:p%40ssw0rd-long@db/vigie"},
		{"path", c.Store.Path, ""},
		{"phase", c.Stack.Files[0], File{filepath.Join(dir, "stack/docker-compose-infra.yml"), "infra"}},
		{"phase", c.Stack.Files[1], File{filepath.Join(dir, "stack/docker-compose.yml"), "core"}},
		{"zone", c.Stack.Location.String(), "Europe/Paris"},
		{"never", c.NeverArgs()["master_key"], ops.T("no", "non")},
		{"never", c.NeverArgs()["other_key"], ops.Raw("nein")},
		{"never", len(c.NeverArgs()), 5},
		{"log", c.Log.File, filepath.Join(dir, "vigie.log")},
		{"ttl", time.Duration(c.ApprovalTTL), 5 * time.Minute},
		{"admins", len(c.ByRole(ops.Admin)), 1},
		{"operators", len(c.ByRole(ops.Operator)), 2},
	} {
		if v.got != v.want {
			t.Errorf("%s: got %v, want %v", v.what, v.got, v.want)
		}
	}
	if bob, ok := c.Person(2); !ok || bob.Name != "bob" || bob.Role != ops.Operator {
		t.Errorf("person 2 is %+v", bob)
	}
	if _, ok := c.Person(3); ok {
		t.Error("a person who is not listed was found")
	}
	ask := ops.Request{Who: c.People()[1], Op: ops.Spec{Name: "docker.restart", Command: "restart", Risk: ops.Disruptive}, Target: "n8n"}
	if v := c.Policy.Decide(ask); v.Demand != ops.Allow || v.Rule != "bob restarts n8n" {
		t.Errorf("the rule of the file says %+v", v)
	}
	secrets := c.Secrets()
	for _, want := range []string{token, "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "hook-secret-value", "JBSWY3DPEHPK3PXP", "jbsw y3dp ehpk 3pxp",
		"postgres://vigie:p%40ssw0rd-long@db/vigie", "p@ssw0rd-long", "p%40ssw0rd-long",
		"https://ann:ntfy-password@ntfy.example.org/topic-of-ann", "ntfy-password", "topic-of-ann", "hZ2Yc8aQ5n", "basic-password", "YW5uOmJhc2ljLXBhc3N3b3Jk",
		"beat-0123456789abcdef", "kuma-0123456789abcdef", "litellm-password", "AAF-another-token-of-another-bot-xxx"} {
		if !slices.Contains(secrets, want) {
			t.Errorf("the redactor does not get %q", want)
		}
	}
	if !slices.IsSortedFunc(secrets, func(a, b string) int { return len(b) - len(a) }) {
		t.Error("a short secret stands before a longer one that may contain it")
	}
}

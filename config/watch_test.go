package config

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"vigie/ops"
)

func TestWholeWatch(t *testing.T) {
	c := loadWhole(t)
	dir, a := filepath.Dir(c.file), c.Alerts
	for _, v := range []struct {
		what      string
		got, want any
	}{
		{"quiet", c.Users[0].Quiet, Clock{23 * 60, 7 * 60}},
		{"root", c.Hosts["vps"].Root, filepath.Join(dir, "stack")},
		{"disk", fmt.Sprint(c.Hosts["vps"].Disk, c.Hosts["nas"].Disk, c.Hosts["nas"].Memory), "[70 85] [80 90] [90 95]"},
		{"load", c.Hosts["vps"].Load, 3.0},
		{"metrics", c.Hosts["nas"].Metrics, "http://nas.lan:9100/metrics"},
		{"to", fmt.Sprint(a.Recipients), "[{1 0 0} {2 0 0} {0 -1001234567890 0} {0 -1001234567890 45}]"},
		{"escalate_after", time.Duration(a.EscalateAfter), time.Duration(0)},
		{"remind_every", time.Duration(a.RemindEvery), 7 * 24 * time.Hour},
		{"delay", fmt.Sprint(a.Delay), "map[died:0s unhealthy:30s]"},
		{"route", a.Routes[0].Least, ops.Warning},
		{"route", a.Routes[0].Exactly, false},
		{"route", fmt.Sprint(a.Routes[0].Recipients), "[{2 0 0}]"},
		{"route", a.Routes[1].Exactly, true},
		{"route", fmt.Sprint(len(a.Routes[1].Recipients), len(a.Routes[1].To)), "0 0"},
		{"repair", a.Repairs[0].Op, "docker.restart"},
		{"repair", time.Duration(a.Repairs[0].Within), time.Hour},
		{"fallback", a.Fallback.Format, "text"},
		{"crash window", time.Duration(c.Watch.Containers.CrashWindow), 10 * time.Minute},
		{"timeout, which is never longer than every", time.Duration(c.Checks[0].Timeout), 5 * time.Second},
		{"max_time", time.Duration(c.Checks[0].MaxTime), 1500 * time.Millisecond},
		{"header", c.Checks[0].Header.Name, "Authorization"},
		{"header", c.Checks[0].Header.Value.Reveal(), "Basic YW5uOmJhc2ljLXBhc3N3b3Jk"},
		{"resolve", c.Checks[0].Pin, "n8n.example.org:443:100.64.0.14"},
		{"days", fmt.Sprint(c.Checks[0].Days, c.Checks[1].Days, c.Checks[3].Days), "[] [] [14 3]"},
		{"severity", c.Checks[1].Severity, ops.Warning},
		{"server", c.Checks[2].Server, "100.100.100.100:53"},
		{"tls", c.Checks[3].TLS, "n8n.example.org:443"},
		{"path", c.Files[0].Path, filepath.Join(dir, "backups/{name}-*.dump")},
		{"at_least", c.Files[0].AtLeast, Size(1_500_000)},
		{"grace, which is a tenth and at least a minute", time.Duration(c.Heartbeats[0].Grace), time.Minute},
		{"heartbeat", c.Heartbeats[0].Secret.Reveal(), "beat-0123456789abcdef"},
		{"pulse", c.Pulse.URL.Reveal(), "https://kuma.example.org/api/push/hZ2Yc8aQ5n?status=up&msg=all+is+well"},
		{"hook", c.Hooks["kuma"].Kind + " " + string(c.Hooks["kuma"].Severity), "kuma warning"},
		{"hook", c.Hooks["other"].Kind + " " + string(c.Hooks["other"].Severity), "json notice"},
		{"budget", c.LiteLLM.Budgets["global"] + c.LiteLLM.Budgets["openrouter"], 8.25},
		{"database", c.LiteLLM.Database.Reveal(), "postgres://reader:litellm-password@db/litellm"},
		{"scores", c.Scores.Database.Reveal(), "postgres://reader:scores-password@db/n8n"},
		{"model", fmt.Sprint(c.Model.URL, c.Model.Name, c.Model.Fallback, c.Model.Budget, c.Model.Key.Reveal()), "https://litellm.example.org/v1claude-haiku[glm-5] 1.25sk-model-key-1"},
		{"bot", c.Bots[0].Webhook, ""},
	} {
		if v.got != v.want {
			t.Errorf("%s: got %v, want %v", v.what, v.got, v.want)
		}
	}
}

// With none of it, everybody who could act is told of everything, and nothing besides the stack is watched.
func TestNoWatch(t *testing.T) {
	c, err := load(t, minimal+"[[users]]\nid = 2\nname = \"bob\"\nrole = \"operator\"\n[[users]]\nid = 3\nname = \"eve\"\nrole = \"viewer\"\n", none)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Alerts.Recipients); got != "[{1 0 0} {2 0 0}]" || len(c.Warnings) != 0 {
		t.Errorf("told are %s; %v", got, c.Warnings)
	}
	if len(c.Alerts.Escalation) != 0 || !c.Alerts.Fallback.URL.IsZero() || !c.Pulse.URL.IsZero() || !c.LiteLLM.Database.IsZero() || c.Model.Given() || c.Users[0].Quiet != (Clock{}) {
		t.Errorf("got %+v", c)
	}
}

// Everything that is a secret can come out of the environment instead.
func TestEnvironmentOfTheWatch(t *testing.T) {
	src := minimal + "[hooks.git-hub]\nkind = \"github\"\n[[heartbeats]]\nname = \"nightly\"\nevery = \"24h\"\n[[bots]]\nname = \"n8n\"\n"
	c, err := load(t, src, env(EnvFallback, "https://ntfy.sh/topic-of-ann", EnvPulse, "https://hc-ping.com/0a1b2c3d", EnvLiteLLM, "host=db dbname=litellm",
		"VIGIE_HOOK_GIT_HUB_SECRET", "0123456789abcdef", "VIGIE_HEARTBEAT_NIGHTLY_SECRET", "fedcba9876543210", "VIGIE_BOT_N8N_TOKEN", "42:token-of-n8n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Secret{c.Alerts.Fallback.URL, c.Pulse.URL, c.LiteLLM.Database, c.Hooks["git-hub"].Secret, c.Heartbeats[0].Secret, c.Bots[0].Token} {
		if s.IsZero() {
			t.Errorf("one is missing: %+v %+v", c.Hooks, c)
		}
	}
	if c.Alerts.Fallback.Format != "json" || time.Duration(c.Pulse.Every) != time.Minute || fmt.Sprint(c.LiteLLM.Warn) != "[70 90 100]" {
		t.Errorf("without a table of their own, they have no defaults: %+v", c)
	}
}

func TestRecipientKey(t *testing.T) {
	for want, r := range map[string]Recipient{"42": {Person: 42}, "-1001234567890": {Chat: -1001234567890}, "-1001234567890/45": {Chat: -1001234567890, Topic: 45}} {
		if got := r.Key(); got != want {
			t.Errorf("%+v is %s, want %s", r, got, want)
		}
	}
}

// Route A hides route B only if everything that B matches is matched by A.
func TestHides(t *testing.T) {
	all, budgets := &Route{}, &Route{Subject: []string{"budget:*"}}
	for _, c := range []struct {
		a, b *Route
		want bool
	}{
		{all, budgets, true}, {budgets, all, false}, {budgets, &Route{Subject: []string{"budget:openrouter"}}, true},
		{budgets, &Route{Subject: []string{"budget:openrouter", "container:n8n"}}, false},
		{&Route{Least: ops.Warning}, &Route{Least: ops.Critical, Exactly: true}, true},
		{&Route{Least: ops.Warning, Exactly: true}, &Route{Least: ops.Warning}, false},
		{&Route{Least: ops.Notice}, all, true}, {&Route{Kind: []string{"o?m"}}, &Route{Kind: []string{"o*m"}}, false}, {&Route{Kind: []string{"*"}}, all, true},
	} {
		if got := c.a.hides(c.b); got != c.want {
			t.Errorf("%+v hides %+v: %t", c.a, c.b, got)
		}
	}
}

// A machine that only has figures to watch is not asked which has the stack.
func TestStackIsWhereDockerIs(t *testing.T) {
	c, err := load(t, minimal+"[hosts.nas]\nmetrics = \"https://nas.lan\"\n[hosts.vps]\ndocker = \"tcp://proxy:2375\"\n", none)
	if err != nil {
		t.Fatal(err)
	}
	if c.Stack.Host != "vps" || c.Hosts["nas"].Metrics != "https://nas.lan/metrics" {
		t.Errorf("the stack is on %q; %+v", c.Stack.Host, c.Hosts)
	}
}

func TestPin(t *testing.T) {
	for want, c := range map[string]Check{
		"n8n.lan:80:100.64.0.14":   {URL: "http://n8n.lan/x", Resolve: "100.64.0.14"},
		"n8n.lan:8443:fd7a::1":     {URL: "https://n8n.lan:8443/x", Resolve: "fd7a::1"},
		"n8n.lan:5432:100.64.0.14": {TCP: "n8n.lan:5432", Resolve: "100.64.0.14"},
		"n8n.lan:443:100.64.0.14":  {TLS: "n8n.lan:443", Resolve: "100.64.0.14"},
	} {
		if got := c.pin(); got != want {
			t.Errorf("%+v: got %s, want %s", c, got, want)
		}
	}
}

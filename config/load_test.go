package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

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
		"beat-0123456789abcdef", "kuma-0123456789abcdef", "litellm-password", "scores-password", "creative-secret-1", "assets-password", "sk-model-key-1", "AAF-another-token-of-another-bot-xxx",
		"pg-password-1", "n8n-password-1", "redis-password-1", "qdrant-key-1", "bK7Wd2xP4m", "rest:https://ann:nas%2Dword-1@nas.lan/vigie", "nas%2Dword-1", "nas-word-1", "nas-password-1",
		"nas-id-1", "nas-secret=1", "tok1", "zerobyte-password-1", "grafana-password-1", "n8n-api-key-1", "loki-password-1"} {
		if !slices.Contains(secrets, want) {
			t.Errorf("the redactor does not get %q", want)
		}
	}
	for _, plain := range []string{"true", "eu-west-3", "pg", "disk"} {
		if slices.Contains(secrets, plain) {
			t.Errorf("the redactor would hide %q", plain)
		}
	}
	if !slices.IsSortedFunc(secrets, func(a, b string) int { return len(b) - len(a) }) {
		t.Error("a short secret stands before a longer one that may contain it")
	}
}

// LiteLLM's proxy can be asked without its database, and neither works without what lets one in.
func TestProxyOfLiteLLM(t *testing.T) {
	c, err := load(t, minimal+"[litellm]\nurl = \"http://litellm:4000/\"\nkey_file = \"k\"\n", env(EnvOpenRouter, "sk-or-1234"), "k", "sk-proxy-1234")
	if err != nil || c.LiteLLM.URL != "http://litellm:4000" || c.LiteLLM.Key.Reveal() != "sk-proxy-1234" || c.LiteLLM.OpenRouterKey.Reveal() != "sk-or-1234" || !c.LiteLLM.Database.IsZero() {
		t.Errorf("%+v %v", c, err)
	}
	for src, want := range map[string]string{
		"url = \"http://litellm:4000\"": "lets nobody in without a key",
		"key_file = \"k\"":              "with the proxy's address only",
		"url = \"http://a:sk-inline-1@litellm:4000\"\nkey_file = \"k\"": "no user or password",
		"url = \"http://litellm.example.org\"\nkey_file = \"k\"":        "over http",
		"url = \"http://litellm:4000\"\nkey_file = \"two\"":             "holds a blank",
		"dsn = \"postgres://db/x\"\nopenrouter_key_file = \"k\"":        "with the proxy's address only",
	} {
		got := said(t, minimal+"[litellm]\n"+src+"\n", none, "k", "sk-proxy-1234", "two", "sk-two words-1")
		if !strings.Contains(got, want) || strings.Contains(got, "sk-") {
			t.Errorf("%s\nsays %s", src, got)
		}
	}
}

// The scores are in a database, whose password is never in the file itself.
func TestScores(t *testing.T) {
	c, err := load(t, minimal, env(EnvScores, "host=db dbname=n8n"))
	if err != nil || c.Scores.Database.Reveal() != "host=db dbname=n8n" {
		t.Errorf("%+v %v", c, err)
	}
	for src, want := range map[string]string{
		"": "it needs the database that holds model_scores",
		"dsn = \"postgres://ann:word-of-ann@db/n8n\"": "there is a password in it",
		"dsn = \"http://db/n8n\"":                     "this is no PostgreSQL address",
		"dsn_file = \"wrong\"":                        "this is no PostgreSQL address",
	} {
		got := said(t, minimal+"[scores]\n"+src+"\n", none, "wrong", "mysql://ann:word-of-ann@db/n8n")
		if !strings.Contains(got, want) || strings.Contains(got, "word-of-ann") {
			t.Errorf("%s\nsays %s", src, got)
		}
	}
}

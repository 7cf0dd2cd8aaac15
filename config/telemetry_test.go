package config

import (
	"strings"
	"testing"
)

// What Grafana tells at a hook of ours, we do not tell as well, unless somebody says so.
func TestGrafanaRules(t *testing.T) {
	table := "[grafana]\nurl = \"http://grafana:3000\"\n"
	hook := "[hooks.grafana]\nsecret_file = \"hook.secret\"\n"
	for _, v := range []struct {
		what, src string
		told      bool
	}{
		{"without a hook", table, true},
		{"with one that is called so", table + hook, false},
		{"with one of that kind", table + strings.Replace(hook, "grafana]", "panels]\nkind = \"grafana\"", 1), false},
		{"with one of another kind", table + strings.Replace(hook, "grafana]", "alertmanager]", 1), true},
		{"with one, and asked for", table + "rules = true\n" + hook, true},
		{"without one, and not wanted", table + "rules = false\n", false},
	} {
		c, err := load(t, minimal+v.src, env(EnvGrafana, "glsa_grafana-token-1"), "hook.secret", "0123456789abcdef0123")
		if err != nil {
			t.Fatalf("%s: %v", v.what, err)
		}
		if c.Grafana.Rules != v.told || c.Grafana.Password.IsZero() || c.Grafana.Service != "grafana" || c.Grafana.Every != defaultGrafanaEvery {
			t.Errorf("%s: %+v", v.what, c.Grafana)
		}
	}
}

func TestWhereLokiIs(t *testing.T) {
	grafana := "[grafana]\nurl = \"https://tala.example.org/\"\n"
	for src, want := range map[string]string{
		"":                                      "",
		"[loki]\nurl = \"http://loki:3100/\"\n": "http://loki:3100",
		grafana + "[loki]\ndatasource = \"Loki\"\n": "https://tala.example.org/api/datasources/proxy/uid/Loki",
	} {
		c, err := load(t, minimal+src, env(EnvGrafana, "glsa_grafana-token-1"))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.LokiURL(); got != want {
			t.Errorf("%q: %s, want %s", src, got, want)
		}
	}
}

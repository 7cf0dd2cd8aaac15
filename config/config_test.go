package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	toml "github.com/pelletier/go-toml/v2"

	"vigie/ops"
)

const token = "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"

func none(string) string { return "" }

func env(pairs ...string) func(string) string {
	return func(name string) string {
		if i := slices.Index(pairs, name); i >= 0 && i%2 == 0 {
			return pairs[i+1]
		}
		return ""
	}
}

// write makes a directory with files, which their owner alone can read: "a.sh" is a program and "a/" a directory.
func write(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch mode := os.FileMode(0o600); {
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o700)
		case strings.HasSuffix(name, ".sh"):
			mode = 0o700
			fallthrough
		default:
			err = os.WriteFile(path, []byte(data), mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, src string, env func(string) string, files ...string) (*Config, error) {
	t.Helper()
	all := map[string]string{"vigie.toml": src, "telegram.token": token + "\n"}
	for i := 0; i < len(files); i += 2 {
		all[files[i]] = files[i+1]
	}
	return Load(filepath.Join(write(t, all), "vigie.toml"), env)
}

const minimal = `
[telegram]
token_file = "telegram.token"
[[users]]
id   = 1
name = "ann"
role = "admin"
`

func TestMinimalConfigHasEveryDefault(t *testing.T) {
	c, err := load(t, minimal, none)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(c.file)
	for _, v := range []struct {
		what      string
		got, want any
	}{
		{"token", c.Telegram.Token.Reveal(), token},
		{"api", c.Telegram.APIURL, "https://api.telegram.org"},
		{"store", c.Store.Path, filepath.Join(dir, "vigie.db")},
		{"database", c.Store.Database.IsZero(), true},
		{"http", c.HTTP.Listen, "127.0.0.1:9464"},
		{"host", c.Stack.Host, "local"},
		{"docker", c.Hosts["local"].Docker, "unix:///var/run/docker.sock"},
		{"wait", time.Duration(c.Stack.Wait), 2 * time.Minute},
		{"ttl", time.Duration(c.ApprovalTTL), 10 * time.Minute},
		{"zone", c.Stack.Location, time.Local},
		{"level", c.Log.Level, "info"},
		{"never", len(c.NeverArgs()), 3},
		{"warnings", len(c.Warnings), 0},
	} {
		if v.got != v.want {
			t.Errorf("%s: got %v, want %v", v.what, v.got, v.want)
		}
	}
	for name, why := range c.NeverArgs() {
		if why.En == "" || why.Fr == "" || why.En == why.Fr || name != strings.ToLower(name) {
			t.Errorf("%s: %+v", name, why)
		}
	}
	if v := c.Policy.Decide(ops.Request{Who: c.People()[0], Op: ops.Spec{Name: "x.y", Risk: ops.Destructive}}); v.Demand != ops.Typed {
		t.Errorf("with no rules, an admin's destructive op is %s", v.Demand)
	}
}

// Nothing that prints a configuration prints a secret.
func TestSecretsDoNotPrint(t *testing.T) {
	c := loadWhole(t)
	asTOML, err := c.TOML()
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(struct{ T Telegram }{c.Telegram})
	if err != nil {
		t.Fatal(err)
	}
	bare, err := toml.Marshal(map[string]any{"s": c.Telegram.Token})
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{c.Telegram.Token.GoString(), string(asTOML), string(asJSON), string(bare), c.Telegram.Token.String(), fmt.Sprint(c.Telegram, c.Store, c.Users)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10s"} {
		printed = append(printed, fmt.Sprintf(verb, c.Telegram.Token), fmt.Sprintf(verb, &c.Telegram), fmt.Sprintf(verb, c.Store),
			fmt.Sprintf(verb, *c), fmt.Sprintf(verb, struct{ unexported Secret }{c.Telegram.Token}))
	}
	for _, p := range printed {
		for _, s := range c.Secrets() {
			if strings.Contains(p, s) || strings.Contains(p, fmt.Sprintf("%x", s)) {
				t.Errorf("a secret is printed in %s", p)
			}
		}
	}
	if !strings.Contains(string(bare), hidden) {
		t.Errorf("a secret prints as %s", bare)
	}
}

// What was understood, written down, is understood the same.
func TestTOMLLoadsAgain(t *testing.T) {
	c := loadWhole(t)
	first, err := c.TOML()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.file, first, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Load(c.file, env(EnvToken, token))
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	second, err := again.TOML()
	if err != nil || string(first) != string(second) {
		t.Errorf("%v:\n%s\nbecame\n%s", err, first, second)
	}
}

func TestEnvironment(t *testing.T) {
	c, err := load(t, "[[users]]\nid=1\nname='ann'\nrole='admin'\n", env(EnvToken, token, EnvDocker, "tcp://proxy:2375", EnvDSN, "host=db user=vigie password='long secret'"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram.Token.Reveal() != token || c.Hosts["local"].Docker != "tcp://proxy:2375" || c.Store.Path != "" || c.Store.Database.IsZero() {
		t.Errorf("got %+v %+v %+v", c.Telegram, c.Hosts, c.Store)
	}
	if !slices.Contains(c.Secrets(), "long secret") {
		t.Error("the redactor does not get the database's password")
	}
	c, err = load(t, minimal, env(EnvToken, "42:test"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Telegram.Token.Reveal() != "42:test" || len(c.Warnings) != 1 {
		t.Errorf("a token given twice: %d warnings", len(c.Warnings))
	}
}

func TestDefault(t *testing.T) {
	dir := t.TempDir()
	c, err := Default(dir, none)
	if err != nil {
		t.Fatal(err)
	}
	if c.Store.Path != filepath.Join(dir, "vigie.db") || c.Hosts["local"].Docker == "" || c.Policy == nil || c.Stack.Wait == 0 || !c.Telegram.Token.IsZero() {
		t.Errorf("got %+v", c)
	}
	if _, err := Default(dir, env(EnvDocker, "npipe://x")); err == nil {
		t.Error("an engine that cannot be reached was taken")
	}
}

func TestPhaseOf(t *testing.T) {
	for file, want := range map[string]string{
		"/opt/javisi/docker-compose-infra.yml": "infra", "docker-compose.yml": "apps", "compose.yaml": "apps",
		"compose.Media.yml": "media", "infra.yml": "infra", "docker-compose_db.yml": "db",
	} {
		if got := phaseOf(file); got != want {
			t.Errorf("%s is the phase %q, want %q", file, got, want)
		}
	}
}

// Rules are checked against the ops once these are known, and the problem still has its line.
func TestCheckOps(t *testing.T) {
	c, err := load(t, minimal+"[[policy]]\nname = \"x\"\nwhat = [\"/restart\", \"docker.restrt\"]\nverdict = \"deny\"\n", none)
	if err != nil {
		t.Fatal(err)
	}
	err = c.CheckOps([]ops.Spec{{Name: "docker.restart", Command: "restart", Risk: ops.Disruptive}})
	var ps Problems
	if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Line != 10 || ps[0].Key != "policy.what" || !strings.Contains(ps[0].Say.En, "docker.restart") {
		t.Fatalf("got %v", err)
	}
	if err := c.CheckOps([]ops.Spec{{Name: "docker.restart", Command: "restart", Risk: 1}, {Name: "docker.restrt", Risk: 1}}); err != nil {
		t.Errorf("got %v", err)
	}
}

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
)

// said is everything that loading src says, in both languages.
func said(t testing.TB, src string, env func(string) string, files ...string) string {
	t.Helper()
	all := map[string]string{"vigie.toml": src, "telegram.token": token + "\n"}
	for i := 0; i < len(files); i += 2 {
		all[files[i]] = files[i+1]
	}
	return saidOf(t, filepath.Join(write(t, all), "vigie.toml"), env)
}

func saidOf(t testing.TB, path string, env func(string) string) string {
	t.Helper()
	c, err := Load(path, env)
	if err == nil {
		return c.Warnings.In(ops.English) + c.Warnings.In(ops.French)
	}
	ps, ok := err.(Problems)
	if !ok {
		t.Fatalf("the error is of type %T", err)
	}
	return ps.Error() + ps.In(ops.French)
}

// The token is shown by no error, wherever in the file somebody puts it and however broken the line is.
func TestTokenIsNeverShown(t *testing.T) {
	_, part, _ := strings.Cut(token, ":")
	path := filepath.Join(write(t, map[string]string{"telegram.token": token}), "vigie.toml")
	lines, tried := slices.DeleteFunc(uncommented(example(t)), func(line string) bool { return line == "" || line[0] == '#' }), 0
	for i, line := range lines {
		key, _, ok := strings.Cut(line, " =")
		if !ok {
			continue
		}
		before, after := around(lines, i)
		for _, broken := range []string{
			key + ` = "` + token + `"`,
			key + ` = ["` + token + `"]`,
			key + ` = [{ path = "` + token + `", phase = "` + token + `" }]`,
			key + ` = { "` + token + `" = 1 }`,
			key + ` = "https://bot.example.org/bot` + token + `/x"`,
			key + ` = "postgres://x:` + token + `@db/x"`,
			key + ` = ` + token,
			key + ` = "` + token,
			key + ` "` + token + `"`,
			`"` + token + `" = 1`,
			`[hosts."` + token + `"]`,
			`[` + token + `]`,
			token,
		} {
			tried++
			src := strings.Join(before, "\n") + "\n" + broken + "\n" + strings.Join(after, "\n")
			if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
			// With none, so that it is kept out for its looks alone.
			if s := saidOf(t, path, none); strings.Contains(s, part) {
				t.Fatalf("%s\nsays\n%s", broken, s)
			}
		}
	}
	if tried < 2500 {
		t.Errorf("only %d lines were tried", tried)
	}
}

// around is the table that a line stands in, without the line, and besides it what every configuration needs.
func around(lines []string, i int) (before, after []string) {
	isHeader := func(line string) bool { return strings.HasPrefix(line, "[") }
	begin, end := i, i+1
	for begin > 0 && !isHeader(lines[begin]) {
		begin--
	}
	for end < len(lines) && !isHeader(lines[end]) {
		end++
	}
	after = slices.Clone(lines[i+1 : end])
	bot, user, _ := strings.Cut(minimal, "[[users]]")
	if lines[begin] != "[telegram]" {
		after = append(after, bot)
	}
	return lines[begin:i], append(after, "[[users]]"+user)
}

// A secret of any shape, known from its file or the environment, is kept out of what is said about other keys.
func TestKnownSecretsAreNeverShown(t *testing.T) {
	const odd = "42:short-test"
	src := `
[telegram]
webhook_secret_file = "hook"
[[users]]
id = 1
name = "42:short-test"
role = "hook-value"
lang = "42:short-test"
totp_file = "totp"
[store]
dsn_file = "dsn"
[stack]
zone = "42:short-test"
project = "dsn-password"
wait = "topic-of-ann"
domain = "hook-value/"
off = ["hook value", "hook-value/"]
[[policy]]
name = "x"
who = "hook-value"
what = "42:short-test"
verdict = "dsn-password"
[alerts]
to = ["topic-of-ann", "basic-password-1"]
[alerts.fallback]
url_file = "url"
format = "topic-of-ann"
[[checks]]
name = "topic-of-ann!"
url = "https://x/"
header_file = "header"
severity = "basic-password-1"
[[checks]]
name = "x"
url = "https://ann:other-password@x/"
[[checks]]
name = "y"
tcp = "other-password"
[[heartbeats]]
name = "long-beat-secret!"
every = "1h"
[[heartbeats]]
name = "z"
every = "1h"
secret_file = "beat"
severity = "long-beat-secret"
[postgres]
service = "pg-password-1!"
password_file = "pg"
dumps = ["app-password-1["]
[postgres.databases."app-password-2"]
apps = ["pg-password-1*"]
app_password_file = "app"
[redis]
data_dir = "pg-password-1"
[qdrant]
url = "https://ann:qdrant-password@x/"
[backup]
skip = ["qdrant-password", "nas-password-1", "push-of-backup-1"]
heartbeat_url_file = "push"
script = ["app-password-2 x"]
[backup.restore]
expect = ["nas-secret-1", "other-secret-2"]
[[restic.repositories]]
name = "nas-password-1!"
repository_file = "nas"
password_file = "app"
env_file = "env"
[[restic.repositories]]
name = "x"
repository = "rest:https://ann:third-password@x/"
tags = ["third-password,"]
[remotion]
url = "http://ann:zero-password@x/"
[[remotion.compositions]]
name = "?zero-password"
inputs = { a = "zero-password" }
[creative]
url = "http://ann:zero-password@x/"
[[creative.routes]]
type = "?zero-password"
provider = "?zero-password"
result = "?zero-password"
per = "?zero-password"
from = ["?/zero-password"]
[assets]
dsn = "postgres://ann:zero-password@db/n8n"
databases = ["?zero-password"]
[comfyui]
url = "http://ann:zero-password@x/"
model = "?zero-password"
[zerobyte]
url = "https://ann:zero-password@x/"
[[zerobyte.jobs]]
name = "?zero-password"
[hosts.vps]
docker = "tcp://u:other-password@x:1"
[log]
level = "dsn-password"
"42:short-test" = 1
`
	s := said(t, src, env(EnvToken, odd), "hook", "hook-value", "totp", "not base32: hook-value", "dsn", "mysql://u:dsn-password@db",
		"url", "https://ntfy.sh/topic-of-ann", "header", "Authorization: Basic YW5uOmJhc2ljLXBhc3N3b3JkLTE=", "beat", "long-beat-secret",
		"pg", "pg-password-1", "app", "app-password-2", "push", "https://kuma/api/push-of-backup-1", "nas", "https://ann:nas-password-1@x/", "env", "KEY=nas-secret-1\nexport TOKEN=other-secret-2")
	for _, secret := range []string{odd, "dsn-password", "other-password", "hook-value", "not base32", "topic-of-ann", "basic-password", "long-beat",
		"pg-password", "app-password-2", "qdrant-password", "nas-password", "push-of-backup", "nas-secret", "other-secret", "third-password", "zero-password"} {
		if strings.Contains(s, secret) {
			t.Errorf("%q is shown in\n%s", secret, s)
		}
	}
	if strings.Count(s, hidden) < 16 {
		t.Errorf("the test shows nothing: %s", s)
	}
}

// A secret's file is read only if it is plain and private, also through a link.
func TestSecretThroughALink(t *testing.T) {
	dir := write(t, map[string]string{"vigie.toml": minimal, "real": token})
	if err := os.Symlink(filepath.Join(dir, "real"), filepath.Join(dir, "telegram.token")); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(filepath.Join(dir, "vigie.toml"), none); err != nil || c.Telegram.Token.Reveal() != token {
		t.Errorf("a link to a private file: %v", err)
	}
	if err := os.Chmod(filepath.Join(dir, "real"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(dir, "vigie.toml"), none); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a link to a file that others can read: %v", err)
	}
}

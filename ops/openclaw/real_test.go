package openclaw

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// The real programs of the two versions that keep what they know differently, each with a home of its own.
func TestReal(t *testing.T) {
	for version, seed := range map[string]func(*real, request){"2026.5.27": (*real).intoFile, "2026.9.6": (*real).intoDatabase} {
		t.Run(version, func(t *testing.T) { suite(t, openReal(t, version, seed)) })
		t.Run(version+" settings", func(t *testing.T) { settingsSuite(t, openReal(t, version, seed), version == "2026.9.6") })
	}
}

// A real is OpenClaw's program on this machine, as a container: what docker exec would run, it runs.
type real struct {
	t          *testing.T
	node, tree string
	home       string
	seed       func(*real, request)
}

func openReal(t *testing.T, version string, seed func(*real, request)) *real {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "vigie-node")
	if _, err := os.Stat(filepath.Join(dir, "openclaw-"+version, "ready")); err != nil {
		t.Fatal("OpenClaw is not installed: run scripts/node.sh openclaw")
	}
	return &real{t: t, node: filepath.Join(dir, "node"), tree: filepath.Join(dir, "openclaw-"+version, "node_modules", "openclaw"), home: t.TempDir(), seed: seed}
}

func (r *real) container() Container { return r }

func (r *real) Exec(ctx context.Context, x Exec) (int, error) {
	cmd := exec.CommandContext(ctx, r.node, append([]string{filepath.Join(r.tree, filepath.Base(x.Argv[1]))}, x.Argv[2:]...)...)
	cmd.Env = append([]string{"HOME=" + r.home, "PATH=/usr/bin:/bin", "OPENCLAW_GATEWAY_PORT=9", "OPENCLAW_GATEWAY_TOKEN=token-of-the-tests"}, x.Env...) // nothing listens there
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = r.home, x.Stdout, x.Stderr, 5*time.Second
	err := cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return ended.ExitCode(), nil
	}
	return cmd.ProcessState.ExitCode(), err
}

func (r *real) asks(id, username, code string, ago time.Duration) {
	r.t.Helper()
	one := request{ID: id, Code: code, Created: time.Now().Add(-ago).UTC()}
	one.Meta.Username, one.Meta.Account = username, "default"
	r.seed(r, one)
}

// configured writes its configuration, as a deployment does: agents are a list there, which 2026.9 still reads.
func (r *real) configured(agents map[string]string) {
	r.t.Helper()
	var list []map[string]any
	for i, id := range slices.Sorted(maps.Keys(agents)) {
		one := map[string]any{"id": id, "default": i == 0} // with more than one, 2026.9 wants to know
		if agents[id] != "" {
			one["model"] = json.RawMessage(agents[id])
		}
		list = append(list, one)
	}
	var models []map[string]any
	for _, id := range []string{"glm-5", "claude-haiku"} {
		models = append(models, map[string]any{"id": id, "name": id, "reasoning": false, "input": []string{"text"}, "contextWindow": 128000, "maxTokens": 8192,
			"cost": map[string]int{"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}})
	}
	raw, err := json.Marshal(map[string]any{"gateway": map[string]any{"mode": "local", "port": 9, "bind": "loopback"},
		"agents": map[string]any{"list": list}, "models": map[string]any{"providers": map[string]any{"litellm": map[string]any{"baseUrl": "http://127.0.0.1:9/v1", "apiKey": "of-the-tests", "api": "openai-completions", "models": models}}}})
	if err != nil {
		r.t.Fatal(err)
	}
	dir := filepath.Join(r.home, ".openclaw")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "openclaw.json"), raw, 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// intoFile adds a request as 2026.5 keeps it.
func (r *real) intoFile(one request) {
	r.t.Helper()
	path := filepath.Join(r.home, ".openclaw", "credentials", "telegram-pairing.json")
	var kept struct {
		Version  int              `json:"version"`
		Requests []map[string]any `json:"requests"`
	}
	if raw, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(raw, &kept); err != nil {
			r.t.Fatal(err)
		}
	}
	at := one.Created.Format(time.RFC3339Nano)
	kept.Version = 1
	kept.Requests = append(kept.Requests, map[string]any{"id": one.ID, "code": one.Code, "createdAt": at, "lastSeenAt": at, "meta": map[string]string{"username": one.Meta.Username, "accountId": "default"}})
	raw, err := json.Marshal(kept)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		r.t.Fatal(err)
	}
}

const insert = `const [db, id, code, at, user] = process.argv.slice(1);
new (require('node:sqlite').DatabaseSync)(db).prepare('insert into channel_pairing_requests(channel_key,account_id,request_id,code,created_at,last_seen_at,meta_json) values(?,?,?,?,?,?,?)')
  .run('telegram', 'default', id, code, at, at, JSON.stringify({username: user, accountId: 'default'}));`

// intoDatabase adds a request as 2026.9 keeps it. A call of the program has made the database.
func (r *real) intoDatabase(one request) {
	r.t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(r.node, "-e", insert, filepath.Join(r.home, ".openclaw", "state", "openclaw.sqlite"), one.ID, one.Code, one.Created.Format(time.RFC3339Nano), one.Meta.Username)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("%v: %s", err, said.String())
	}
}

package n8n

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/data/datatest"
	"vigie/ops/opstest"
)

func TestMain(m *testing.M) { datatest.Main(m, nil) }

// The real n8n, of the version that the stack runs, on a real PostgreSQL.
func TestReal(t *testing.T) { suite(t, startReal(t)) }

// A realN8N is a running n8n, its owner signed in.
type realN8N struct {
	t    *testing.T
	url  string
	key  string
	http *http.Client
}

func startReal(t *testing.T) *realN8N {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "vigie-node")
	program := filepath.Join(dir, "n8n-2.30.7", "node_modules", "n8n", "bin", "n8n")
	if _, err := os.Stat(filepath.Join(dir, "n8n-2.30.7", "ready")); err != nil {
		t.Fatal("n8n is not installed: run scripts/node.sh n8n")
	}
	dsn, err := url.Parse(datatest.Postgres(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	port, broker := freePort(t), freePort(t)
	cmd := exec.Command(filepath.Join(dir, "node"), program, "start")
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + filepath.Dir(must(t, filepath.EvalSymlinks, filepath.Join(dir, "node"))) + ":/usr/bin:/bin",
		"DB_TYPE=postgresdb", "DB_POSTGRESDB_HOST=" + dsn.Query().Get("host"), "DB_POSTGRESDB_DATABASE=" + strings.Trim(dsn.Path, "/"), "DB_POSTGRESDB_USER=" + dsn.User.Username(),
		"N8N_LISTEN_ADDRESS=127.0.0.1", "N8N_PORT=" + strconv.Itoa(port), "N8N_RUNNERS_BROKER_PORT=" + strconv.Itoa(broker), "N8N_SECURE_COOKIE=false",
		"N8N_DIAGNOSTICS_ENABLED=false", "N8N_TEMPLATES_ENABLED=false", "N8N_VERSION_NOTIFICATIONS_ENABLED=false",
		"N8N_DISABLED_MODULES=mcp-registry,community-packages,insights,quick-connect,instance-registry"}
	log := must(t, os.Create, filepath.Join(t.TempDir(), "n8n.log"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // waited for in the clean-up
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its data are thrown away
		<-ended
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("n8n says: …%s", said[max(0, len(said)-3000):])
		}
		_ = log.Close()
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := &realN8N{t: t, url: fmt.Sprintf("http://127.0.0.1:%d", port), http: &http.Client{Jar: jar, Timeout: time.Minute}}
	n.waitUntilReady(ended)
	n.signUp()
	return n
}

// waitUntilReady gives it three minutes: it migrates its database first.
func (n *realN8N) waitUntilReady(ended <-chan error) {
	n.t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		r, err := n.http.Get(n.url + "/healthz/readiness")
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-ended:
			n.t.Fatalf("n8n ended: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
	n.t.Fatal("n8n is not ready within three minutes")
}

// signUp makes the owner, and a key with the scopes that the documentation asks for, and those that the test needs besides.
func (n *realN8N) signUp() {
	n.t.Helper()
	n.call("POST", "/rest/owner/setup", map[string]string{"email": "ann@example.org", "firstName": "Ann", "lastName": "A", "password": "Passw0rd-long"}, nil)
	var made struct {
		Data struct {
			Raw string `json:"rawApiKey"`
		} `json:"data"`
	}
	n.call("POST", "/rest/api-keys", map[string]any{"label": "vigie", "expiresAt": nil, "scopes": strings.Fields(Scopes)}, &made)
	n.key = made.Data.Raw
}

func (n *realN8N) call(method, path string, body, answer any) {
	n.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		n.t.Fatal(err)
	}
	r, err := http.NewRequest(method, n.url+path, bytes.NewReader(raw))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	// n8n binds a session to the browser that signed in
	r.Header.Set("browser-id", "vigie-test")
	got, err := n.http.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer got.Body.Close()
	said, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode/100 != 2 {
		n.t.Fatalf("%s %s: %s %s %v", method, path, got.Status, said, err)
	}
	if answer != nil {
		if err := json.Unmarshal(said, answer); err != nil {
			n.t.Fatal(err)
		}
	}
}

func (n *realN8N) system() *System {
	s, err := New(Options{URL: n.url, Key: opstest.Secret(n.key)})
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// flow is a workflow as n8n takes it: a webhook, and a node that fails if fails is not empty.
func flow(name, path, fails string) map[string]any {
	second := map[string]any{"id": "a2", "name": "Fetch figures", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": []int{200, 0}, "parameters": map[string]any{}}
	if fails != "" {
		second["type"], second["parameters"] = "n8n-nodes-base.stopAndError", map[string]any{"errorMessage": fails}
	}
	return map[string]any{"name": name, "settings": map[string]any{}, "nodes": []any{
		map[string]any{"id": "a1", "name": "Webhook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": []int{0, 0}, "webhookId": "11111111-1111-4111-8111-" + fmt.Sprintf("%012d", len(path)),
			"parameters": map[string]any{"httpMethod": "POST", "path": path, "responseMode": "onReceived"}}, second},
		"connections": map[string]any{"Webhook": map[string]any{"main": [][]any{{map[string]any{"node": "Fetch figures", "type": "main", "index": 0}}}}}}
}

func (n *realN8N) add(name, path, fails string) string {
	n.t.Helper()
	var made struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	n.call("POST", "/rest/workflows", flow(name, path, fails), &made)
	return made.Data.ID
}

// edit saves as the editor does, without publishing.
func (n *realN8N) edit(id, fails string) {
	n.t.Helper()
	var is struct {
		Data struct {
			Version string `json:"versionId"`
			Name    string `json:"name"`
		} `json:"data"`
	}
	n.call("GET", "/rest/workflows/"+id, nil, &is)
	body := flow(is.Data.Name, "nightly", fails)
	body["versionId"] = is.Data.Version
	n.call("PATCH", "/rest/workflows/"+id, body, nil)
}

func (n *realN8N) hit(path string) int {
	n.t.Helper()
	code, err := post(n.http, n.url+"/webhook/"+path, "{}")
	if err != nil {
		n.t.Fatal(err)
	}
	return code
}

func freePort(t *testing.T) int {
	t.Helper()
	l := must(t, func(a string) (net.Listener, error) { return net.Listen("tcp", a) }, "127.0.0.1:0")
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func must[A, B any](t *testing.T, do func(A) (B, error), a A) B {
	t.Helper()
	b, err := do(a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

package opstest

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
)

// N8N is a running n8n of the version that the stack runs, its owner signed in.
type N8N struct {
	T    testing.TB
	URL  string
	HTTP *http.Client
}

// n8nVersion is the one that scripts/node.sh installs.
const n8nVersion = "n8n-2.30.7"

// StartN8N starts the real n8n on an empty PostgreSQL database, for as long as the test runs.
func StartN8N(t testing.TB, dsn string) *N8N {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "vigie-node")
	if _, err := os.Stat(filepath.Join(dir, n8nVersion, "ready")); err != nil {
		t.Fatal("n8n is not installed: run scripts/node.sh n8n")
	}
	node, err := filepath.EvalSymlinks(filepath.Join(dir, "node"))
	if err != nil {
		t.Fatal(err)
	}
	database, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	cmd := exec.Command(node, filepath.Join(dir, n8nVersion, "node_modules", "n8n", "bin", "n8n"), "start")
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + filepath.Dir(node) + ":/usr/bin:/bin",
		"DB_TYPE=postgresdb", "DB_POSTGRESDB_HOST=" + database.Query().Get("host"), "DB_POSTGRESDB_DATABASE=" + strings.Trim(database.Path, "/"), "DB_POSTGRESDB_USER=" + database.User.Username(),
		"N8N_LISTEN_ADDRESS=127.0.0.1", "N8N_PORT=" + strconv.Itoa(port), "N8N_RUNNERS_BROKER_PORT=" + strconv.Itoa(freePort(t)), "N8N_SECURE_COOKIE=false",
		"N8N_DIAGNOSTICS_ENABLED=false", "N8N_TEMPLATES_ENABLED=false", "N8N_VERSION_NOTIFICATIONS_ENABLED=false",
		"N8N_DISABLED_MODULES=mcp-registry,community-packages,insights,quick-connect,instance-registry"}
	ended := run(t, cmd, "n8n")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	n := &N8N{T: t, URL: fmt.Sprintf("http://127.0.0.1:%d", port), HTTP: &http.Client{Jar: jar, Timeout: time.Minute}}
	n.waitUntilReady(ended)
	n.Call("POST", "/rest/owner/setup", map[string]string{"email": "ann@example.org", "firstName": "Ann", "lastName": "A", "password": "Passw0rd-long"}, nil)
	return n
}

// run starts a program, whose data are thrown away, and kills it with all that it started when the test ends.
func run(t testing.TB, cmd *exec.Cmd, name string) (ended <-chan error) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait(); close(over) }() // waited for in the clean-up
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		for range over {
		}
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("%s says: …%s", name, said[max(0, len(said)-3000):])
		}
		_ = log.Close()
	})
	return over
}

// waitUntilReady gives it three minutes: it migrates its database first.
func (n *N8N) waitUntilReady(ended <-chan error) {
	n.T.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		r, err := n.HTTP.Get(n.URL + "/healthz/readiness")
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-ended:
			n.T.Fatalf("n8n ended: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
	n.T.Fatal("n8n is not ready within three minutes")
}

// Call asks n8n as its owner's browser does; answer, if it is not nil, gets what it says.
func (n *N8N) Call(method, path string, body, answer any) {
	n.T.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		n.T.Fatal(err)
	}
	r, err := http.NewRequest(method, n.URL+path, bytes.NewReader(raw))
	if err != nil {
		n.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("browser-id", "vigie-test") // n8n binds a session to the browser that signed in
	got, err := n.HTTP.Do(r)
	if err != nil {
		n.T.Fatal(err)
	}
	defer got.Body.Close()
	said, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode/100 != 2 {
		n.T.Fatalf("%s %s: %s %s %v", method, path, got.Status, said, err)
	}
	if answer != nil {
		if err := json.Unmarshal(said, answer); err != nil {
			n.T.Fatal(err)
		}
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

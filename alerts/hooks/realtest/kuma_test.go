package realtest

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"vigie/alerts/hooks"
	"vigie/ops"
)

// kumaDir is where scripts/kuma.sh installs it, below the user's cache directory.
const kumaDir = "vigie-kuma"

// A real Uptime Kuma sends its test, finds a monitor down, and then up again; one notification posts JSON, the other a form.
func TestUptimeKuma(t *testing.T) {
	p := open(t, hooks.Kuma)
	p.watch(t)
	kuma := startKuma(t)

	// The port is taken and closed: the first look finds it refused, which Uptime Kuma tells at once.
	shop := freePort(t)
	kuma.drive(t, p.URL, "http://127.0.0.1:"+shop+"/healthz")
	test := p.next(t)
	if test.Subject != "kuma:real:test" || test.Kind != "test" || test.Severity != ops.Notice || test.Fades == 0 {
		t.Errorf("the test notification: %+v", test)
	}
	for _, how := range []string{"as JSON", "as a form"} {
		down := p.next(t)
		if down.Subject != "kuma:real:1" || down.Kind != "down" || down.Over || down.Severity != ops.Critical ||
			ops.Unmark(down.Title.En) != "VPAI — shop is down · connect ECONNREFUSED 127.0.0.1:"+shop || time.Since(down.At).Abs() > patience {
			t.Errorf("down, %s: %+v", how, down)
		}
	}

	l, err := net.Listen("tcp", "127.0.0.1:"+shop)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }), ReadHeaderTimeout: time.Second}
	served := make(chan struct{})
	go func() { // waited for in the cleanup
		defer close(served)
		_ = server.Serve(l) // it is closed
	}()
	t.Cleanup(func() { server.Close(); <-served })
	for _, how := range []string{"as JSON", "as a form"} {
		up := p.next(t)
		if up.Subject != "kuma:real:1" || up.Kind != "down" || !up.Over || ops.Unmark(up.Title.En) != "VPAI — shop is up again" {
			t.Errorf("up, %s: %+v", how, up)
		}
	}
	select {
	case more := <-p.told:
		t.Errorf("told besides: %+v", more)
	default:
	}
}

// A kuma is an Uptime Kuma that runs.
type kuma struct{ dir, node, url string }

func startKuma(t *testing.T) kuma {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	k := kuma{dir: filepath.Join(cache, kumaDir)}
	if _, err := os.Stat(filepath.Join(k.dir, "ready")); err != nil {
		t.Fatalf("Uptime Kuma is not in %s. Next: scripts/kuma.sh installs it there", k.dir)
	}
	k.node = filepath.Join(k.dir, "node")
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "db-config.json"), []byte(`{"type":"sqlite"}`), 0o600); err != nil { // or it asks in a browser
		t.Fatal(err)
	}
	port := freePort(t)
	k.url = "http://127.0.0.1:" + port
	cmd := exec.Command(k.node, "--require", testdata(t, "loopback.cjs"), "server/server.js")
	cmd.Dir = filepath.Join(k.dir, "node_modules", "uptime-kuma") // it looks for its files from here
	cmd.Env = append(os.Environ(), "UPTIME_KUMA_HOST=127.0.0.1", "UPTIME_KUMA_PORT="+port, "DATA_DIR="+data+"/", "NODE_ENV=production")
	said := start(t, cmd, k.url+"/api/entry-page")
	t.Cleanup(func() {
		// Its look for a newer version must have been refused: else the preload does not hold, and a test reached the internet.
		if !strings.Contains(said.String(), "refused to connect to uptime.kuma.pet") {
			t.Error("Uptime Kuma was not kept from looking for a newer version")
		}
	})
	return k
}

// drive sets it up: an owner, two notifications that go to hook, and a monitor of target.
func (k kuma) drive(t *testing.T, hook, target string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), k.node, testdata(t, "kuma.mjs"))
	cmd.Env = append(os.Environ(), "KUMA_DIR="+k.dir, "KUMA_URL="+k.url, "HOOK_URL="+hook, "HOOK_SECRET="+secret, "TARGET_URL="+target)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("setting Uptime Kuma up: %v\n%s", err, out)
	}
}

// testdata is a file beside the cases of the package that is tested.
func testdata(t *testing.T, name string) string {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("where is this file?")
	}
	return filepath.Join(filepath.Dir(here), "..", "testdata", name)
}

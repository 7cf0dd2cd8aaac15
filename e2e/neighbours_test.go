package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/ops/grafana/grafanatest"
	"vigie/ops/loki/lokitest"
	"vigie/ops/models/modelstest"
	"vigie/ops/n8n/n8ntest"
	"vigie/ops/qdrant/qdranttest"
)

// installOpenClaw builds the stand-in for OpenClaw's program and puts it into a service's container.
func (w *world) installOpenClaw(service string) {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "openclaw")
	build := exec.CommandContext(w.t.Context(), "go", "build", "-o", program, "../demo/openclaw")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
	if out, err := docker("cp", program, w.project+"_"+service+":/bin/openclaw"); err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
}

// neighbours is a configuration with the systems beside the stack, each a stand-in that listens.
func (w *world) neighbours(t *testing.T) string {
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	n8n, qdrant, proxy := n8ntest.New(), &qdranttest.Server{}, modelstest.Start(t)
	n8n.Add(n8ntest.Workflow{Name: "Orders", Path: "orders", Active: true})
	qdrant.Put("docs", 4, map[string]string{"1": "a"})
	proxy.Change(func(s *modelstest.Server) {
		s.DB, s.Keys = true, []modelstest.Key{{Hash: strings.Repeat("a1", 32), Alias: "n8n-agents"}}
	})
	w.write("n8n.key", n8n.Key)
	w.write("litellm.key", modelstest.Master)
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	})
	logs, panels := &lokitest.Server{}, grafanatest.New()
	logs.Push(map[string]string{"container": w.project + "_ok", "job": "docker"}, time.Now().Add(-time.Minute), "402 timeout")
	panels.Put(grafanatest.Source{UID: "Loki", Name: "Loki"})
	panels.Behind = map[string]http.RoundTripper{"Loki": logs}
	w.write("grafana.token", panels.Token)
	return fmt.Sprintf(`
[openclaw]
service = "ok"
program = ["openclaw"]
[n8n]
url = %q
key_file = "n8n.key"
[qdrant]
url = %q
dump_dir = %q
[litellm]
url = %q
key_file = "litellm.key"
[victoriametrics]
url = %q
[grafana]
url = %q
password_file = "grafana.token"
[loki]
datasource = "Loki"
`, serve(n8n), serve(qdrant), w.t.TempDir(), proxy.URL, serve(metrics), serve(panels))
}

// TestCheckWithNeighbours plans every example of every system that may stand beside the stack.
func TestCheckWithNeighbours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.installOpenClaw("ok")
	w.configure(setup{more: w.neighbours(t)})
	code, said := w.run("check")
	if code != 0 || strings.Contains("\n"+said, "\n🔴") {
		t.Errorf("exit %d: %s", code, said)
	}
	for _, line := range []string{"/agents", "/devices", "/n8n", "/qdrant", "/models", "/grafana", "/loki all timeout 30m 200"} {
		if !strings.Contains(said, "\n🟢 "+line+" ") {
			t.Errorf("%s is not answered:\n%s", line, said)
		}
	}
	if !strings.Contains(said, "1 person waits to talk to OpenClaw") { // a choice is asked for: no plan
		t.Errorf("who waits is not told:\n%s", said)
	}
}

// TestOpenClawInAContainer lets somebody in by OpenClaw's own program, which runs in a real container.
func TestOpenClawInAContainer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}, more: "[openclaw]\nservice = \"ok\"\nprogram = [\"openclaw\"]\n"})
	w.installOpenClaw("ok")
	w.start()
	ann := w.person("ann")
	ann.say("/pair")
	ann.sees(`@marie`)
	ann.tap("@marie")
	ann.sees(`🔒 Let @marie talk to OpenClaw, telegram 81624551`)
	ann.tap("Let @marie talk to OpenClaw")
	ann.sees(`🟢 @marie may talk to OpenClaw · no longer listed as waiting`)
	if out, err := docker("exec", w.project+"_ok", "openclaw", "pairing", "list", "telegram"); err != nil || strings.Contains(out, "marie") {
		t.Errorf("OpenClaw itself says %q, %v", out, err)
	}
	ann.say("/pair K7QMX2RP")
	ann.sees(`was there and no longer is`)
	ann.say("/agents")
	ann.sees(`writer`)
	ann.say("/devices")
	ann.sees(`cli`)
}

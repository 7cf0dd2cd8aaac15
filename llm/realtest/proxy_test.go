package realtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	masterKey = "sk-master-of-the-test"
	patience  = 4 * time.Minute // until it listens: it loads much Python, on a machine that does much else
)

// configuration gives the real proxy the models of this suite.
func configuration() string {
	var b strings.Builder
	b.WriteString("model_list:\n")
	model := func(alias, more string) {
		fmt.Fprintf(&b, "  - model_name: %s\n    litellm_params: {model: openai/none, api_key: none, %s}\n", alias, more)
	}
	for alias, lines := range scripted() {
		l := lines[0]
		switch {
		case len(l.Calls) > 0:
			c := l.Calls[0]
			model(alias, fmt.Sprintf("mock_response: '', mock_tool_calls: [{id: call_1, type: function, function: {name: %s, arguments: '%s'}}]", c.Name, c.Arguments))
		case l.Wait > 0:
			model(alias, fmt.Sprintf("mock_response: late, mock_delay: %d", int(l.Wait.Seconds())))
		case l.Status == 0:
			model(alias, fmt.Sprintf("mock_response: %q", l.Says))
		}
	}
	for alias, words := range map[string]string{"limited": "litellm.RateLimitError", "broken": "litellm.InternalServerError", "toolong": "litellm.ContextWindowExceededError",
		"filtered": "Exception: content_filter_policy", "torn": "Exception: mock_streaming_error"} {
		model(alias, fmt.Sprintf("mock_response: %q", words))
	}
	b.WriteString("general_settings: {master_key: " + masterKey + "}\nlitellm_settings: {num_retries: 0, telemetry: false}\nrouter_settings: {num_retries: 0, disable_cooldowns: true}\n")
	return b.String()
}

// TestLiteLLM: a real proxy passes the same suite.
func TestLiteLLM(t *testing.T) { suite(t, startProxy(t)) }

func startProxy(t *testing.T) proxy {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(cache, "vigie-litellm", "venv", "bin", "litellm")
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("there is no LiteLLM (%v): scripts/litellm.sh installs it", err)
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(configuration()), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config", file, "--host", "127.0.0.1", "--port", port)
	cmd.Env = append(os.Environ(), "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_TELEMETRY=False", "LITELLM_LOG=ERROR")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { // waited for in the cleanup
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("LiteLLM said:\n%s", log.String()[max(0, log.Len()-4000):])
		}
	})
	address := "http://127.0.0.1:" + port
	deadline, tick := time.After(patience), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-deadline:
			t.Fatalf("LiteLLM does not listen after %s", patience)
		case <-ended:
			t.Fatal("LiteLLM ended")
		case <-tick.C:
			if listens(address) {
				return proxy{address + "/v1", masterKey}
			}
		}
	}
}

func listens(address string) bool {
	client := http.Client{Timeout: 5 * time.Second}
	r, err := client.Get(address + "/health/liveliness")
	if err != nil {
		return false
	}
	_ = r.Body.Close()
	return r.StatusCode == http.StatusOK
}

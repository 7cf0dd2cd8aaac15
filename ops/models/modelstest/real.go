package modelstest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// litellmDir is where scripts/litellm.sh installs it, below the user's cache directory.
const litellmDir = "vigie-litellm"

// sampleConfig is [Sample] as a config.yaml: the answers are LiteLLM's own mocks, so no provider is asked.
const sampleConfig = `model_list:
  - model_name: glm-5
    litellm_params: {model: openai/glm-5, api_key: none, mock_response: OK}
    model_info: {input_cost_per_token: 0.000001, output_cost_per_token: 0.000003, metadata: {tier: eco}}
  - model_name: broken
    litellm_params: {model: openai/broken, api_key: none, mock_response: litellm.RateLimitError}
router_settings: {num_retries: 0}
litellm_settings: {fallbacks: [{broken: [glm-5]}]}
general_settings: {master_key: ` + Master + `}
`

// Real starts a real LiteLLM proxy without a database, with the models of [Sample], and returns its address. It waits two
// minutes for it at most: it takes a while to read itself.
func Real(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, litellmDir)
	if _, err := os.Stat(filepath.Join(dir, "ready")); err != nil {
		t.Fatalf("LiteLLM is not in %s. Next: scripts/litellm.sh installs it there", dir)
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte(sampleConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command(filepath.Join(dir, "venv", "bin", "python"), filepath.Join(dir, "venv", "bin", "litellm"), "--config", config, "--host", "127.0.0.1", "--port", fmt.Sprint(port))
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &said, &said
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_TELEMETRY=False", "DISABLE_ADMIN_UI=True"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // waited for in the cleanup
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	client := &http.Client{Timeout: 2 * time.Second}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if answer, err := client.Get(base + "/health/readiness"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return base
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("LiteLLM ended: %v\n%s", err, end(said))
		case <-time.After(200 * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	err = <-ended // so that nobody writes to said any more
	ended <- err
	t.Fatalf("LiteLLM does not answer within two minutes\n%s", end(said))
	return ""
}

// end is the last of what it said: its tracebacks are long.
func end(said bytes.Buffer) []byte {
	b := said.Bytes()
	return b[max(0, len(b)-2000):]
}

package realtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/alerts/hooks"
	"vigie/ops"
)

// A real Alertmanager fires while nobody watches, tries again because of the 503, and what it says arrives; then it resolves.
func TestAlertmanager(t *testing.T) {
	p := open(t, hooks.Alertmanager)
	am := startAlertmanager(t, p.URL)

	begun := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	down := map[string]string{"alertname": "ContainerDown", "container": "javisi_litellm", "instance": "vps", "severity": "critical"}
	am.post(t, alert{Labels: down, Annotations: map[string]string{"summary": "litellm is down", "description": "no metrics for 2m"}, StartsAt: begun})
	select {
	case <-p.asked:
	case <-time.After(patience):
		t.Fatal("Alertmanager did not come while nobody watched")
	}
	p.watch(t)
	fires := p.next(t)
	if fires.Subject != "container:litellm" || !strings.HasPrefix(fires.Kind, "ContainerDown:") || fires.Over || fires.Severity != ops.Critical ||
		!fires.At.Equal(begun) || fires.Title.En != "litellm is down" || len(fires.Lines) == 0 || fires.Lines[0].En != "no metrics for 2m" {
		t.Errorf("it fires: %+v", fires)
	}

	ends := time.Now().UTC().Truncate(time.Second)
	am.post(t, alert{Labels: down, Annotations: map[string]string{"summary": "litellm is down"}, StartsAt: begun, EndsAt: ends})
	over := p.next(t)
	for !over.Over { // it may have said once more that it fires
		over = p.next(t)
	}
	if over.Subject != fires.Subject || over.Kind != fires.Kind || !over.At.Equal(ends) {
		t.Errorf("it is over: %+v", over)
	}
}

// A group is cut to max_alerts, and says so; each of its alerts has a life of its own.
func TestAlertmanagerCutsAGroup(t *testing.T) {
	p := open(t, hooks.Alertmanager)
	p.watch(t)
	am := startAlertmanager(t, p.URL)
	var all []alert
	for _, disk := range []string{"/", "/srv", "/var"} {
		all = append(all, alert{Labels: map[string]string{"alertname": "DiskFull", "mountpoint": disk}, StartsAt: time.Now().Add(-time.Minute)})
	}
	am.post(t, all...)
	first, second := p.next(t), p.next(t)
	if first.Subject == second.Subject || first.Kind != "DiskFull" || second.Kind != "DiskFull" {
		t.Errorf("two of three: %+v\n%+v", first, second)
	}
	if len(first.Lines) == 0 || first.Lines[0].En != "1 more was cut off by the sender" {
		t.Errorf("the cut is not said: %+v", first.Lines)
	}
}

// An alert is what Alertmanager takes.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt,omitzero"`
	EndsAt      time.Time         `json:"endsAt,omitzero"`
}

// An alertmanager is the address of one that runs.
type alertmanager string

func startAlertmanager(t *testing.T, hook string) alertmanager {
	t.Helper()
	program, err := exec.LookPath("prometheus-alertmanager")
	if err != nil {
		t.Fatal("the program prometheus-alertmanager is missing. Next: scripts/tools.sh, or apt-get install prometheus-alertmanager")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "alertmanager.yml")
	settings := fmt.Sprintf(`
route: {receiver: vigie, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: vigie
    webhook_configs:
      - {url: %q, send_resolved: true, max_alerts: 2, http_config: {authorization: {credentials: %q}}}
`, hook, secret)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + freePort(t)
	cmd := exec.Command(program, "--config.file="+file, "--storage.path="+filepath.Join(dir, "data"), "--web.listen-address="+address,
		"--cluster.listen-address=") // or it listens on every interface
	start(t, cmd, "http://"+address+"/-/ready")
	return alertmanager("http://" + address)
}

func (a alertmanager) post(t *testing.T, all ...alert) {
	t.Helper()
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(string(a)+"/api/v2/alerts", "application/json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("Alertmanager answered %s", response.Status)
	}
}

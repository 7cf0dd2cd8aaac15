package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

// away takes the engine away for a while.
func (w *world) away(d time.Duration, meanwhile func()) {
	w.t.Helper()
	gone := time.Now()
	w.proxy.down()
	meanwhile()
	w.until("the engine was away long enough", func() bool { return time.Since(gone) > d })
	w.proxy.up(w.t)
}

// TestDockerGoneWhileWaiting cuts the engine off while a restart waits for health: nobody knows then, and looking again
// shows that it took.
func TestDockerGoneWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann, cat := w.person("ann"), w.person("cat")
	ann.does("/restart slow", `🔒 Restart slow`, "Restart slow")
	w.awaitNoted(2, ops.StepBegan, "docker.restart")
	w.away(12*time.Second, func() {
		cat.say("/status")
		cat.sees(`🔴 Docker’s socket .* does not exist`)
		if code, body := w.get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "docker") {
			t.Errorf("readyz: %d %s", code, body)
		}
		if code, _ := w.get("/healthz"); code != http.StatusOK {
			t.Errorf("healthz: %d", code)
		}
		ann.sees(`🟠 Unknown whether step 2 of 2 took: Restart slow`)
	})
	cat.say("/status")
	cat.sees(`🟢 2 of 2 fine`)
	w.goOn(ann, "Verify again")
	if w.noted(ops.StepFailed, "") > 0 || w.count("restart", "slow") != 1 {
		t.Errorf("it failed, or was repeated: %d restarts", w.count("restart", "slow"))
	}
	if code, body := w.get("/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
	w.settled("slow")
}

// TestDockerGoneForAMoment is over before anybody has to know.
func TestDockerGoneForAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann := w.person("ann")
	ann.does("/restart slow", `🔒 Restart slow`, "Restart slow")
	w.awaitNoted(2, ops.StepBegan, "docker.restart")
	w.away(2*time.Second, func() {})
	ann.sees(`🟢 slow restarted`)
	w.settled("slow")
}

// TestDockerGoneInTheCall cuts the engine off while it restarts a container.
func TestDockerGoneInTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann := w.person("ann")
	ann.does("/restart slow", `🔒 Restart slow`, "Restart slow")
	w.until("the engine ends the container", func() bool { return w.seen("kill", "slow") > 0 })
	w.away(15*time.Second, func() {
		ann.sees(`🟠 Unknown whether step 1 of 2 took: Restart slow.*may or may not have happened`)
	})
	w.until("it is healthy", func() bool { return w.health("slow") == "healthy" })
	w.goOn(ann, "Verify again")
	if w.noted(ops.StepFailed, "") > 0 || w.count("restart", "slow") != 1 {
		t.Errorf("it failed, or was repeated: %d restarts", w.count("restart", "slow"))
	}
	w.settled("slow")
}

// TestReadOnlyProxy operates through a socket proxy with POST=0.
func TestReadOnlyProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.proxy.forbidChanges()
	w.start()
	ann := w.person("ann")
	ann.say("/status")
	ann.sees(`🟢 2 of 2 fine`)
	ann.say("/logs ok")
	ann.sees(`started`)
	ann.does("/restart ok", `🔒 Restart ok`, "Restart ok")
	ann.sees(`🔴 Restart ok: failed at step 1.*The Docker proxy forbids restarting containers: it needs POST=1 ALLOW_RESTARTS=1`)
	if n := w.count("restart", "ok"); n != 0 {
		t.Errorf("%d restarts", n)
	}
	w.settled("ok")
}

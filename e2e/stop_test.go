package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
)

// TestToldToEnd ends the bot in order in the middle of a step: the step ends, the rest is offered at the next start.
func TestToldToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann := w.person("ann")
	ann.does("/restart slow", `🔒 Restart slow`, "Restart slow")
	w.until("the engine ends the container", func() bool { return w.seen("kill", "slow") > 0 })
	told := time.Now()
	w.signal(syscall.SIGTERM)
	if code := w.bot.code(t); code != 0 {
		t.Errorf("exit %d:\n%s", code, w.bot.said())
	}
	if took := time.Since(told); took > 30*time.Second { // the step had 3 s to go
		t.Errorf("it took %s to end", took)
	}
	if w.noted(ops.StepEnded, "docker.restart") != 1 || w.noted(ops.Interrupted, "docker.restart") != 1 || w.count("restart", "slow") != 1 {
		t.Error("the step under way did not end in order")
	}
	ann.say("/status") // while nobody is there
	w.start()
	ann.sees(`🟠 I was stopped before step 2 of 2: Restart slow.*told to end.*✓ restart slow`)
	ann.sees(`of 2 (fine|needs you)|starting`)
	w.goOn(ann, "Go on from step 2")
	if n := w.count("restart", "slow"); n != 1 {
		t.Errorf("%d restarts", n)
	}
	w.settled("slow")
}

// TestToldToEndTwice ends at once when it is told a second time, and says at the next start that it does not know.
func TestToldToEndTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.start()
	ann := w.person("ann")
	h := w.proxy.hold("POST", restarting)
	ann.does("/restart ok", `🔒 Restart ok`, "Restart ok")
	h.wait(t)
	w.signal(syscall.SIGTERM)
	w.until("it says that it ends", func() bool { return strings.Contains(w.bot.said(), "ending: the step under way") })
	if w.bot.ended() {
		t.Error("it did not wait for the step under way")
	}
	told := time.Now()
	w.signal(syscall.SIGTERM)
	w.bot.code(t)
	if took := time.Since(told); took > 5*time.Second {
		t.Errorf("it took %s to end", took)
	}
	w.start()
	ann.sees(`🟠 Unknown whether step 1 of 2 took: Restart ok`)
	w.goOn(ann, "Go on from step 1")
	if n := w.count("restart", "ok"); n != 1 {
		t.Errorf("%d restarts", n)
	}
	w.settled("ok")
}

package e2e

import (
	"testing"

	"vigie/ops"
)

// TestUnaskedRunIsNotRepeated kills the bot right after it began what the policy allows without a question. The words
// that asked for it are given out again at the next start, and must not begin it again.
func TestUnaskedRunIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}, more: `
[[policy]]
name = "restarts are free"
what = "/restart"
who = "ann"
verdict = "allow"
`})
	w.start()
	ann := w.person("ann")
	ann.say("/restart ok")
	w.awaitNoted(1, ops.Approved, "docker.restart")
	w.kill()
	restarts := w.count("restart", "ok")
	w.start()
	ann.sees(`🟠 (I was stopped before|Unknown whether) step 1 of 2`)
	ann.say("/help restart")
	ann.sees(`/restart SERVICE`)
	if n := w.noted(ops.Asked, "docker.restart"); n != 1 || w.count("restart", "ok") != restarts {
		t.Errorf("it was asked for once, and planned %d times; %d restarts by itself", n, w.count("restart", "ok")-restarts)
	}
	w.goOn(ann, "Go on from step 1")
	w.settled("ok")
}

// TestEndIsToldAfterAKill kills the bot when a run has ended and Telegram has not heard of it.
func TestEndIsToldAfterAKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.start()
	ann := w.person("ann")
	ann.say("/restart ok")
	ann.sees(`🔒 Restart ok`)
	h := w.proxy.hold("GET", inspecting)
	ann.tap("Restart ok")
	h.wait(t)
	w.tg.Down(true)
	h.pass()
	w.awaitNoted(1, ops.RunDone, "docker.restart")
	w.kill()
	w.tg.Down(false)
	w.start()
	ann.sees(`🟢 ok restarted`)
	w.settled("ok")
}

package e2e

import (
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

// TestWrittenWhileAway looks at what people wrote and tapped while the bot was down.
func TestWrittenWhileAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"ok"}})
	w.start()
	ann, bob, cat := w.person("ann"), w.person("bob"), w.person("cat")
	ann.say("/restart ok")
	ann.sees(`🔒 Restart ok`)
	w.until("it has noted that it answered", func() bool { return w.unhandled() == 0 })
	w.kill()
	ann.tap("Restart ok")
	bob.say("/restart ok", botapi.At(time.Now().Add(-6*time.Minute)))
	cat.say("/status", botapi.At(time.Now().Add(-4*time.Minute)))
	w.start()
	ann.sees(`🟢 ok restarted`)
	bob.sees(`⚪ Not done: you wrote this 6 min`)
	cat.sees(`of 2 (fine|needs you)|starting`)
	if n := w.count("restart", "ok"); n != 1 || w.noted(ops.Asked, "docker.restart") != 1 {
		t.Errorf("%d restarts, %d plans", n, w.noted(ops.Asked, "docker.restart"))
	}
	w.settled("ok")
}

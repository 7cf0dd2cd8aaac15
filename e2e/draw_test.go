package e2e

import (
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/comfyui/comfytest"
)

// TestKilledWhileDrawing ends the bot while a picture is being drawn, once as a crash does and once in order: the wait goes on by
// itself at the next start, and the picture comes into the chat, drawn once.
func TestKilledWhileDrawing(t *testing.T) {
	t.Parallel()
	for name, postgres := range map[string]bool{"sqlite": false, "postgres": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comfy := comfytest.New(comfytest.Options{Step: 300 * time.Millisecond})
			server := httptest.NewServer(comfy)
			t.Cleanup(func() { comfy.Close(); server.CloseClientConnections(); server.Close() })
			w := newWorld(t, setup{services: []string{"ok"}, postgres: postgres, more: "[comfyui]\nurl = \"" + server.URL + "\"\n"})
			w.start()
			ann := w.person("ann")
			ann.does("/imagine steps=60 size=128x64 seed=7 a heron", `🔒 Draw a heron`, "Draw a heron")
			ann.sees(`⏳ Draw a heron · 2 of 2.*drawing, step \d+ of 60`)
			w.kill()
			w.start()
			ann.sees(`⏳ Draw a heron · 2 of 2`)
			w.signal(syscall.SIGTERM)
			if code := w.bot.code(t); code != 0 {
				t.Errorf("exit %d:\n%s", code, w.bot.said())
			}
			w.until("it is drawn while nobody is there", func() bool { return comfy.Queued() == 0 })
			w.start()
			m := ann.sees(`🟢 a heron · 128×64 · seed 7`)
			if len(m.Photo) == 0 {
				t.Errorf("the picture came as no photo: %+v", m.Message)
			}
			if calls := comfy.Calls(); len(calls) != 1 {
				t.Errorf("ComfyUI was asked %q", calls)
			}
			if w.noted(ops.StepBegan, "comfyui.imagine") < 3 || w.noted(ops.RunDone, "comfyui.imagine") != 1 {
				t.Error("the journal does not tell of it")
			}
		})
	}
}

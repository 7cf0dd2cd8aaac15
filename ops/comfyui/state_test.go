package comfyui

import (
	"testing"
	"testing/synctest"

	"vigie/ops"
	"vigie/ops/comfyui/comfytest"
)

// What runs and waits is counted whoever asked for it; a proxy before a ComfyUI that is off is no ComfyUI.
func TestState(t *testing.T) {
	studio(t, comfytest.Options{}, func(t *testing.T, s *System, server *comfytest.Server) {
		if said, err := s.Answers(t.Context()); err != nil || said.En != "ComfyUI 0.18.1 answers" {
			t.Errorf("%q, %v", said.En, err)
		}
		for n, id := range []string{one, two} {
			synctest.Wait() // what was given is being drawn
			if running, waiting, err := s.Jobs(t.Context()); err != nil || running != min(n, 1) || waiting != 0 {
				t.Errorf("with %d given: %d run, %d wait, %v", n, running, waiting, err)
			}
			if err := s.submit(t.Context(), id, plan(t, s, imagineParams{Prompt: "a cat", Size: "96x64"})); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if running, waiting, err := s.Jobs(t.Context()); err != nil || running != 1 || waiting != 1 {
			t.Errorf("%d run, %d wait, %v", running, waiting, err)
		}
		server.Down(true)
		if _, err := s.Answers(t.Context()); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("502: %v", err)
		}
	})
}

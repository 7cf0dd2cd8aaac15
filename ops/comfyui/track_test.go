package comfyui

import (
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/comfyui/comfytest"
)

// A job that somebody else gave ComfyUI is found by its name, in whatever state it is.
func TestTrack(t *testing.T) {
	studio(t, comfytest.Options{}, func(t *testing.T, s *System, server *comfytest.Server) {
		if _, _, err := s.Track(t.Context(), one); ops.KindOf(err) != ops.NotFound {
			t.Errorf("nobody's job: %v", err)
		}
		if _, _, err := s.Fetch(t.Context(), one); ops.KindOf(err) != ops.NotFound {
			t.Errorf("nobody's picture: %v", err)
		}
		if err := s.submit(t.Context(), one, plan(t, s, imagineParams{Prompt: "a cat"})); err != nil {
			t.Fatal(err)
		}
		if done, says, err := s.Track(t.Context(), one); done || says.IsZero() || err != nil {
			t.Errorf("while it is drawn: %v %v %v", done, says, err)
		}
		time.Sleep(2 * time.Minute)
		if done, _, err := s.Track(t.Context(), one); !done || err != nil {
			t.Errorf("once it is drawn: %v %v", done, err)
		}
		if files, link, err := s.Fetch(t.Context(), one); len(files) != 1 || link != "" || err != nil {
			t.Errorf("its picture: %v %v %v", files, link, err)
		}
		server.Down(true)
		if _, _, err := s.Track(t.Context(), one); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("while ComfyUI is off: %v", err)
		}
	})
}

package docker

import (
	"testing"

	"vigie/ops"
)

// A restart as part of a plan acts as /restart does, and what cannot be restarted says so before anything is touched.
func TestRestarting(t *testing.T) {
	f, err := NewFake("redis running healthy up=3h\nn8n exited 0\nloki paused\nservice metube off")
	if err != nil {
		t.Fatal(err)
	}
	s := f.Stack()
	r, err := s.Restarting(t.Context(), "redis")
	if err != nil || len(r.Steps) != 2 || len(r.Again) != 2 || r.Steps[1].Kind != r.Since.Kind || !r.Since.Check || r.Locks[0] != "container:javisi_redis" || len(r.Facts) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	for name, kind := range map[string]ops.ErrorKind{"n8n": ops.Invalid, "loki": ops.Invalid, "metube": ops.NotFound, "nobody": ops.NotFound} {
		if _, err := s.Restarting(t.Context(), name); ops.KindOf(err) != kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(f.Calls()) != 0 {
		t.Errorf("planning touched something: %v", f.Calls())
	}
}

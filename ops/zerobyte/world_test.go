package zerobyte

import (
	"fmt"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/zerobyte/zerobytetest"
)

// A world is a system on a stand-in server, inside a bubble.
type world struct {
	*System
	*opstest.World
	t      *testing.T
	server *zerobytetest.Server
	said   []string // what runs told as they went
}

func newWorld(t *testing.T, v zerobytetest.Version, change ...func(*Options)) *world {
	t.Helper()
	w := &world{t: t, server: zerobytetest.New(v)}
	o := Options{URL: "http://seko:4096", Scratch: "/srv/restore", Desired: Runbook(), Client: w.server.Client()}
	if v < 40 {
		o.User, o.Password = w.server.User, opstest.Secret(w.server.Password)
	} else {
		o.Key = opstest.Secret(w.server.Key)
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.System, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.World = opstest.Open(t, Bind(w.System))
	w.Heard = func(r ops.Run) {
		if r.State == ops.Running && r.At < len(r.Steps) && !r.Steps[r.At].Note.IsZero() {
			w.said = append(w.said, ops.Unmark(r.Steps[r.At].Note.En))
		}
	}
	t.Cleanup(func() {
		for _, wrong := range w.server.Wrong() {
			t.Errorf("v0.%d: %s", v, wrong)
		}
	})
	return w
}

func (w *world) job(name string, do func(*zerobytetest.Job)) {
	w.server.Change(func(st *zerobytetest.State) { do(st.Job(name)) })
}

// each plays a test in a bubble for each version.
func each(t *testing.T, do func(t *testing.T, v zerobytetest.Version), versions ...zerobytetest.Version) {
	if len(versions) == 0 {
		versions = []zerobytetest.Version{zerobytetest.V26, zerobytetest.V41, zerobytetest.V42}
	}
	for _, v := range versions {
		t.Run(fmt.Sprintf("v0.%d", v), func(t *testing.T) { bubble(t, func(t *testing.T) { do(t, v) }) })
	}
}

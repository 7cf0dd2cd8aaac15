package docker

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// begin says yes and does not wait for the end.
func (d *desk) begin(line string) string {
	d.T.Helper()
	_, r, err := d.ask(line)
	if err != nil {
		d.T.Fatal(err)
	}
	if _, err := d.Gate.Decide(d.T.Context(), d.Who, r.ID, ops.Decision{Yes: true}); err != nil {
		d.T.Fatal(err)
	}
	return r.ID
}

func (d *desk) change(what string) {
	d.T.Helper()
	if err := d.fake.Do(what); err != nil {
		d.T.Fatal(err)
	}
}

// When the engine goes away while a restart is being proved, nobody knows; when it comes back in time, it is proved.
func TestEngineGoneWhileProving(t *testing.T) {
	for back, want := range map[time.Duration]ops.RunState{2 * time.Second: ops.Succeeded, time.Minute: ops.Uncertain} {
		t.Run(string(want), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := fakeDesk(t, "n8n running healthy up=2d ready=8s\n", ops.English)
				id := d.begin("restart service=n8n")
				time.Sleep(3 * time.Second)
				d.change("engine gone")
				time.Sleep(back)
				d.change("engine back")
				r := d.End(id)
				if r.State != want {
					t.Fatalf("%s: %s", r.State, r.Why.En)
				}
				if want == ops.Uncertain && !strings.Contains(r.Why.En, "socket") {
					t.Error(r.Why.En)
				}
			})
		})
	}
}

// A person who stops a run while it is being proved does not wait for the proof.
func TestStopWhileProving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d ready=15s\n", ops.English)
		id := d.begin("restart service=n8n")
		time.Sleep(3500 * time.Millisecond)
		asked := time.Now()
		if err := d.Gate.Stop(t.Context(), d.Who, id); err != nil {
			t.Fatal(err)
		}
		if r := d.End(id); r.State != ops.Halted || time.Since(asked) > pace {
			t.Errorf("%s after %s", r.State, time.Since(asked))
		}
	})
}

// While it is being proved, the message moves.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "db running healthy up=2d phase=infra\nn8n exited 1 healthy up=2m\nweb exited 1 up=2m\n", ops.English)
		var said []string
		watch := d.Gate.Watch
		d.Gate.Watch = func(r ops.Run) {
			for _, s := range r.Steps {
				if n := ops.Unmark(s.Note.En); n != "" && (len(said) == 0 || said[len(said)-1] != n) {
					said = append(said, n)
				}
			}
			watch(r)
		}
		if r, err := d.do("restart service=n8n"); err != nil || r.State != ops.Succeeded {
			t.Fatalf("%v %v", r.State, err)
		}
		want := "running, health not known yet, 1 s|running, health not known yet, 2 s|running, health not known yet, 3 s|running, health not known yet, 4 s|healthy after 5 s"
		if got := strings.Join(said, "|"); got != want {
			t.Errorf("%s", got)
		}
	})
}

// lazy is an engine that says yes to a restart and does not do it.
type lazy struct{ Host }

func (lazy) Restart(context.Context, string) error { return nil }

// The proof is of the restart, not of the health that was there before.
func TestNotRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "n8n running healthy up=2d\n", ops.English)
		d.stack.Host = lazy{d.fake}
		r, err := d.do("restart service=n8n")
		if err != nil || r.State != ops.Broke || !strings.Contains(r.Why.En, "the same as before the restart") {
			t.Errorf("%s: %s, %v", r.State, r.Why.En, err)
		}
	})
}

// A container whose health check cannot fail must stay up for a while; that it is «healthy» at once proves nothing.
func TestBlindHealthIsNoProof(t *testing.T) {
	test := []string{"CMD-SHELL", "kill -0 1"}
	v := &vigil{member: member{Service: "alloy", Container: "alloy"}, restarts: -1}
	synctest.Test(t, func(t *testing.T) {
		d := Detail{Container: Container{State: "running", Health: "healthy"}, Started: time.Now(), HealthTest: test}
		v.look(d, nil)
		if v.up {
			t.Error("up at once")
		}
		time.Sleep(3 * time.Second)
		d.Started, d.Restarts = time.Now(), 1
		v.look(d, nil)
		time.Sleep(3 * time.Second)
		v.look(d, nil)
		if v.up {
			t.Error("up although it was restarted 3 s ago")
		}
		time.Sleep(3 * time.Second)
		v.look(d, nil)
		if !v.up {
			t.Error("not up after 6 s")
		}
	})
}

// A one-shot that fails is not up, and neither is a service that ends in order.
func TestEndsThatAreFailures(t *testing.T) {
	for _, c := range []struct {
		once bool
		code int
		ok   bool
	}{{true, 0, true}, {true, 3, false}, {false, 0, false}, {false, 137, false}} {
		v := &vigil{member: member{Service: "job", Once: c.once}, restarts: -1}
		v.look(Detail{Container: Container{State: "exited", ExitCode: c.code}, Started: time.Now()}, nil)
		if v.up != c.ok || (v.err == nil) != c.ok || !c.ok && ops.KindOf(v.err) != ops.Failed {
			t.Errorf("%+v: up %v, %v", c, v.up, v.err)
		}
	}
}

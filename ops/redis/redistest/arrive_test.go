package redistest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/redis"
)

// An arriving op is what a restore of everything is for Redis: its steps, planned by somebody who sees neither server nor dump.
type arriving struct{ path, attempt string }

var arrivals ops.Set[*arriving]

var _ = ops.Add(&arrivals, ops.Spec{Name: "test.arrive", Command: "arrive", Risk: ops.Destructive, Doc: ops.T("a", "b"), Theme: ops.T("a", "b")},
	func(_ context.Context, a *arriving, _ struct{}) (ops.Plan, error) {
		steps, locks := redis.New(redis.Options{}).Arriving(a.path, a.attempt)
		return ops.Plan{Title: ops.T("arrive", "arrive"), Target: "redis", Steps: steps, Locks: locks, UndoFor: 24 * time.Hour}, nil
	})

// clear fails the test unless nothing of a takeover is left: no server, no file, no setting.
func (w *world) clear() {
	w.Helper()
	if all := w.cli("CONFIG GET masterauth", "CONFIG GET repl-diskless-load", "INFO replication"); strings.Contains(all, "role:slave") || !strings.Contains(all, "disabled") || len(strings.Fields(all)[1]) > 30 {
		w.Errorf("left behind: %s", all)
	}
	if all := w.docker("exec", w.lab.Project+"_redis", "sh", "-c", "ls /tmp /var/tmp /data 2>/dev/null; ps"); strings.Contains(all, "takeover") {
		w.Errorf("left behind: %s", all)
	}
}

// What a backup of everything holds of Redis is taken over by a server that was not there when that was planned, and can be put back.
func TestArriving(t *testing.T) {
	t.Parallel()
	for name, s := range settings {
		t.Run(name, func(t *testing.T) {
			a := &arriving{attempt: "one"}
			s.more = append(s.more, arrivals.Bind(a))
			w := newWorld(t, s)
			first := w.fill("first", 30000)
			good := w.dump("dump-1.rdb")
			second := w.fill("second", 500)
			body, err := os.ReadFile(good)
			w.must(err)
			a.path = filepath.Join(t.TempDir(), "redis")
			for _, half := range [][]byte{nil, body[:len(body)/2], []byte("REDIS0011")} {
				if half != nil {
					w.must(os.WriteFile(a.path, half, 0o600))
				}
				if r := w.do("test.arrive"); r.State != ops.Broke || w.digest() != second {
					t.Errorf("of %d bytes: %s", len(half), tell(r))
				}
			}
			w.must(os.Remove(a.path))
			w.must(os.Link(good, a.path))
			r := w.do("test.arrive")
			t.Log(tell(r))
			if r.State != ops.Succeeded || w.digest() != first {
				t.Fatalf("arrived: %s", tell(r))
			}
			w.clear()
			restart := func(want string) {
				w.docker("restart", w.lab.Project+"_redis")
				w.awaitUp()
				if w.digest() != want {
					t.Error("after a restart it holds something else")
				}
			}
			restart(first)
			u := w.do("vigie.undo", "run", r.ID)
			if u.State != ops.Succeeded || w.digest() != second {
				t.Fatalf("undone: %s", tell(u))
			}
			w.clear()
			restart(second)
			a.attempt = "two"
			if r := w.do("test.arrive"); r.State != ops.Succeeded || w.digest() != first {
				t.Fatalf("arrived again: %s", tell(r))
			}
			tidy(w, first)
		})
	}
}

// A port that is taken, here by the live server itself, is no end: the next one does.
func TestArrivingOnATakenPort(t *testing.T) {
	t.Parallel()
	a := &arriving{attempt: "one"}
	w := newWorld(t, setting{port: 6379, more: []ops.Bound{arrivals.Bind(a)}})
	first := w.fill("first", 500)
	a.path = w.dump("dump-1.rdb")
	w.fill("second", 500)
	if r := w.do("test.arrive"); r.State != ops.Succeeded || w.digest() != first {
		t.Errorf("arrived: %s", tell(r))
	}
	w.clear()
}

// Whatever is cut off in the middle, the server holds what there was or the dump, whole; and what is told of it is true.
func TestArrivingIsCutOff(t *testing.T) {
	t.Parallel()
	for _, s := range []setting{{}, {aof: true}} {
		t.Run(fmt.Sprintf("aof %v", s.aof), func(t *testing.T) {
			a := &arriving{}
			s.more = append(s.more, arrivals.Bind(a))
			w := newWorld(t, s)
			first := w.fill("first", 200_000)
			a.path = w.dump("dump-1.rdb")
			second := w.fill("second", 500)
			w.cli("SAVE") // what Redis itself would lose when it is killed is not what is tested here
			for i, after := range []time.Duration{0, 90, 180, 270, 360, 450} {
				for _, kind := range []string{"answer lost", "killed"} {
					a.attempt = fmt.Sprint(kind, i)
					w.cutArrival(kind, after*time.Millisecond, second, first)
				}
			}
		})
	}
}

// cutArrival cuts the takeover off so long after it began.
func (w *world) cutArrival(kind string, after time.Duration, live, fresh string) {
	w.Helper()
	begun := false
	w.box.long = func(e redis.Exec, do func() error) error {
		if begun || !strings.Contains(strings.Join(e.Argv, " "), "TAKEN") {
			return do()
		}
		begun = true
		ended := make(chan error, 1)
		go func() { ended <- do() }() // it ends by itself: what is lost is only its answer
		select {
		case err := <-ended:
			return err
		case <-time.After(after): // the moment to be hit is inside of a real process
		}
		if kind == "killed" {
			w.docker("kill", w.lab.Project+"_redis")
			<-ended
		} else {
			w.late = append(w.late, ended)
		}
		return errCut
	}
	r := w.do("test.arrive")
	w.box.long = nil
	w.docker("start", w.lab.Project+"_redis", w.lab.Project+"_app")
	w.awaitUp()
	if r.State != ops.Succeeded && r.Undoable(r.Ended) {
		u := w.do("vigie.undo", "run", r.ID)
		if u.State != ops.Succeeded || w.digest() != live {
			w.Errorf("%s after %s, put back: %s\n%s", kind, after, tell(r), tell(u))
		}
	}
	for _, ended := range w.late {
		<-ended
	}
	w.late = nil
	switch got := w.digest(); {
	case got != live && got != fresh:
		w.Fatalf("%s after %s: it holds neither: %s\n%s", kind, after, w.cli("INFO keyspace"), tell(r))
	case r.State == ops.Broke && got != live:
		w.Errorf("%s after %s: it is told that it failed, and it did not: %s", kind, after, tell(r))
	case got == fresh:
		w.fill("second", 500)
		w.cli("SAVE")
	}
	w.clear()
	w.Logf("%s after %s: %s", kind, after, r.State)
}

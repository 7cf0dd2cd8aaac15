package redistest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
)

var errCut = ops.Fail(ops.Unknown, ops.T("the line was cut", "la ligne a été coupée"), errors.New("cut"))

// TestAnyCallMayBeTheLast loses the answer to one call of a restore, or the call itself, or has Redis killed just before it: at
// places spread over the whole run. What is then in Redis must be what there was, or the dump, whole; and going on or putting
// back must end in one of them.
func TestAnyCallMayBeTheLast(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]setting{"dump file": {inside: true}, "append-only": {aof: true, inside: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			fresh := w.fill("dump", 700)
			w.dump("dump-1.rdb")
			live := w.fill("live", 300)
			count := w.countCalls(live, fresh)
			t.Logf("a restore makes %d calls", count)
			kinds := []string{"lost before", "lost after", "killed"}
			ways := []string{"vigie.undo", "vigie.resume"}
			const cuts = 6
			for i := range cuts {
				at, kind, way := 2+i*(count-2)/(cuts-1), kinds[i%3], ways[i/3]
				t.Run(fmt.Sprintf("%s %d of %d, then %s", kind, at, count, way), func(t *testing.T) {
					v := *w
					v.T = t
					v.breakAt(live, fresh, at, kind, way)
				})
			}
		})
	}
}

// begin puts Redis back to what is live, and plans a restore.
func (w *world) begin(live string) *ops.Run {
	w.Helper()
	if w.fill("live", 300) != live {
		w.Fatal("the same data has another digest")
	}
	w.cli("SAVE") // what Redis itself would lose when it is killed is not what is tested here
	r, err := w.ask("redis.restore", "dump", "dump-1.rdb")
	w.must(err)
	return r
}

func (w *world) countCalls(live, fresh string) (n int) {
	w.Helper()
	r := w.begin(live)
	w.box.calls = 0
	w.box.fault = func(_ int, what string, do func() error) error {
		if w.state(r.ID) == ops.Running {
			n++
		}
		return do()
	}
	over := w.yes(r)
	w.box.fault = nil
	if over.State != ops.Succeeded || w.digest() != fresh {
		w.Fatalf("unbroken: %s", tell(over))
	}
	return n
}

func (w *world) breakAt(live, fresh string, at int, kind, way string) {
	w.Helper()
	r := w.begin(live)
	n := 0
	w.box.fault = func(_ int, what string, do func() error) error {
		if w.state(r.ID) != ops.Running {
			return do()
		}
		if n++; n != at {
			return do()
		}
		w.Logf("%s: %s", kind, what)
		switch kind {
		case "lost after":
			if err := do(); err != nil {
				return err
			}
			return errCut
		case "killed":
			out, err := exec.CommandContext(w.Context(), "docker", "kill", w.lab.Project+"_redis").CombinedOutput() // it may be stopped
			w.Logf("%s %v", out, err)
			return do()
		}
		return errCut
	}
	over := w.yes(r)
	w.box.fault = nil
	if over.Undoable(over.Ended) && over.State != ops.Succeeded {
		w.Log(tell(over))
		next, err := w.ask(way, "run", over.ID)
		if err != nil {
			w.Fatalf("%s: %v", way, err)
		}
		over = w.yes(next)
		if over.State != ops.Succeeded && kind != "killed" {
			w.Errorf("%s: %s", way, tell(over))
		}
	}
	w.docker("start", w.lab.Project+"_redis", w.lab.Project+"_app") // a killed one stays down unless the run started it
	w.awaitUp()
	switch got := w.digest(); {
	case got != live && got != fresh:
		w.Errorf("Redis holds neither what there was nor the dump: %s\n%s", w.cli("INFO keyspace"), tell(over))
	case over.State == ops.Succeeded && over.Ask.Op == "vigie.undo" && got != live:
		w.Errorf("undone, it holds the dump: %s", tell(over))
	case over.State == ops.Succeeded && over.Ask.Op != "vigie.undo" && got != fresh:
		w.Errorf("restored, it holds what there was: %s", tell(over))
	}
}

// TestAServerThatCannotStartIsRestored has its own file damaged, so that it ends again and again.
func TestAServerThatCannotStartIsRestored(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]setting{"dump file, from the host": {}, "dump file, through the container": {inside: true}, "append-only": {aof: true, inside: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			fresh := w.fill("dump", 700)
			w.dump("dump-1.rdb")
			w.cli("SHUTDOWN NOSAVE")
			w.docker("stop", w.lab.Project+"_redis")
			damaged := "REDIS0010 and then nothing that makes sense"
			file := filepath.Join(w.data, "dump.rdb")
			if s.aof {
				files, err := filepath.Glob(filepath.Join(w.data, "appendonlydir", "*.base.rdb"))
				if err != nil || len(files) != 1 {
					t.Fatal(files, err)
				}
				file = files[0]
			}
			w.must(os.WriteFile(file, []byte(damaged), 0o600))
			w.must(os.Chown(file, 998, 998))
			w.docker("start", w.lab.Project+"_redis")
			r := w.do("redis.restore", "dump", "dump-1.rdb")
			t.Log(tell(r))
			if r.State != ops.Succeeded || w.digest() != fresh {
				t.Fatalf("restored: %s", tell(r))
			}
			kept := false
			w.must(filepath.WalkDir(w.data, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					b, failed := os.ReadFile(path)
					kept, err = kept || string(b) == damaged, failed
				}
				return err
			}))
			if !kept {
				t.Error("what there was is nowhere")
			}
		})
	}
}

// TestAFullDisk fills the disk of the data at different moments.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setting{disk: "12m", inside: true})
	fresh := w.fill("dump", 40_000)
	w.dump("dump-1.rdb")
	live := w.fill("live", 20_000)
	w.cli("SAVE")
	full := filepath.Join(w.data, "full")
	fill := func() { exec.Command("dd", "if=/dev/zero", "of="+full, "bs=64k").Run() } // it ends when nothing fits any more
	fill()
	if _, err := w.ask("redis.restore", "dump", "dump-1.rdb"); ops.KindOf(err) != ops.Unavailable || !strings.Contains(ops.SayOf(err).En, "are free") {
		t.Errorf("on a full disk: %v", err)
	}
	w.must(os.Remove(full))
	w.cli("BGSAVE")
	w.awaitUp()
	for _, moment := range []string{"exec redis-cli", "write /data/dump.rdb.vigie-", "link /data/dump.rdb"} {
		r, err := w.ask("redis.restore", "dump", "dump-1.rdb")
		w.must(err)
		done := false
		w.box.fault = func(_ int, what string, do func() error) error {
			if !done && w.state(r.ID) == ops.Running && strings.HasPrefix(what, moment) && !strings.HasSuffix(what, ".made") {
				done = true
				fill()
			}
			return do()
		}
		over := w.yes(r)
		w.box.fault = nil
		t.Logf("%s: %s", moment, tell(over))
		os.Remove(full)
		w.cli("BGSAVE") // until one succeeds it answers nothing but that it cannot save
		w.awaitUp()
		want := live
		if over.State == ops.Succeeded { // names take no room
			want = fresh
		}
		if w.digest() != want || !done {
			t.Fatalf("full at %q (%v): %s", moment, done, tell(over))
		}
		if want == fresh {
			live = w.fill("live", 20_000)
		}
	}
}

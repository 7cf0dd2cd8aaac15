package redistest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

var settings = map[string]setting{
	"dump file, from the host":         {},
	"dump file, through the container": {inside: true},
	"append-only, from the host":       {aof: true},
	"append-only, through container":   {aof: true, inside: true},
}

func TestRestoreAndUndo(t *testing.T) {
	t.Parallel()
	for name, s := range settings {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			first := w.fill("first", 3000)
			w.dump("dump-1.rdb")
			second := w.fill("second", 500)
			was, err := os.Stat(filepath.Join(w.data, "dump.rdb"))
			w.must(err)
			r := w.do("redis.restore", "dump", "dump-1.rdb")
			t.Log(tell(r))
			if r.State != ops.Succeeded || w.digest() != first {
				t.Fatalf("restored: %s", tell(r))
			}
			if w.docker("inspect", "-f", "{{.State.Running}}", w.lab.Project+"_app") != "true" {
				t.Error("the app does not run again")
			}
			is, err := os.Stat(filepath.Join(w.data, "dump.rdb"))
			if err != nil || is.Mode() != was.Mode() {
				t.Errorf("the dump file was %v and is %v, %v", was.Mode(), is.Mode(), err)
			}
			w.cli("SET written-after 1")
			third := w.digest()
			w.docker("restart", w.lab.Project+"_redis")
			w.awaitUp()
			if w.digest() != third {
				t.Error("after a restart it holds something else")
			}
			u := w.do("vigie.undo", "run", r.ID)
			t.Log(tell(u))
			if u.State != ops.Succeeded || w.digest() != second {
				t.Fatalf("undone: %s", tell(u))
			}
			w.docker("restart", w.lab.Project+"_redis")
			w.awaitUp()
			if w.digest() != second {
				t.Error("undone, after a restart it holds something else")
			}
			again := w.do("redis.restore", "dump", "dump-1.rdb") // the same dump, in another life of the server
			if again.State != ops.Succeeded || w.digest() != first {
				t.Fatalf("restored again: %s", tell(again))
			}
			tidy(w, first)
		})
	}
}

// tidy has what was kept grow old, and removes it.
func tidy(w *world, digest string) {
	w.Helper()
	if _, err := w.ask("redis.tidy"); ops.KindOf(err) != ops.Invalid {
		w.Errorf("what is kept for undoing can be removed: %v", err)
	}
	var kept []string
	w.must(filepath.WalkDir(w.data, func(path string, d os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".made") {
			kept = append(kept, path)
		}
		return err
	}))
	for _, path := range kept {
		w.must(os.Chtimes(path, time.Time{}, time.Now().Add(-26*time.Hour)))
	}
	r := w.do("redis.tidy")
	if r.State != ops.Succeeded || len(kept) != 2 {
		w.Fatalf("%d kept; tidied: %s", len(kept), tell(r))
	}
	w.docker("restart", w.lab.Project+"_redis")
	w.awaitUp()
	if w.digest() != digest {
		w.Error("tidied, it holds something else")
	}
	var names []string
	w.must(filepath.WalkDir(w.data, func(path string, d os.DirEntry, err error) error {
		if strings.Contains(path, ".vigie-") {
			names = append(names, path)
		}
		return err
	}))
	for _, n := range names {
		if !strings.Contains(n, "base.rdb") && !strings.Contains(n, "incr.aof") { // which the server starts from
			w.Errorf("%s is still there", n)
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setting{})
	w.fill("first", 300)
	w.dump("dump-1.rdb")
	a, _, err := w.gate.Ask(t.Context(), ann, ops.Ask{Op: "redis.show"}, "here")
	w.must(err)
	var b strings.Builder
	for _, block := range a.Blocks {
		b.WriteString(ops.Unmark(block.Line.En) + "\n")
	}
	for _, want := range []string{"🟢 redis holds 303 keys", "Redis 7.0.15, master", "db0 302, db7 1", "append-only file off, saves by itself (3600 1)", "dump.rdb ", "newest dump: dump-1.rdb"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, b.String())
		}
	}
	t.Log(b.String())
}

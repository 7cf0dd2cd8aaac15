package redistest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/redis"
)

// TestNoBadDumpGetsAsFarAsAPlan has dumps that are cut off at many places, damaged, of something else, and of the future.
func TestNoBadDumpGetsAsFarAsAPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setting{inside: true})
	w.fill("first", 400)
	good, err := os.ReadFile(w.dump("good.rdb"))
	w.must(err)
	live := w.fill("second", 50)
	before := w.names()
	refused := func(name string, file []byte, words string) {
		t.Helper()
		path := filepath.Join(w.dumps, "bad.rdb")
		os.Remove(path)
		w.must(os.WriteFile(path, file, 0o600))
		_, err := w.ask("redis.restore", "dump", "bad.rdb")
		var e *ops.Error
		if !errors.As(err, &e) || e.Kind != ops.Invalid || !strings.Contains(ops.Unmark(e.Say.En), words) || e.Say.Fr == e.Say.En {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := 1; n < len(good); n += 1 + n/3 {
		refused(fmt.Sprintf("the first %d of %d bytes", n, len(good)), good[:n], "cut off")
	}
	refused("all but one byte", good[:len(good)-1], "cut off")
	refused("empty", nil, "is empty")
	refused("text", []byte("SET a 1\n"), "no Redis dump")
	refused("a PostgreSQL dump", []byte("PGDMP\x01\x0e\x00 and so on"), "no Redis dump")
	refused("with an append-only tail", append(append([]byte{}, good...), "*1\r\n"...), "goes on after")
	flipped := append([]byte{}, good...)
	flipped[len(flipped)/2] ^= 1
	refused("a flipped bit", flipped, "damaged")
	future := append([]byte("REDIS0012"), good[9:len(good)-8]...)
	refused("of the future", append(future, make([]byte, 8)...), "RDB version 12")
	if w.digest() != live || w.names() != before {
		t.Errorf("looking changed something: %s, then %s", before, w.names())
	}
	if _, err := w.ask("redis.restore", "dump", "../../etc/passwd"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("a dump from elsewhere: %v", err)
	}
}

// names are all files in the data directory.
func (w *world) names() string {
	w.Helper()
	var list []string
	w.must(filepath.WalkDir(w.data, func(path string, d os.DirEntry, err error) error {
		list = append(list, strings.TrimPrefix(path, w.data))
		return err
	}))
	return strings.Join(list, " ")
}

// TestADumpThatIsReplacedIsNotRestored replaces it between the plan and the yes, and between the yes and its use.
func TestADumpThatIsReplacedIsNotRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setting{})
	w.fill("first", 100)
	w.dump("dump-1.rdb")
	w.fill("other", 10)
	other, err := os.ReadFile(w.dump("other.rdb"))
	w.must(err)
	live := w.fill("second", 50)
	replace := func() {
		w.must(os.WriteFile(filepath.Join(w.dumps, "next"), other, 0o600))
		w.must(os.Rename(filepath.Join(w.dumps, "next"), filepath.Join(w.dumps, "dump-1.rdb")))
	}
	r, err := w.ask("redis.restore", "dump", "dump-1.rdb")
	w.must(err)
	replace()
	if over := w.yes(r); over.State != ops.Outdated || !strings.Contains(over.Why.En, "what is in the dump") {
		t.Errorf("replaced before the yes: %s", tell(over))
	}
	r, err = w.ask("redis.restore", "dump", "dump-1.rdb")
	w.must(err)
	begun := false
	w.box.fault = func(n int, what string, do func() error) error {
		if !begun && w.state(r.ID) == ops.Running { // it was planned again by then
			begun = true
			w.must(os.WriteFile(filepath.Join(w.dumps, "dump-1.rdb"), other[:len(other)-20], 0o600))
		}
		return do()
	}
	if over := w.yes(r); over.State != ops.Broke || w.digest() != live {
		t.Errorf("replaced after the yes: %s", tell(over))
	}
}

func (w *world) state(id string) ops.RunState {
	r, err := w.gate.Run(w.Context(), id)
	if err != nil {
		return ""
	}
	return r.State
}

func TestTwoPeopleRestoreAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setting{})
	first := w.fill("first", 100)
	w.dump("dump-1.rdb")
	w.fill("second", 100)
	a, err := w.ask("redis.restore", "dump", "dump-1.rdb")
	w.must(err)
	b, err := w.ask("redis.restore", "dump", "dump-1.rdb")
	w.must(err)
	for _, r := range []*ops.Run{a, b} {
		if _, err := w.gate.Decide(t.Context(), ann, r.ID, ops.Decision{Yes: true}); err != nil {
			t.Fatal(err)
		}
	}
	states := map[ops.RunState]int{}
	for range 2 {
		r := <-w.ended
		states[r.State]++
	}
	if states[ops.Succeeded] != 1 || states[ops.Outdated] != 1 || w.digest() != first {
		t.Errorf("they ended as %v", states)
	}
}

func TestSaveVerifyRehearse(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]setting{"dump file": {}, "append-only": {aof: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, s)
			live := w.fill("first", 2000)
			file := filepath.Join(w.dumps, "new.rdb")
			info, err := w.sys.Save(t.Context(), file, func(ops.Text) {})
			if err != nil || info.Keys != 2003 || info.Version != "7.0.15" || info.DBs[7] != 1 {
				t.Fatalf("saved %+v, %v", info, err)
			}
			if _, err := w.sys.Save(t.Context(), file, nil); ops.KindOf(err) != ops.Invalid {
				t.Errorf("saved over a file: %v", err)
			}
			again, err := w.sys.Verify(t.Context(), file)
			if err != nil || again.SHA256 != info.SHA256 {
				t.Errorf("verified %+v, %v", again, err)
			}
			r, err := w.sys.Rehearse(t.Context(), file)
			if err != nil || r.Keys != 2003 || r.Version != "7.0.15" {
				t.Errorf("rehearsed %+v, %v", r, err)
			}
			t.Logf("rehearsed in %s", r.Took)
			if w.digest() != live || strings.Contains(w.names(), ".vigie-") {
				t.Errorf("it left something: %s", w.names())
			}
			if out := w.docker("exec", w.lab.Project+"_redis", "sh", "-c", "ls /tmp; ls /proc | grep -c '^[0-9]*$'"); strings.Contains(out, "vigie") {
				t.Errorf("it left something: %s", out)
			}
			left, err := os.ReadDir(w.dumps)
			if err != nil || len(left) != 1 {
				t.Errorf("beside the dump: %v, %v", left, err)
			}
		})
	}
}

// TestARehearsalDoesNotEndangerTheLiveServer has a dump that takes more memory than there is.
func TestARehearsalDoesNotEndangerTheLiveServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setting{})
	w.cli("DEBUG POPULATE 600000 large 150") // more than half of a container with 256 MB
	file := w.dump("large.rdb")
	live := w.fill("small", 10)
	run := w.cli("INFO server")
	_, err := w.sys.Rehearse(t.Context(), file)
	if !errors.Is(err, redis.ErrNoRoom) {
		t.Errorf("rehearsed: %v", err)
	}
	if w.digest() != live || runID(run) != runID(w.cli("INFO server")) {
		t.Error("the live server was hit")
	}
	r := w.do("redis.restore", "dump", "large.rdb") // not tried, and restored all the same
	if r.State != ops.Succeeded || !strings.Contains(r.Steps[0].Note.En, "did not load it for trial") {
		t.Errorf("restored: %s", tell(r))
	}
}

func runID(info string) string {
	_, after, _ := strings.Cut(info, "run_id:")
	return strings.Fields(after)[0]
}

package qdrant

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

var (
	old   = generation("old", 40)
	fresh = generation("today", 55)
)

// A collection is put back from a snapshot that was brought here, and from one that Qdrant still has; and both can be undone.
func TestRestoreAndUndo(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	w.server.Put("other", 8, fresh)
	here := w.saved("docs")
	if left := w.server.Kept("docs"); len(left) != 0 {
		t.Errorf("Qdrant still has %v", left)
	}
	_, err := w.make(t.Context(), "docs")
	w.must(err)
	there := w.server.Kept("docs")[0]
	w.server.Put("docs", 4, fresh)
	_, _, err = w.Ask("qdrant.restore", "collection", "docs")
	if e := asError(err); e == nil || e.Param != "snapshot" || len(e.Choices) != 2 {
		t.Fatalf("asked without a snapshot: %v", err)
	}
	for _, name := range []string{here, there} {
		_, r, err := w.Ask("qdrant.restore", "collection", "docs", "snapshot", name)
		w.must(err)
		if costs := ops.Unmark(r.Plan.Costs[0].En); !strings.HasPrefix(costs, "55 points now. You lose what was written since") {
			t.Errorf("it says %q", costs)
		}
		over := w.Yes(r.ID)
		if over.State != ops.Succeeded || !w.holds("docs", old) {
			t.Fatal(tell(over))
		}
		if got := strings.Join(w.server.Names(), " "); got != "docs other" {
			t.Errorf("there are %s", got)
		}
		if u := w.Do("vigie.undo", "run", over.ID); u.State != ops.Succeeded || !w.holds("docs", fresh) {
			t.Fatal(tell(u))
		}
	}
	if len(w.server.Kept("docs")) != 1 {
		t.Errorf("Qdrant has %v", w.server.Kept("docs"))
	}
}

func asError(err error) *ops.Error {
	e, _ := err.(*ops.Error)
	return e
}

// The same snapshot restored once more keeps what is there by then, and undoing gives back just that.
func TestRestoreOfTheSameTwice(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	name := w.saved("docs")
	w.must(w.drop(t.Context(), "docs"))
	for i := range 3 { // the first finds nothing there
		r := w.Do("qdrant.restore", "collection", "docs", "snapshot", name)
		if r.State != ops.Succeeded || !w.holds("docs", old) {
			t.Fatal(tell(r))
		}
		since := generation(fmt.Sprint("written after ", i), 60+i)
		w.server.Put("docs", 4, since)
		again := w.Do("qdrant.restore", "collection", "docs", "snapshot", name)
		if u := w.Do("vigie.undo", "run", again.ID); u.State != ops.Succeeded || !w.holds("docs", since) {
			t.Fatalf("%d: %s", i, tell(u))
		}
	}
}

// A collection that is gone is made anew, and undoing that removes it.
func TestRestoreOfWhatIsGone(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	name := w.saved("docs")
	w.must(w.drop(t.Context(), "docs"))
	r := w.Do("qdrant.restore", "collection", "docs", "snapshot", name)
	if r.State != ops.Succeeded || !w.holds("docs", old) {
		t.Fatal(tell(r))
	}
	if u := w.Do("vigie.undo", "run", r.ID); u.State != ops.Succeeded || len(w.server.Names()) != 0 {
		t.Fatal(tell(u), w.server.Names())
	}
}

// What is not a whole snapshot of that collection is refused before anything is touched.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	w.server.Put("wide", 1536, old)
	body, err := os.ReadFile(filepath.Join(w.folder, w.saved("docs")))
	w.must(err)
	wide, err := os.ReadFile(filepath.Join(w.folder, w.saved("wide")))
	w.must(err)
	w.server.Put("docs", 4, fresh)
	for name, raw := range map[string][]byte{"empty": {}, "text": []byte("docs-1-2026.snapshot"), "half": body[:len(body)/2], "block": body[:512*2], "noend": body[:len(body)-1024], "wide": wide} {
		file := "docs-20260101_000000.snapshot"
		w.must(os.WriteFile(filepath.Join(w.folder, file), raw, 0o600))
		_, r, err := w.Ask("qdrant.restore", "collection", "docs", "snapshot", file)
		if name == "wide" {
			w.must(err)
			over := w.Yes(r.ID)
			if over.State != ops.Broke || !strings.Contains(tell(over), "its vectors are 1536 Cosine, those of docs are 4 Cosine") {
				t.Error(tell(over))
			}
		} else if ops.KindOf(err) != ops.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		if !w.holds("docs", fresh) || strings.Join(w.server.Names(), " ") != "docs wide" {
			t.Errorf("%s: there are %v", name, w.server.Names())
		}
	}
}

// A snapshot that is replaced between plan and yes is not restored.
func TestDrift(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	name := w.saved("docs")
	w.server.Put("docs", 4, fresh)
	_, r, err := w.Ask("qdrant.restore", "collection", "docs", "snapshot", name)
	w.must(err)
	other := filepath.Join(w.folder, "later")
	_, err = w.Save(t.Context(), "docs", other, nil)
	w.must(err)
	w.must(os.Rename(other, filepath.Join(w.folder, name)))
	if over := w.Yes(r.ID); over.State != ops.Outdated || !w.holds("docs", fresh) {
		t.Error(tell(over))
	}
}

// Whichever request is lost, refused or fails, the collection holds what there was or the snapshot, whole; what is told of it is true; and
// it can be put back.
func TestAnyRequestMayBeTheLast(t *testing.T) {
	count := 0
	for at := 1; ; at++ {
		done := false
		for _, kind := range []string{"refuse", "lose", "500"} {
			w := newWorld(t)
			w.server.Put("docs", 4, old)
			name := w.saved("docs")
			w.server.Put("docs", 4, fresh)
			_, r, err := w.Ask("qdrant.restore", "collection", "docs", "snapshot", name)
			w.must(err)
			met := w.fault(at, kind)
			over := w.Yes(r.ID)
			what := met()
			if done = what == ""; done {
				break
			}
			count++
			isOld, isFresh := w.holds("docs", old), w.holds("docs", fresh)
			switch {
			case !isOld && !isFresh:
				t.Errorf("%s %s: it holds neither: %s", kind, what, tell(over))
			case over.State == ops.Succeeded && !isOld, over.State == ops.Broke && !isFresh:
				t.Errorf("%s %s: what is told is not so: %s", kind, what, tell(over))
			}
			if over.State != ops.Broke && over.Undoable(time.Now()) {
				if u := w.Do("vigie.undo", "run", over.ID); u.State != ops.Succeeded || !w.holds("docs", fresh) {
					t.Errorf("%s %s, put back: %s\n%s", kind, what, tell(over), tell(u))
				}
			}
		}
		if done {
			break
		}
	}
	if count < 30 {
		t.Errorf("only %d requests were met", count)
	}
	t.Logf("%d faults", count)
}

// A step that was done and whose end nobody wrote down is done again: every step, and every undo, twice.
func TestEverythingTwice(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	path := filepath.Join(w.folder, w.saved("docs"))
	w.server.Put("docs", 4, fresh)
	w.arrive.steps = func() (twice []ops.Step) {
		steps, _ := w.Arriving("docs", path, "twice")
		for _, s := range steps {
			s.Undo = append(slices.Clone(s.Undo), s.Undo...)
			twice = append(twice, s, s)
		}
		return twice
	}
	r := w.Do("test.arrive")
	if r.State != ops.Succeeded || !w.holds("docs", old) {
		t.Fatal(tell(r))
	}
	if u := w.Do("vigie.undo", "run", r.ID); u.State != ops.Succeeded || !w.holds("docs", fresh) || strings.Join(w.server.Names(), " ") != "docs" {
		t.Fatal(tell(u), w.server.Names())
	}
}

// As part of a restore of everything it is planned before there is anything, and keeps what it finds.
func TestArriving(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	pinned := filepath.Join(t.TempDir(), "qdrant.docs")
	w.arrive.steps = func() []ops.Step { steps, _ := w.Arriving("docs", pinned, "one"); return steps }
	if r := w.Do("test.arrive"); r.State != ops.Broke {
		t.Error(tell(r))
	}
	_, err := w.Save(t.Context(), "docs", pinned, nil)
	w.must(err)
	w.server.Put("docs", 4, fresh)
	r := w.Do("test.arrive")
	if r.State != ops.Succeeded || !w.holds("docs", old) {
		t.Fatal(tell(r))
	}
	if u := w.Do("vigie.undo", "run", r.ID); u.State != ops.Succeeded || !w.holds("docs", fresh) {
		t.Fatal(tell(u))
	}
	s, err := New(Options{URL: "http://x"})
	w.must(err)
	if steps, _ := s.Arriving("docs", pinned, "one"); len(steps) > 0 {
		t.Error("it would restore with nothing kept")
	}
}

func TestRehearse(t *testing.T) {
	w := newWorld(t)
	w.server.Put("docs", 4, old)
	w.server.Put(rehearsing+"left", 4, old)
	path := filepath.Join(w.folder, w.saved("docs"))
	n, _, err := w.Rehearse(t.Context(), path)
	if err != nil || n != 40 || strings.Join(w.server.Names(), " ") != "docs" {
		t.Errorf("%d points, %v; there are %v", n, err, w.server.Names())
	}
	w.must(os.Truncate(path, 700))
	if _, _, err := w.Rehearse(t.Context(), path); ops.KindOf(err) != ops.Invalid {
		t.Error(err)
	}
}

func TestShow(t *testing.T) {
	names := filepath.Join(t.TempDir(), "latest-snapshot-*.txt")
	w := newWorld(t, names)
	w.server.Put("docs", 4, old)
	w.server.Put("sick", 8, fresh)
	w.server.Break("sick", "red")
	w.saved("docs")
	w.must(os.WriteFile(strings.Replace(names, "*", "20260814", 1), []byte("docs-7262-2026-08-14-02-55-01.snapshot\n"), 0o600))
	a, _, err := w.Ask("qdrant.show")
	w.must(err)
	got := ""
	for _, b := range a.Blocks {
		got += ops.Unmark(b.Line.En) + "\n"
	}
	for _, want := range []string{"🔴 1 of 2 collections broken", "🟢 docs · 40 points · 4 Cosine · snapshot here, ", "🔴 sick · 55 points · 8 Cosine · no snapshot",
		"🟠 the backup latest-snapshot-20260814.txt holds a snapshot's name (docs-7262-2026-08-14-02-55-01.snapshot), and nothing of Qdrant's data"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
}

func TestWatching(t *testing.T) {
	names := filepath.Join(t.TempDir(), "latest-snapshot-*.txt")
	w := newWorld(t, names)
	w.server.Put("docs", 4, old)
	see := func() string {
		var all []string
		(&watcher{System: w.System}).look(t.Context(), func(s ops.Sighting) {
			for _, t := range s.Troubles {
				all = append(all, fmt.Sprint(t.Subject, " ", t.Kind, " ", t.Severity))
			}
		})
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	if got := see(); got != "" {
		t.Errorf("all is well, and it tells %s", got)
	}
	w.must(os.WriteFile(strings.Replace(names, "*", "1", 1), []byte(`{"result":{"name":"full-snapshot-2026-08-14.snapshot","size":1}}`), 0o600))
	w.server.Break("docs", "red")
	if got := see(); got != "collection:docs red critical, qdrant:backup name-only warning" {
		t.Errorf("it tells %s", got)
	}
	w.must(os.WriteFile(strings.Replace(names, "*", "2", 1), []byte(strings.Repeat("real data ", 1000)), 0o600))
	w.server.Fail(func(*http.Request) string { return "502" })
	if got := see(); got != "watch:qdrant blind warning" {
		t.Errorf("it tells %s", got)
	}
}

// Nothing that it says holds its key.
func TestTheKeyIsNotTold(t *testing.T) {
	w := newWorld(t)
	w.server.Key = "another"
	_, err := w.Collections(t.Context())
	if ops.KindOf(err) != ops.Unavailable || !strings.Contains(ops.Unmark(ops.SayOf(err).En), "does not take my key") {
		t.Error(err)
	}
	for _, said := range []string{fmt.Sprint(err), fmt.Sprintf("%v %+v %#v", w.System, w.System, w.System)} {
		if strings.Contains(said, key) {
			t.Errorf("%q holds the key", said)
		}
	}
}

package redis

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var errPlug = errors.New("pulled the plug")

// A plugged store loses its power at its n-th change: before it, after it, or in the middle of a link, which then leaves no
// name where one was. From then on nothing succeeds.
type plugged struct {
	store
	left *int
	when string // "before", "after", "middle"
}

func (p plugged) change(do func() error, middle func() error) error {
	if *p.left < 0 {
		return errPlug
	}
	if *p.left--; *p.left >= 0 {
		return do()
	}
	switch p.when {
	case "after":
		if err := do(); err != nil {
			return err
		}
	case "middle":
		if err := middle(); err != nil {
			return err
		}
	}
	return errPlug
}

func (p plugged) Link(ctx context.Context, from, to string) error {
	return p.change(func() error { return p.store.Link(ctx, from, to) }, func() error {
		return p.store.remove(ctx, to)
	})
}

func (p plugged) WriteFile(ctx context.Context, name string, info FileInfo, r io.Reader) error {
	return p.change(func() error { return p.store.WriteFile(ctx, name, info, r) }, func() error {
		return p.store.WriteFile(ctx, name, FileInfo{Mode: 0o600, UID: info.UID, GID: info.GID, Size: 1, Replace: true}, strings.NewReader("h"))
	})
}

// A folder is a data directory with a server's dump file in it.
type folder struct {
	t    *testing.T
	path string
	st   store
}

func newFolder(t *testing.T, live string) *folder {
	t.Helper()
	f := &folder{t: t, path: t.TempDir()}
	h, err := openHost(f.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	f.st = h
	if live != "" {
		f.save(live)
	}
	return f
}

// save puts a new file in the place of the dump file, as Redis does.
func (f *folder) save(data string) {
	f.t.Helper()
	temp := filepath.Join(f.path, "temp-1.rdb")
	if err := os.WriteFile(temp, []byte(data), 0o640); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(temp, filepath.Join(f.path, "dump.rdb")); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) read(name string) string {
	b, err := os.ReadFile(filepath.Join(f.path, name))
	if err != nil {
		return ""
	}
	return string(b)
}

// holds reports whether data is in some file.
func (f *folder) holds(data string) bool {
	all, err := os.ReadDir(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, e := range all {
		if f.read(e.Name()) == data {
			return true
		}
	}
	return false
}

// lay makes a dump of its own folder, and the job to restore it.
func (f *folder) lay(data string) (*System, job) {
	f.t.Helper()
	file := filepath.Join(f.t.TempDir(), "dump-1.rdb")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		f.t.Fatal(err)
	}
	j := job{Service: "redis", Dump: file, SHA256: sum(data), Size: int64(len(data)), File: "dump.rdb", Piece: piece{Name: "dump.rdb", Tag: "0badcafe"}}
	return New(Options{}), j
}

func (f *folder) ready(st store, s *System, j job) error {
	at, err := j.Piece.stand(f.t.Context(), st)
	if err != nil {
		return err
	}
	return s.writeDump(f.t.Context(), st, j, j.Piece.fresh(), at.live)
}

// TestNoMomentOfASwapLosesAnything stops a swap at every change that it makes, in three ways, and then goes on from there, and
// goes back from there, and goes back after having gone on, each of them stopped as well and done again.
func TestNoMomentOfASwapLosesAnything(t *testing.T) {
	const old, fresh, since = "what there was, some of it", "the dump", "the dump, and what was written since"
	cases := 0
	for _, when := range []string{"before", "after", "middle"} {
		for first := range 4 { // it makes three
			for second := range 4 {
				for _, then := range []string{"on", "back", "on, back"} {
					t.Run(fmt.Sprintf("%s %d %d %s", when, first, second, then), func(t *testing.T) {
						cases++
						f := newFolder(t, old)
						s, j := f.lay(fresh)
						do := func(step func(store) error) {
							for _, n := range []int{second, 1000} {
								if err := step(plugged{f.st, &n, when}); err != nil && !errors.Is(err, errPlug) {
									t.Fatalf("done again: %v", err)
								}
								f.keeps(old)
							}
						}
						on := func(st store) error {
							if err := f.ready(st, s, j); err != nil {
								return err
							}
							return j.Piece.put(t.Context(), st)
						}
						left := first
						if err := on(plugged{f.st, &left, when}); err != nil && !errors.Is(err, errPlug) {
							t.Fatal(err)
						}
						f.keeps(old)
						if at, err := j.Piece.stand(t.Context(), f.st); err != nil || !at.fresh.there() && then == "back" {
							return // then putting never began, and nobody goes back from it
						}
						want := old
						if strings.HasPrefix(then, "on") {
							do(on)
							want = fresh
						}
						if then == "on, back" {
							f.save(since) // a server that ran meanwhile saves as it ends
						}
						if strings.HasSuffix(then, "back") {
							do(func(st store) error { return j.Piece.back(t.Context(), st) })
							want = old
						}
						if got := f.read("dump.rdb"); got != want {
							t.Errorf("Redis would start with %q", got)
						}
						if then == "on, back" && !f.holds(since) {
							t.Error("what was written since is nowhere")
						}
					})
				}
			}
		}
	}
	if cases < 140 {
		t.Errorf("only %d cases", cases)
	}
}

// keeps checks that what there was is there, as a file of the server's or as one that was kept.
func (f *folder) keeps(old string) {
	f.t.Helper()
	if !f.holds(old) {
		f.t.Fatal("what there was is nowhere")
	}
}

func TestASwapDoesNotTouchWhatItDoesNotKnow(t *testing.T) {
	f := newFolder(t, "old")
	s, j := f.lay("dump")
	if err := f.ready(f.st, s, j); err != nil {
		t.Fatal(err)
	}
	if err := f.st.Link(t.Context(), "dump.rdb", j.Piece.before()); err != nil {
		t.Fatal(err)
	}
	f.save("somebody started Redis meanwhile")
	if err := j.Piece.put(t.Context(), f.st); err == nil || f.read("dump.rdb") != "somebody started Redis meanwhile" {
		t.Errorf("put: %v; the file is %q", err, f.read("dump.rdb"))
	}
	if err := j.Piece.back(t.Context(), f.st); err != nil || f.read("dump.rdb") != "old" || !f.holds("somebody started Redis meanwhile") {
		t.Errorf("back: %v; the file is %q", err, f.read("dump.rdb"))
	}
}

func TestNothingKeptIsNotPutBack(t *testing.T) {
	f := newFolder(t, "restored")
	_, j := f.lay("dump")
	if err := j.Piece.back(t.Context(), f.st); err == nil || f.read("dump.rdb") != "restored" {
		t.Errorf("back without anything kept: %v, %q", err, f.read("dump.rdb"))
	}
}

func TestWhereThereWasNoneTheDumpStays(t *testing.T) {
	f := newFolder(t, "")
	s, j := f.lay("dump")
	j.Piece.None = true
	if err := s.writeDump(t.Context(), f.st, j, j.Piece.fresh(), FileInfo{Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Piece.put(t.Context(), f.st); err != nil || f.read("dump.rdb") != "dump" {
			t.Fatalf("put: %v", err)
		}
	}
	for range 2 {
		if err := j.Piece.back(t.Context(), f.st); err != nil || f.read("dump.rdb") != "dump" {
			t.Fatalf("back: %v", err)
		}
	}
}

func TestTheNewFileTakesAfterTheOld(t *testing.T) {
	f := newFolder(t, "old")
	if err := os.Chmod(filepath.Join(f.path, "dump.rdb"), 0o604); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(f.path, "dump.rdb"), 4711, 4712); err != nil {
			t.Fatal(err)
		}
	}
	was, err := f.st.Stat(t.Context(), "dump.rdb")
	if err != nil {
		t.Fatal(err)
	}
	s, j := f.lay("dump")
	if err := f.ready(f.st, s, j); err != nil {
		t.Fatal(err)
	}
	if err := j.Piece.put(t.Context(), f.st); err != nil {
		t.Fatal(err)
	}
	is, err := f.st.Stat(t.Context(), "dump.rdb")
	if err != nil || is.UID != was.UID || is.GID != was.GID || is.Mode != was.Mode {
		t.Errorf("it was %+v and is %+v, %v", was, is, err)
	}
}

// TestTheOwnerOfTheDirectoryIsNotTrusted has links lie where files of ours are to be.
func TestTheOwnerOfTheDirectoryIsNotTrusted(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(outside, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFolder(t, "old")
	s, j := f.lay("dump")
	if err := os.Symlink(outside, filepath.Join(f.path, j.Piece.fresh())); err != nil {
		t.Fatal(err)
	}
	if err := f.ready(f.st, s, j); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(outside); err != nil || string(b) != "precious" {
		t.Errorf("a file outside became %q, %v", b, err)
	}
	if err := os.Remove(filepath.Join(f.path, "dump.rdb")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(f.path, "dump.rdb")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.st.ReadFile(t.Context(), "dump.rdb"); err == nil {
		t.Error("a link was followed out of the directory")
	}
}

func TestEachTagHasATimeOfItsOwn(t *testing.T) {
	a, b := piece{Tag: "00000001"}.stamp(), piece{Tag: "fffffffe"}.stamp()
	if a.Equal(b) || a.Year() < 2000 || b.Year() > 2008 || time.Since(b) < 15*365*24*time.Hour {
		t.Errorf("stamped %v and %v", a, b)
	}
}

func sum(data string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(data))) }

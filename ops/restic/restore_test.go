package restic

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
)

// What was backed up comes out of a local and of a REST repository byte for byte, whatever it is called, into a folder of its
// own; undo removes that folder and nothing else.
func TestRoundTrip(t *testing.T) {
	for _, where := range []string{"local", "rest"} {
		t.Run(where, func(t *testing.T) {
			url := ""
			if where == "rest" {
				url, _ = serve(t)
			}
			w := newWorld(t, url)
			odd := []string{"plain", "two words", "[a]*", "**", `back\slash`, "-v", "'quote\"", "é", "a?b", "$HOME", "!no"}
			for _, name := range odd {
				w.file("odd/"+name, 1000+len(name))
			}
			w.file("odd/xa", 7) // what [a]* would match, were it a pattern
			w.file("big", 5_000_000)
			if err := os.Symlink("big", filepath.Join(w.src, "link")); err != nil {
				t.Fatal(err)
			}
			sum := w.backup()
			if sum.Partial || sum.Files != len(odd)+2 || sum.Snapshot.Host != "javisi" || !slices.Equal(sum.Snapshot.Tags, []string{"db-full"}) || len(sum.Snapshot.ID) != 64 {
				t.Errorf("the backup says %+v", sum)
			}
			bystander := filepath.Join(w.root, "mine")
			if err := os.WriteFile(bystander, []byte("keep me"), 0o600); err != nil {
				t.Fatal(err)
			}
			r := w.Do("restic.restore", "repository", "vpai", "snapshot", sum.Snapshot.Short(), "path", w.src)
			if r.State != ops.Succeeded || !strings.Contains(r.Steps[2].Note.En, "13 files, 5.01 MB, as in the snapshot") {
				t.Fatalf("%s: %s; %s", r.State, r.Why.En, r.Steps[2].Note.En)
			}
			at := r.Plan.Facts[3].Value
			if want, got := tree(t, w.src), tree(t, filepath.Join(at, filesDir, w.src)); !maps.Equal(want, got) {
				t.Errorf("restored %d entries, backed up %d", len(got), len(want))
			}
			for _, name := range map[string][]string{"local": {"[a]*", `back\slash`}, "rest": {"two words"}}[where] { // alone, into a new folder each
				one := w.Do("restic.restore", "repository", "vpai", "path", filepath.Join(w.src, "odd", name))
				if one.State != ops.Succeeded || !strings.HasPrefix(one.Steps[2].Note.En, "1 file,") {
					t.Errorf("%q: %s %s %s", name, one.State, one.Why.En, one.Steps[len(one.Steps)-1].Note.En)
				}
			}
			again := w.Do("restic.restore", "repository", "vpai", "path", w.src)
			if other := again.Plan.Facts[3].Value; again.State != ops.Succeeded || other != at+"-2" {
				t.Errorf("a second restore went to %s after %s", other, at)
			}
			undone := w.Do("vigie.undo", "run", r.ID)
			if _, err := os.Lstat(at); undone.State != ops.Succeeded || !os.IsNotExist(err) {
				t.Errorf("undo: %s, %v", undone.State, err)
			}
			if body, err := os.ReadFile(bystander); err != nil || string(body) != "keep me" {
				t.Errorf("the file beside it is gone: %v", err)
			}
			if locks, err := w.Locks(t.Context(), "vpai"); err != nil || len(locks) > 0 {
				t.Errorf("locks are left: %v %v", locks, err)
			}
		})
	}
}

// What cannot be restored is refused while planning, with what would do.
func TestRestoreRefusals(t *testing.T) {
	w := newWorld(t, "")
	w.file("odd/a", 10)
	if _, _, err := w.Ask("restic.restore", "repository", "vpai", "path", "/x"); ops.KindOf(err) != ops.NotFound || !strings.Contains(ops.SayOf(err).En, "no snapshot at all") {
		t.Errorf("an empty repository: %v", err)
	}
	w.backup()
	for _, c := range []struct{ repo, snapshot, path, says string }{
		{"nope", "latest", "/x", "no repository"},
		{"vpai", "deadbeef", "/x", "no snapshot"},
		{"vpai", "dea", "/x", "no snapshot"},
		{"vpai", "latest", "relative", "begins with /"},
		{"vpai", "latest", filepath.Join(w.src, "odd/b"), "has no"},
		{"vpai", "latest", filepath.Join(w.src, "odd/a/b/c"), "has no"},
		{"vpai", "latest", filepath.Join(w.src, "od"), "has no"},
		{"vpai", "latest", "/etc/../../nothing", "has no"},
	} {
		_, _, err := w.Ask("restic.restore", "repository", c.repo, "snapshot", c.snapshot, "path", c.path)
		var e *ops.Error
		if !asError(err, &e) || !strings.Contains(ops.Unmark(e.Say.En), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
		if strings.HasPrefix(c.path, w.src) && (len(e.Choices) == 0 || e.Param != "path") {
			t.Errorf("%s: nothing is offered: %+v", c.path, e.Choices)
		}
	}
	w.o.RestoreRoot = ""
	if _, _, err := w.Ask("restic.restore", "repository", "vpai", "path", w.src); ops.KindOf(err) != ops.Invalid {
		t.Errorf("without a restore root: %v", err)
	}
	w.o.RestoreRoot = filepath.Join(w.root, "nothing")
	if _, _, err := w.Ask("restic.restore", "repository", "vpai", "path", w.src); ops.KindOf(err) != ops.Invalid {
		t.Errorf("with a restore root that is not there: %v", err)
	}
}

// A newer snapshot between the plan and the yes stops a restore of the latest.
func TestRestoreDrift(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 10)
	w.backup()
	_, r, err := w.Ask("restic.restore", "repository", "vpai", "path", w.src)
	if err != nil {
		t.Fatal(err)
	}
	w.file("a", 20)
	w.backup()
	if r := w.Yes(r.ID); r.State != ops.Outdated || len(tree(t, w.root)) != 1 {
		t.Errorf("%s, and in the restore root: %v", r.State, tree(t, w.root))
	}
}

// A damaged repository: what does not come out is named, and the folder is taken away again.
func TestRestoreFromDamaged(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 300_000)
	w.backup()
	damage(t, w, false)
	r := w.Do("restic.restore", "repository", "vpai", "path", w.src)
	if r.State != ops.Broke || !strings.Contains(r.Why.En, "ciphertext verification failed") {
		t.Errorf("%s: %s", r.State, r.Why.En)
	}
	if left := tree(t, w.root); len(left) != 1 {
		t.Errorf("left behind: %v", slices.Collect(maps.Keys(left)))
	}
}

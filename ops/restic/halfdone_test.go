package restic

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
)

// Each step can be run again after it was half done, and undone whatever was done.
func TestHalfDone(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 100_000)
	w.file("b", 100_000)
	sum := w.backup()
	ctx := t.Context()
	r := &w.o.Repositories[0]
	size, err := w.weighPath(ctx, r, sum.Snapshot, w.src)
	if err != nil {
		t.Fatal(err)
	}
	to, err := w.fresh(r, sum.Snapshot, w.src)
	if err != nil {
		t.Fatal(err)
	}
	args := restoreArgs{to, size.files, size.others, size.bytes}
	dir := filepath.Join(w.root, to.Name)
	no := func(err error, what string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	no(w.discard(ctx, to), "undo with nothing there")
	if w.restore(ctx, args) == nil || w.compare(ctx, args) == nil {
		t.Error("it restores into a folder that is not there")
	}
	no(os.Mkdir(dir, 0o700), "killed after the folder was made")
	no(w.discard(ctx, to), "undo of a bare folder")
	no(os.Mkdir(dir, 0o700), "killed after the folder was made")
	no(os.WriteFile(filepath.Join(dir, markerFile+".new"), []byte("{"), 0o600), "killed while it was marked")
	no(w.make(to), "make again")
	no(w.make(to), "make twice")
	no(os.MkdirAll(filepath.Join(dir, filesDir, w.src), 0o700), "half restored")
	no(os.WriteFile(filepath.Join(dir, filesDir, w.src, "a"), []byte("half"), 0o600), "half restored")
	if err := w.compare(ctx, args); ops.KindOf(err) != ops.Failed {
		t.Errorf("half restored counts as whole: %v", err)
	}
	no(w.restore(ctx, args), "restore over half of it")
	no(w.restore(ctx, args), "restore twice")
	no(w.compare(ctx, args), "compare")
	no(os.WriteFile(filepath.Join(dir, filesDir, "more"), nil, 0o600), "something else comes")
	if err := w.compare(ctx, args); ops.KindOf(err) != ops.Failed {
		t.Errorf("a file that is not of the snapshot passes: %v", err)
	}
	no(os.Chmod(filepath.Join(dir, filesDir, w.src), 0o500), "a folder that is read-only")
	no(os.RemoveAll(filepath.Join(dir, filesDir, w.src, "a")), "undo was killed half way")
	no(w.discard(ctx, to), "undo")
	no(w.discard(ctx, to), "undo twice")
	if left := tree(t, w.root); len(left) != 1 {
		t.Errorf("left behind: %v", slices.Collect(maps.Keys(left)))
	}
}

// Nothing is removed, and nothing restored into, that does not bear the mark of this very restore.
func TestForeignFolders(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 10)
	sum := w.backup()
	ctx := t.Context()
	to, err := w.fresh(&w.o.Repositories[0], sum.Snapshot, w.src)
	if err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "precious"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, prepare := range map[string]func(dir string) error{
		"a folder of somebody": func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, filesDir, "precious"), 0o700)
		},
		"a marker of another restore": func(dir string) error {
			return os.MkdirAll(dir, 0o700)
		},
		"a link to elsewhere": func(dir string) error { return os.Symlink(outside, dir) },
		"a file":              func(dir string) error { return os.WriteFile(dir, []byte("x"), 0o600) },
	} {
		dir := filepath.Join(w.root, to.Name)
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		if what == "a marker of another restore" {
			if err := os.WriteFile(filepath.Join(dir, markerFile), []byte(`{"name":"`+to.Name+`","repository":"other"}`), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := tree(t, w.root)
		if w.make(to) == nil || w.restore(ctx, restoreArgs{target: to}) == nil || w.discard(ctx, to) == nil {
			t.Errorf("%s is taken for ours", what)
		}
		if after := tree(t, w.root); !maps.Equal(before, after) {
			t.Errorf("%s was changed: %v", what, after)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(outside, "precious")); err != nil {
		t.Error(err)
	}
}

// A restic that outlived the bot still writes: nobody works in its folder before it has ended.
func TestOutlivedRestic(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 10)
	sum := w.backup()
	to, err := w.fresh(&w.o.Repositories[0], sum.Snapshot, w.src)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.make(to); err != nil {
		t.Fatal(err)
	}
	lock, err := w.hold(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	other := exec.Command("cat") // inherits the lock, as restic does
	other.ExtraFiles = []*os.File{lock}
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil { // the bot dies
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.discard(t.Context(), to) }() // waited for below
	select {
	case err := <-done:
		t.Errorf("it did not wait: %v", err)
	case <-time.After(1500 * time.Millisecond):
	}
	if _, err := os.Stat(w.at(to)); err != nil {
		t.Errorf("the folder was taken from under it: %v", err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := other.Wait(); err != nil {
		t.Error(err)
	}
}

// A disk that fills up in the middle: it is said, and what came is taken away.
func TestDiskFull(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 8_000_000)
	w.backup()
	if err := syscall.Mount("tmpfs", w.root, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatalf("this needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(w.root, 0); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := w.Ask("restic.restore", "repository", "vpai", "path", w.src); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("planned: %v", err)
	}
	ctx := t.Context()
	from, err := w.find(ctx, &w.o.Repositories[0], "latest")
	if err != nil {
		t.Fatal(err)
	}
	to, err := w.fresh(&w.o.Repositories[0], from, w.src)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.make(to); err != nil {
		t.Fatal(err)
	}
	if err := w.restore(ctx, restoreArgs{to, 1, 1, 8_000_000}); ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "no space is left") {
		t.Errorf("restored: %v", err)
	}
	if err := w.discard(ctx, to); err != nil {
		t.Error(err)
	}
	if left := tree(t, w.root); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

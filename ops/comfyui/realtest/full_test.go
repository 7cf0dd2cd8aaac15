package realtest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vigie/ops"
	"vigie/ops/comfyui/comfytest"
)

// A disk that is too small is told beforehand; one that fills up meanwhile ends it, and nothing of it stays.
func TestDiskFull(t *testing.T) {
	for _, k := range []kind{kinds[0], kinds[2]} {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=5m"); err != nil {
				t.Fatalf("these tests mount a small disk, as root: %v", err)
			}
			t.Cleanup(func() {
				if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
					t.Error(err)
				}
			})
			w := open(t, k, dir)
			w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, Pace: 50_000_000})
			filler := filepath.Join(dir, "filler")
			if err := os.WriteFile(filler, make([]byte, 3<<20), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := w.ask("comfyui.checkpoint_get", ops.Args{"name": name}); err == nil || !strings.Contains(said(err), "2.1 MB are free, it takes 3.15 MB") {
				t.Errorf("too small a disk: %v", err)
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			r := w.get()
			w.until("some of it is there", func() bool { return w.size() > 0 })
			if err := os.WriteFile(filler, make([]byte, 3<<20), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := w.over(r.ID); got.State != ops.Broke || !strings.Contains(told(got), "is full: make room first") && !strings.Contains(told(got), "no room") {
				t.Error(told(got))
			}
			w.empty()
			if info, err := os.Stat(filler); err != nil || info.Size() != 3<<20 {
				t.Errorf("the other file: %v", err)
			}
		})
	}
}

package guard

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pkg/sftp"
)

// Whoever may read files may not change one, and not read a pipe that never ends.
func TestFilesAreOnlyRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a")
	if err := os.WriteFile(file, []byte("as it was"), 0o666); err != nil {
		t.Fatal(err)
	}
	down, in := io.Pipe()
	out, up := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- Rules{Files: []string{dir}}.Run(t.Context(), Call{Command: "vigie files", In: down, Out: up, Err: &bytes.Buffer{}})
		up.Close()
	}()
	c, err := sftp.NewClientPipe(out, in)
	if err != nil {
		t.Fatal(err)
	}
	new := filepath.Join(dir, "b")
	for what, do := range map[string]func() error{
		"create":   func() error { _, err := c.Create(new); return err },
		"truncate": func() error { _, err := c.Create(file); return err },
		"append":   func() error { _, err := c.OpenFile(file, os.O_WRONLY|os.O_APPEND); return err },
		"both":     func() error { _, err := c.OpenFile(file, os.O_RDWR); return err },
		"shorten":  func() error { return c.Truncate(file, 1) },
		"remove":   func() error { return c.Remove(file) },
		"rename":   func() error { return c.Rename(file, new) },
		"posix":    func() error { return c.PosixRename(file, new) },
		"mkdir":    func() error { return c.Mkdir(new) },
		"chmod":    func() error { return c.Chmod(file, 0o777) },
		"link":     func() error { return c.Link(file, new) },
		"symlink":  func() error { return c.Symlink(file, new) },
		"outside":  func() error { _, err := c.ReadDir("/etc"); return err },
		"above":    func() error { _, err := c.ReadDir(filepath.Dir(dir)); return err },
		"folder":   func() error { _, err := c.Open(dir); return err },
	} {
		if err := do(); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if body, err := os.ReadFile(file); err != nil || string(body) != "as it was" {
		t.Errorf("it is %q, %v", body, err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("there are %v, %v", list, err)
	}
	in.Close()
	if code := <-ended; code != 0 {
		t.Errorf("it ends with %d", code)
	}
}

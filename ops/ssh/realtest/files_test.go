package realtest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/ssh"
)

// Files of another machine are read over a real sshd: through its own SFTP, and through the real guard, which shows what it lists.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("shown/n8n 1.dump", strings.Repeat("0123456789", 50_000))
	put("shown/below/b", "b")
	put("hidden/secret", "secret")
	put("shown-too/secret", "secret")
	for link, to := range map[string]string{"out": "../hidden/secret", "in": "below/b", "none": "nothing"} {
		if err := os.Symlink(to, filepath.Join(dir, "shown", link)); err != nil {
			t.Fatal(err)
		}
	}
	guards := map[string]func(t *testing.T) *ssh.Client{
		"sftp": func(t *testing.T) *ssh.Client { return newPi(t, "", "Subsystem sftp internal-sftp").client(t, nil) },
		"guard": func(t *testing.T) *ssh.Client {
			return guarded(t, "files = ['"+dir+"/shown']").client(t, func(o *ssh.Options) { o.Guard = true })
		},
	}
	for name, client := range guards {
		t.Run(name, func(t *testing.T) {
			c := client(t)
			f := c.Files()
			list, err := f.ReadDir(dir + "/shown")
			if err != nil || len(list) != 5 {
				t.Fatalf("%d entries, %v", len(list), err)
			}
			for _, e := range list {
				if e.IsDir() != (e.Name() == "below") || (e.Type()&fs.ModeSymlink != 0) != (len(e.Name()) <= 4) {
					t.Errorf("%s is %v", e.Name(), e.Type())
				}
			}
			info, err := f.Stat(dir + "/shown/n8n 1.dump")
			here, _ := os.Stat(dir + "/shown/n8n 1.dump")
			if err != nil || info.Size() != 500_000 || info.ModTime().Unix() != here.ModTime().Unix() {
				t.Errorf("%v, %v", info, err)
			}
			if body, err := readAll(f, dir+"/shown/n8n 1.dump"); err != nil || body != strings.Repeat("0123456789", 50_000) {
				t.Errorf("%d bytes, %v", len(body), err)
			}
			if body, err := readAll(f, dir+"/shown/in"); err != nil || body != "b" {
				t.Errorf("through a link: %q, %v", body, err)
			}
			for _, none := range []string{"/shown/nothing", "/shown/none", "/shown/below/no/such"} {
				var at *fs.PathError
				if _, err := f.Stat(dir + none); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &at) || at.Path != dir+none {
					t.Errorf("%s: %v", none, err)
				}
			}
			for _, hidden := range []string{"/hidden/secret", "/shown/out", "/shown/../hidden/secret", "/shown-too/secret"} {
				body, err := readAll(f, dir+hidden)
				if refused := errors.Is(err, fs.ErrPermission) && body == ""; refused != (name == "guard") {
					t.Errorf("%s: %q, %v", hidden, body, err)
				}
			}
			if err := f.Close(); err != nil && !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			if _, err := f.Stat(dir + "/shown/in"); err != nil { // it begins anew
				t.Error(err)
			}
		})
	}
}

// Who is not shown any files is told what to do about it.
func TestFilesRefused(t *testing.T) {
	for name, c := range map[string]struct {
		client *ssh.Client
		kind   ops.ErrorKind
		says   string
	}{
		"no sftp":  {newPi(t, "", "").client(t, nil), ops.Unavailable, "Subsystem sftp"},
		"no files": {guarded(t, "figures = true").client(t, func(o *ssh.Options) { o.Guard = true }), ops.Denied, "files = ["},
	} {
		_, err := c.client.Files().Stat("/etc/passwd")
		if ops.KindOf(err) != c.kind || !strings.Contains(said(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := guarded(t, "files = ['/srv']")
	gone := p.client(t, func(o *ssh.Options) { o.Guard, o.Addr = true, "127.0.0.1:1" }).Files()
	if _, err := gone.ReadDir("/srv"); ops.KindOf(err) != ops.Unavailable {
		t.Errorf("a machine that is away: %v", err)
	}
}

func readAll(f *ssh.Files, file string) (string, error) {
	in, err := f.Open(file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	body, err := io.ReadAll(in)
	return string(body), err
}

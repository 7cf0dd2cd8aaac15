package restic

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigie/ops/opstest"
)

const password = "correct-horse-battery"

// A world is a system on a new repository, with a tree to back up.
type world struct {
	*System
	*opstest.World
	t    *testing.T
	url  string
	src  string
	root string
}

// newWorld makes a world; the zero URL is a repository in a folder.
func newWorld(t *testing.T, url string, change ...func(*Options)) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, url: url, src: filepath.Join(dir, "src"), root: filepath.Join(dir, "restored")}
	if url == "" {
		w.url = filepath.Join(dir, "repo")
	}
	for _, d := range []string{w.src, w.root} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{RestoreRoot: w.root, Cache: filepath.Join(dir, "cache"), Kept: &opstest.Shelf{},
		Repositories: []Repository{{Name: "vpai", URL: w.url, Password: opstest.Secret(password), Newest: 26 * time.Hour, Host: "javisi"}}}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.System, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.must("init")
	w.open()
	return w
}

func (w *world) open() {
	t := w.t
	w.World = opstest.Open(t, Bind(w.System))
}

// command is restic as somebody else would run it on the repository.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.Command("restic", args...)
	cmd.Env = append(os.Environ(), "RESTIC_REPOSITORY="+w.url, "RESTIC_PASSWORD="+password, "RESTIC_CACHE_DIR="+w.o.Cache)
	return cmd
}

func (w *world) must(args ...string) string {
	w.t.Helper()
	var out, errs bytes.Buffer
	cmd := w.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("restic %v: %v\n%s", args, err, errs.String())
	}
	return out.String()
}

// file makes a file of n random bytes.
func (w *world) file(name string, n int) {
	w.t.Helper()
	body := make([]byte, n)
	rand.Read(body)
	p := filepath.Join(w.src, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(p, body, 0o640); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) backup() Summary {
	w.t.Helper()
	sum, err := w.Backup(w.t.Context(), "vpai", []string{w.src}, []string{"db-full"}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

// holding starts a backup that goes on until it is told to end, and waits until it has locked the repository.
func (w *world) holding() (end func(syscall.Signal)) {
	w.t.Helper()
	cmd := w.command("backup", "--stdin", "--host", "javisi")
	in, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := false
	end = func(sig syscall.Signal) {
		if !ended {
			ended = true
			_ = cmd.Process.Signal(sig)
			_ = cmd.Wait()
			_ = in.Close()
		}
	}
	w.t.Cleanup(func() { end(syscall.SIGKILL) })
	w.until("the backup locks the repository", func() bool { return strings.TrimSpace(w.must("list", "locks", "--no-lock")) != "" })
	return end
}

// until waits for something that a real process does, for 30 s at most.
func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); {
		if time.Now().After(deadline) {
			w.t.Fatalf("it does not happen: %s", what)
		}
	}
}

// serve starts a REST repository server and returns the address of a repository on it, and what ends it.
func serve(t *testing.T) (url string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command("rclone", "serve", "restic", "--addr", addr, "--user", "ann", "--pass", "hunter-two-two", t.TempDir())
	cmd.Env = append(os.Environ(), "RCLONE_CONFIG="+filepath.Join(t.TempDir(), "rclone.conf"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	for deadline := time.Now().Add(30 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
			return "rest:http://ann:hunter-two-two@" + addr + "/vpai", stop
		}
		if time.Now().After(deadline) {
			t.Fatalf("rclone does not serve: %v", err)
		}
	}
}

// tree is what is under a folder: every path with its size or link.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		switch {
		case d.Type().IsRegular():
			body, err := os.ReadFile(p)
			all[rel] = fmt.Sprintf("%x", body)
			return err
		case d.Type() == fs.ModeSymlink:
			to, err := os.Readlink(p)
			all[rel] = "→ " + to
			return err
		}
		all[rel] = d.Type().String()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

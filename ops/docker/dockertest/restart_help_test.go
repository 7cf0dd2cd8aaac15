package dockertest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// A spare is an engine of the test's own, beside the one that everybody uses: it may be ended and killed. It has its own
// containerd, which dies with it, and a network namespace of its own: an engine that is to have no bridge removes the machine's
// docker0, whose containers are then cut off.
type spare struct {
	t      *testing.T
	dir    string // everything of it, but the cgroups of its containers and the sockets of their keepers
	host   string
	api    *client.Client
	pid    int
	done   chan struct{} // closed when it has ended
	bridge int           // which docker0 this machine has; 0 is none
}

// newSpare starts a second engine. Without one there is nothing to test, so that it fails where there can be none.
func newSpare(t *testing.T) *spare {
	t.Helper()
	dir, err := os.MkdirTemp("", "vgt") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	e := &spare{t: t, dir: dir, host: "unix://" + dir + "/s", done: make(chan struct{}), bridge: bridge()}
	close(e.done)
	t.Cleanup(e.clean)
	if e.api, err = client.NewClientWithOpts(client.WithHost(e.host), client.WithAPIVersionNegotiation()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "daemon.json"), []byte("{}"), 0o600); err != nil { // this machine's own settings are not for it
		t.Fatal(err)
	}
	e.start()
	return e
}

// start starts the engine, and waits until it answers.
func (e *spare) start() {
	e.t.Helper()
	path := func(name string) string { return filepath.Join(e.dir, name) }
	log, err := os.OpenFile(path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		e.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("dockerd", "--host", e.host, "--config-file", path("daemon.json"), "--data-root", path("data"), "--exec-root", path("exec"),
		"--pidfile", path("pid"), "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM, Cloneflags: syscall.CLONE_NEWNET}
	started := make(chan error)
	done := make(chan struct{})
	go func() { // waited for in end
		defer close(done)
		runtime.LockOSThread() // the kernel ends it with the thread that started it
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		e.t.Fatalf("this test needs a second Docker Engine, and dockerd does not start: %v", err)
	}
	e.pid, e.done = cmd.Process.Pid, done
	for deadline := time.Now().Add(30 * time.Second); ; {
		ctx, cancel := context.WithDeadline(e.t.Context(), deadline)
		_, err := e.api.Ping(ctx)
		cancel()
		if err == nil {
			return
		}
		select {
		case <-done:
			e.t.Fatalf("this test needs a second Docker Engine (root, dockerd and its containerd), and it ended at once: %s", e.words())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("this test needs a second Docker Engine, and it does not answer: %v: %s", err, e.words())
		}
	}
}

// words are its last ones.
func (e *spare) words() string {
	raw, err := os.ReadFile(filepath.Join(e.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return "\n" + string(raw[max(0, len(raw)-2000):])
}

// end sends the engine a signal, and waits until it has ended.
func (e *spare) end(signal syscall.Signal) {
	e.t.Helper()
	syscall.Kill(e.pid, signal)
	select {
	case <-e.done:
	case <-time.After(30 * time.Second):
		e.t.Errorf("the second engine does not end by %s: %s", signal, e.words())
		syscall.Kill(e.pid, syscall.SIGKILL)
		<-e.done
	}
}

package realtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"vigie/guard"
	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
	"vigie/ops/ssh"
)

// programDir is where program builds.
var programDir string

// program builds vigie as it is shipped, once for all tests of a run, and returns its path.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programDir, "vigie")
	if out, err := exec.Command("go", "build", "-o", path, "vigie").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building vigie: %w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	var err error
	if programDir, err = os.MkdirTemp("", "vigie-guard-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(programDir) // a temporary directory
	os.Exit(code)
}

// guarded is a pi whose key runs the real `vigie guard` and nothing else.
func guarded(t *testing.T, rules string) *pi {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guard.toml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf("log = %q\n%s", file+".log", rules)), 0o600); err != nil {
		t.Fatal(err)
	}
	vigie, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p := newPi(t, fmt.Sprintf(`restrict,command="%s guard -config %s"`, vigie, file), "")
	p.guardLog = file + ".log"
	return p
}

const small = `
services:
  web: {image: IMAGE, container_name: PROJECT_web, restart: unless-stopped, network_mode: none, healthcheck: {test: ["CMD", "true"], interval: 500ms, timeout: 5s, retries: 1}}
`

// TestDockerOverSSH does to a real engine what the ops do: list, logs, exec, events, a restart with its proof, and compose.
func TestDockerOverSSH(t *testing.T) {
	for name, far := range map[string]func(*testing.T) *ssh.Client{
		"forwarded": func(t *testing.T) *ssh.Client { return newPi(t, "", "").client(t, nil) },
		"guarded": func(t *testing.T) *ssh.Client {
			return guarded(t, `docker = "full"`).client(t, func(o *ssh.Options) { o.Guard = true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := dockertest.NewLab(t)
			c := far(t)
			e, err := docker.DialThrough("pi", c.DialDocker)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { e.Close() })
			socket, err := c.Listen(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { socket.Close() })
			private(t, socket.Address())
			path := l.Write(t, "docker-compose.yml", strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project).Replace(small))
			p, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Docker: socket.Address(), Files: []docker.ComposeFile{{Path: path, Phase: "apps"}}})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Up(t.Context(), path, nil, false, nil); err != nil {
				t.Fatalf("compose over ssh: %v", err)
			}
			stack := &docker.Stack{Host: e, Compose: p, Project: l.Project}
			operate(t, l, stack)
			throughTheGate(t, stack)
			inside(t, e, l.Project+"_web")
		})
	}
}

func private(t *testing.T, address string) {
	t.Helper()
	info, err := os.Stat(filepath.Dir(strings.TrimPrefix(address, "unix://")))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", info.Mode(), err)
	}
}

func operate(t *testing.T, l *dockertest.Lab, s *docker.Stack) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	restarts := make(chan struct{}, 10)
	go func() {
		for event, err := range s.Host.Events(ctx, time.Time{}, l.Project) {
			if err == nil && event.Kind == "start" {
				restarts <- struct{}{}
			}
		}
	}()
	web := l.Project + "_web"
	d, err := s.Host.Inspect(t.Context(), web)
	if err != nil || d.Service != "web" {
		t.Fatalf("inspect: %+v, %v", d.Container, err)
	}
	lines, err := s.Host.Logs(t.Context(), web, docker.LogQuery{})
	if err != nil || len(lines) == 0 || lines[0].Text != "started" {
		t.Errorf("logs: %v, %v", lines, err)
	}
	if _, err := s.Host.Stats(t.Context(), web); err != nil {
		t.Errorf("stats: %v", err)
	}
	plan := restart(t, s)
	for _, step := range plan {
		if err := step(t.Context()); err != nil {
			t.Fatalf("restart: %v", err)
		}
	}
	again, err := s.Host.Inspect(t.Context(), web)
	if err != nil || !again.Started.After(d.Started) {
		t.Errorf("it was started at %v, and is since %v, %v", d.Started, again.Started, err)
	}
	select {
	case <-restarts:
	case <-time.After(patience):
		t.Error("no event told of the restart")
	}
}

// restart is what the op's own steps come to: the order, then the wait for its health.
func restart(t *testing.T, s *docker.Stack) []func(context.Context) error {
	web := s.Project + "_web"
	return []func(context.Context) error{
		func(ctx context.Context) error { return s.Host.Restart(ctx, web) },
		func(ctx context.Context) error {
			until(t, "web is healthy", func() bool { d, err := s.Host.Inspect(ctx, web); return err == nil && d.Health == "healthy" })
			return nil
		},
	}
}

func TestGuardThatOnlyLetsLook(t *testing.T) {
	l := dockertest.NewLab(t)
	web := l.Run(t, "web", nil)
	p := guarded(t, "figures = true\ndocker = \"read\"")
	c := p.client(t, func(o *ssh.Options) { o.Guard = true })
	e, err := docker.DialThrough("pi", c.DialDocker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if _, err := e.List(t.Context()); err != nil {
		t.Errorf("list: %v", err)
	}
	before, err := e.Inspect(t.Context(), web)
	if err != nil {
		t.Fatalf("inspect: %v", err)
	}
	if err := e.Restart(t.Context(), web); ops.KindOf(err) != ops.Failed || !strings.Contains(said(err), "lets only look") {
		t.Errorf("restart: %v", err)
	}
	if after, err := e.Inspect(t.Context(), web); err != nil || !after.Started.Equal(before.Started) {
		t.Errorf("it was restarted: %v, %v", after.Started, err)
	}
	if text, err := c.Kernel(t.Context()); err != nil || !strings.Contains(text, "/proc/meminfo:MemTotal") {
		t.Errorf("figures: %.80q, %v", text, err)
	}
	if text, err := c.Disks(t.Context(), false, []string{"/"}); err != nil || !strings.Contains(text, "/") {
		t.Errorf("disks: %q, %v", text, err)
	}
	if _, err := c.Unit(t.Context(), "ssh.service"); ops.KindOf(err) != ops.Denied {
		t.Errorf("a unit that is not listed: %v", err)
	}
	for _, argv := range [][]string{{"cat", "/etc/shadow"}, {"sh"}, {"docker", "run", "x"}} {
		if r, err := c.Run(t.Context(), argv, 1000); err != nil || r.Exit != guard.ExitRefused || len(r.Out) > 0 {
			t.Errorf("%q: %+v, %v", argv, r, err)
		}
	}
	log, err := os.ReadFile(p.guardLog)
	if err != nil || !strings.Contains(string(log), "/etc/shadow") || !strings.Contains(string(log), "/restart") {
		t.Errorf("the log of refusals: %s, %v", log, err)
	}
	plain := p.client(t, nil) // forwarding is what `restrict` forbids
	if _, err := plain.DialDocker(t.Context()); !strings.Contains(said(err), "guard = true") {
		t.Errorf("forwarding past the guard: %v", err)
	}
}

// TestDockerLostInTheMiddle: the connection ends while the engine works on a change; nobody knows, and nobody asks again.
func TestDockerLostInTheMiddle(t *testing.T) {
	l := dockertest.NewLab(t)
	slow := l.Run(t, "slow", func(c *container.Config, _ *container.HostConfig) {
		c.Labels = map[string]string{"com.docker.compose.project": l.Project, "com.docker.compose.service": "slow"}
	}, "sh", "-c", "trap '' TERM; while :; do sleep 1; done")
	p := newPi(t, "", "")
	c := p.client(t, func(o *ssh.Options) { o.Waits = ssh.Waits{Away: time.Millisecond, LongestAway: 10 * time.Millisecond} })
	e, err := docker.DialThrough("pi", c.DialDocker)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	killed := make(chan int, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	direct, err := docker.Dial(docker.DefaultHost)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { direct.Close() })
	started := time.Now()
	go func() {
		for event, err := range direct.Events(ctx, started, l.Project) {
			if err == nil && event.Kind == "kill" && event.Signal == "15" && strings.HasSuffix(event.Container, "_slow") {
				killed <- 1
			}
		}
	}()
	done := make(chan error, 1)
	go func() { done <- e.Restart(context.Background(), slow) }()
	select {
	case <-killed:
	case <-time.After(patience):
		t.Fatal("the engine never began")
	}
	p.drop()
	select {
	case err = <-done:
	case <-time.After(patience):
		t.Fatal("nobody noticed that the connection is gone")
	}
	if ops.KindOf(err) != ops.Unknown {
		t.Errorf("got %v", err)
	}
	until(t, "the way is open again", func() bool { _, err := e.List(t.Context()); return err == nil })
	if len(killed) > 0 {
		t.Error("the engine was asked a second time")
	}
}

func TestDockerSaysWhyTheWayIsClosed(t *testing.T) {
	p := newPi(t, "", "")
	c := p.client(t, func(o *ssh.Options) { o.Identity = []string{p.file("stranger")} })
	e, err := docker.DialThrough("pi", c.DialDocker)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.List(t.Context()); !strings.Contains(said(err), "does not accept my key") {
		t.Errorf("got %v", err)
	}
}

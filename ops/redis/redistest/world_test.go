package redistest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
	"vigie/ops/redis"
)

const (
	password = "p4ss-of-the-test"
	image    = "vigie-demo/redis:7" // scripts/images.sh makes it
)

type secret string

func (s secret) Reveal() string { return string(s) }

// A setting is how a world is set up.
type setting struct {
	aof     bool
	inside  bool   // Vigie does not see the data directory
	disk    string // bytes; "" is the machine's own
	command []string
	port    int         // of a takeover
	more    []ops.Bound // that the gate knows besides
}

// A world is a stack with a Redis and a service that uses it, and a gate to work on both.
type world struct {
	*testing.T
	setting
	lab   *dockertest.Lab
	data  string // the data directory on this machine
	dumps string
	stack *docker.Stack
	sys   *redis.System
	box   *box
	gate  *ops.Gate
	ended chan ops.Run
	late  []chan error // of calls whose answers were lost: they end by themselves
}

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}

// confirm is a policy that lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

func newWorld(t *testing.T, s setting) *world {
	t.Helper()
	w := &world{T: t, setting: s, lab: dockertest.NewLab(t), dumps: t.TempDir(), ended: make(chan ops.Run, 64)}
	w.data = filepath.Join(w.lab.Dir, "data")
	w.must(os.Mkdir(w.data, 0o755))
	if s.disk != "" {
		w.mount()
	}
	w.must(os.Chown(w.data, 998, 998))
	w.compose()
	w.open()
	w.must(w.stack.Compose.Up(t.Context(), filepath.Join(w.lab.Dir, "infra.yml"), nil, false, nil))
	w.must(w.stack.Compose.Up(t.Context(), filepath.Join(w.lab.Dir, "apps.yml"), nil, false, nil))
	w.awaitUp()
	return w
}

// compose writes the stack: as on the real one, Redis has a root that cannot be written to, few rights and a password.
func (w *world) compose() {
	args := append([]string{"--save", "3600 1", "--enable-debug-command", "yes", "--set-proc-title", "no"}, w.command...)
	if w.aof {
		args = append(args, "--appendonly", "yes")
	}
	w.lab.Write(w.T, "infra.yml", fmt.Sprintf(`
services:
  redis:
    image: %s
    container_name: %s_redis
    restart: unless-stopped
    user: "998:998"
    read_only: true
    cap_drop: [ALL]
    mem_limit: 256m
    tmpfs: [/tmp]
    environment: {REDIS_PASSWORD: %s}
    command: ["%s"]
    volumes: ["%s:/data"]
    healthcheck: {test: ["CMD", "/health.sh"], interval: 300ms, timeout: 3s, retries: 20}
`, image, w.lab.Project, password, strings.Join(args, `", "`), w.data))
	w.lab.Write(w.T, "apps.yml", fmt.Sprintf(`
services:
  app: {image: %s, container_name: %s_app, restart: unless-stopped, healthcheck: {test: ["CMD", "test", "!", "-e", "/sick"], interval: 300ms, timeout: 3s}}
`, w.lab.Image, w.lab.Project))
}

// open opens the stack, Redis and a gate on both.
func (w *world) open() {
	w.Helper()
	e, err := docker.Dial(docker.DefaultHost)
	w.must(err)
	p, err := docker.OpenCompose(docker.ComposeOptions{Project: w.lab.Project, Dir: w.lab.Dir, Files: []docker.ComposeFile{
		{Path: "infra.yml", Phase: "infra"}, {Path: "apps.yml", Phase: "apps"}}})
	w.must(err)
	w.stack = &docker.Stack{Host: e, Compose: p, Project: w.lab.Project, Wait: 30 * time.Second}
	w.box = &box{Box: w.stack.Box("redis"), w: w}
	o := redis.Options{Server: w.box, Apps: apps{w.stack}, Password: secret(password), Data: w.data,
		Dumps: []string{filepath.Join(w.dumps, "*.rdb")}, Users: []string{"app"}, Port: w.port}
	if w.inside {
		o.Data = ""
	}
	w.sys = redis.New(o)
	store, err := data.Open(w.Context(), data.Options{Path: filepath.Join(w.TempDir(), "vigie.db")})
	w.must(err)
	w.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { w.Errorf("the gate broke: %v", err) },
		Redact: ops.NewRedactor(password).Redact,
		Watch: func(r ops.Run) {
			if r.Over() {
				w.ended <- r
			}
		}}
	w.must(w.gate.Open(append(w.more, docker.Bind(w.stack), redis.Bind(w.sys))...))
	w.must(w.gate.Runner.Launch(w.Context(), w.gate.Advance))
	w.Cleanup(func() {
		if err := w.gate.Close(context.Background()); err != nil {
			w.Error(err)
		}
		store.Close()
		e.Close()
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// apps is what stops and starts services, as main adapts it.
type apps struct{ s *docker.Stack }

func (a apps) Pausing(ctx context.Context, services []string) (redis.Pause, error) {
	p, err := a.s.Pausing(ctx, services)
	return redis.Pause(p), err
}

// A box is the container of Redis, as main adapts it, and what goes wrong with it.
type box struct {
	*docker.Box
	w     *world
	calls int
	fault func(n int, what string, do func() error) error // nil: none
	long  func(e redis.Exec, do func() error) error       // of programs, before fault; nil: none
}

func (b *box) call(what string, do func() error) error {
	b.calls++
	if b.fault != nil {
		return b.fault(b.calls, what, do)
	}
	return do()
}

func (b *box) Running(ctx context.Context) (yes bool, err error) {
	err = b.call("running", func() error { yes, err = b.Box.Running(ctx); return err })
	return yes, err
}

func (b *box) Exec(ctx context.Context, e redis.Exec) (exit int, err error) {
	do := func() error {
		exit, err = b.Box.Exec(ctx, docker.Exec{Argv: e.Argv, Env: e.Env, User: e.User, Stdin: e.Stdin, Stdout: e.Stdout, Stderr: e.Stderr})
		return err
	}
	if b.long != nil {
		return exit, b.long(e, do)
	}
	err = b.call("exec "+e.Argv[0], do)
	return exit, err
}

func (b *box) Stat(ctx context.Context, path string) (i redis.FileInfo, err error) {
	err = b.call("stat "+path, func() error {
		info, err := b.Box.Stat(ctx, path)
		i = redis.FileInfo(info)
		return err
	})
	return i, err
}

func (b *box) ReadFile(ctx context.Context, path string) (r io.ReadCloser, i redis.FileInfo, err error) {
	err = b.call("read "+path, func() error {
		in, info, err := b.Box.ReadFile(ctx, path)
		r, i = in, redis.FileInfo(info)
		return err
	})
	return r, i, err
}

func (b *box) WriteFile(ctx context.Context, path string, info redis.FileInfo, r io.Reader) error {
	return b.call("write "+path, func() error { return b.Box.WriteFile(ctx, path, docker.FileInfo(info), r) })
}

func (b *box) Link(ctx context.Context, from, to string) error {
	return b.call("link "+to, func() error { return b.Box.Link(ctx, from, to) })
}

// cli asks the real Redis, past everything that goes wrong.
func (w *world) cli(lines ...string) string {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "docker", "exec", "-i", "-e", "REDISCLI_AUTH", w.lab.Project+"_redis", "redis-cli")
	cmd.Env = append(os.Environ(), "REDISCLI_AUTH="+password)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return "error: " + out.String()
	}
	return strings.TrimSpace(out.String())
}

// digest is a check sum over every key and value.
func (w *world) digest() string {
	w.Helper()
	d := w.cli("DEBUG DIGEST")
	if len(d) != 40 {
		w.Fatalf("the digest of Redis is %q", d)
	}
	return d
}

// awaitUp waits until Redis answers.
func (w *world) awaitUp() {
	w.Helper()
	dockertest.Until(w.T, "redis answers", func() bool { return w.cli("PING") == "PONG" })
}

func (w *world) docker(args ...string) string {
	w.Helper()
	out, err := exec.CommandContext(w.Context(), "docker", args...).CombinedOutput()
	if err != nil {
		w.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// fill gives Redis data that tells one generation from another: many keys, some that expire, a stream, two databases.
func (w *world) fill(generation string, keys int) string {
	w.Helper()
	w.cli("FLUSHALL", fmt.Sprintf(`EVAL "for i=1,ARGV[1] do redis.call('SET', ARGV[2]..':'..i, 'value '..i..' of '..ARGV[2]) end" 0 %d %s`, keys, generation), "SET generation "+generation,
		"EXPIREAT generation 4102444800", "XADD s 1-1 by "+generation, "XGROUP CREATE s g 0", "XREADGROUP GROUP g c COUNT 1 STREAMS s >",
		"SELECT 7", "SET other "+generation)
	return w.digest()
}

// dump saves what Redis holds into the folder of dumps.
func (w *world) dump(name string) string {
	w.Helper()
	file := filepath.Join(w.dumps, name)
	if _, err := w.sys.Save(w.Context(), file, nil); err != nil {
		w.Fatal(err)
	}
	return file
}

func (w *world) ask(op string, pairs ...string) (*ops.Run, error) {
	args := ops.Args{}
	for i := 0; i < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	_, r, err := w.gate.Ask(w.Context(), ann, ops.Ask{Op: op, Args: args}, "here")
	return r, err
}

// do asks, says yes, and waits for the end.
func (w *world) do(op string, pairs ...string) ops.Run {
	w.Helper()
	r, err := w.ask(op, pairs...)
	if err != nil {
		w.Fatalf("%s: %v", op, err)
	}
	return w.yes(r)
}

func (w *world) yes(r *ops.Run) ops.Run {
	w.Helper()
	if _, err := w.gate.Decide(w.Context(), ann, r.ID, ops.Decision{Yes: true}); err != nil {
		w.Fatalf("saying yes: %v", err)
	}
	for {
		select {
		case over := <-w.ended:
			if over.ID == r.ID {
				return over
			}
		case <-time.After(3 * time.Minute):
			w.Fatalf("the run never ended")
		}
	}
}

// tell prints how a run went.
func tell(r ops.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", r.State, ops.Unmark(r.Why.En))
	for _, s := range append(append([]ops.StepRun{}, r.Steps...), r.Undone...) {
		fmt.Fprintf(&b, "  %-8s %s · %s (%s)\n", s.State, ops.Unmark(s.Step.Text.En), ops.Unmark(s.Note.En), s.Ended.Sub(s.Began).Round(10*time.Millisecond))
	}
	return b.String()
}

// mount makes the data directory a disk of its own, of s.disk bytes.
func (w *world) mount() {
	w.Helper()
	if err := syscall.Mount("tmpfs", w.data, "tmpfs", 0, "mode=755,size="+w.disk); err != nil {
		w.Fatalf("mounting a small disk (this takes root): %v", err)
	}
	w.Cleanup(func() {
		if err := syscall.Unmount(w.data, syscall.MNT_DETACH); err != nil {
			w.Error(err)
		}
	})
}

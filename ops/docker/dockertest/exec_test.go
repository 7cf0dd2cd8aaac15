package dockertest_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

func remove(t *testing.T, l *dockertest.Lab, name string) {
	t.Helper()
	err := l.API.ContainerRemove(context.WithoutCancel(t.Context()), name, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		t.Fatal(err)
	}
}

// alone is a container without a network: it starts sooner.
func alone(_ *container.Config, h *container.HostConfig) { h.NetworkMode = "none" }

// noise is size bytes that are never twice the same.
func noise(size int64) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), size) }

func sum(t *testing.T, r io.Reader) string {
	t.Helper()
	h := md5.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestExecCarriesMuch sends 50 MB there and back, through both ways to an engine.
func TestExecCarriesMuch(t *testing.T) {
	const size = 50 << 20
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	want := sum(t, noise(size))
	for way, host := range map[string]string{"socket": docker.DefaultHost, "proxy": dockertest.NewProxy(t, "CONTAINERS=1", "POST=1", "EXEC=1")} {
		e := dial(t, host)
		var out bytes.Buffer
		exit, err := e.Exec(t.Context(), name, docker.Exec{Argv: []string{"busybox", "md5sum"}, Stdin: noise(size), Stdout: &out})
		if err != nil || exit != 0 || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%s: exit %d, %v, sum %q, want %s", way, exit, err, &out, want)
		}
		h := md5.New()
		var errs bytes.Buffer
		exit, err = e.Exec(t.Context(), name, docker.Exec{Argv: []string{"cat"}, Stdin: noise(size), Stdout: h, Stderr: &errs})
		if got := hex.EncodeToString(h.Sum(nil)); err != nil || exit != 0 || got != want || errs.Len() > 0 {
			t.Errorf("%s: exit %d, %v, back came %s, want %s; %q", way, exit, err, got, want, &errs)
		}
	}
}

// TestExecKeepsNothing carries 256 MB and keeps none of it, and makes a program wait for a slow listener.
func TestExecKeepsNothing(t *testing.T) {
	const size = 256 << 20
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	e := dial(t, docker.DefaultHost)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var got int64
	began := time.Now()
	exit, err := e.Exec(t.Context(), name, docker.Exec{Argv: []string{"head", "-c", "268435456", "/dev/zero"}, Stdout: counter{&got}})
	runtime.ReadMemStats(&after)
	if err != nil || exit != 0 || got != size {
		t.Errorf("exit %d, %v, %d bytes", exit, err, got)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("hearing 256 MB took %d bytes of memory", used)
	}
	t.Logf("256 MB heard in %s with %d kB allocated", time.Since(began).Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>10)

	// Nobody listens for a while: the program must wait, and not the memory grow.
	hold, held := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() { // waited for below
		_, err := e.Exec(t.Context(), name, docker.Exec{Argv: []string{"sh", "-c", "head -c 100000000 /dev/zero; touch /said"}, Stdout: &late{held: held, hold: hold}})
		done <- err
	}()
	<-held
	if _, err := e.Stat(t.Context(), name, "/said"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("it said 100 MB to nobody: %v", err)
	}
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := e.Stat(t.Context(), name, "/said"); err != nil {
		t.Error(err)
	}
}

type counter struct{ n *int64 }

func (c counter) Write(p []byte) (int, error) {
	*c.n += int64(len(p))
	return len(p), nil
}

// late takes its first bytes only once hold is closed.
type late struct {
	held, hold chan struct{}
	begun      bool
}

func (l *late) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		close(l.held)
		<-l.hold
	}
	return len(p), nil
}

// TestExecHidesSecrets looks for a secret wherever others can look.
func TestExecHidesSecrets(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	e := dial(t, docker.DefaultHost)
	began := time.Now()
	in, write := io.Pipe()
	var out bytes.Buffer
	ready := make(chan struct{})
	done := make(chan error, 1)
	go func() { // waited for below
		_, err := e.Exec(t.Context(), name, docker.Exec{Argv: []string{"sh", "-c", `echo "$PGPASSWORD"; cat`}, Env: []string{"PGPASSWORD=" + dockertest.Secret},
			Stdin: in, Stdout: io.MultiWriter(&out, &signal{ready: ready})})
		done <- err
	}()
	<-ready
	for _, look := range [][]string{{"top", name}, {"top", name, "-eo", "pid,args"}, {"inspect", name},
		{"events", "--since", began.Add(-time.Second).Format(time.RFC3339Nano), "--until", time.Now().Format(time.RFC3339Nano), "--filter", "container=" + name}} {
		said, err := exec.CommandContext(t.Context(), "docker", look...).CombinedOutput()
		if err != nil || len(said) == 0 || bytes.Contains(said, []byte(dockertest.Secret)) {
			t.Errorf("docker %s: %v: %s", look[0], err, said)
		}
	}
	write.Close()
	if err := <-done; err != nil || out.String() != dockertest.Secret+"\n" {
		t.Errorf("it said %q, %v", &out, err)
	}
}

// signal tells of the first thing that it is given.
type signal struct {
	ready chan struct{}
	said  bool
}

func (s *signal) Write(p []byte) (int, error) {
	if !s.said {
		s.said = true
		close(s.ready)
	}
	return len(p), nil
}

// under are the processes in a container whose command holds words.
func under(t *testing.T, name, words string) (n int) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "docker", "top", name, "-eo", "pid,args").CombinedOutput()
	if err != nil {
		t.Fatalf("docker top: %v: %s", err, said)
	}
	for line := range strings.Lines(string(said)) {
		if _, args, _ := strings.Cut(strings.TrimSpace(line), " "); strings.Contains(args, words) {
			n++
		}
	}
	return n
}

// TestExecStopped ends the context, the input or the listener while a program works: it and its children must end.
func TestExecStopped(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	e := dial(t, docker.DefaultHost)
	for what, program := range map[string]string{
		"one that obeys":       "echo ready; sleep 4711",
		"one that does not":    "trap '' TERM; echo ready; while :; do sleep 4711; done",
		"one with ever others": "trap '' TERM; echo ready; while :; do (sleep 0.02; : 4711); done",
		"one with a child":     "echo ready; sleep 4711 & wait; exit 3",
		"one that speaks":      "echo ready; yes 4711",
		"one that only reads":  "echo ready; cat - 4711",
	} {
		t.Run(what, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ready := make(chan struct{})
			go func() { // ends with the test
				select {
				case <-ready:
				case <-t.Context().Done():
				}
				cancel()
			}()
			x := docker.Exec{Argv: []string{"sh", "-c", program}, Stdout: &signal{ready: ready}}
			if strings.Contains(program, "cat") {
				in, write := io.Pipe()
				context.AfterFunc(ctx, func() { write.CloseWithError(context.Canceled) })
				x.Stdin = in
			}
			exit, err := e.Exec(ctx, name, x)
			if exit != -1 {
				t.Errorf("exit %d", exit)
			}
			says(t, err, ops.Failed, "before it had finished", "avant d’avoir fini")
			if n := under(t, name, "4711"); n > 0 {
				t.Errorf("%d of its processes are left", n)
			}
		})
	}
	exit, err := e.Exec(t.Context(), name, docker.Exec{Argv: []string{"sh", "-c", "cat > /got; touch /whole"}, Stdin: io.MultiReader(noise(1<<20), broken{})})
	says(t, err, ops.Failed, "could not be read: the disk is gone", "pas pu être lu : the disk is gone")
	if _, err := e.Stat(t.Context(), name, "/whole"); exit != -1 || ops.KindOf(err) != ops.NotFound {
		t.Errorf("the program took a broken input for a whole one: exit %d, %v", exit, err)
	}
	_, err = e.Exec(t.Context(), name, docker.Exec{Argv: []string{"yes", "4711"}, Stdout: full{}})
	says(t, err, ops.Failed, "could not be kept: no space left", "pas pu être gardé : no space left")
	if n := under(t, name, "4711"); n > 0 {
		t.Errorf("%d of its processes are left", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = e.Exec(ctx, name, docker.Exec{Argv: []string{"sleep", "4711"}})
	says(t, err, ops.Failed, "took too long", "trop de temps")
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestExecWithoutShell cannot end its program: it must say so unless hanging up does.
func TestExecWithoutShell(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	l.Exec(t, name, "rm", "/bin/sh")
	e := dial(t, docker.DefaultHost)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := e.Exec(ctx, name, docker.Exec{Argv: []string{"sleep", "4711"}})
	says(t, err, ops.Unknown, "may still run", "peut-être encore")
	if n := under(t, name, "4711"); n != 1 {
		t.Errorf("there are %d", n)
	}
	in, write := io.Pipe()
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	context.AfterFunc(ctx, func() { write.CloseWithError(context.DeadlineExceeded) })
	_, err = e.Exec(ctx, name, docker.Exec{Argv: []string{"cat"}, Stdin: in}) // waits for its input to end
	says(t, err, ops.Unknown, "nobody knows how far", "on ne sait pas jusqu’où")
}

// TestExecOfMany is the odd programs and users.
func TestExecOfMany(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	e := dial(t, docker.DefaultHost)
	var out bytes.Buffer
	run := func(x docker.Exec) (int, error) {
		out.Reset()
		x.Stdout = &out
		return e.Exec(t.Context(), name, x)
	}
	if exit, err := run(docker.Exec{Argv: []string{"busybox", "id", "-u"}, User: "999:998"}); exit != 0 || err != nil || out.String() != "999\n" {
		t.Errorf("as 999: %d, %v, %q", exit, err, &out)
	}
	_, err := run(docker.Exec{Argv: []string{"cat"}, User: "nobody-here"})
	says(t, err, ops.Failed, "knows no user nobody-here", "ne connaît pas l’utilisateur")
	_, err = run(docker.Exec{Argv: []string{"/version"}}) // which is no program
	says(t, err, ops.Failed, "no program version", "pas de programme version")
	if out.Len() > 0 {
		t.Errorf("the engine's words came as the program's: %q", &out)
	}
	for _, code := range []string{"126", "127"} { // a program's own
		if exit, err := run(docker.Exec{Argv: []string{"sh", "-c", "echo OCI runtime exec failed; exit " + code}}); err != nil || exit < 126 || !strings.HasPrefix(out.String(), "OCI") {
			t.Errorf("exit %d, %v, %q", exit, err, &out)
		}
	}
	exit, err := run(docker.Exec{Argv: []string{"head", "-c", "10"}, Stdin: noise(50 << 20)})
	says(t, err, ops.Unknown, "had not taken all", "sans avoir pris tout")
	if exit != 0 || out.Len() != 10 {
		t.Errorf("exit %d with %d bytes", exit, out.Len())
	}
	if exit, err := run(docker.Exec{Argv: []string{"head", "-c", "10"}, Stdin: noise(50 << 20), Tail: true}); exit != 0 || err != nil || out.Len() != 10 {
		t.Errorf("exit %d, %v, with %d bytes", exit, err, out.Len())
	}
	if exit, err := run(docker.Exec{Argv: []string{"sh", "-c", "head -c 10; exit 3"}, Stdin: noise(50 << 20)}); exit != 3 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
	if exit, err := run(docker.Exec{Argv: []string{"sh", "-c", "sleep 30 & echo left; exit 4"}}); exit != 4 || err != nil || out.String() != "left\n" {
		t.Errorf("with a child left behind: exit %d, %v, %q", exit, err, &out)
	}
}

// TestExecCutOff loses the container, the engine or the way to it in the middle of a program.
func TestExecCutOff(t *testing.T) {
	l := dockertest.NewLab(t)
	for what, how := range map[string]struct {
		cut    func(t *testing.T, name string, hangUp func())
		refuse bool // nobody answers afterwards
		en, fr string
	}{
		"the container killed": {cut: func(t *testing.T, name string, _ func()) { l.API.ContainerKill(t.Context(), name, "KILL") },
			en: "does not run any more", fr: "ne tourne plus"},
		"the way cut":     {cut: func(_ *testing.T, _ string, hangUp func()) { hangUp() }, en: "does not run any more", fr: "ne tourne plus"},
		"the engine gone": {cut: func(_ *testing.T, _ string, hangUp func()) { hangUp() }, refuse: true, en: "may still run", fr: "peut-être encore"},
	} {
		t.Run(what, func(t *testing.T) {
			name := l.Run(t, "cut", alone)
			t.Cleanup(func() { remove(t, l, name) })
			way := newWire(t)
			ready := make(chan struct{})
			go func() { // ends with the test
				select {
				case <-ready:
					way.gone.Store(how.refuse)
					how.cut(t, name, way.hangUp)
				case <-t.Context().Done():
				}
			}()
			in, write := io.Pipe()
			defer write.Close()
			go func() { // ends when the pipe does
				for {
					if _, err := write.Write(make([]byte, 1000)); err != nil {
						return
					}
				}
			}()
			defer in.Close()
			exit, err := dial(t, way.host).Exec(t.Context(), name, docker.Exec{Argv: []string{"sh", "-c", "echo ready; cat >/dev/null; sleep 4711"}, Stdin: in, Stdout: &signal{ready: ready}})
			if exit == 137 && err == nil && what == "the container killed" {
				return // the engine still knew how it ended
			}
			says(t, err, ops.Unknown, how.en, how.fr)
			if exit != -1 {
				t.Errorf("exit %d", exit)
			}
			if what == "the way cut" && under(t, name, "4711") > 0 {
				t.Error("it goes on, and nobody hears it")
			}
		})
	}
}

// TestExecLostStart loses the answer to the start, as TestLostAnswer does for other changes.
func TestExecLostStart(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	mute := make(chan struct{})
	var silent atomic.Bool
	e := dial(t, dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if r.Header.Get("Upgrade") != "" { // the start of the program, and not of what ends it
			if silent.Load() {
				<-mute
			}
			panic(http.ErrAbortHandler)
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { close(mute) }) // before the relay waits for its calls
	_, err := e.Exec(t.Context(), name, docker.Exec{Argv: []string{"sleep", "4711"}})
	says(t, err, ops.Unknown, "may or may not", "peut-être")
	silent.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = e.Exec(ctx, name, docker.Exec{Argv: []string{"sleep", "4711"}})
	says(t, err, ops.Unknown, "may or may not", "peut-être")
}

// TestExecThroughProxies names what a socket proxy must allow.
func TestExecThroughProxies(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", alone)
	cat := docker.Exec{Argv: []string{"cat"}}
	for _, allow := range [][]string{{"CONTAINERS=1"}, {"CONTAINERS=1", "EXEC=1"}, {"CONTAINERS=1", "POST=1"}} {
		_, err := dial(t, dockertest.NewProxy(t, allow...)).Exec(t.Context(), name, cat)
		denied(t, "exec", err, "POST=1 CONTAINERS=1 EXEC=1")
	}
	look := dial(t, dockertest.NewProxy(t, "CONTAINERS=1"))
	denied(t, "write", look.WriteFile(t.Context(), name, "/tmp/x", docker.FileInfo{}, strings.NewReader("")), "POST=1 CONTAINERS=1")
	if info, err := look.Stat(t.Context(), name, "/version"); err != nil || info.Size == 0 {
		t.Errorf("looking: %+v, %v", info, err)
	}
	denied(t, "read", second(dial(t, dockertest.NewProxy(t)).Stat(t.Context(), name, "/version")), "CONTAINERS=1")
}

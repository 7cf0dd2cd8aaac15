package dockertest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// says checks the kind of an error and words of its sentence in both languages.
func says(t *testing.T, err error, kind ops.ErrorKind, en, fr string) {
	t.Helper()
	var e *ops.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Errorf("got %v, want kind %s", err, kind)
		return
	}
	if !strings.Contains(ops.Unmark(e.Say.En), en) || !strings.Contains(ops.Unmark(e.Say.Fr), fr) {
		t.Errorf("it says %q / %q, want %q / %q", ops.Unmark(e.Say.En), ops.Unmark(e.Say.Fr), en, fr)
	}
}

func TestEngineGone(t *testing.T) {
	dir, err := os.MkdirTemp("", "vgt") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	missing := filepath.Join(dir, "none.sock")
	says(t, second(dial(t, "unix://"+missing).List(t.Context())), ops.Unavailable, "does not exist", "n’existe pas")

	stale := filepath.Join(dir, "stale.sock") // an engine that was killed leaves its socket
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close()
	says(t, second(dial(t, "unix://"+stale).List(t.Context())), ops.Unavailable, "not running", "ne tourne pas")
	says(t, dial(t, "unix://"+stale).Restart(t.Context(), "x"), ops.Unavailable, "not running", "ne tourne pas")

	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := tcp.Addr().String()
	tcp.Close()
	says(t, second(dial(t, "tcp://"+addr).List(t.Context())), ops.Unavailable, "nobody listens at tcp://"+addr, "personne n’écoute")
}

func TestBadAddresses(t *testing.T) {
	for _, host := range []string{"docker.sock", "unix://", "unix://docker.sock", "tcp://proxy", "tcp://:2375", "ssh://pi", "http://x:1", "%"} {
		if _, err := docker.Dial(host); err == nil || !strings.Contains(err.Error(), "Docker address") {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// TestLostAnswer cuts the connection after the engine took a change.
func TestLostAnswer(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", nil)
	var passOn atomic.Bool
	host := dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if r.Method != http.MethodPost {
			pass.ServeHTTP(w, r)
			return
		}
		if passOn.Load() {
			pass.ServeHTTP(discard{http.Header{}}, r)
		}
		panic(http.ErrAbortHandler) // hangs up
	})
	e := dial(t, host)
	before, err := e.Inspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	says(t, e.Restart(t.Context(), name), ops.Unknown, "may or may not", "peut-être")
	if now, err := e.Inspect(t.Context(), name); err != nil || !now.Started.Equal(before.Started) {
		t.Fatalf("nothing reached the engine, and it is %+v, %v", now, err)
	}
	passOn.Store(true)
	if err := e.Restart(t.Context(), name); err != nil {
		t.Errorf("the restart took and its answer was lost: %v", err)
	}
	if now, err := e.Inspect(t.Context(), name); err != nil || !now.Started.After(before.Started) {
		t.Errorf("it is %+v, %v", now, err)
	}
	if err := e.Stop(t.Context(), name); err != nil {
		t.Errorf("the stop took and its answer was lost: %v", err)
	}
	if err := e.Start(t.Context(), name); err != nil {
		t.Errorf("the start took and its answer was lost: %v", err)
	}
	if err := e.Tag(t.Context(), l.Image, l.Project+"/box:2"); err != nil {
		t.Errorf("the tag took and its answer was lost: %v", err)
	}
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// TestMuteEngine asks an engine that takes calls and never answers.
func TestMuteEngine(t *testing.T) {
	done := make(chan struct{})
	host := dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/_ping") {
			pass.ServeHTTP(w, r)
			return
		}
		<-done
	})
	t.Cleanup(func() { close(done) })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	says(t, second(dial(t, host).List(ctx)), ops.Unavailable, "did not answer in time", "pas répondu à temps")
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, stop)
	says(t, second(dial(t, host).List(ctx)), ops.Unavailable, "Stopped", "Arrêté")
}

// TestEngineUpgraded puts another engine behind the address of one that was talked to before.
func TestEngineUpgraded(t *testing.T) {
	var old atomic.Bool
	old.Store(true)
	host := dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if !old.Load() { // the machine's own engine
			if strings.HasPrefix(r.URL.Path, "/v1.30/") {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintln(w, `{"message":"client version 1.30 is too old. Minimum supported API version is 1.40, please upgrade your client to a newer version"}`)
				return
			}
			pass.ServeHTTP(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/_ping") {
			w.Header().Set("API-Version", "1.30")
			return
		}
		pass.ServeHTTP(w, r)
	})
	e := dial(t, host)
	if in, err := e.Info(t.Context()); err != nil || in.API != "1.30" {
		t.Fatalf("%+v, %v", in, err)
	}
	old.Store(false)
	if _, err := e.List(t.Context()); err != nil {
		t.Errorf("after the upgrade: %v", err)
	}
	if in, err := e.Info(t.Context()); err != nil || in.API == "1.30" {
		t.Errorf("after the upgrade: %+v, %v", in, err)
	}
}

// TestEngineBack goes on with an engine that was away, without being told.
func TestEngineBack(t *testing.T) {
	var away atomic.Bool
	e := dial(t, dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		pass.ServeHTTP(w, r)
	}))
	for _, gone := range []bool{false, true, false} {
		away.Store(gone)
		if _, err := e.List(t.Context()); (err != nil) != gone {
			t.Errorf("away %v: %v", gone, err)
		} else if gone {
			says(t, err, ops.Unavailable, "hung up", "raccroché")
		}
	}
}

// TestStopGrace leaves a container as long as it wants to have before it is killed.
func TestStopGrace(t *testing.T) {
	l := dockertest.NewLab(t)
	grace := 1
	name := l.Run(t, "stubborn", func(c *container.Config, _ *container.HostConfig) { c.StopTimeout = &grace },
		"sh", "-c", "trap '' TERM; while :; do sleep 1; done")
	e := dial(t, docker.DefaultHost)
	began := time.Now()
	if err := e.Stop(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < time.Second || took > 9*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if d, err := e.Inspect(t.Context(), name); err != nil || d.ExitCode != 137 || d.OOM || d.Grace != time.Second {
		t.Errorf("stopped: %+v, %v", d, err)
	}
}

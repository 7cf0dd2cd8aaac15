package dockertest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

func dial(t testing.TB, host string) *docker.Engine {
	t.Helper()
	e, err := docker.Dial(host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// TestProxy reads through a proxy that lets nothing be changed, and checks that each refusal names what is missing.
func TestProxy(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", nil)
	e := dial(t, dockertest.NewProxy(t, "CONTAINERS=1", "IMAGES=1", "EVENTS=1", "INFO=1"))
	ctx := t.Context()
	if all, err := e.List(ctx); err != nil || len(all) == 0 {
		t.Errorf("listing: %v, %v", all, err)
	}
	if d, err := e.Inspect(ctx, name); err != nil || d.State != "running" {
		t.Errorf("inspecting: %+v, %v", d, err)
	}
	if lines, err := e.Logs(ctx, name, docker.LogQuery{}); err != nil || len(lines) != 1 {
		t.Errorf("logs: %v, %v", lines, err)
	}
	if u, err := e.Stats(ctx, name); err != nil || len(u) != 1 {
		t.Errorf("stats: %v, %v", u, err)
	}
	if in, err := e.Info(ctx); err != nil || !in.Proxy || in.Version == "" {
		t.Errorf("info: %+v, %v", in, err)
	}
	for ev, err := range e.Events(ctx, time.Now().Add(-time.Hour), "") {
		if err != nil || ev.Kind == "" {
			t.Errorf("events: %+v, %v", ev, err)
		}
		break
	}
	image, err := e.Image(ctx, l.Image)
	if err != nil {
		t.Fatal(err)
	}
	for what, refused := range map[string]struct {
		err   error
		needs string
	}{
		"restart":  {e.Restart(ctx, name), "POST=1 ALLOW_RESTARTS=1"},
		"stop":     {e.Stop(ctx, name), "POST=1 ALLOW_STOP=1"},
		"start":    {e.Start(ctx, name), "POST=1 ALLOW_START=1"},
		"tag":      {e.Tag(ctx, image.ID, l.Project+"/box:2"), "POST=1 IMAGES=1"},
		"pull":     {second(e.Pull(ctx, l.Image, nil)), "POST=1 IMAGES=1"},
		"pullable": {second(e.Pullable(ctx, l.Image)), "DISTRIBUTION=1"},
		"disk":     {second(e.Disk(ctx)), "SYSTEM=1"},
		"prune":    {second(e.Prune(ctx, docker.BuildCache, nil)), "POST=1 BUILD=1"},
	} {
		denied(t, what, refused.err, refused.needs)
	}
	if d, err := e.Inspect(ctx, name); err != nil || d.State != "running" {
		t.Errorf("after all that: %+v, %v", d, err)
	}
}

func second[T any](_ T, err error) error { return err }

func denied(t *testing.T, what string, err error, needs string) {
	t.Helper()
	var e *ops.Error
	if !errors.As(err, &e) || e.Kind != ops.Denied {
		t.Errorf("%s: got %v, want Denied", what, err)
		return
	}
	for _, say := range []string{ops.Unmark(e.Say.En), ops.Unmark(e.Say.Fr)} {
		if !strings.Contains(say, needs) || strings.Contains(say, "<html") || strings.Contains(say, "cet appel") {
			t.Errorf("%s is refused with %q, want it to name %s", what, say, needs)
		}
	}
}

// TestProxyShut goes through a proxy with nothing open.
func TestProxyShut(t *testing.T) {
	e := dial(t, dockertest.NewProxy(t))
	ctx := t.Context()
	denied(t, "list", second(e.List(ctx)), "CONTAINERS=1")
	denied(t, "inspect", second(e.Inspect(ctx, "x")), "CONTAINERS=1")
	denied(t, "logs", second(e.Logs(ctx, "x", docker.LogQuery{})), "CONTAINERS=1")
	denied(t, "stats", second(e.Stats(ctx, "x")), "CONTAINERS=1")
	denied(t, "image", second(e.Image(ctx, "x")), "IMAGES=1")
	for _, err := range e.Events(ctx, time.Time{}, "") {
		denied(t, "events", err, "EVENTS=1")
	}
	in, err := e.Info(ctx) // VERSION is open unless it is shut
	if err != nil || in.Version == "" || !in.Proxy {
		t.Errorf("info: %+v, %v", in, err)
	}
	denied(t, "ping", second(dial(t, dockertest.NewProxy(t, "PING=0")).List(ctx)), "CONTAINERS=1")
}

// TestProxyRestarts goes through one that allows restarts and nothing else.
func TestProxyRestarts(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "web", nil)
	before, err := dial(t, docker.DefaultHost).Inspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := dial(t, dockertest.NewProxy(t, "POST=1", "ALLOW_RESTARTS=1")).Restart(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if after, err := dial(t, docker.DefaultHost).Inspect(t.Context(), name); err != nil || !after.Started.After(before.Started) {
		t.Errorf("restarted to %+v, %v", after, err)
	}
}

package dockertest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// TestEvents restarts, sickens and kills a container, and hears of all of it and of nobody else's.
func TestEvents(t *testing.T) {
	l := dockertest.NewLab(t)
	since := time.Now().Add(-time.Second)
	ours := func(project string) func(*container.Config, *container.HostConfig) {
		return func(c *container.Config, h *container.HostConfig) {
			c.Labels = map[string]string{"com.docker.compose.project": project, "com.docker.compose.service": "web"}
			c.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "test", "!", "-e", "/sick"}, Interval: 300 * time.Millisecond, Retries: 1, Timeout: 5 * time.Second}
			h.Memory, h.MemorySwap = 6<<20, 6<<20
		}
	}
	name := l.Run(t, "web", ours(l.Project))
	l.Run(t, "web_x", ours(l.Project+"_x")) // a filter by name would take it for ours
	e := dial(t, docker.DefaultHost)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	heard := make(chan docker.Event, 1000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ev, err := range e.Events(ctx, since, l.Project) {
			if err != nil {
				t.Errorf("events end with %v", err)
				return
			}
			heard <- ev
		}
	}()
	expect := func(kind string, more func(docker.Event) bool) {
		t.Helper()
		for {
			select {
			case ev := <-heard:
				if ev.Project != l.Project || ev.Service != "web" || ev.Container != name || ev.At.Before(since) || len(ev.ID) != 64 {
					t.Errorf("heard %+v", ev)
				}
				if strings.HasPrefix(ev.Kind, "exec") {
					t.Errorf("heard of a health check: %+v", ev)
				}
				if ev.Kind == kind && (more == nil || more(ev)) {
					return
				}
			case <-ctx.Done():
				t.Fatalf("never heard of %s", kind)
			}
		}
	}
	expect("start", nil) // before we listened
	expect("health", func(ev docker.Event) bool { return ev.Health == "healthy" })
	l.Exec(t, name, "touch", "/sick")
	expect("health", func(ev docker.Event) bool { return ev.Health == "unhealthy" })
	if err := e.Restart(ctx, name); err != nil {
		t.Fatal(err)
	}
	expect("kill", func(ev docker.Event) bool { return ev.Signal == "15" })
	expect("die", func(ev docker.Event) bool { return ev.ExitCode == 0 })
	expect("stop", nil)
	expect("start", nil)
	expect("restart", nil)
	if err := l.API.ContainerKill(ctx, name, "KILL"); err != nil {
		t.Fatal(err)
	}
	expect("die", func(ev docker.Event) bool { return ev.ExitCode == 137 })
	if err := l.API.ContainerRemove(ctx, name, container.RemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	expect("destroy", nil)
	cancel()
	<-done
}

func TestEventOfMemory(t *testing.T) {
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	since := time.Now().Add(-time.Second)
	name := l.Run(t, "hog", func(_ *container.Config, h *container.HostConfig) { h.Memory, h.MemorySwap = 6<<20, 6<<20 },
		"sh", "-c", "sleep 1; exec tail -c 4000m /dev/zero") // the engine learns of it late when it dies at once
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var kinds []string
	for ev, err := range e.Events(ctx, since, "") {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Container == name {
			kinds = append(kinds, ev.Kind)
		}
		if slices.Contains(kinds, "die") && slices.Contains(kinds, "oom") { // in either order: the engine hears of them by two ways
			break
		}
	}
	if !slices.Contains(kinds, "oom") {
		t.Errorf("heard %q", kinds)
	}
}

func TestEventsEndWithTheEngine(t *testing.T) {
	e := dial(t, "unix:///nowhere/vgt.sock")
	said := 0
	for ev, err := range e.Events(t.Context(), time.Time{}, "x") {
		said++
		if ops.KindOf(err) != ops.Unavailable {
			t.Errorf("%+v, %v", ev, err)
		}
	}
	if said != 1 {
		t.Errorf("it spoke %d times", said)
	}
}

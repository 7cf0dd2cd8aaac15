package dockertest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// knobs runs until a file in it says otherwise: /crash ends it with 3 also after a restart, /oom makes it take all memory,
// /child makes a child of it do so.
const knobs = `"trap 'exit 0' TERM; while :; do if test -e /crash; then echo 'FATAL: no space left on device' >&2; exit 3; fi; if test -e /oom; then exec tail -c 4000m /dev/zero; fi; if test -e /child; then rm /child; tail -c 4000m /dev/zero; fi; sleep 0.2 & wait $$!; done"`

const watchedStack = `
services:
  web: {image: IMAGE, container_name: PROJECT_web, restart: unless-stopped, env_file: [web.env], depends_on: [calm], healthcheck: {test: ["CMD", "sh", "-c", "test ! -e /sick || { echo 503 from /health; exit 1; }"], interval: 300ms, retries: 1}}
  calm: {image: IMAGE, container_name: PROJECT_calm, restart: unless-stopped, healthcheck: {test: ["CMD", "true"], interval: 1s}}
  loop: {image: IMAGE, container_name: PROJECT_loop, restart: always, command: [sh, -c, KNOBS]}
  spent: {image: IMAGE, container_name: PROJECT_spent, restart: "on-failure:2", command: [sh, -c, KNOBS]}
  frail: {image: IMAGE, container_name: PROJECT_frail, restart: "no", command: [sh, -c, KNOBS], healthcheck: {test: ["CMD", "test", "-e", "/"], interval: 1s}}
  hog: {image: IMAGE, container_name: PROJECT_hog, restart: unless-stopped, mem_limit: 8m, memswap_limit: 8m, command: [sh, -c, KNOBS]}
  job: {image: PROJECT/job:1, container_name: PROJECT_job, restart: "no", command: ["true"]}
  extra: {image: IMAGE, container_name: PROJECT_extra, profiles: [extra]}
`

// watchedLab is a stack of the lab's own on the engine at host; its files are read as the operator's are.
func watchedLab(t testing.TB, host string) (*dockertest.Lab, *docker.Stack) {
	l := dockertest.NewLab(t)
	l.Import(t, l.Project+"/job:1", "job")
	l.Write(t, "web.env", "A=b\n")
	l.Write(t, "docker-compose.yml", strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project, "KNOBS", knobs).Replace(watchedStack))
	files, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{{Path: "docker-compose.yml", Phase: "apps"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Up(t.Context(), filepath.Join(l.Dir, "docker-compose.yml"), nil, false, nil); err != nil {
		t.Fatal(err)
	}
	return l, &docker.Stack{Host: dial(t, host), Compose: files, Project: l.Project}
}

// TestWatch sees real containers in every kind of trouble.
func TestWatch(t *testing.T) {
	l, s := watchedLab(t, docker.DefaultHost)
	name := func(service string) string { return l.Project + "_" + service }
	p, _ := keepWatch(t, s, nil)
	p.is("setup:calm weak-check", "cannot fail")

	l.Exec(t, name("web"), "touch", "/sick")
	sick := p.is("container:web unhealthy", "web unhealthy · 503 from /health")
	if sick.Severity != ops.Critical || sick.Locks[0] != "container:"+name("web") || len(sick.Needs) != 1 || sick.Needs[0] != "container:calm" {
		t.Errorf("%+v", sick)
	}
	l.Exec(t, name("web"), "rm", "/sick")
	p.over("container:web unhealthy")

	ctx := t.Context()
	if err := l.API.ContainerStop(ctx, name("web"), container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	p.is("container:web stopped", "web stopped by hand")
	if err := l.API.ContainerStart(ctx, name("web"), container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	p.over("container:web stopped")
	if err := l.API.ContainerPause(ctx, name("web")); err != nil {
		t.Fatal(err)
	}
	p.is("container:web paused")
	if err := l.API.ContainerUnpause(ctx, name("web")); err != nil {
		t.Fatal(err)
	}
	p.over("container:web paused")

	l.Exec(t, name("frail"), "touch", "/crash")
	p.is("container:frail died", "frail died · exit 3", "the disk is full", "FATAL: no space left on device")
	p.never("container:frail", "stopped", "loop")
	l.Exec(t, name("loop"), "touch", "/crash")
	p.is("container:loop loop", "loop in a crash loop", "exit 3", "the disk is full")
	l.Exec(t, name("spent"), "touch", "/crash")
	p.is("container:spent exhausted", "given up by the engine after 2 restarts · exit 3")

	if err := l.API.ContainerRemove(ctx, name("frail"), container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	p.is("container:frail missing", "frail has no container")
	p.over("container:frail died")
	p.never("container:calm", "died", "stopped", "unhealthy", "missing")
	p.never("container:job", "died", "stopped", "missing")
	p.never("container:extra", "missing")
	p.never("watch:docker", "blind", "gap", "deaf", "files")
}

// TestWatchMemory tells the lack of memory of a container from that of a process inside it, which it outlives.
func TestWatchMemory(t *testing.T) {
	l, s := watchedLab(t, docker.DefaultHost)
	name := l.Project + "_hog"
	p, _ := keepWatch(t, s, nil)
	p.is("setup:calm weak-check")
	before, err := s.Host.Inspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	l.Exec(t, name, "touch", "/child")
	oom := p.is("container:hog oom", "hog out of memory · limit 8.39 MB", "the container lives on", "after that: memory")
	if oom.Fades == 0 || oom.Severity != ops.Warning {
		t.Errorf("%+v", oom)
	}
	if d, err := s.Host.Inspect(t.Context(), name); err != nil || !d.Started.Equal(before.Started) {
		t.Errorf("it was started anew: %+v, %v", d, err)
	}
	p.never("container:hog", "died", "loop")
	l.Exec(t, name, "touch", "/oom")
	p.is("container:hog oom", "hog out of memory 2 times", "its main process was killed")
	p.is("container:hog loop", "exit 137, out of memory", "killed for lack of memory")
}

// TestWatchSetup sees what only a sweep can see: an image that is gone, an env file that is newer than its container.
func TestWatchSetup(t *testing.T) {
	l, s := watchedLab(t, docker.DefaultHost)
	if err := l.API.ContainerRemove(t.Context(), l.Project+"_job", container.RemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.API.ImageRemove(t.Context(), l.Project+"/job:1", image.RemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(2 * time.Second)
	if err := os.Chtimes(filepath.Join(l.Dir, "web.env"), soon, soon); err != nil {
		t.Fatal(err)
	}
	p, _ := keepWatch(t, s, nil)
	p.is("setup:job image", l.Project+"/job:1")
	if job := p.is("container:job missing"); job.Severity != ops.Notice {
		t.Errorf("%+v", job)
	}
	p.is("setup:web stale-env", "web runs with an old env file")
}

// TestWatchRestarts: whoever restarts or remakes a container, in whatever way, makes no incident.
func TestWatchRestarts(t *testing.T) {
	l, s := watchedLab(t, docker.DefaultHost)
	p, _ := keepWatch(t, s, nil)
	p.is("setup:calm weak-check")
	if err := s.Host.Restart(t.Context(), l.Project+"_web"); err != nil {
		t.Fatal(err)
	}
	if err := s.Compose.Up(t.Context(), filepath.Join(l.Dir, "docker-compose.yml"), []string{"web", "loop"}, true, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.API.ContainerRestart(t.Context(), l.Project+"_loop", container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	p.until("all is well again", func(open map[string]ops.Trouble) bool {
		for key := range open {
			if strings.HasPrefix(key, "container:") {
				return false
			}
		}
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, told := range p.all {
		if !strings.HasPrefix(told.Subject, "setup:") && !told.Over && told.Wait < 10*time.Second {
			t.Errorf("people would be told: %s: %s", told.Subject, said(told))
		}
	}
}

// TestWatchCutStreams breaks the stream twenty times, and then takes the engine away for a while: nothing of what happens is lost.
func TestWatchCutStreams(t *testing.T) {
	way := newLine(t)
	l, s := watchedLab(t, way.url)
	p, _ := keepWatch(t, s, nil)
	p.is("setup:calm weak-check")
	for i := range 20 {
		sick := i%2 == 0
		way.cut(false)
		if sick {
			l.Exec(t, l.Project+"_web", "touch", "/sick")
			p.is("container:web unhealthy")
			continue
		}
		l.Exec(t, l.Project+"_web", "rm", "/sick")
		p.over("container:web unhealthy")
	}
	p.never("watch:docker", "gap", "deaf")

	direct := dial(t, docker.DefaultHost)
	way.cut(true)
	p.is("watch:docker blind", "I cannot see Docker")
	if err := direct.Restart(t.Context(), l.Project+"_web"); err != nil {
		t.Fatal(err)
	}
	l.Exec(t, l.Project+"_frail", "touch", "/crash")
	if err := l.API.ContainerRemove(t.Context(), l.Project+"_calm", container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	gone := time.NewTimer(12 * time.Second)
	<-gone.C // a shorter time of blindness is no news
	way.cut(false)
	p.is("watch:docker gap", "blind for", "web restarted", "frail ended with exit 3", "calm removed")
	p.over("watch:docker blind")
	p.is("container:frail died", "exit 3")
	p.is("container:calm missing")
}

// TestWatchWhileAway restarts a container while nobody watches, and hears of it from the mark on.
func TestWatchWhileAway(t *testing.T) {
	l, s := watchedLab(t, docker.DefaultHost)
	p, stop := keepWatch(t, s, nil)
	p.is("setup:calm weak-check")
	dockertest.Until(t, "web has run for a while", func() bool {
		d, err := s.Host.Inspect(t.Context(), l.Project+"_web")
		return err == nil && time.Since(d.Started) > 3*time.Second
	})
	stop()
	if err := s.Host.Restart(t.Context(), l.Project+"_web"); err != nil {
		t.Fatal(err)
	}
	if err := s.Compose.Up(t.Context(), filepath.Join(l.Dir, "docker-compose.yml"), []string{"hog"}, true, nil); err != nil {
		t.Fatal(err)
	}
	gone := time.NewTimer(10 * time.Second)
	<-gone.C // a shorter absence is no news
	p, _ = keepWatch(t, s, p.mark)
	p.is("watch:docker gap", "away for", "web restarted", "hog made anew")
}

package dockertest_test

import (
	"crypto/rand"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// restartedStack: web is sick from its second start on, app and kept hold on until somebody stops them, frail and rude are not
// started again by the engine, and rude does not end when it is asked to.
const restartedStack = `
services:
  web: {image: IMAGE, container_name: PROJECT_web, network_mode: none, restart: always, healthcheck: {test: ["CMD", "sh", "-c", "test ! -e /sick || { echo 503 from /health; exit 1; }"], interval: 500ms, retries: 1}}
  app: {image: IMAGE, container_name: PROJECT_app, network_mode: none, restart: unless-stopped}
  kept: {image: IMAGE, container_name: PROJECT_kept, network_mode: none, restart: unless-stopped}
  frail: {image: IMAGE, container_name: PROJECT_frail, network_mode: none, restart: "no"}
  rude: {image: IMAGE, container_name: PROJECT_rude, network_mode: none, restart: "no", stop_grace_period: 1s}
  job: {image: IMAGE, container_name: PROJECT_job, network_mode: none, restart: "no"}
`

// programs are what its containers run.
var programs = map[string]string{
	"web":   "trap 'exit 0' TERM; if test -e /ran; then touch /sick; fi; touch /ran; while :; do sleep 3600 & wait $!; done",
	"app":   "exec serve",
	"kept":  "exec serve",
	"frail": "exec serve",
	"rude":  "trap '' TERM; while :; do sleep 1; done",
	"job":   "true",
}

// restartedLab brings the stack up on an engine of its own, which may be restarted.
func restartedLab(t *testing.T) (*spare, *dockertest.Lab, *docker.Stack) {
	e := newSpare(t)
	random := make([]byte, 4)
	rand.Read(random)
	l := &dockertest.Lab{Project: "vgt_" + hex.EncodeToString(random), Dir: t.TempDir(), API: e.api}
	l.Image = l.Project + "/box:1"
	l.Import(t, l.Image, "first")
	l.Write(t, "docker-compose.yml", strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project).Replace(restartedStack))
	files, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{{Path: "docker-compose.yml", Phase: "apps"}}})
	if err != nil {
		t.Fatal(err)
	}
	read, err := files.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range read[0].Services {
		l.Run(t, s.Name, func(c *container.Config, h *container.HostConfig) {
			c.Labels = map[string]string{"com.docker.compose.project": l.Project, "com.docker.compose.service": s.Name, "com.docker.compose.oneoff": "False",
				"com.docker.compose.project.config_files": filepath.Join(l.Dir, "docker-compose.yml")}
			h.NetworkMode, h.RestartPolicy.Name = "none", container.RestartPolicyMode(s.Restart)
			switch s.Name {
			case "web":
				c.Healthcheck = &container.HealthConfig{Test: s.Health, Interval: 500 * time.Millisecond, Retries: 1}
			case "rude":
				grace := 1
				c.StopTimeout = &grace
			}
		}, "sh", "-c", programs[s.Name])
	}
	if err := l.API.ContainerStop(t.Context(), l.Project+"_kept", container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	return e, l, &docker.Stack{Host: dial(t, e.host), Compose: files, Project: l.Project}
}

// TestEngineRestarts ends a real engine, in order and by force, and starts it again, while somebody watches.
func TestEngineRestarts(t *testing.T) {
	for name, test := range map[string]struct {
		signal syscall.Signal
		away   time.Duration
	}{
		"in order":        {syscall.SIGTERM, 10 * time.Second}, // a shorter time of blindness is no news…
		"killed, for 30s": {syscall.SIGKILL, 30 * time.Second}, // …and from here on it is an incident
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, l, s := restartedLab(t)
			p, stop := keepWatch(t, s, nil)
			p.is("container:kept stopped", "kept stopped by hand")
			dockertest.Until(t, "web is healthy", func() bool {
				d, err := s.Host.Inspect(t.Context(), l.Project+"_web")
				return err == nil && d.Health == "healthy"
			})
			e.end(test.signal)
			gone := time.NewTimer(test.away)
			p.is("watch:docker blind", "I cannot see Docker")
			<-gone.C
			told := p.count()
			e.start()
			p.over("watch:docker blind")

			down := []string{"frail", "rude"}
			app, err := l.API.ContainerInspect(t.Context(), l.Project+"_app")
			if err != nil {
				t.Fatal(err)
			}
			if !app.State.Running { // engines of this age leave it so after a crash: they take it for stopped
				down = append(down, "app")
			}
			gap := p.is("watch:docker gap", "blind for", "frail", "rude")
			web, err := l.API.ContainerInspect(t.Context(), l.Project+"_web")
			if err != nil {
				t.Fatal(err)
			}
			started, err := time.Parse(time.RFC3339Nano, web.State.StartedAt)
			if err != nil {
				t.Fatal(err)
			}
			// An engine that was killed answers, now and then, before it has noticed that web ended: then that is seen as it happens.
			if unseen := test.signal == syscall.SIGTERM || started.Before(gap.At.Add(-3*time.Second)); unseen && !strings.Contains(said(gap), "web restarted") {
				t.Errorf("web was started anew at %s, and that is not told at %s: %s", started, gap.At, said(gap))
			}
			p.seesAfter(down, test.signal == syscall.SIGKILL)
			for _, got := range p.since(told) {
				if got.Subject != "container:kept" && strings.Contains(said(got), "by hand") {
					t.Errorf("nobody did that: %s", said(got))
				}
			}
			stop()
			again, _ := keepWatch(t, s, p.mark)
			again.seesAfter(down, false)
		})
	}
}

// seesAfter checks what is told after the engine is back: what it left down, and whether people were told that it was away.
func (p *post) seesAfter(down []string, blind bool) {
	p.t.Helper()
	may := []string{"container:web unhealthy", "container:kept stopped", "watch:docker gap"}
	if blind {
		may = append(may, "watch:docker blind")
	}
	for _, service := range down {
		got := p.is("container:"+service+" stopped", service+" stopped while I could not see Docker", "restart policy")
		if got.Severity != ops.Critical {
			p.t.Errorf("that %s is stopped is told as %s", service, got.Severity)
		}
		may = append(may, "container:"+service+" stopped")
	}
	p.is("container:kept stopped", "kept stopped by hand")
	p.is("container:web unhealthy", "web unhealthy · 503 from /health")
	people := p.people()
	for _, key := range people {
		if !slices.Contains(may, key) {
			p.t.Errorf("people were told of %s", key)
		}
	}
	if blind && !slices.Contains(people, "watch:docker blind") {
		p.t.Error("people were not told that it was blind")
	}
}

// count is how much was told so far, and since gives what was told after that.
func (p *post) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

func (p *post) since(count int) []ops.Trouble {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all[count:])
}

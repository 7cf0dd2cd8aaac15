package realtest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
	"vigie/ops/host"
	"vigie/ops/ssh"
	"vigie/ops/studio"
)

// A creative is a studio on a real engine: comfyui is an image, remotion is built. Compose runs where way says.
type creative struct {
	*dockertest.Lab
	file   string
	stack  *docker.Stack
	system *studio.System
	api    *answerer
}

const creativeFile = `
services:
  comfyui: {image: IMAGE, container_name: PROJECT_comfyui, restart: unless-stopped, network_mode: none, mem_limit: 32m, environment: {HF_TOKEN: hf_secret_of_the_studio}, healthcheck: {test: ["CMD", "test", "!", "-e", "/sick"], interval: 300ms, timeout: 5s, retries: 2}}
  remotion: {build: ., container_name: PROJECT_remotion, restart: unless-stopped, network_mode: none, deploy: {resources: {limits: {memory: 24m}}}, healthcheck: {test: ["CMD", "test", "!", "-e", "/sick"], interval: 300ms, timeout: 5s, retries: 2}}
  extra: {image: IMAGE, container_name: PROJECT_extra, network_mode: none, profiles: [more]}
`

// An answerer answers as long as it is told to, and has so many jobs.
type answerer struct {
	mu      sync.Mutex
	running int
	asked   int
}

func (p *answerer) Answers(context.Context) (ops.Text, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	return ops.Raw("it answers"), nil
}

func (p *answerer) Jobs(context.Context) (int, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running, 0, nil
}

func (p *answerer) works(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = n
}

type memory map[string]json.RawMessage

func (m memory) Load(_ context.Context, id string) (json.RawMessage, error) { return m[id], nil }
func (m memory) Save(_ context.Context, id string, body json.RawMessage) error {
	m[id] = body
	return nil
}

// creativeContainers are what main wires.
type creativeContainers struct{ *docker.Stack }

func (c creativeContainers) Look(ctx context.Context, measured bool) ([]studio.Service, error) {
	seen, err := c.Stack.Look(ctx, measured)
	list := make([]studio.Service, len(seen))
	for i, o := range seen {
		list[i] = studio.Service(o)
	}
	return list, err
}

func (c creativeContainers) Prove(ctx context.Context, rising []studio.Rising) error {
	list := make([]docker.Rising, len(rising))
	for i, r := range rising {
		list[i] = docker.Rising(r)
	}
	return c.Stack.Prove(ctx, list)
}

type creativeMachine struct {
	studio.Machine // no units here
	hosts          *host.System
}

func (m creativeMachine) Read(ctx context.Context) (studio.Reading, error) {
	r, err := m.hosts.Read(ctx, "pi")
	return studio.Reading{Boot: r.Boot, Uptime: r.Uptime, Memory: r.Memory, Available: r.Available}, err
}

type farProject struct {
	c *ssh.Client
	p ssh.Compose
}

func (f farProject) Compose(ctx context.Context, verb string, services []string, say func(string)) ([]byte, int, error) {
	return f.c.Compose(ctx, f.p, verb, services, say)
}

// newCreative makes a studio; c is the way to its machine, nil for this one.
func newCreative(t *testing.T, l *dockertest.Lab, c *ssh.Client) *creative {
	t.Helper()
	s := &creative{Lab: l, api: &answerer{}, file: l.Write(t, "docker-compose-creative.yml", strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project).Replace(creativeFile))}
	s.dockerfile(t, "first", "")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		all, err := l.API.ImageList(ctx, image.ListOptions{})
		if err != nil {
			t.Error(err)
		}
		for _, i := range all {
			for _, tag := range i.RepoTags {
				if strings.HasPrefix(tag, l.Project+"-remotion") {
					l.API.ContainerRemove(ctx, l.Project+"_remotion", container.RemoveOptions{Force: true})
					l.API.ImageRemove(ctx, tag, image.RemoveOptions{Force: true, PruneChildren: true})
				}
			}
			if i.Labels["vgt.project"] == l.Project { // old ones, and those kept for going back
				l.API.ImageRemove(ctx, i.ID, image.RemoveOptions{Force: true, PruneChildren: true})
			}
		}
	})
	o := docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{{Path: s.file, Phase: "studio"}}}
	machine := host.Host{Name: "pi"}
	if c == nil {
		e, err := docker.Dial(docker.DefaultHost)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		p, err := docker.OpenCompose(o)
		if err != nil {
			t.Fatal(err)
		}
		s.stack = &docker.Stack{Host: e, Compose: p, Project: l.Project, Wait: 8 * time.Second}
	} else {
		e, err := docker.DialThrough("pi", c.DialDocker)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		p, err := docker.OpenFar(farProject{c, ssh.Compose{Project: l.Project, Dir: l.Dir, Files: []string{s.file}}}, o)
		if err != nil {
			t.Fatal(err)
		}
		s.stack = &docker.Stack{Host: e, Compose: p, Project: l.Project, Wait: 8 * time.Second}
		machine.Over = c
	}
	hosts, err := host.New(host.Options{Hosts: []host.Host{machine}})
	if err != nil {
		t.Fatal(err)
	}
	s.system, err = studio.New(studio.Options{Host: "pi", Containers: creativeContainers{s.stack}, Machine: creativeMachine{hosts: hosts}, Kept: memory{},
		Programs: []studio.Program{{Service: "comfyui", API: s.api}}, Wait: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dockerfile is what remotion is built from: version tells images apart, and run is something more.
func (s *creative) dockerfile(t *testing.T, version, run string) {
	s.Write(t, "Dockerfile", "FROM "+s.Image+"\nLABEL vgt.project="+s.Project+"\nRUN echo "+version+" > /version\n"+run+"\n")
}

func (s *creative) inspect(t *testing.T, service string) docker.Detail {
	t.Helper()
	d, err := s.stack.Host.Inspect(t.Context(), s.Project+"_"+service)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *creative) do(t *testing.T, op string, pairs ...string) ops.Run {
	t.Helper()
	return approve(t, studio.Bind(s.system), op, pairs...)
}

// ask looks, or plans, and does nothing.
func (s *creative) ask(t *testing.T, op string) (*ops.Answer, *ops.Run, error) {
	t.Helper()
	return asking(t, studio.Bind(s.system), op)
}

func (s *creative) done(t *testing.T, op string, pairs ...string) ops.Run {
	t.Helper()
	r := s.do(t, op, pairs...)
	if r.State != ops.Succeeded {
		t.Fatalf("%s %q is %s: %s\n%+v", op, pairs, r.State, ops.Unmark(r.Why.En), r.Steps)
	}
	return r
}

// ways are how a studio's machine is reached.
var ways = map[string]func(*testing.T, *dockertest.Lab) (*pi, *ssh.Client){
	"here": func(*testing.T, *dockertest.Lab) (*pi, *ssh.Client) { return nil, nil },
	"forwarded": func(t *testing.T, _ *dockertest.Lab) (*pi, *ssh.Client) {
		p := newPi(t, "", "")
		return p, p.client(t, nil)
	},
	"guarded": func(t *testing.T, l *dockertest.Lab) (*pi, *ssh.Client) {
		p := guarded(t, "figures = true\ndocker = \"full\"\n[[compose]]\nproject = \""+l.Project+"\"\ndir = \""+l.Dir+"\"\nfiles = [\""+filepath.Join(l.Dir, "docker-compose-creative.yml")+
			"\"]\nverbs = [\"config\", \"up\", \"stop\", \"pull\", \"build\"]\n")
		return p, p.client(t, func(o *ssh.Options) { o.Guard = true })
	},
}

// TestStudio takes a real studio through its life: started, looked at, stopped, updated to what is well, and to what is not.
func TestStudio(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			l := dockertest.NewLab(t)
			_, c := way(t, l)
			s := newCreative(t, l, c)
			_, _, err := s.ask(t, "studio.up")
			if ops.KindOf(err) != ops.NotFound || !strings.Contains(said(err), "/studio_update remotion") {
				t.Errorf("starting what was never built: %v", err)
			}
			s.done(t, "studio.update", "service", "remotion") // builds, proves, and stops it again: it was off
			if d := s.inspect(t, "remotion"); d.State != "exited" {
				t.Errorf("what was off is %s after the update", d.State)
			}
			s.done(t, "studio.up")
			if s.api.asked == 0 {
				t.Error("the program was never asked")
			}
			first := s.inspect(t, "remotion")
			if first.Health != "healthy" || s.inspect(t, "comfyui").Health != "healthy" {
				t.Error("they are not healthy")
			}
			s.looks(t)
			if name != "guarded" { // where the same verbs go the same way once more
				s.changes(t, first.ImageID)
			}
			s.done(t, "studio.down")
			for _, service := range []string{"comfyui", "remotion"} {
				if d := s.inspect(t, service); d.State != "exited" {
					t.Errorf("%s is %s after the studio was stopped", service, d.State)
				}
			}
		})
	}
}

// changes updates to what is not well, then to what is, and restarts.
func (s *creative) changes(t *testing.T, old string) {
	t.Helper()
	s.rollsBack(t, old)
	s.dockerfile(t, "third", "")
	s.done(t, "studio.update", "service", "remotion")
	if third := s.inspect(t, "remotion"); third.ImageID == old || third.Health != "healthy" {
		t.Errorf("after a good update it runs %s, as before, and is %s", third.ImageID, third.Health)
	}
	before := s.inspect(t, "comfyui").Started
	s.done(t, "studio.restart", "service", "comfyui")
	if !s.inspect(t, "comfyui").Started.After(before) {
		t.Error("comfyui was not restarted")
	}
}

// looks checks what is seen: memory against limits, and nothing of any environment.
func (s *creative) looks(t *testing.T) {
	t.Helper()
	seen, err := s.stack.Look(t.Context(), true)
	if err != nil || len(seen) != 3 {
		t.Fatalf("%+v, %v", seen, err)
	}
	for _, o := range seen {
		want := map[string]int64{"comfyui": 32 << 20, "remotion": 24 << 20, "extra": 0}[o.Name]
		if o.Limit != want || o.Profile != (o.Name == "extra") || o.Build != (o.Name == "remotion") || want > 0 && (o.Used == 0 || !o.Checked) {
			t.Errorf("%+v", o)
		}
	}
	a, _, err := s.ask(t, "studio.show")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(a.Blocks)
	if err != nil || !strings.Contains(string(raw), "the studio is on") || strings.Contains(string(raw), "hf_secret") {
		t.Errorf("%s, %v", raw, err)
	}
}

// rollsBack updates to an image that never becomes healthy: the old one must be back, and be what its name means.
func (s *creative) rollsBack(t *testing.T, old string) {
	t.Helper()
	s.dockerfile(t, "second", "RUN touch /sick")
	r := s.do(t, "studio.update", "service", "remotion")
	if r.State != ops.Broke || !strings.Contains(r.Why.En, "unhealthy") {
		t.Fatalf("an update to what is not well is %s: %s", r.State, r.Why.En)
	}
	for _, u := range r.Undone {
		if u.State != ops.StepEnded {
			t.Errorf("%s: %s, %s", u.Step.Text.En, u.State, u.Note.En)
		}
	}
	d := s.inspect(t, "remotion")
	meant, err := s.stack.Meant(t.Context(), s.Project+"-remotion")
	if err != nil || d.ImageID != old || meant != old || d.Health != "healthy" {
		t.Errorf("it runs %s, %s, and its name means %s; it had %s (%v)", d.ImageID, d.Health, meant, old, err)
	}
}

// TestStudioLostInTheMiddle cuts the connection while an image is built, and while services are started.
func TestStudioLostInTheMiddle(t *testing.T) {
	l := dockertest.NewLab(t)
	p := newPi(t, "", "")
	c := p.client(t, func(o *ssh.Options) { o.Waits = ssh.Waits{Away: time.Millisecond, LongestAway: 10 * time.Millisecond} })
	s := newCreative(t, l, c)
	s.done(t, "studio.update", "service", "remotion")
	s.done(t, "studio.up")
	old := s.inspect(t, "remotion")
	s.dockerfile(t, "second", "RUN sleep 15.731")
	go func() { // ends with the test's patience
		await("sleep\x0015.731")
		p.drop()
	}()
	r := s.do(t, "studio.update", "service", "remotion")
	if r.State != ops.Uncertain || !strings.Contains(r.Why.En, "may or may not have happened") {
		t.Errorf("an update whose connection was lost is %s: %s", r.State, r.Why.En)
	}
	if d := s.inspect(t, "remotion"); d.ID != old.ID || d.State != "running" {
		t.Errorf("what ran was touched: %+v", d.Container)
	}
	until(t, "the build is over", func() bool { return !underWay("sleep\x0015.731") })
}

// await waits until a program runs whose arguments begin like that.
func await(argv string) {
	for begun := time.Now(); !underWay(argv) && time.Since(begun) < patience; {
		time.Sleep(20 * time.Millisecond)
	}
}

func underWay(argv string) bool {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if raw, err := os.ReadFile(f); err == nil && strings.HasPrefix(string(raw), argv) {
			return true
		}
	}
	return false
}

// TestStudioPastTheGuard: what its file does not let through is refused, and told with what to do.
func TestStudioPastTheGuard(t *testing.T) {
	l := dockertest.NewLab(t)
	p := guarded(t, "figures = true\ndocker = \"full\"\n[[compose]]\nproject = \""+l.Project+"\"\ndir = \""+l.Dir+"\"\nfiles = [\""+filepath.Join(l.Dir, "docker-compose-creative.yml")+"\"]\nverbs = [\"config\"]\n")
	s := newCreative(t, l, p.client(t, func(o *ssh.Options) { o.Guard = true }))
	l.Write(t, "docker-compose-creative.yml", strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project).Replace("services: {comfyui: {image: IMAGE, container_name: PROJECT_comfyui, network_mode: none}}"))
	r := s.do(t, "studio.up")
	if r.State != ops.Broke || !strings.Contains(ops.Unmark(r.Why.En), "[[compose]]") {
		t.Errorf("it is %s: %s", r.State, ops.Unmark(r.Why.En))
	}
	if _, err := s.stack.Host.Inspect(t.Context(), l.Project+"_comfyui"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("it was made all the same: %v", err)
	}
}

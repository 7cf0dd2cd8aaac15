package dockertest

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"vigie/ops/docker"
)

// A Lab is a real engine with a compose project of its own on it. Everything it makes has the project's
// name, and is removed by name when the test ends.
type Lab struct {
	Project string // "vgt_" and eight random letters
	Image   string // a busybox with the laboratory's programs
	Dir     string // of the compose files
	API     *client.Client

	images []string // ids of all that were made
}

// NewLab needs an engine on [docker.DefaultHost]: without one the test fails and says so.
func NewLab(t testing.TB) *Lab {
	t.Helper()
	api, err := client.NewClientWithOpts(client.WithHost(docker.DefaultHost), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	if _, err := api.Ping(t.Context()); err != nil {
		t.Fatalf("these tests need a Docker Engine at %s: %v", docker.DefaultHost, err)
	}
	random := make([]byte, 4)
	rand.Read(random)
	l := &Lab{Project: "vgt_" + hex.EncodeToString(random), Dir: t.TempDir(), API: api}
	l.Image = l.Project + "/box:1"
	t.Cleanup(func() { l.clean(t) })
	l.Import(t, l.Image, "first")
	return l
}

// clean removes what carries the project's name.
func (l *Lab) clean(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	defer cancel()
	all, err := l.API.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		t.Errorf("cleaning up: %v", err)
	}
	for _, c := range all {
		if len(c.Names) > 0 && strings.HasPrefix(c.Names[0], "/"+l.Project) {
			if err := l.API.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true}); err != nil && !errdefs.IsNotFound(err) {
				t.Errorf("cleaning up: %v", err)
			}
		}
	}
	networks, err := exec.CommandContext(ctx, "docker", "network", "ls", "-q", "--filter", "name=^"+l.Project).Output()
	if err != nil {
		t.Errorf("cleaning up: %v", err)
	}
	for _, n := range strings.Fields(string(networks)) {
		if err := l.API.NetworkRemove(ctx, n); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	}
	for _, id := range l.images {
		if _, err := l.API.ImageRemove(ctx, id, image.RemoveOptions{Force: true, PruneChildren: true}); err != nil && !errdefs.IsNotFound(err) {
			t.Errorf("cleaning up: %v", err)
		}
	}
}

// Import makes an image of busybox, one program and a file that tells versions apart.
func (l *Lab) Import(t testing.TB, ref, version string) string {
	t.Helper()
	const busybox = "/bin/busybox"
	raw, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatalf("these tests need a static busybox (Debian's busybox-static): %v", err)
	}
	var rootfs bytes.Buffer
	w := tar.NewWriter(&rootfs)
	add := func(h *tar.Header, body []byte) {
		h.Size = int64(len(body))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"bin/", "tmp/", "proc/", "sys/", "dev/", "etc/"} {
		add(&tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	}
	add(&tar.Header{Name: "bin/busybox", Typeflag: tar.TypeReg, Mode: 0o755}, raw)
	for _, tool := range []string{"sh", "sleep", "test", "touch", "rm", "tail", "printf", "cat", "echo", "head", "yes", "tr", "true"} {
		add(&tar.Header{Name: "bin/" + tool, Typeflag: tar.TypeSymlink, Linkname: "busybox", Mode: 0o777}, nil)
	}
	add(&tar.Header{Name: "bin/serve", Typeflag: tar.TypeReg, Mode: 0o755}, []byte(serve))
	add(&tar.Header{Name: "version", Typeflag: tar.TypeReg, Mode: 0o644}, []byte(l.Project+" "+version))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	body, err := l.API.ImageImport(t.Context(), image.ImportSource{Source: &rootfs, SourceName: "-"}, ref,
		image.ImportOptions{Changes: []string{"ENV PATH=/bin", `CMD ["/bin/serve"]`}})
	if err != nil {
		t.Fatalf("making the test image: %v", err)
	}
	defer body.Close()
	if _, err := io.Copy(io.Discard, body); err != nil {
		t.Fatal(err)
	}
	i, err := l.API.ImageInspect(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	l.images = append(l.images, i.ID)
	return i.ID
}

// serve runs until it is told to end, and says when it started.
const serve = `#!/bin/sh
trap 'exit 0' TERM INT
echo "started"
while :; do sleep 3600 & wait $!; done
`

// Run makes and starts a container of the lab's image with a program of its own.
func (l *Lab) Run(t testing.TB, name string, change func(*container.Config, *container.HostConfig), program ...string) string {
	t.Helper()
	config, host := &container.Config{Image: l.Image, Cmd: program}, &container.HostConfig{}
	if change != nil {
		change(config, host)
	}
	name = l.Project + "_" + name
	if _, err := l.API.ContainerCreate(t.Context(), config, host, nil, nil, name); err != nil {
		t.Fatalf("making %s: %v", name, err)
	}
	if err := l.API.ContainerStart(t.Context(), name, container.StartOptions{}); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	return name
}

// Exec runs a command in a container, and fails the test unless it exits 0.
func (l *Lab) Exec(t testing.TB, name string, command ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", append([]string{"exec", name}, command...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("running %q in %s: %v: %s", command, name, err, out)
	}
}

// Write puts a file into the project's directory.
func (l *Lab) Write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(l.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The compose files of the suite's world.
func (l *Lab) infra() string {
	return l.fill(`
services:
  db: {image: IMAGE, container_name: PROJECT_db, restart: unless-stopped, networks: [back], healthcheck: &check {test: ["CMD", "test", "!", "-e", "/sick"], interval: 500ms, timeout: 5s, retries: 1}}
networks: {back: {}}
`)
}

func (l *Lab) apps(env string) string {
	chatter := fmt.Sprintf("%q", strings.NewReplacer("\x1b", `\033`, "\r", `\r`, "\n", `\n`, "%", "%%").Replace(Chatter))
	// The engine flags a death for lack of memory only if it was told of the lack before the death, and the two come by
	// different ways: hog lacks it once before it dies of it.
	return l.fill(`
services:
  web: {image: IMAGE, container_name: PROJECT_web, restart: unless-stopped, networks: [back], environment: {` + env + `}, healthcheck: {test: ["CMD", "test", "!", "-e", "/sick"], interval: 500ms, timeout: 5s, retries: 1}}
  loop: {image: IMAGE, container_name: PROJECT_loop, restart: always, command: [sh, -c, "exit 1"]}
  hog: {image: IMAGE, container_name: PROJECT_hog, restart: "no", mem_limit: 6m, memswap_limit: 6m, command: [sh, -c, "sleep 1; tail -c 4000m /dev/zero; sleep 3; exec tail -c 4000m /dev/zero"]}
  job: {image: IMAGE, container_name: PROJECT_job, restart: "no", command: ["true"]}
  chatty: {image: IMAGE, container_name: PROJECT_chatty, restart: "no", command: [printf, ` + chatter + `]}
  slow: {image: IMAGE, container_name: PROJECT_slow, restart: unless-stopped, stop_grace_period: 2s, command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]}
  opt: {image: IMAGE, container_name: PROJECT_opt, profiles: [extra]}
networks: {back: {}}
`)
}

func (l *Lab) fill(text string) string {
	return strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project).Replace(strings.TrimPrefix(text, "\n"))
}

// Open writes the suite's compose files and opens the project.
func (l *Lab) Open(t testing.TB) (*docker.Engine, *docker.Project) {
	t.Helper()
	l.Write(t, "docker-compose-infra.yml", l.infra())
	l.Write(t, "docker-compose.yml", l.apps("COLOUR: "+Secret))
	e, err := docker.Dial(docker.DefaultHost)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	p, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{
		{Path: "docker-compose-infra.yml", Phase: "infra"}, {Path: "docker-compose.yml", Phase: "apps"}}})
	if err != nil {
		t.Fatal(err)
	}
	return e, p
}

// Setup brings the suite's world up, whatever an earlier test left of it.
func (l *Lab) Setup(t *testing.T, e *docker.Engine, p *docker.Project) Setup {
	s := Setup{Host: e, Compose: p, Project: l.Project,
		Infra: filepath.Join(l.Dir, "docker-compose-infra.yml"), Apps: filepath.Join(l.Dir, "docker-compose.yml")}
	s.Change = func(t *testing.T, what string) {
		switch what {
		case "web becomes unhealthy":
			l.Exec(t, s.name("web"), "touch", "/sick")
		case "web becomes healthy":
			l.Exec(t, s.name("web"), "rm", "/sick")
		case "web changed env=COLOUR,SHADE":
			l.Write(t, "docker-compose.yml", l.apps("COLOUR: "+Secret+", SHADE: dark"))
		default:
			t.Fatalf("the lab has no change %q", what)
		}
	}
	l.Write(t, "docker-compose.yml", l.apps("COLOUR: "+Secret))
	l.API.ContainerRemove(t.Context(), s.name("chatty"), container.RemoveOptions{Force: true}) // it speaks once
	for _, file := range []string{s.Infra, s.Apps} {
		if err := p.Up(t.Context(), file, nil, false, nil); err != nil {
			t.Fatalf("bringing the world up: %v", err)
		}
	}
	return s
}

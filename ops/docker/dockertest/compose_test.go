package dockertest_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// open makes a project of the lab's with one file.
func open(t *testing.T, l *dockertest.Lab, text string) (*docker.Project, string) {
	t.Helper()
	path := l.Write(t, "docker-compose.yml", strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project).Replace(text))
	p, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{{Path: path, Phase: "apps"}}})
	if err != nil {
		t.Fatal(err)
	}
	return p, path
}

// TestOrphansAskedFor has an .env file that asks Compose to remove orphans: nobody may be removed all the same.
func TestOrphansAskedFor(t *testing.T) {
	l := dockertest.NewLab(t)
	l.Write(t, ".env", "COMPOSE_REMOVE_ORPHANS=true\nCOMPOSE_FILE=nowhere.yml\nCOMPOSE_PROJECT_NAME=other\n")
	e, p := l.Open(t)
	s := l.Setup(t, e, p)
	db, err := e.Inspect(t.Context(), l.Project+"_db")
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range []func() error{
		func() error { return p.Up(t.Context(), s.Apps, []string{"web"}, true, nil) },
		func() error { return p.Up(t.Context(), s.Apps, nil, false, nil) },
		func() error { return p.Stop(t.Context(), s.Apps, nil, nil) },
		func() error { return p.Down(t.Context(), s.Apps, nil) },
	} {
		if err := act(); err != nil {
			t.Error(err)
		}
		if now, err := e.Inspect(t.Context(), l.Project+"_db"); err != nil || now.ID != db.ID || !now.Started.Equal(db.Started) {
			t.Fatalf("the other file's db went: %+v, %v", now, err)
		}
	}
}

// TestSharedNetwork takes one file down while the other's containers are stopped: they must find their network again.
func TestSharedNetwork(t *testing.T) {
	l := dockertest.NewLab(t)
	e, p := l.Open(t)
	s := l.Setup(t, e, p)
	for _, act := range []func() error{
		func() error { return p.Stop(t.Context(), s.Infra, nil, nil) },
		func() error { return p.Down(t.Context(), s.Apps, nil) },
		func() error { return e.Start(t.Context(), l.Project+"_db") },
	} {
		if err := act(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVolumesStay takes a file down that has a named and an anonymous volume.
func TestVolumesStay(t *testing.T) {
	l := dockertest.NewLab(t)
	p, path := open(t, l, `
services:
  keep: {image: IMAGE, container_name: PROJECT_keep, volumes: ["data:/data", "/tmp"]}
volumes: {data: {name: PROJECT_data}}
`)
	e := dial(t, docker.DefaultHost)
	if err := p.Up(t.Context(), path, nil, false, nil); err != nil {
		t.Fatal(err)
	}
	d, err := e.Inspect(t.Context(), l.Project+"_keep")
	if err != nil || len(d.Mounts) != 2 {
		t.Fatalf("%+v, %v", d.Mounts, err)
	}
	if err := p.Down(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	for _, m := range d.Mounts {
		name, _, _ := strings.Cut(m, ":")
		if _, err := l.API.VolumeInspect(t.Context(), name); err != nil {
			t.Errorf("down took a volume: %v", err)
		}
		if err := l.API.VolumeRemove(t.Context(), name, false); err != nil {
			t.Error(err)
		}
	}
}

func TestComposeRefusals(t *testing.T) {
	l := dockertest.NewLab(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	l.Run(t, "squatter", nil)
	for _, test := range []struct {
		name, text string
		kind       ops.ErrorKind
		en, fr     string
	}{
		{"external network", `
services: {web: {image: IMAGE, container_name: PROJECT_web, networks: [far]}}
networks: {far: {external: true, name: PROJECT_far}}`, ops.Failed, "docker network create " + l.Project + "_far", "Crée-le"},
		{"no image", `services: {web: {image: "vgt/nowhere:9", container_name: PROJECT_web}}`, ops.NotFound, "The image vgt/nowhere:9 is not on the host", "n’est pas sur l’hôte"},
		{"port taken", `services: {web: {image: IMAGE, container_name: PROJECT_web, ports: ["` + taken.Addr().String() + `:80"]}}`, ops.Failed, "is taken by another program", "est pris par un autre programme"},
		{"name taken", `services: {web: {image: IMAGE, container_name: PROJECT_squatter}}`, ops.Failed, "Another container has the name " + l.Project + "_squatter", "porte déjà le nom"},
		{"env file", `services: {web: {image: IMAGE, container_name: PROJECT_web, env_file: [absent.env]}}`, ops.Failed, "absent.env does not exist", "absent.env n’existe pas"},
		{"dependency unhealthy", `
services:
  db: {image: IMAGE, container_name: PROJECT_db, healthcheck: {test: ["CMD", "test", "-e", "/never"], interval: 200ms, retries: 1, timeout: 5s}}
  web: {image: IMAGE, container_name: PROJECT_web, depends_on: {db: {condition: service_healthy}}}`, ops.Failed, "It waits for " + l.Project + "_db, and that one is unhealthy", "est en mauvaise santé"},
		{"dependency incomplete", `
services:
  init: {image: IMAGE, container_name: PROJECT_init, command: [sh, -c, "exit 3"]}
  web: {image: IMAGE, container_name: PROJECT_web2, depends_on: {init: {condition: service_completed_successfully}}}`, ops.Failed, "init had to finish first, and ended with exit 3", "code 3"},
		{"no program", `services: {web: {image: IMAGE, container_name: PROJECT_web3, command: [/nothing]}}`, ops.Failed, "its program /nothing is not in the image", "/nothing n’est pas dans l’image"},
		{"mount", `services: {web: {image: IMAGE, container_name: PROJECT_web4, volumes: [{type: bind, source: /nowhere/vgt, target: /x, bind: {create_host_path: false}}]}}`, ops.Failed, "/nowhere/vgt", "/nowhere/vgt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, path := open(t, l, test.text)
			says(t, p.Up(t.Context(), path, nil, false, nil), test.kind, test.en, test.fr)
		})
	}
}

func TestComposeThroughProxy(t *testing.T) {
	l := dockertest.NewLab(t)
	path := l.Write(t, "docker-compose.yml", "services: {web: {image: "+l.Image+", container_name: "+l.Project+"_web}}")
	p, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Files: []docker.ComposeFile{{Path: path}},
		Docker: dockertest.NewProxy(t, "CONTAINERS=1", "IMAGES=1", "NETWORKS=1", "INFO=1")})
	if err != nil {
		t.Fatal(err)
	}
	denied(t, "up", p.Up(t.Context(), path, nil, false, nil), "POST=1 CONTAINERS=1")
	gone, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Files: []docker.ComposeFile{{Path: path}}, Docker: "unix:///nowhere/vgt.sock"})
	if err != nil {
		t.Fatal(err)
	}
	says(t, gone.Up(t.Context(), path, nil, false, nil), ops.Unavailable, "/nowhere/vgt.sock", "/nowhere/vgt.sock")
}

// TestComposeCutShort interrupts an up that waits for a dependency which never gets healthy.
func TestComposeCutShort(t *testing.T) {
	l := dockertest.NewLab(t)
	p, path := open(t, l, `
services:
  db: {image: IMAGE, container_name: PROJECT_db, healthcheck: {test: ["CMD", "true"], interval: 1h, start_period: 1h}}
  web: {image: IMAGE, container_name: PROJECT_web, depends_on: {db: {condition: service_healthy}}}`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- p.Up(ctx, path, nil, false, func(line string) {
			if strings.Contains(line, "_db Waiting") {
				cancel()
			}
		})
	}()
	select {
	case err := <-ended:
		says(t, err, ops.Unknown, "Compose was stopped in the middle", "Compose a été arrêté")
	case <-time.After(time.Minute):
		t.Fatal("an interrupted up went on")
	}
	cancel()
}

func TestComposeMissing(t *testing.T) {
	l := dockertest.NewLab(t)
	p, path := open(t, l, `services: {web: {image: IMAGE}}`)
	empty := t.TempDir()
	t.Setenv("PATH", empty)
	says(t, p.Ready(t.Context()), ops.Unavailable, "The program docker is not on this machine", "n’est pas sur cette machine")
	script := filepath.Join(empty, "docker")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"docker: 'compose' is not a docker command.\" >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	says(t, p.Up(t.Context(), path, nil, false, nil), ops.Unavailable, "docker compose does not work here", "ne marche pas ici")
	if err := os.WriteFile(filepath.Join(empty, "docker-compose"), []byte("#!/bin/sh\necho 1.29.2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	says(t, p.Ready(t.Context()), ops.Unavailable, "version 2 or newer", "version 2 ou plus récente")
}

// TestDiscover finds the project of running containers, and operates what it found.
func TestDiscover(t *testing.T) {
	l := dockertest.NewLab(t)
	e, p := l.Open(t)
	s := l.Setup(t, e, p)
	all, err := e.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := docker.DiscoverCompose(all)
	at := slices.IndexFunc(found, func(o docker.ComposeOptions) bool { return o.Project == l.Project })
	if at < 0 {
		t.Fatalf("found %+v", found)
	}
	o := found[at]
	if len(o.Files) != 2 || o.Files[0].Path != s.Infra || o.Files[0].Phase != "infra" || o.Files[1].Path != s.Apps || o.Files[1].Phase != "apps" || o.Dir != l.Dir {
		t.Fatalf("found %+v", o)
	}
	again, err := docker.OpenCompose(o)
	if err != nil {
		t.Fatal(err)
	}
	before, err := e.Inspect(t.Context(), l.Project+"_web")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Up(t.Context(), s.Apps, []string{"web"}, false, nil); err != nil {
		t.Fatal(err)
	}
	if after, err := e.Inspect(t.Context(), l.Project+"_web"); err != nil || after.ID != before.ID {
		t.Errorf("what was found makes another container: %+v, %v", after, err)
	}
}

// TestOverride runs a file that is laid over another.
func TestOverride(t *testing.T) {
	l := dockertest.NewLab(t)
	l.Write(t, "compose.yml", "services: {web: {image: "+l.Image+", container_name: "+l.Project+"_web, environment: {A: 1}}}")
	l.Write(t, "compose.override.yml", "services: {web: {environment: {B: 2}}}")
	o := docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{{Path: "compose.override.yml", Phase: "apps", Under: []string{"compose.yml"}}}}
	p, err := docker.OpenCompose(o)
	if err != nil {
		t.Fatal(err)
	}
	e := dial(t, docker.DefaultHost)
	if err := p.Up(t.Context(), "compose.override.yml", nil, false, nil); err != nil {
		t.Fatal(err)
	}
	d, err := e.Inspect(t.Context(), l.Project+"_web")
	if err != nil || !slices.Contains(d.Env, "A") || !slices.Contains(d.Env, "B") {
		t.Fatalf("%+v, %v", d, err)
	}
	all, err := e.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range docker.DiscoverCompose(all) {
		if found.Project == l.Project && (len(found.Files) != 1 || !slices.Equal(found.Files[0].Under, []string{filepath.Join(l.Dir, "compose.yml")})) {
			t.Errorf("found %+v", found)
		}
	}
	if err := l.API.ContainerRemove(t.Context(), l.Project+"_web", container.RemoveOptions{Force: true}); err != nil {
		t.Error(err)
	}
}

package docker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/registry"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// secret is a value that no answer and no plan may ever hold.
const secret = "hunter2-of-the-env-file"

// A town is a real stack of two files on the real engine, with a real registry, and somebody who operates it.
type town struct {
	*dockertest.Lab
	t      *testing.T
	engine *docker.Engine
	desk   interface {
		Ask(string) (*ops.Answer, *ops.Run, error)
		Do(string) (ops.Run, error)
	}
	ref string // of web's image, in the registry
}

const townInfra = `
services:
  db: {image: IMAGE, container_name: PROJECT_db, restart: unless-stopped, networks: [back], healthcheck: {test: ["CMD", "test", "!", "-e", "/sick"], interval: 500ms, retries: 1}}
networks: {back: {}}
`

const townApps = `
services:
  init: {image: IMAGE, container_name: PROJECT_init, restart: "no", command: ["true"]}
  web:
    image: REF
    container_name: PROJECT_web
    restart: unless-stopped
    env_file: [web.env]
    stop_grace_period: 1s
    depends_on: {init: {condition: service_completed_successfully}}
    healthcheck: {test: ["CMD", "sh", "-c", "case $$(cat /version) in *bad*) echo the version is bad; exit 1;; esac; test ! -e /sick"], interval: 500ms, retries: 1}
  weak: {image: IMAGE, container_name: PROJECT_weak, restart: unless-stopped, healthcheck: {test: ["CMD", "true"], interval: 1s}}
  loop: {image: IMAGE, container_name: PROJECT_loop, restart: always, profiles: [trouble], command: [sh, -c, "echo fatal: no space left on device; exit 3"]}
`

func newTown(t *testing.T) *town {
	l := dockertest.NewLab(t)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	w := &town{Lab: l, t: t, ref: strings.TrimPrefix(server.URL, "http://") + "/" + l.Project + "/web:1"}
	fill := strings.NewReplacer("IMAGE", l.Image, "PROJECT", l.Project, "REF", w.ref)
	l.Write(t, "docker-compose-infra.yml", fill.Replace(townInfra))
	l.Write(t, "docker-compose.yml", fill.Replace(townApps))
	l.Write(t, "web.env", "COLOUR="+secret+"\n")
	var err error
	if w.engine, err = docker.Dial(docker.DefaultHost); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.engine.Close() })
	files, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{
		{Path: "docker-compose-infra.yml", Phase: "infra"}, {Path: "docker-compose.yml", Phase: "apps"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.desk = docker.NewDesk(t, &docker.Stack{Host: w.engine, Compose: files, Project: l.Project, Wait: 8 * time.Second}, ops.English)
	return w
}

// push gives web's reference in the registry to a new image.
func (w *town) push(version string) string {
	w.t.Helper()
	id := w.Import(w.t, w.Project+"/made:1", version)
	if err := w.engine.Tag(w.t.Context(), id, w.ref); err != nil {
		w.t.Fatal(err)
	}
	out, err := w.API.ImagePush(w.t.Context(), w.ref, image.PushOptions{RegistryAuth: "e30="})
	if err != nil {
		w.t.Fatal(err)
	}
	defer out.Close()
	if said, err := io.ReadAll(out); err != nil || bytes.Contains(said, []byte(`"error"`)) {
		w.t.Fatalf("pushing: %s, %v", said, err)
	}
	return id
}

// forget takes web's name off the image here, so that only the registry has it.
func (w *town) forget() {
	w.t.Helper()
	if _, err := w.API.ImageRemove(w.t.Context(), w.ref, image.RemoveOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) inspect(service string) docker.Detail {
	w.t.Helper()
	d, err := w.engine.Inspect(w.t.Context(), w.Project+"_"+service)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// do runs an op to its end, which must be the state that is wanted.
func (w *town) do(ask string, want ops.RunState) ops.Run {
	w.t.Helper()
	r, err := w.desk.Do(ask)
	if err != nil {
		w.t.Fatalf("%s: %v", ask, err)
	}
	w.discreet(r)
	if r.State != want {
		for _, s := range append(r.Steps, r.Undone...) {
			w.t.Logf("%-8s %s · %s", s.State, s.Step.Text.En, s.Note.En)
		}
		w.t.Fatalf("%s: %s, %s", ask, r.State, r.Why.En)
	}
	return r
}

func (w *town) look(ask string) string {
	w.t.Helper()
	a, _, err := w.desk.Ask(ask)
	if err != nil {
		w.t.Fatalf("%s: %v", ask, err)
	}
	w.discreet(a.Blocks)
	return docker.Lines(a)
}

// discreet fails if v holds the value of an environment variable.
func (w *town) discreet(v any) {
	w.t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(secret)) {
		w.t.Errorf("a secret in %s", raw)
	}
}

func (w *town) shows(ask string, words ...string) {
	w.t.Helper()
	dockertest.Until(w.t, fmt.Sprintf("%s shows %q", ask, words), func() bool {
		got := w.look(ask)
		return !slices.ContainsFunc(words, func(x string) bool { return !strings.Contains(got, x) })
	})
}

func note(r ops.Run) string { return r.Steps[len(r.Steps)-1].Note.En }

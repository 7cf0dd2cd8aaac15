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

// TestLive operates a real stack the way people do.
func TestLive(t *testing.T) {
	t.Parallel() // they wait for health most of the time
	w := newTown(t)
	first := w.push("one")
	w.forget()

	// Up: the image that only the registry has is pulled before anything starts.
	r := w.do("up phase=all", ops.Succeeded)
	if r.Steps[0].Step.Kind != "docker.pull" || !strings.HasPrefix(note(r), "3 of 3 up") || w.inspect("web").ImageID != first {
		t.Errorf("%s: %s", r.Steps[0].Step.Text.En, note(r))
	}
	w.shows("status", "🟢 4 of 4 fine", "`loop` off on purpose")

	// A restart that cannot work fails with what the health check says; one that can is proved.
	w.Exec(t, w.Project+"_web", "touch", "/sick")
	w.shows("status", "🔴 1 of 4 needs you", "`web` unhealthy")
	if r = w.do("restart service=web", ops.Broke); !strings.Contains(r.Why.En, "still unhealthy") {
		t.Error(r.Why.En)
	}
	w.Exec(t, w.Project+"_web", "rm", "/sick")
	w.shows("status", "🟢 4 of 4 fine")
	if r = w.do("restart service=web", ops.Succeeded); !strings.HasPrefix(note(r), "healthy after") {
		t.Error(note(r))
	}
	if r = w.do("restart service=weak", ops.Succeeded); !strings.Contains(note(r), "proves nothing") {
		t.Error(note(r))
	}
	w.shows("inspect service=weak", "cannot fail")
	w.shows("inspect service=web", "env: COLOUR", "memory")

	// A changed env file: a restart does not apply it and says so; a recreate does.
	w.Write(t, "web.env", "COLOUR="+secret+"\nSHADE=dark\n")
	_, plan, err := w.desk.Ask("restart service=web")
	if err != nil || len(plan.Plan.Costs) == 0 || !strings.Contains(plan.Plan.Costs[0].En, "/recreate web") {
		t.Errorf("%v, %v", plan, err)
	}
	w.do("restart service=web", ops.Succeeded)
	if slices.Contains(w.inspect("web").Env, "SHADE") {
		t.Error("a restart applied the env file")
	}
	w.do("recreate service=web", ops.Succeeded)
	if !slices.Contains(w.inspect("web").Env, "SHADE") {
		t.Error("a recreate did not apply the env file")
	}

	// Stop, and undo it.
	r = w.do("stop service=web", ops.Succeeded)
	w.shows("status", "🟠 `web` stopped")
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	w.shows("status", "🟢 4 of 4 fine")

	// What is on demand can be started, and a crash loop is seen for what it is.
	if r = w.do("start service=loop", ops.Broke); len(r.Undone) == 0 || r.Undone[0].State != ops.StepEnded {
		t.Errorf("%v %s", r.Undone, r.Why.En)
	}
}

// TestLivePhases takes one file's services down while the other's stay.
func TestLivePhases(t *testing.T) {
	t.Parallel() // they wait for health most of the time
	w := newTown(t)
	w.push("one")
	w.do("up phase=all", ops.Succeeded)
	db := w.inspect("db")
	r := w.do("down phase=apps", ops.Succeeded)
	if now := w.inspect("db"); now.ID != db.ID || !now.Started.Equal(db.Started) {
		t.Error("taking apps down touched db")
	}
	w.shows("status", "🔴 3 of 4 need you", "`web` missing")
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	w.shows("status", "🟢 4 of 4 fine")
	r = w.do("down phase=all", ops.Succeeded)
	if kind := r.Steps[0].Step.Text.En; !strings.Contains(kind, "apps") {
		t.Errorf("first: %s", kind)
	}
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	w.shows("status", "🟢 4 of 4 fine")
	if again := w.inspect("db"); again.ID == db.ID {
		t.Error("down left the container of db")
	}
	// An image that is nowhere: nothing is begun.
	w.do("down phase=apps", ops.Succeeded)
	w.forget()
	if _, _, err := w.desk.Ask("up phase=apps"); err != nil {
		t.Errorf("the registry has it: %v", err)
	}
	w.Write(t, "docker-compose.yml", strings.NewReplacer("IMAGE", w.Image, "PROJECT", w.Project, "REF", w.ref+"-gone").Replace(townApps))
	_, _, err := w.desk.Ask("up phase=apps")
	if ops.KindOf(err) != ops.Unavailable || !strings.Contains(ops.SayOf(err).En, "-gone") {
		t.Errorf("%v", err)
	}
	if _, err := w.engine.Inspect(t.Context(), w.Project+"_weak"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("something was started: %v", err)
	}
}

// TestLiveUpdate takes a service to the registry's newest image, and back.
func TestLiveUpdate(t *testing.T) {
	t.Parallel() // they wait for health most of the time
	w := newTown(t)
	one := w.push("one")
	w.do("up phase=all", ops.Succeeded)
	if _, _, err := w.desk.Ask("update service=web"); ops.KindOf(err) != ops.Invalid || !strings.Contains(ops.SayOf(err).En, "newest") {
		t.Fatalf("%v", err)
	}
	two := w.push("two")
	if err := w.engine.Tag(t.Context(), one, w.ref); err != nil { // as if it had been pushed elsewhere
		t.Fatal(err)
	}
	r := w.do("update service=web", ops.Succeeded)
	if d := w.inspect("web"); d.ImageID != two || d.Health != "healthy" {
		t.Errorf("updated to %s, %s", d.ImageID, d.Health)
	}
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	if d := w.inspect("web"); d.ImageID != one {
		t.Errorf("undone to %s, want %s", d.ImageID, one)
	}
	// Pulled by somebody else meanwhile: the update only makes it anew, and can still go back.
	if err := w.engine.Tag(t.Context(), two, w.ref); err != nil {
		t.Fatal(err)
	}
	r = w.do("update service=web", ops.Succeeded)
	if r.Steps[0].Step.Kind != "docker.keep" || w.inspect("web").ImageID != two {
		t.Errorf("%s", r.Steps[0].Step.Kind)
	}
	// One that does not become healthy goes back by itself.
	bad := w.push("bad")
	if err := w.engine.Tag(t.Context(), two, w.ref); err != nil {
		t.Fatal(err)
	}
	r = w.do("update service=web", ops.Broke)
	if d := w.inspect("web"); d.ImageID != two || d.Health != "healthy" || !strings.Contains(r.Why.En, "the version is bad") {
		t.Errorf("%s (bad is %s), %s: %s", d.ImageID, bad, d.Health, r.Why.En)
	}
	for _, u := range r.Undone {
		if u.State != ops.StepEnded {
			t.Errorf("not put back: %s · %s", u.Step.Text.En, u.Note.En)
		}
	}
	if i, err := w.engine.Image(t.Context(), w.ref); err != nil || i.ID != two {
		t.Errorf("its name stands for %s, %v", i.ID, err)
	}
	// A pull changes nothing that runs, and can be undone.
	started := w.inspect("web").Started
	r = w.do("pull service=web", ops.Succeeded)
	if d := w.inspect("web"); !d.Started.Equal(started) || d.ImageID != two {
		t.Error("a pull touched the container")
	}
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	if i, err := w.engine.Image(t.Context(), w.ref); err != nil || i.ID != two {
		t.Errorf("its name stands for %s, %v", i.ID, err)
	}
	// What is kept for going back is safe from a prune; on this engine a prune is only planned.
	_, plan, err := w.desk.Ask("prune what=unused")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan.Plan.Steps {
		if strings.Contains(string(s.Args), one) || strings.Contains(string(s.Args), two) {
			t.Errorf("a prune would take what an undo needs: %s", s.Args)
		}
	}
}

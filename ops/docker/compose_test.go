package docker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"vigie/ops"
)

// TestArgv builds command lines of every kind from anything at all: none may hold what destroys.
func TestArgv(t *testing.T) {
	o := ComposeOptions{Project: "javisi", Dir: "/opt/javisi", Docker: DefaultHost}
	made := 0
	check := func(v verb, services []string, recreate bool) bool {
		args, err := o.argv(v, ComposeFile{Path: "/opt/javisi/docker-compose.yml"}, services, recreate)
		if err != nil {
			return args == nil
		}
		made++
		end := slices.Index(args, "--")
		for _, bad := range []string{"--remove-orphans", "-v", "--volumes", "--rmi", "down", "-V", "--renew-anon-volumes", "-t", "--timeout", "--build"} {
			if slices.ContainsFunc(args, func(a string) bool { return a == bad || strings.HasPrefix(a, bad+"=") }) {
				return false
			}
		}
		for _, s := range args[end+1:] {
			if strings.HasPrefix(s, "-") {
				return false
			}
		}
		up := slices.Contains(args, "up")
		return slices.Equal(args[4:10], []string{"-p", "javisi", "--project-directory", "/opt/javisi", "-f", "/opt/javisi/docker-compose.yml"}) &&
			end > 0 && up == strings.Contains(strings.Join(args, " "), "--no-build --pull never") &&
			(!up || len(services) == 0) != slices.Contains(args, "--no-deps")
	}
	for _, v := range []verb{verbUp, verbStop, verbRemove, verbPull, verbBuild} {
		for _, services := range [][]string{nil, {"web"}, {"n8n-init", "plane.api_2"}} {
			if !check(v, services, true) || !check(v, services, false) {
				t.Errorf("%s %q is wrong", v, services)
			}
		}
		for _, bad := range []string{"-v", "--remove-orphans", "--volumes", "--rmi=all", "", "-", " web", "web --volumes", "web\n-v", "web;rm", "../x", "$(x)"} {
			if args, err := o.argv(v, ComposeFile{Path: "x"}, []string{"web", bad}, false); ops.KindOf(err) != ops.Invalid || args != nil {
				t.Errorf("%s %q: %q, %v", v, bad, args, err)
			}
		}
		if err := quick.Check(func(a, b string, r bool) bool { return check(v, []string{a, b}, r) }, nil); err != nil {
			t.Error(err)
		}
	}
	for _, v := range []verb{"down", "exec", "run", "kill", "", "-v", "up -v"} {
		if args, err := o.argv(v, ComposeFile{Path: "x"}, nil, false); err == nil {
			t.Errorf("%q makes %q", v, args)
		}
	}
	if made < 30 {
		t.Errorf("only %d command lines were made", made)
	}
	for _, pair := range o.env() {
		name, value, _ := strings.Cut(pair, "=")
		if !slices.Contains([]string{"PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "COMPOSE_REMOVE_ORPHANS", "COMPOSE_IGNORE_ORPHANS"}, name) || name == "COMPOSE_REMOVE_ORPHANS" && value != "false" {
			t.Errorf("the environment holds %s", pair)
		}
	}
}

func TestComposeOptions(t *testing.T) {
	one := []ComposeFile{{Path: "a.yml"}}
	for _, o := range []ComposeOptions{{}, {Project: "x"}, {Project: "X Y", Files: one}, {Project: "-v", Files: one}, {Project: "x", Files: []ComposeFile{{Path: "a.yml"}, {Path: "./a.yml"}}}} {
		if p, err := OpenCompose(o); err == nil {
			t.Errorf("%+v opens as %+v", o, p)
		}
	}
}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openOne(t testing.TB, dir string, files ...ComposeFile) *Project {
	t.Helper()
	p, err := OpenCompose(ComposeOptions{Project: "javisi", Dir: dir, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const sample = `
name: somebody-elses
services:
  n8n:
    image: n8nio/n8n:${N8N_VERSION}
    container_name: javisi_n8n
    restart: unless-stopped
    env_file: [secret.env]
    depends_on:
      n8n-init: {condition: service_completed_successfully}
      litellm: {condition: service_started}
    networks: [backend]
    healthcheck: {test: "wget -qO- http://localhost:5678/"}
    deploy: {resources: {limits: {memory: 1024M}}}
  n8n-init: {image: "n8nio/n8n:${N8N_VERSION:-1}", restart: "no"}
  litellm: {build: ., mem_limit: 512m, restart: always, healthcheck: {disable: true}}
  task: {image: busybox}
  guarded: {image: busybox, healthcheck: {test: [CMD, "true"]}}
  studio: {image: comfy:1, profiles: [studio], restart: unless-stopped}
  extra: {image: extra:1, profiles: [on], restart: unless-stopped}
networks: {backend: {external: true, name: javisi_backend}}
`

func TestComposeFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, ".env", "N8N_VERSION=2.30.7\nCOMPOSE_PROFILES=on\n")
	path := write(t, dir, "docker-compose.yml", sample) // secret.env does not exist: root's
	files, err := openOne(t, dir, ComposeFile{Path: path, Phase: "apps"}).Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Service{}
	for _, s := range files[0].Services {
		by[s.Name] = s
	}
	n8n := by["n8n"]
	if n8n.Image != "n8nio/n8n:2.30.7" || n8n.Container != "javisi_n8n" || n8n.Memory != 1<<30 || len(n8n.Health) != 2 || n8n.OneShot || n8n.Restart != "unless-stopped" ||
		!slices.Equal(n8n.DependsOn, []string{"litellm", "n8n-init"}) || !slices.Equal(n8n.EnvFiles, []string{filepath.Join(dir, "secret.env")}) {
		t.Errorf("n8n is %+v", n8n)
	}
	if s := by["litellm"]; !s.Build || s.Image != "" || s.Memory != 512<<20 || s.Health != nil || s.Container != "javisi-litellm-1" || s.OneShot {
		t.Errorf("litellm is %+v", s)
	}
	for name, want := range map[string]bool{"n8n-init": true, "task": true, "guarded": false, "studio": false} {
		if by[name].OneShot != want {
			t.Errorf("%s is one-shot: %v", name, !want)
		}
	}
	if !slices.Equal(by["studio"].Profiles, []string{"studio"}) || len(by["extra"].Profiles) != 0 {
		t.Errorf("profiles are %v and %v", by["studio"].Profiles, by["extra"].Profiles)
	}
}

func TestComposeFileErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"yaml", "services:\n  web:\n    image: x\n   bad: y\n", "line 4: did not find expected key"},
		{"unknown key", "services:\n  web:\n    image: x\n    imagge: y\n", "line 4: validating docker-compose.yml: services.web.imagge is nothing that Compose knows"},
		{"wrong type", "services:\n  web:\n    image: x\n    ports: 8080\n", "line 4: validating docker-compose.yml: services.web.ports must be a array"},
		{"dependency", "services:\n  web:\n    image: x\n    depends_on: [db]\n", `line 2: service "web" depends on undefined service "db"`},
		{"network", "services:\n  web:\n    image: x\n    networks: [far]\n", `line 2: service "web" refers to undefined network far`},
		{"variable", "services:\n  web:\n    image: ${TAG:?say which}\n", "say which"},
		{"empty", "", "empty compose file"},
		{"tabs", "services:\n\tweb: {}\n", "line 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := write(t, dir, "docker-compose.yml", test.text)
			good := write(t, dir, "infra.yml", "services: {db: {image: x}}")
			files, err := openOne(t, dir, ComposeFile{Path: path}, ComposeFile{Path: good}).Files(t.Context())
			var e *ops.Error
			if !errors.As(err, &e) || e.Kind != ops.Invalid {
				t.Fatalf("got %v", err)
			}
			if say := ops.Unmark(e.Say.En); !strings.Contains(say, "docker-compose.yml") || !strings.Contains(say, test.want) || strings.Contains(say, dir) {
				t.Errorf("it says %q, want %q", say, test.want)
			}
			if len(files) != 1 || files[0].Path != good {
				t.Errorf("the other file is %+v", files)
			}
		})
	}
	dir := t.TempDir()
	_, err := openOne(t, dir, ComposeFile{Path: "none.yml"}).Files(t.Context())
	if ops.KindOf(err) != ops.NotFound {
		t.Errorf("got %v", err)
	}
	write(t, dir, "a.yml", "services: {db: {image: x}}")
	write(t, dir, ".env", "A=1\nPASS word=hunter2\n")
	_, err = openOne(t, dir, ComposeFile{Path: "a.yml"}).Files(t.Context())
	if err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// TestComposeCache reads again only what changed: also .env, and also what was wrong.
func TestComposeCache(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "docker-compose.yml", "services: {web: {image: 'x:${TAG}'}}")
	p := openOne(t, dir, ComposeFile{Path: path})
	image := func() string {
		t.Helper()
		files, err := p.Files(t.Context())
		if err != nil {
			return err.Error()
		}
		return files[0].Services[0].Image
	}
	for i, step := range []struct{ name, text, want string }{
		{".env", "TAG=1", "x:1"},
		{".env", "TAG=22", "x:22"},
		{"docker-compose.yml", "services: {web: {image: 'yy:${TAG}'}}", "yy:22"},
		{"docker-compose.yml", "services: [", "line 1"},
		{"docker-compose.yml", "services: {web: {image: z}}", "z"},
	} {
		write(t, dir, step.name, step.text)
		then := time.Now().Add(time.Duration(i) * time.Second)
		if err := os.Chtimes(filepath.Join(dir, step.name), then, then); err != nil {
			t.Fatal(err)
		}
		if got := image(); !strings.Contains(got, step.want) {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	first, _ := p.Files(t.Context())
	again, _ := p.Files(t.Context())
	if &first[0].Services[0] != &again[0].Services[0] {
		t.Error("nothing changed, and it was read again")
	}
}

func BenchmarkComposeFiles(b *testing.B) {
	dir := b.TempDir()
	var text strings.Builder
	text.WriteString("services:\n")
	for i := range 40 {
		fmt.Fprintf(&text, "  s%d: {image: 'x:${TAG:-1}', restart: unless-stopped, environment: {A: b}, healthcheck: {test: [CMD, 'true']}}\n", i)
	}
	path := write(b, dir, "docker-compose.yml", text.String())
	for _, bench := range []struct {
		name string
		cold bool
	}{{"unchanged", false}, {"changed", true}} {
		b.Run(bench.name, func(b *testing.B) {
			p := openOne(b, dir, ComposeFile{Path: path})
			for b.Loop() {
				if bench.cold {
					clear(p.files)
				}
				if files, err := p.Files(b.Context()); err != nil || len(files[0].Services) != 40 {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestDiscoverCompose(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC) }
	c := func(project, file string, h int) Container {
		return Container{Project: project, File: "/opt/" + project + "/" + file, Dir: "/opt/" + project, Created: at(h)}
	}
	got := DiscoverCompose([]Container{
		c("javisi", "docker-compose.yml", 1), c("javisi", "docker-compose-infra.yml", 5), c("javisi", "docker-compose.yml", 9), // infra was made anew
		c("postiz", "compose.yaml", 3), {Name: "loose"}, {Project: "run", File: "/x/y.yml", OneOff: true},
		c("three", "b.yml", 2), c("three", "a.yml", 3), c("three", "docker-compose.yml", 4),
	})
	var said []string
	for _, o := range got {
		for _, f := range o.Files {
			said = append(said, o.Project+" "+filepath.Base(f.Path)+" "+f.Phase)
		}
	}
	want := []string{"javisi docker-compose-infra.yml infra", "javisi docker-compose.yml apps", "postiz compose.yaml apps", "three b.yml b", "three a.yml a", "three docker-compose.yml apps"}
	if !slices.Equal(said, want) {
		t.Errorf("found %q, want %q", said, want)
	}
}

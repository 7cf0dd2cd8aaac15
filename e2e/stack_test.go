package e2e

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// A stack is a compose project of two files on the real engine, with names of its own.
type stack struct {
	t       testing.TB
	project string // vge_<run>_<random>; a container is called <project>_<service>
	dir     string
	api     *client.Client
	images  []string

	registry *registryServer // nil unless something is pulled

	mu     sync.Mutex // guards events
	events []events.Message
}

// The services. Those with a health check answer it by /ok.
const checked = `restart: unless-stopped, stop_grace_period: 10s, healthcheck: {test: [CMD, sh, -c, "test -e /ok || { echo no /ok yet; exit 1; }"], interval: 1s, timeout: 10s, retries: 1}`

var services = map[string]string{
	"db":      `{image: BOX, container_name: PROJECT_db, network_mode: none, restart: unless-stopped}`,
	"ok":      `{image: BOX, container_name: PROJECT_ok, network_mode: none, ` + checked + `}`,
	"sick":    `{image: BOX, container_name: PROJECT_sick, network_mode: none, environment: {FIRST: sick, DB_PASSWORD: ` + envSecret + `}, ` + checked + `}`,
	"slow":    `{image: BOX, container_name: PROJECT_slow, network_mode: none, environment: {STOP: 3, WARM: 3}, ` + checked + `}`,
	"slow2":   `{image: BOX, container_name: PROJECT_slow2, network_mode: none, environment: {STOP: 3, WARM: 3}, ` + checked + `}`,
	"oneshot": `{image: BOX, container_name: PROJECT_oneshot, network_mode: none, restart: "no", command: ["true"]}`,
	"postgresql": `{image: "vigie-demo/postgresql:15", container_name: PROJECT_postgresql, network_mode: none, restart: unless-stopped, stop_signal: SIGINT, environment: {POSTGRES_PASSWORD: ` + envSecret + `},
    volumes: ["DIR/init.sql:/docker-entrypoint-initdb.d/init.sql:ro"], healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1, -U, postgres], interval: 1s, timeout: 5s, retries: 20}}`,
	"redis": `{image: "vigie-demo/redis:7", container_name: PROJECT_redis, network_mode: none, restart: unless-stopped, healthcheck: {test: [CMD, redis-cli, ping], interval: 1s, timeout: 5s, retries: 20}}`,
	"web":   `{image: REF, container_name: PROJECT_web, ` + checked + `}`,
}

// crowd are services without a health check, to go down together.
var crowd = func() (names []string) {
	for n := range 12 {
		name := fmt.Sprintf("many%02d", n)
		names = append(names, name)
		services[name] = `{image: BOX, container_name: PROJECT_` + name + `, network_mode: none, restart: unless-stopped}`
	}
	return names
}()

// serve is what a service runs: FIRST=sick is unhealthy until it is started again, STOP and WARM are how many seconds it
// takes to end and to become healthy.
const serve = `#!/bin/sh
rm -f /ok
trap 'test -z "$STOP" || sleep $STOP; exit 0' TERM INT
echo "started"
test ! -e /secrets || cat /secrets
if test "$FIRST" != sick -o -e /second; then
  test -z "$WARM" || { sleep $WARM & wait $!; }
  case $(cat /version) in *bad*) echo "this version is bad";; *) touch /ok;; esac
fi
touch /second
while :; do sleep 3600 & wait $!; done
`

// infra are the services of the first phase besides db.
var infra = []string{"postgresql", "redis"}

// newStack brings up db and the services that are named; web comes from a registry, where it can be updated.
func newStack(t testing.TB, names ...string) *stack {
	t.Helper()
	api, err := client.NewClientWithOpts(client.WithHost("unix://"+engineSocket), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	if _, err := api.Ping(t.Context()); err != nil {
		t.Fatalf("these tests need a Docker Engine at %s: %v", engineSocket, err)
	}
	random := make([]byte, 4)
	rand.Read(random)
	s := &stack{t: t, project: "vge_" + os.Getenv(runEnv) + "_" + hex.EncodeToString(random), dir: t.TempDir(), api: api}
	s.record()
	t.Cleanup(s.remove)
	s.image(s.project+"/box:1", "1")
	if slices.Contains(names, "web") {
		s.registry = newRegistry(t)
		s.publish("1")
	}
	fill := strings.NewReplacer("DIR", s.dir, "PROJECT", s.project, "BOX", s.project+"/box:1", "REF", s.ref())
	write := func(file string, names ...string) {
		text := "services:\n"
		for _, name := range names {
			text += "  " + name + ": " + fill.Replace(services[name]) + "\n"
		}
		if err := os.WriteFile(filepath.Join(s.dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s.compose(file, "up", "-d", "--pull", "never")
	}
	if err := os.WriteFile(filepath.Join(s.dir, "init.sql"), []byte("CREATE ROLE shop LOGIN PASSWORD 'x';\n"), 0o644); err != nil { // as a deployment makes its roles
		t.Fatal(err)
	}
	first, rest := []string{"db"}, []string{}
	for _, name := range names {
		if slices.Contains(infra, name) {
			first = append(first, name)
		} else {
			rest = append(rest, name)
		}
	}
	write("docker-compose-infra.yml", first...)
	write("docker-compose.yml", rest...)
	for _, name := range names {
		switch name {
		case "oneshot":
			s.until(name+" has ended", func() bool { return s.inspect(name).State.Status == "exited" })
		case "sick", "worse":
			s.until(name+" is unhealthy", func() bool { return s.health(name) == "unhealthy" })
		default:
			if strings.HasPrefix(name, "many") {
				s.until(name+" runs", func() bool { return s.inspect(name).State.Running })
				continue
			}
			s.until(name+" is healthy", func() bool { return s.health(name) == "healthy" })
		}
	}
	return s
}

// ref is web's image as the compose file names it.
func (s *stack) ref() string {
	if s.registry == nil {
		return ""
	}
	return s.registry.address + "/" + s.project + "/web:1"
}

func (s *stack) compose(file string, args ...string) {
	s.t.Helper()
	all := append([]string{"compose", "--ansi", "never", "--progress", "quiet", "-p", s.project, "--project-directory", s.dir, "-f", filepath.Join(s.dir, file)}, args...)
	if _, err := docker(all...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) inspect(service string) container.InspectResponse {
	s.t.Helper()
	d, err := s.api.ContainerInspect(s.t.Context(), s.project+"_"+service)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *stack) health(service string) string {
	s.t.Helper()
	if h := s.inspect(service).State.Health; h != nil {
		return h.Status
	}
	return "none"
}

// containers are the names of all that the project has.
func (s *stack) containers() (names []string) {
	s.t.Helper()
	all, err := s.api.ContainerList(context.WithoutCancel(s.t.Context()), container.ListOptions{All: true})
	if err != nil {
		s.t.Error(err)
	}
	for _, c := range all {
		if strings.Contains(c.Names[0], s.project) {
			names = append(names, strings.Replace(strings.TrimPrefix(c.Names[0], "/"), s.project+"_", "", 1))
		}
	}
	slices.Sort(names)
	return names
}

// record keeps what the engine tells of the project's containers, from the beginning.
func (s *stack) record() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	messages, errs := s.api.Events(ctx, events.ListOptions{Filters: filters.NewArgs(
		filters.Arg("type", "container"), filters.Arg("label", "com.docker.compose.project="+s.project))})
	s.t.Cleanup(func() { cancel(); <-done })
	go func() { // waited for in the clean-up
		defer close(done)
		for {
			select {
			case m := <-messages:
				s.mu.Lock()
				s.events = append(s.events, m)
				s.mu.Unlock()
			case err := <-errs:
				if ctx.Err() == nil {
					s.t.Errorf("the engine's events ended: %v", err)
				}
				return
			}
		}
	}()
}

func (s *stack) seen(action, service string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.events {
		if string(m.Action) == action && (service == "" || m.Actor.Attributes["com.docker.compose.service"] == service) {
			n++
		}
	}
	return n
}

// count is how often the engine has done something to a service by now: what it is still telling of is waited for.
func (s *stack) count(action, service string) int {
	s.t.Helper()
	nonce := make([]byte, 8)
	rand.Read(nonce)
	mark := hex.EncodeToString(nonce)
	if _, err := docker("exec", s.project+"_db", "true", mark); err != nil {
		s.t.Fatal(err)
	}
	s.until("the engine's events are here", func() bool { return s.seen("exec_create: true "+mark, "") > 0 })
	return s.seen(action, service)
}

func (s *stack) until(what string, done func() bool) {
	s.t.Helper()
	until(s.t, what, done)
}

// remove takes away what has the project's name, and the images.
func (s *stack) remove() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), patience)
	defer cancel()
	all, err := s.api.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		s.t.Errorf("cleaning up: %v", err)
	}
	for _, c := range all {
		if strings.Contains(c.Names[0], s.project) {
			if err := s.api.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true}); err != nil && !client.IsErrNotFound(err) {
				s.t.Errorf("cleaning up: %v", err)
			}
		}
	}
	if err := s.api.NetworkRemove(ctx, s.project+"_default"); err != nil && !client.IsErrNotFound(err) {
		s.t.Errorf("cleaning up: %v", err)
	}
	for _, id := range s.images {
		if _, err := s.api.ImageRemove(ctx, id, image.RemoveOptions{Force: true, PruneChildren: true}); err != nil && !client.IsErrNotFound(err) {
			s.t.Errorf("cleaning up: %v", err)
		}
	}
}

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"
)

const (
	socket = "/var/run/docker.sock"
	mark   = "vigie.bench" // the label of our containers
)

// Services with a part to play; all others only run.
const (
	slowOne = "slow1" // takes stubborn to stop
	slowTwo = "slow2"
	well    = "well" // has a health check
	ill     = "ill"  // has one that says no when it is told to; it is there for a while only
)

// specials is how many of them there are.
const specials = 3

// stubborn is how many seconds the engine waits for a container that does not stop, before it kills it.
const stubborn = 15

// A town is the containers: all of one Compose project, on the local engine, from an image of one small program.
type town struct {
	api     *client.Client
	bare    *http.Client // the engine's socket, with nothing around it
	project string
	image   string
	names   []string // of the containers that were made, or begun with
}

func openTown(ctx context.Context, dir, box string) (*town, error) {
	api, err := client.NewClientWithOpts(client.WithHost("unix://"+socket), client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, fmt.Errorf("preparing the Docker client: %w", err)
	}
	project := fmt.Sprintf("vgb_%d", os.Getpid())
	t := &town{api: api, bare: overSocket(socket), project: project, image: project + ":1"}
	program, err := os.ReadFile(box)
	if err != nil {
		return nil, fmt.Errorf("reading the containers' program: %w", err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err = w.WriteHeader(&tar.Header{Name: "box", Mode: 0o755, Size: int64(len(program))})
	if err == nil {
		_, err = w.Write(program)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("writing the containers' image: %w", err)
	}
	answer, err := api.ImageImport(ctx, image.ImportSource{Source: &archive, SourceName: "-"}, t.image,
		image.ImportOptions{Changes: []string{`ENTRYPOINT ["/box"]`}})
	if err == nil {
		_, err = io.Copy(io.Discard, answer)
		err = errors.Join(err, answer.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("importing the containers' image (scripts/engine.sh starts an engine): %w", err)
	}
	t.warnOfLeft(ctx)
	return t, nil
}

// overSocket asks whoever listens at a socket, with nothing around it.
func overSocket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

// warnOfLeft names what a bench that was killed has left: it may also be one that runs now.
func (t *town) warnOfLeft(ctx context.Context) {
	left, err := t.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", mark))})
	if err == nil && len(left) > 0 {
		say(fmt.Sprintf("%d containers of another bench are there; if none runs: docker rm -f $(docker ps -aq --filter label=%s)", len(left), mark))
	}
}

// grow starts containers until there are n.
func (t *town) grow(ctx context.Context, n int) error {
	begun := len(t.names)
	for i := begun; i < n; i++ {
		t.names = append(t.names, t.container(t.service(i)))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i := begun; i < n; i++ {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			// One that is begun is ended: a container that is made after its removal would stay for ever.
			return t.start(context.WithoutCancel(ctx), t.service(i))
		})
	}
	return group.Wait()
}

func (t *town) service(i int) string {
	if special := []string{slowOne, slowTwo, well}; i < len(special) {
		return special[i]
	}
	return fmt.Sprintf("s%03d", i)
}

func (t *town) container(service string) string { return t.project + "_" + service }

func (t *town) start(ctx context.Context, service string) error {
	config := &container.Config{Image: t.image, Labels: map[string]string{
		mark: "1", "com.docker.compose.project": t.project, "com.docker.compose.service": service, "com.docker.compose.oneoff": "False",
	}}
	switch service {
	case slowOne, slowTwo:
		patience := stubborn
		config.Cmd, config.StopTimeout = []string{"stubborn"}, &patience
	case well:
		config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "/box", "well"}, Interval: 500 * time.Millisecond}
	case ill:
		config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "/box", "sound"}, Interval: 250 * time.Millisecond, Retries: 1}
	}
	host := &container.HostConfig{NetworkMode: "none", LogConfig: container.LogConfig{Type: "none"}}
	made, err := t.api.ContainerCreate(ctx, config, host, nil, nil, t.container(service))
	if err == nil {
		err = t.api.ContainerStart(ctx, made.ID, container.StartOptions{})
	}
	if err != nil {
		return fmt.Errorf("starting container %s: %w", service, err)
	}
	return nil
}

// compose writes the project's file into dir.
func (t *town) compose(dir string) error {
	var file strings.Builder
	file.WriteString("services:\n")
	for i := range t.names {
		s := t.service(i)
		fmt.Fprintf(&file, "  %s: {image: %q, container_name: %s, restart: unless-stopped}\n", s, t.image, t.container(s))
	}
	if err := os.WriteFile(filepath.Join(dir, "docker-compose.yml"), []byte(file.String()), 0o644); err != nil {
		return fmt.Errorf("writing the compose file: %w", err)
	}
	return nil
}

// list is the one call that a look at the stack cannot do without, as bare as it can be made.
func (t *town) list(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/containers/json?all=1", nil)
	if err != nil {
		return fmt.Errorf("asking the engine: %w", err)
	}
	answer, err := t.bare.Do(r)
	if err != nil {
		return fmt.Errorf("asking the engine: %w", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("asking the engine: %s, %w", answer.Status, err)
	}
	return nil
}

func (t *town) describe(ctx context.Context) string {
	engine, err := t.api.ServerVersion(ctx)
	all, failed := t.api.ContainerList(ctx, container.ListOptions{All: true})
	if err = errors.Join(err, failed); err != nil {
		return ", Docker Engine does not answer any more"
	}
	all = slices.DeleteFunc(all, func(c container.Summary) bool { return c.Labels[mark] != "" })
	return fmt.Sprintf(", Docker Engine %s with %d containers that are not ours", engine.Version, len(all))
}

// remove takes away what was made, by its exact name, also when it was interrupted.
func (t *town) remove() error {
	say("removing the containers")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(4)
	for _, name := range append(t.names, t.container(ill)) {
		group.Go(func() error {
			err := t.api.ContainerRemove(ctx, name, container.RemoveOptions{Force: true})
			if client.IsErrNotFound(err) {
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	if _, failed := t.api.ImageRemove(ctx, t.image, image.RemoveOptions{}); !client.IsErrNotFound(failed) {
		err = errors.Join(err, failed)
	}
	if err = errors.Join(err, t.api.Close()); err != nil {
		return fmt.Errorf("removing the containers (docker rm -f $(docker ps -aq --filter label=%s)): %w", mark, err)
	}
	return nil
}

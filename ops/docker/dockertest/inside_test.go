package dockertest_test

import (
	"testing"
	"testing/synctest"

	"github.com/docker/docker/api/types/container"

	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

func TestFakeConformsInside(t *testing.T) {
	dockertest.ConformInside(t, func(t *testing.T) dockertest.Room {
		f, err := docker.NewFake("web running")
		if err != nil {
			t.Fatal(err)
		}
		f.OnExec(dockertest.Script)
		return dockertest.Room{Inside: f, Name: "javisi_web", Change: func(t *testing.T, what string) {
			change := map[string]string{"stop": "stopped", "start": "started", "pause": "paused", "unpause": "running", "remove": "removed"}[what]
			if err := f.Do("web " + change); err != nil {
				t.Fatal(err)
			}
		}}
	}, synctest.Test)
}

func TestEngineConformsInside(t *testing.T) {
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	dockertest.ConformInside(t, func(t *testing.T) dockertest.Room { return room(t, l, e) },
		func(t *testing.T, test func(*testing.T)) { test(t) })
}

// room is a container with a volume at /data, as where files are put on a real stack. It is gone when the test ends.
func room(t *testing.T, l *dockertest.Lab, e *docker.Engine) dockertest.Room {
	name := l.Run(t, "room", func(c *container.Config, h *container.HostConfig) {
		alone(c, h)
		c.Volumes = map[string]struct{}{"/data": {}}
	})
	t.Cleanup(func() { remove(t, l, name) })
	return dockertest.Room{Inside: e, Name: name, Change: func(t *testing.T, what string) {
		var err error
		switch what {
		case "stop":
			err = e.Stop(t.Context(), name)
		case "start":
			err = e.Start(t.Context(), name)
		case "pause":
			err = l.API.ContainerPause(t.Context(), name)
		case "unpause":
			err = l.API.ContainerUnpause(t.Context(), name)
		case "remove":
			remove(t, l, name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}}
}

package dockertest_test

import (
	"fmt"
	"testing"

	"github.com/docker/docker/api/types/container"
	"golang.org/x/sync/errgroup"

	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// BenchmarkList lists containers beside the client's bare call.
func BenchmarkList(b *testing.B) {
	l := dockertest.NewLab(b)
	e := dial(b, docker.DefaultHost)
	made := 0
	for _, n := range []int{50, 200} {
		var group errgroup.Group
		group.SetLimit(8)
		for ; made < n; made++ {
			name := fmt.Sprintf("%s_%d", l.Project, made)
			group.Go(func() error {
				_, err := l.API.ContainerCreate(b.Context(), &container.Config{Image: l.Image, Labels: map[string]string{
					"com.docker.compose.project": l.Project, "com.docker.compose.service": name, "com.docker.compose.oneoff": "False",
					"com.docker.compose.project.config_files": "/opt/javisi/docker-compose.yml", "com.docker.compose.project.working_dir": "/opt/javisi",
				}}, nil, nil, nil, name)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%d/bare", n), func(b *testing.B) {
			for b.Loop() {
				if list, err := l.API.ContainerList(b.Context(), container.ListOptions{All: true}); err != nil || len(list) < n {
					b.Fatal(len(list), err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/vigie", n), func(b *testing.B) {
			for b.Loop() {
				if list, err := e.List(b.Context()); err != nil || len(list) < n {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}

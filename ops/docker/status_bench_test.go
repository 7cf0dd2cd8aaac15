package docker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// BenchmarkStatus is what /status costs on the real engine beside the one call that it cannot do without.
func BenchmarkStatus(b *testing.B) {
	for _, n := range []int{50, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := dockertest.NewLab(b)
			var file strings.Builder
			file.WriteString("services:\n")
			off := map[string]bool{}
			for i := range n {
				service := fmt.Sprintf("s%d", i)
				name := l.Project + "_" + service
				off[service] = true // they are never started
				fmt.Fprintf(&file, "  %s: {image: %q, container_name: %s}\n", service, l.Image, name)
				config := &container.Config{Image: l.Image, Labels: map[string]string{
					"com.docker.compose.project": l.Project, "com.docker.compose.service": service, "com.docker.compose.oneoff": "False"}}
				if _, err := l.API.ContainerCreate(b.Context(), config, nil, nil, nil, name); err != nil {
					b.Fatal(err)
				}
			}
			l.Write(b, "docker-compose.yml", file.String())
			files, err := docker.OpenCompose(docker.ComposeOptions{Project: l.Project, Dir: l.Dir, Files: []docker.ComposeFile{{Path: "docker-compose.yml", Phase: "apps"}}})
			if err != nil {
				b.Fatal(err)
			}
			engine, err := docker.Dial(docker.DefaultHost)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { engine.Close() })
			look := docker.Looks(&docker.Stack{Host: engine, Compose: files, Project: l.Project, Off: off}, "docker.status")
			b.Run("bare", func(b *testing.B) {
				for b.Loop() {
					if _, err := l.API.ContainerList(b.Context(), container.ListOptions{All: true}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("status", func(b *testing.B) {
				for b.Loop() {
					if _, err := look(b.Context(), ops.Args{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

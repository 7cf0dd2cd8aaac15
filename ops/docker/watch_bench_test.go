package docker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

// BenchmarkHeed is what lies between an event and the telling.
func BenchmarkHeed(b *testing.B) {
	for _, n := range []int{60, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var world strings.Builder
			for i := range n {
				fmt.Fprintf(&world, "app%d running healthy up=2d needs=app0\n", i)
			}
			f, err := NewFake(world.String())
			if err != nil {
				b.Fatal(err)
			}
			told := 0
			l := watcher{f.Stack(), WatchOptions{Every: time.Minute, Restarts: 3, Window: time.Minute}}.lookout(func(s ops.Sighting) { told += len(s.Troubles) })
			if err := l.lookAtAll(b.Context()); err != nil {
				b.Fatal(err)
			}
			d, err := f.Inspect(b.Context(), "javisi_app1")
			if err != nil {
				b.Fatal(err)
			}
			health := "healthy"
			before := told
			for b.Loop() {
				health = map[string]string{"healthy": "unhealthy", "unhealthy": "healthy"}[health]
				l.heed(Event{At: time.Now(), Kind: "health", Health: health, ID: d.ID, Container: d.Name, Service: d.Service, Project: d.Project, ExitCode: -1})
			}
			if told-before != b.N {
				b.Fatalf("told %d times of %d events", told-before, b.N)
			}
		})
	}
}

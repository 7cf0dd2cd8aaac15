package dockertest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"golang.org/x/sync/errgroup"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// BenchmarkWatch measures how long it takes from what happens in the engine (an event's own time) to the telling, beside a bare
// client that only reads the same stream. The stack has 60 containers.
func BenchmarkWatch(b *testing.B) {
	l, s := watchedLab(b, docker.DefaultHost)
	var group errgroup.Group
	group.SetLimit(8)
	for i := range 53 {
		group.Go(func() error {
			name := fmt.Sprintf("%s_%d", l.Project, i)
			_, err := l.API.ContainerCreate(b.Context(), &container.Config{Image: l.Image, Labels: map[string]string{
				"com.docker.compose.project": l.Project, "com.docker.compose.service": name}}, nil, nil, nil, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	raw := readRaw(b, l)
	p, _ := keepWatch(b, s, nil)
	p.is("setup:calm weak-check")

	var bare, told []time.Duration
	measure := func(act func() error, kind string, open bool) {
		done := make(chan time.Time, 1)
		go func() { // waited for below
			p.until(kind, func(all map[string]ops.Trouble) bool { _, is := all["container:web stopped"]; return is == open })
			done <- time.Now()
		}()
		if err := act(); err != nil {
			b.Fatal(err)
		}
		for m := range raw {
			if m.kind == kind {
				bare, told = append(bare, m.came.Sub(m.at)), append(told, (<-done).Sub(m.at))
				return
			}
		}
	}
	for b.Loop() {
		measure(func() error { return l.API.ContainerKill(b.Context(), l.Project+"_web", "KILL") }, "die", true)
		measure(func() error { return l.API.ContainerStart(b.Context(), l.Project+"_web", container.StartOptions{}) }, "start", false)
	}
	report(b, "bare", bare)
	report(b, "told", told)
	b.ReportMetric(0, "ns/op") // the engine's own work is most of it
}

// An arrival is an event of web as a bare client gets it.
type arrival struct {
	kind     string
	at, came time.Time
}

func readRaw(b *testing.B, l *dockertest.Lab) <-chan arrival {
	messages, errs := l.API.Events(b.Context(), events.ListOptions{Filters: filters.NewArgs(
		filters.Arg("type", "container"), filters.Arg("label", "com.docker.compose.project="+l.Project))})
	raw, done := make(chan arrival, 1000), make(chan struct{})
	go func() { // waited for below
		defer close(done)
		for {
			select {
			case m := <-messages:
				if m.Actor.Attributes["name"] == l.Project+"_web" {
					raw <- arrival{string(m.Action), time.Unix(0, m.TimeNano), time.Now()}
				}
			case err := <-errs:
				if b.Context().Err() == nil {
					b.Errorf("the bare stream ends with %v", err)
				}
				return
			}
		}
	}()
	b.Cleanup(func() { <-done })
	return raw
}

// report gives the middle and the slow end of what was measured, in milliseconds.
func report(b *testing.B, what string, took []time.Duration) {
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[min(len(took)-1, int(float64(len(took))*share))]) / float64(time.Millisecond)
	}
	b.ReportMetric(at(0.5), what+"-p50-ms")
	b.ReportMetric(at(0.99), what+"-p99-ms")
}

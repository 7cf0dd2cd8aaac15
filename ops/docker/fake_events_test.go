package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// TestFakeEvents listens to a world that is changed, and that changes by itself.
func TestFakeEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := NewFake("web running healthy up=1h\njob exited 0 oneshot up=1h\nloop running up=1h\nslow running hang\n")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var said []string
		var broke error
		done := make(chan struct{})
		go func() { // waited for below
			defer close(done)
			for ev, err := range f.Events(context.Background(), time.Time{}, "javisi") {
				if err != nil {
					broke = err
					return
				}
				said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s %s %s%s", time.Since(began).Round(time.Millisecond), ev.Service, ev.Kind, ev.Signal, ev.Health)))
			}
		}()
		for _, change := range []string{"web restarted", "job started", "slow stopped", "loop exits 1", "loop restarted", "web child oom", "web paused", "web running", "web removed", "stream drops", "slow started"} {
			time.Sleep(7 * time.Second)
			do(t, f, change)
		}
		<-done
		want := []string{"7s web kill 15", "7s web die", "7s web stop", "7s web start", "7s web restart", "12s web health healthy", "14s job start", "15s job die",
			"21s slow kill 15", "21s slow kill 9", "21s slow die", "21s slow stop", "35s loop kill 15", "35s loop die", "35s loop stop", "35s loop start",
			"35s loop restart", "35s loop die", "42s web oom", "45s loop start", "45s loop die", "49s web pause", "55s loop start", "55s loop die", "56s web unpause",
			"1m3s web kill 15", "1m3s web die", "1m3s web stop", "1m3s web destroy", "1m5s loop start", "1m5s loop die"}
		if !slices.Equal(said, want) {
			t.Errorf("heard\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
		}
		if ops.KindOf(broke) != ops.Unavailable {
			t.Errorf("the stream ended with %v", broke)
		}
	})
}

// TestFakeEventMemory: an engine remembers its newest events, until it is told to forget them.
func TestFakeEventMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, began := fake(t), time.Now().Add(-time.Hour)
		remembered := func() (n int, err error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			for _, e := range f.Events(ctx, began, "") {
				if e != nil {
					return n, e
				}
				n++
			}
			return n, nil
		}
		for range 300 {
			do(t, f, "grafana child oom")
		}
		if n, err := remembered(); n != fakeMemory || err != nil {
			t.Errorf("%d are remembered, %v", n, err)
		}
		do(t, f, "engine forgets", "stranger stopped")
		if n, err := remembered(); n != 3 || err != nil {
			t.Errorf("%d are remembered, %v", n, err)
		}
		do(t, f, "proxy forbids events")
		if _, err := remembered(); ops.KindOf(err) != ops.Denied {
			t.Errorf("forbidden: %v", err)
		}
		do(t, f, "proxy allows events", "engine gone")
		if _, err := remembered(); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("gone: %v", err)
		}
	})
}

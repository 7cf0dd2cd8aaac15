package dockertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops/docker"
)

// A listener hears the events of a project, from when it was made.
type listener struct {
	t    *testing.T
	mu   sync.Mutex // the stream is read by a goroutine of its own
	all  []docker.Event
	next int
}

// listen hears until the test ends.
func (s Setup) listen(t *testing.T, since time.Time, project string) *listener {
	l := &listener{t: t}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // waited for below
		defer close(done)
		for ev, err := range s.Host.Events(ctx, since, project) {
			if err != nil {
				t.Errorf("the events end with %v", err)
				return
			}
			l.mu.Lock()
			l.all = append(l.all, ev)
			l.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

func (l *listener) heard() []docker.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// take waits for the next n events of a container.
func (l *listener) take(container string, n int) (got []docker.Event) {
	l.t.Helper()
	Until(l.t, fmt.Sprintf("%d events of %s", n, container), func() bool {
		got = nil
		all := l.heard()
		for i := l.next; i < len(all) && len(got) < n; i++ {
			if all[i].Container == container && !l.dying(got, all[i]) {
				got = append(got, all[i])
			}
			if len(got) == n {
				l.next = i + 1
			}
		}
		return len(got) == n
	})
	return got
}

// dying reports whether an event is the health of a container that was asked to end: its check may run once more before it has.
func (l *listener) dying(before []docker.Event, ev docker.Event) bool {
	return ev.Kind == "health" && len(before) > 0 && before[len(before)-1].Kind == "kill"
}

// expect waits until the next events of a container are these, such as "die 0" or "health unhealthy".
func (l *listener) expect(container string, want ...string) []docker.Event {
	l.t.Helper()
	got := l.take(container, len(want))
	var said []string
	for _, ev := range got {
		said = append(said, eventText(ev))
	}
	if !slices.Equal(said, want) {
		l.t.Errorf("%s: the events are %q, want %q", container, said, want)
	}
	return got
}

func eventText(ev docker.Event) string {
	switch ev.Kind {
	case "die":
		return fmt.Sprintf("die %d", ev.ExitCode)
	case "kill":
		return "kill " + ev.Signal
	case "health":
		return "health " + ev.Health
	}
	return ev.Kind
}

func events(t *testing.T, s Setup) {
	s.healthy(t, "web")
	since := time.Now()
	l, nobody, web := s.listen(t, since, s.Project), s.listen(t, since, "nobody"), s.name("web")
	ok(t, s.Host.Restart(t.Context(), web))
	first := l.expect(web, "kill 15", "die 0", "stop", "start", "restart", "health healthy")
	d := s.inspect(t, "web")
	for i, ev := range first {
		if ev.ID != d.ID || ev.Service != "web" || ev.Project != s.Project || ev.OneOff || ev.Image == "" || ev.At.Before(since.Add(-time.Second)) || i > 0 && ev.At.Before(first[i-1].At) {
			t.Errorf("it is told of as %+v", ev)
		}
	}
	if at := first[3].At; d.Started.Sub(at).Abs() > time.Second {
		t.Errorf("started at %s, told at %s", d.Started, at)
	}
	s.remembers(t, l, first)
	s.Change(t, "web becomes unhealthy")
	l.expect(web, "health unhealthy")
	s.Change(t, "web becomes healthy")
	l.expect(web, "health healthy")
	ok(t, s.Host.Stop(t.Context(), web))
	l.expect(web, "kill 15", "die 0", "stop")
	ok(t, s.Host.Start(t.Context(), web))
	l.expect(web, "start", "health healthy")
	ok(t, s.Host.Stop(t.Context(), s.name("slow")))
	l.expect(s.name("slow"), "kill 15", "kill 9", "die 137", "stop")
	if all := nobody.heard(); len(all) > 0 {
		t.Errorf("nobody's containers did %+v", all)
	}
}

// remembers hears a restart again, from its first event on. An engine keeps no more than its last 256 events, those of everybody's
// containers: where others have pushed the first ones out, another restart is asked for.
func (s Setup) remembers(t *testing.T, l *listener, heard []docker.Event) {
	web := s.name("web")
	for range 8 {
		again := s.listen(t, heard[0].At, s.Project).take(web, 4)
		if slices.Equal(again, heard[:4]) {
			return
		}
		if !again[0].At.After(heard[0].At) {
			t.Errorf("remembered are %+v, heard were %+v", again, heard[:4])
			return
		}
		ok(t, s.Host.Restart(t.Context(), web))
		heard = l.expect(web, "kill 15", "die 0", "stop", "start", "restart", "health healthy")
	}
	t.Error("it never remembers a restart that has just been")
}

// eventsOfLoop hears each end of a crash loop, and sees the engine count anew when somebody starts it.
func eventsOfLoop(t *testing.T, s Setup) {
	name := s.name("loop")
	Until(t, "some restarts", func() bool { return s.inspect(t, "loop").Restarts >= 3 })
	l := s.listen(t, time.Time{}, s.Project)
	ok(t, s.Host.Restart(t.Context(), name))
	if n := s.inspect(t, "loop").Restarts; n > 2 {
		t.Errorf("right after it was restarted it has %d restarts", n)
	}
	var said []string
	Until(t, "two ends of loop", func() bool {
		said = nil
		for _, ev := range l.heard() {
			if ev.Container == name {
				said = append(said, eventText(ev))
			}
		}
		return strings.Contains(strings.Join(said, " "), "start restart die 1 start die 1") || strings.Contains(strings.Join(said, " "), "start die 1 start die 1")
	})
}

func eventsOfRecreate(t *testing.T, s Setup) {
	s.healthy(t, "web")
	old := s.inspect(t, "web")
	l := s.listen(t, time.Time{}, s.Project)
	ok(t, s.Compose.Up(t.Context(), s.Apps, []string{"web"}, true, nil))
	new := s.inspect(t, "web")
	var kinds map[string][]string
	Until(t, "the start of the new container", func() bool {
		kinds = map[string][]string{}
		for _, ev := range l.heard() {
			kinds[ev.ID] = append(kinds[ev.ID], eventText(ev))
		}
		return slices.Contains(kinds[new.ID], "start")
	})
	if got := kinds[old.ID]; !slices.Equal(got, []string{"kill 15", "die 0", "stop", "destroy"}) {
		t.Errorf("the old one: %q", got)
	}
	if got := kinds[new.ID]; got[0] != "create" {
		t.Errorf("the new one: %q", got)
	}
}

package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// TestWatchManyDrops: however often the stream breaks, the watch goes on, and misses nothing.
func TestWatchManyDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		for range 60 {
			p.do("stream drops", "n8n child oom")
			p.wait(2 * time.Second)
		}
		p.says(p.is("n8n", "oom"), "out of memory 60 times")
		p.quiet("container:n8n oom")
		p.do("grafana becomes unhealthy")
		p.is("grafana", "unhealthy") // at once
	})
}

// TestWatchBlind: an engine that is away for a minute is told of, and so is what happened meanwhile, whether or not the engine
// still remembers.
func TestWatchBlind(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		t.Run(fmt.Sprintf("forgets %v", forgets), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := watchWorld(t, watched)
				p.wait(time.Hour)
				p.do("engine gone")
				p.wait(time.Second)
				blind := p.is(aboutWatch, "blind")
				if blind.Severity != ops.Critical || blind.Wait != 30*time.Second || blind.Lines[0].En == "" {
					t.Errorf("blind: %+v", blind)
				}
				p.wait(20 * time.Second)
				p.do("n8n restarted", "grafana exited 1", "redis removed", "postgresql replaced", "litellm running restarts=2 up=5s")
				if forgets {
					p.do("engine forgets")
				}
				p.wait(40 * time.Second)
				p.do("engine back")
				p.wait(retryMost + time.Second)
				gap := p.is(aboutWatch, "gap")
				if gap.Severity != ops.Notice || gap.Fades == 0 {
					t.Errorf("gap: %+v", gap)
				}
				p.says(gap, "blind for 1 min", "4 more", "grafana ended with exit 1", "redis removed", "postgresql made anew", "n8n restarted", "litellm restarted by the engine 2 times")
				if over := p.was(aboutWatch, "blind"); over != "I see Docker again" {
					t.Error(over)
				}
				p.is("redis", "missing")
				p.is("grafana", "died")
				p.quiet("container:grafana died", "watch:docker blind", "watch:docker gap")
				p.wait(time.Hour)
				if len(p.list()) != 3 { // the gap fades where it is kept
					t.Error(p.list())
				}
			})
		})
	}
}

// TestWatchShortBlink: a stream that breaks and is there again, or an engine that is away for seconds, is no news.
func TestWatchShortBlink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		p.do("stream drops")
		p.wait(time.Minute)
		p.do("engine gone")
		p.wait(4 * time.Second)
		p.do("n8n restarted", "engine back")
		p.wait(time.Minute)
		p.well()
		p.quiet()
	})
}

// TestWatchAway: what happened while the bot was not there is told when it is back.
func TestWatchAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		p.do("grafana killed")
		p.wait(time.Minute)
		p.stop()
		p.wait(5 * time.Minute)
		p.do("n8n restarted", "engine forgets")
		p.wait(5 * time.Minute)
		p.start()
		p.wait(time.Second)
		p.says(p.is(aboutWatch, "gap"), "away for 10 min; meanwhile: n8n restarted")
		p.says(p.is("grafana", "stopped"), "stopped by hand")
		p.stop()
		p.mu.Lock()
		delete(p.open, what{aboutWatch, "gap"})
		p.mu.Unlock()
		p.wait(5 * time.Minute)
		p.start() // nothing happened: no word of it
		p.wait(time.Second)
		p.well("container:grafana stopped")
		p.do("grafana started")
		p.stop()
		p.wait(time.Minute)
		p.do("grafana exited 1") // replayed: it is old, and still so
		p.wait(20 * time.Second)
		p.start()
		p.wait(time.Second)
		p.is("grafana", "died")
		p.says(p.is(aboutWatch, "gap"), "grafana ended with exit 1")
	})
}

// TestWatchBadMark: a mark that does not read is none.
func TestWatchBadMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, watched)
		p.mark = json.RawMessage(`{"seen": "yesterday"}`)
		p.start()
		p.wait(time.Minute)
		p.well()
	})
}

// TestWatchWithoutEvents: behind a proxy that forbids events, everything is still seen a minute later, and that is said.
func TestWatchWithoutEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, watched)
		p.do("proxy forbids events")
		p.start()
		p.wait(time.Minute)
		p.says(p.is(aboutWatch, "deaf"), "look every 1 min instead", "EVENTS=1")
		p.do("grafana becomes unhealthy")
		p.wait(time.Minute)
		p.is("grafana", "unhealthy")
		p.do("proxy allows events")
		p.wait(3 * time.Minute)
		p.well("container:grafana unhealthy")
	})
}

// A hostile is a fake whose calls can be held up, and whose streams can go silent.
type hostile struct {
	*Fake
	mu     sync.Mutex // calls come from several goroutines
	calls  []string
	stuck  chan struct{} // inspects wait for it, if it is set
	silent bool          // new streams say nothing, and do not end
	closed bool          // new calls are refused, while the streams go on
}

func (h *hostile) note(call string) (stuck chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, call)
	if h.closed {
		err = ops.Fail(ops.Unavailable, ops.T("Nobody listens.", "Personne n’écoute."), nil)
	}
	return h.stuck, err
}

func (h *hostile) List(ctx context.Context) ([]Container, error) {
	if _, err := h.note("list"); err != nil {
		return nil, err
	}
	return h.Fake.List(ctx)
}

func (h *hostile) Inspect(ctx context.Context, id string) (Detail, error) {
	stuck, err := h.note("inspect")
	if err != nil {
		return Detail{}, err
	}
	if stuck != nil {
		select {
		case <-stuck:
		case <-ctx.Done():
			return Detail{}, ctx.Err()
		}
	}
	return h.Fake.Inspect(ctx, id)
}

func (h *hostile) Events(ctx context.Context, since time.Time, project string) iter.Seq2[Event, error] {
	h.mu.Lock()
	silent := h.silent
	h.silent = false
	h.mu.Unlock()
	if !silent {
		return h.Fake.Events(ctx, since, project)
	}
	return func(func(Event, error) bool) { <-ctx.Done() }
}

// watchHostile watches a world that can be held up.
func watchHostile(t *testing.T, silent bool) (*post, *hostile) {
	p := newPost(t, watched)
	h := &hostile{Fake: p.fake, silent: silent}
	p.stack.Host = h
	p.start()
	p.wait(5 * time.Second)
	return p, h
}

// TestWatchSlowLooks: from an event to the telling nothing is asked of the engine, and a look that takes long holds up nothing.
func TestWatchSlowLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, h := watchHostile(t, false)
		h.mu.Lock()
		h.stuck, h.calls = make(chan struct{}), nil
		h.mu.Unlock()
		before := time.Now()
		for _, change := range []string{"grafana becomes unhealthy", "n8n exited 1", "redis exited 2", "postgresql exited 3", "litellm exited 4", "openclaw becomes unhealthy"} {
			p.do(change)
		}
		p.well("container:grafana unhealthy", "container:litellm died", "container:n8n died", "container:openclaw unhealthy", "container:postgresql died", "container:redis died")
		if took := time.Since(before); took != 0 {
			t.Errorf("it took %s", took)
		}
		if quote := p.is("n8n", "died").Quote; quote != "" {
			t.Errorf("it quotes %q before anybody looked", quote)
		}
		do(t, p.fake, `n8n logs "FATAL: no space left on device"`)
		close(h.stuck)
		p.wait(time.Second)
		p.says(p.is("n8n", "died"), "likely: the disk is full", "> FATAL: no space left on device")
	})
}

// TestWatchCheap: a minute in which nothing happens is one list, and nothing else.
func TestWatchCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, h := watchHostile(t, false)
		p.wait(time.Minute)
		h.mu.Lock()
		h.calls = nil
		h.mu.Unlock()
		p.wait(10 * time.Minute)
		h.mu.Lock()
		defer h.mu.Unlock()
		if got := strings.Join(h.calls, " "); got != strings.TrimSpace(strings.Repeat("list ", 10)) {
			t.Errorf("in ten minutes it asked: %s", got)
		}
	})
}

// TestWatchDeadStream: a stream that has gone silent without ending is found out, and replaced.
func TestWatchDeadStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := watchHostile(t, true)
		p.do("n8n exited 1")
		p.well()
		p.wait(time.Minute)
		p.is("n8n", "stopped") // by the list: nobody told how it ended
		p.wait(time.Minute + time.Second)
		p.do("grafana becomes unhealthy")
		p.is("grafana", "unhealthy") // at once: the stream is a new one
	})
}

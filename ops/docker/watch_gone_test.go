package docker

import (
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// unseen is what is said of a container that ended while the engine was away.
const unseen = "stopped while I could not see Docker"

// TestWatchShutdown: an engine that shuts down ends all containers first. That is no incident of each of them, and nobody's
// doing; what it does not start again is.
func TestWatchShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched+"kuma running healthy policy=no\n")
		p.do("redis stopped")
		p.wait(time.Minute)
		p.do("n8n stopped", "grafana stopped", "kuma stopped", "litellm exited 137", "postgresql exited 1", "engine gone")
		p.wait(50 * time.Second)
		p.well("container:redis stopped", "watch:docker blind")
		p.do("n8n started", "engine forgets", "engine back")
		p.wait(time.Minute)
		p.well("container:grafana stopped", "container:kuma stopped", "container:litellm stopped", "container:postgresql died", "container:redis stopped", "watch:docker gap")
		p.says(p.is("grafana", "stopped"), "grafana "+unseen, "unless somebody stopped it meanwhile", "policy is unless-stopped")
		p.says(p.is("kuma", "stopped"), "kuma "+unseen, "Docker does not start it again by itself", "policy is no")
		p.says(p.is("litellm", "stopped"), "litellm "+unseen, "exit 137")
		p.says(p.is("redis", "stopped"), "redis stopped by hand")
		p.says(p.is(aboutWatch, "gap"), "postgresql ended with exit 1", "grafana stopped", "n8n restarted")
		if got := p.is("kuma", "stopped"); got.Severity != ops.Critical {
			t.Errorf("%+v", got)
		}
		p.do("kuma started")
		if over := p.was("kuma", "stopped"); over != "kuma runs again" {
			t.Error(over)
		}
	})
}

// TestWatchSlowShutdown: an engine that takes long to end all containers says so of each, and refuses whoever asks for more.
func TestWatchSlowShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, h := watchHostile(t, false)
		h.mu.Lock()
		h.closed = true
		h.mu.Unlock()
		p.do("n8n stopped")
		p.wait(10 * time.Second)
		p.do("grafana stopped")
		p.wait(50 * time.Second)
		p.do("redis stopped")
		p.well("watch:docker blind")
		p.do("engine gone")
		h.mu.Lock()
		h.closed = false
		h.mu.Unlock()
		p.wait(20 * time.Second)
		p.do("n8n started", "redis started", "engine forgets", "engine back")
		p.wait(time.Minute)
		p.well("container:grafana stopped", "watch:docker gap")
		p.says(p.is("grafana", "stopped"), unseen)
		p.quiet("container:grafana stopped", "watch:docker blind", "watch:docker gap")
	})
}

// TestWatchCrash: an engine that was killed ends, when it is back, what still runs, and remembers that. It is not somebody's
// doing, also for a bot that was started meanwhile, and later on.
func TestWatchCrash(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := watchWorld(t, watched)
			p.do("engine gone")
			p.do("grafana restarted")
			p.wait(40 * time.Second)
			p.do("n8n stopped")
			if restarts {
				p.stop()
				p.start()
			}
			p.do("engine back")
			p.wait(time.Minute)
			p.says(p.is("n8n", "stopped"), "n8n "+unseen)
			p.well("container:n8n stopped", "watch:docker gap")
			p.stop()
			p.wait(time.Minute)
			p.start() // the engine's newest event is told again: it is that stop
			p.wait(time.Minute)
			p.says(p.is("n8n", "stopped"), "n8n "+unseen)
			p.do("n8n started")
			p.wait(time.Hour)
			p.do("n8n stopped")
			p.says(p.is("n8n", "stopped"), "n8n stopped by hand")
		})
	}
}

// TestWatchStopBeforeDrop: a stream that drops right after somebody stopped a container does not hide who did.
func TestWatchStopBeforeDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		p.do("n8n stopped")
		p.wait(5 * time.Second)
		p.do("grafana exited 1", "stream drops")
		if over := p.was("n8n", "stopped"); over != "it is not known right now whether n8n runs" {
			t.Error(over)
		}
		p.wait(2 * time.Second)
		p.well("container:grafana died", "container:n8n stopped")
		p.says(p.is("n8n", "stopped"), "n8n stopped by hand")
	})
}

// TestWatchDyingCheck: a health check that fails because its container is being ended is not told; one that goes on failing is.
func TestWatchDyingCheck(t *testing.T) {
	for after, sick := range map[time.Duration]bool{100 * time.Millisecond: false, time.Minute: true} {
		synctest.Test(t, func(t *testing.T) {
			f := fake(t)
			var told []ops.Trouble
			l := watcher{f.Stack(), WatchOptions{Every: time.Minute, Restarts: 3, Window: time.Minute}}.lookout(func(s ops.Sighting) { told = s.Troubles })
			if err := l.lookAtAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			told = nil
			d := look(t, f, "javisi_postgresql")
			for _, e := range []Event{{Kind: "kill", Signal: "15"}, {Kind: "health", Health: "unhealthy"}} {
				time.Sleep(after)
				e.At, e.ID, e.Container, e.Service, e.Project = time.Now(), d.ID, d.Name, d.Service, d.Project
				l.heed(e)
			}
			if got := len(told) > 0 && told[0].Kind == "unhealthy"; got != sick {
				t.Errorf("after %s it was told %+v", after, told)
			}
		})
	}
}

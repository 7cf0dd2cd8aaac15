package docker

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// TestWatchWhatChanged: a trouble right after a change says so.
func TestWatchWhatChanged(t *testing.T) {
	for _, test := range []struct{ do, says string }{
		{"n8n image=n8nio/n8n:2", "right after its image changed (1 → 2), 4 min before"},
		{"n8n changed", "right after its settings changed, 4 min before"},
		{"n8n stays healthy", "right after it was made anew, 4 min before"},
	} {
		t.Run(test.do, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := watchWorld(t, watched+"image n8nio/n8n:2\n")
				p.wait(time.Hour)
				p.do(test.do)
				if err := p.fake.Compose().Up(t.Context(), "/opt/javisi/docker-compose.yml", []string{"n8n"}, true, nil); err != nil {
					t.Fatal(err)
				}
				p.wait(4 * time.Minute)
				p.quiet()
				p.do("n8n becomes unhealthy")
				p.wait(time.Second)
				p.says(p.is("n8n", "unhealthy"), test.says)
				p.do("n8n becomes healthy")
				p.wait(27 * time.Minute)
				p.do("n8n becomes unhealthy")
				if got := text(p.is("n8n", "unhealthy")); strings.Contains(got, "right after") {
					t.Errorf("that was long ago: %s", got)
				}
			})
		})
	}
}

// TestWatchNeeds: what a trouble needs is there for whoever looks for its cause, and what was started anew just before is said.
func TestWatchNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		p.wait(time.Hour)
		p.do("postgresql restarted")
		p.wait(70 * time.Second)
		p.do("n8n becomes unhealthy", "redis stopped")
		n8n := p.is("n8n", "unhealthy")
		if want := []string{"container:postgresql", "container:redis", "container:n8n-init"}; !sameSet(n8n.Needs, want) {
			t.Errorf("it needs %q", n8n.Needs)
		}
		if !slices.Equal(n8n.Locks, []string{"container:javisi_n8n"}) || n8n.Offers[0].Ask.Args["service"] != "n8n" {
			t.Errorf("locks %q, offers %+v", n8n.Locks, n8n.Offers[0].Ask)
		}
		p.says(n8n, "postgresql, which it needs, was started anew 1 min 10 s before")
		if redis := p.is("redis", "stopped"); redis.Needs != nil || redis.Wait == 0 {
			t.Errorf("redis: %+v", redis)
		}
	})
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestWatchLoop: a crash loop is over when it has run for minutes, not when it runs.
func TestWatchLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		p.do("n8n exits 1", "n8n restarted")
		p.wait(5 * time.Second)
		p.is("n8n", "died")
		p.wait(20 * time.Second)
		p.well("container:n8n loop")
		loop := p.is("n8n", "loop")
		if loop.Wait != 0 || loop.Severity != ops.Critical {
			t.Errorf("%+v", loop)
		}
		p.wait(5 * time.Minute)
		p.says(p.is("n8n", "loop"), "ended 33 times in 5 min 20 s")
		do(t, p.fake, "n8n stays up") // it runs at last, and nobody touched it
		p.wait(2 * time.Minute)
		p.is("n8n", "loop")
		p.wait(3 * time.Minute)
		p.well()
		if over := p.was("n8n", "loop"); over != "n8n has run for 3 min without a restart" {
			t.Error(over)
		}
	})
}

// TestWatchOptions: how many ends make a loop can be chosen.
func TestWatchOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, watched)
		p.o = WatchOptions{Restarts: 10, Window: 5 * time.Minute, Every: 10 * time.Second}
		p.start()
		p.wait(time.Second)
		p.do("n8n exits 1", "n8n restarted")
		p.wait(80 * time.Second)
		p.is("n8n", "died")
		p.wait(20 * time.Second)
		p.is("n8n", "loop")
	})
}

// TestWatchEnvFile: an env file that is newer than its container is told of, until the container is made anew.
func TestWatchEnvFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := filepath.Join(t.TempDir(), "n8n.env")
		if err := os.WriteFile(env, []byte("KEY=hunter2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		old, now := time.Now().Add(-30*24*time.Hour), time.Now()
		if err := os.Chtimes(env, old, old); err != nil {
			t.Fatal(err)
		}
		p := watchWorld(t, watched+"kuma running healthy up=2d envfile="+env+"\n")
		p.well()
		if err := os.Chtimes(env, now, now); err != nil {
			t.Fatal(err)
		}
		p.wait(time.Minute)
		stale := p.is("kuma", "stale-env")
		p.says(stale, "kuma runs with an old env file", "[Recreate kuma]\n[Why?]")
		if stale.Severity != ops.Notice || stale.Wait != 5*time.Minute {
			t.Errorf("%+v", stale)
		}
		p.wait(time.Minute)
		p.do("kuma replaced")
		p.wait(time.Minute)
		p.well()
	})
}

// TestWatchStopSignals: engines say that a stop was asked for after the end, and what they send first may be any signal.
func TestWatchStopSignals(t *testing.T) {
	for name, test := range map[string]struct {
		signal string
		stop   bool
		exit   int
		kind   string
	}{
		"term":                     {"15", true, 0, "stopped"},
		"apache stops by winch":    {"28", true, 0, "stopped"},
		"nginx stops by quit":      {"3", true, 0, "stopped"},
		"killed":                   {"9", false, 137, "stopped"},
		"reads its settings, dies": {"1", false, 2, "died"},
		"dies":                     {"", false, 137, "died"},
		"segfault":                 {"", false, 139, "died"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := fake(t)
				var told []ops.Trouble
				l := watcher{f.Stack(), WatchOptions{Every: time.Minute, Restarts: 3, Window: time.Minute}}.lookout(func(s ops.Sighting) { told = s.Troubles })
				if err := l.lookAtAll(t.Context()); err != nil {
					t.Fatal(err)
				}
				d := look(t, f, "javisi_postgresql")
				say := func(e Event) {
					time.Sleep(time.Second)
					e.At, e.ID, e.Container, e.Service, e.Project = time.Now(), d.ID, d.Name, d.Service, d.Project
					l.heed(e)
				}
				if test.signal != "" {
					say(Event{Kind: "kill", Signal: test.signal})
				}
				say(Event{Kind: "die", ExitCode: test.exit})
				if test.stop {
					say(Event{Kind: "stop"})
				}
				if len(told) == 0 || told[0].Kind != test.kind || told[0].Over {
					t.Errorf("told %+v", told)
				}
			})
		})
	}
}

// TestWatchUnreadableFiles: while the compose files cannot be read, what they said before holds.
func TestWatchUnreadableFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, watched)
		files := &tornFiles{Compose: p.fake.Compose()}
		p.stack.Compose = files
		p.start()
		p.wait(time.Second)
		files.torn.Store(true)
		p.wait(time.Minute)
		p.says(p.is(aboutWatch, "files"), "cannot be read", "line 3 is no YAML")
		p.do("n8n removed")
		p.wait(time.Minute)
		p.is("n8n", "missing")
		files.torn.Store(false)
		p.wait(time.Minute)
		p.well("container:n8n missing")
	})
}

type tornFiles struct {
	Compose
	torn atomic.Bool
}

func (f *tornFiles) Files(ctx context.Context) ([]File, error) {
	if f.torn.Load() {
		return nil, ops.Fail(ops.Invalid, ops.T("line 3 is no YAML", "la ligne 3 n’est pas du YAML"), nil)
	}
	return f.Compose.Files(ctx)
}

// TestWatchOthers: what belongs to another project, or was made by `compose run`, is not ours.
func TestWatchOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched+"theirs running project=other policy=no\ncontainer loose running image=x policy=no\n")
		p.do("theirs exited 1", "loose exited 1")
		p.wait(2 * time.Minute)
		p.well()
		p.quiet()
	})
}

// TestWatchWholeHost: without a project every container counts; one that somebody stops is nobody's trouble, one that dies is.
func TestWatchWholeHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, "container loose running image=x policy=no\ncontainer spare running image=x policy=no\ncontainer job running image=x policy=no\n")
		p.stack.Project, p.stack.Compose = "", nil
		p.start()
		p.wait(time.Second)
		p.do("loose exited 1", "spare killed", "job exited 0")
		p.wait(2 * time.Minute)
		p.well("container:loose died")
		if got := p.is("loose", "died"); got.Severity != ops.Warning || !slices.Equal(got.Locks, []string{"container:loose"}) {
			t.Errorf("%+v", got)
		}
	})
}

// TestWatchStorm: fifty containers that go down at once are told of one by one, at once, and looked at a few at a time.
func TestWatchStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var world strings.Builder
		var changes []string
		for i := range 50 {
			name := "app" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			world.WriteString(name + " running healthy up=2d\n")
			changes = append(changes, name+` logs "panic: lost the database"`, name+" exited 1")
		}
		p := watchWorld(t, world.String())
		p.do(changes...)
		if n := len(p.list()); n != 50 {
			t.Errorf("%d are told of", n)
		}
		p.wait(time.Second)
		p.says(p.is("appax", "died"), "> panic: lost the database")
		if p.told > 200 {
			t.Errorf("it spoke %d times", p.told)
		}
	})
}

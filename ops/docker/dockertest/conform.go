// Package dockertest holds what the fake Docker and the real one both pass, and a laboratory with a real
// engine, real Compose and a socket proxy for the tests that need them.
package dockertest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
)

// A Setup is the world that the suite works in. The infra file has db; the apps file has web (with a health
// check and the variable COLOUR), loop (ends with 1 again and again), hog (is killed for its memory), job (ends with 0),
// chatty (says [Chatter] and ends), slow (takes two seconds to stop) and, in the profile extra, opt.
type Setup struct {
	Host    docker.Host
	Compose docker.Compose
	Project string // containers are PROJECT_service
	Infra   string // the files
	Apps    string
	// Change does one of: «web becomes unhealthy», «web becomes healthy», «web changed env=COLOUR,SHADE».
	Change func(t *testing.T, what string)
}

func (s Setup) name(service string) string { return s.Project + "_" + service }

// Secret is the value of web's COLOUR: no answer may ever hold it.
const Secret = "ultramarine-4711"

// Chatter is what chatty says before it ends, raw.
const Chatter = "plain one\n\x1b[31mred\x1b[0m alert\n<b>bold</b> & co\nprogress 1%\rprogress 100%\nemoji 🚀 é\nno newline"

// chatter is how it must be read.
var chatter = []string{"plain one", "red alert", "<b>bold</b> & co", "progress 100%", "emoji 🚀 é", "no newline"}

// World is the suite's world for [docker.NewFake].
const World = `
project fake
db      running healthy phase=infra
web     running healthy env=COLOUR
loop    restarting 1 restarts=3 exits=1
hog     exited 137 oom policy=no
job     exited 0 oneshot
chatty  exited 0 policy=no log="plain one\n\x1b[31mred\x1b[0m alert\n<b>bold</b> & co\nprogress 1%\rprogress 100%\nemoji 🚀 é\nno newline"
slow    running hang
service opt off profile=extra
`

// Conform runs the suite on what setup makes; in runs each test in its surroundings, such as a bubble.
func Conform(t *testing.T, setup func(*testing.T) Setup, in func(*testing.T, func(*testing.T))) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Setup)
	}{
		{"list", list}, {"inspect", inspect}, {"health", health}, {"restart", restart}, {"stop and start", stopStart},
		{"crash loop", crashLoop}, {"out of memory", outOfMemory}, {"one-shot", oneShot},
		{"logs", logs}, {"log times", logTimes}, {"follow", follow}, {"stats", stats}, {"images", images},
		{"unknown names", unknownNames}, {"ended contexts", endedContexts}, {"cut short", cutShort},
		{"events", events}, {"events of a crash loop", eventsOfLoop}, {"events of a recreate", eventsOfRecreate},
		{"files", files}, {"up and down of one file", upDown}, {"recreate", recreate}, {"compose stop", composeStop},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(t *testing.T) { test.run(t, setup(t)) })
		})
	}
}

func list(t *testing.T, s Setup) {
	s.healthy(t, "web")
	c, _ := s.row(t, "web")
	if c.Service != "web" || c.Project != s.Project || c.State != "running" || c.File != s.Apps || c.ExitCode != -1 || c.Since == "" || c.Created.IsZero() || len(c.ID) != 64 || !strings.HasPrefix(c.ImageID, "sha256:") || c.OneOff {
		t.Errorf("web is listed as %+v", c)
	}
	if c, _ := s.row(t, "db"); c.File != s.Infra {
		t.Errorf("db comes from %s, want %s", c.File, s.Infra)
	}
	if _, there := s.row(t, "opt"); there {
		t.Error("opt has a container, and nobody asked for its profile")
	}
	all := must[[]docker.Container](t)(s.Host.List(t.Context()))
	if !slices.IsSortedFunc(all, func(a, b docker.Container) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the list is not in the order of names")
	}
}

func inspect(t *testing.T, s Setup) {
	s.healthy(t, "web")
	d := s.inspect(t, "web")
	if d.Name != s.name("web") || d.Service != "web" || d.State != "running" || d.Health != "healthy" || d.ExitCode != -1 ||
		d.Policy != "unless-stopped" || len(d.HealthTest) == 0 || d.HealthEvery <= 0 || d.Grace <= 0 || d.Started.IsZero() || len(d.Networks) != 1 || d.ConfigHash == "" {
		t.Errorf("web is %+v", d)
	}
	if !slices.Contains(d.Env, "COLOUR") || slices.ContainsFunc(d.Env, func(e string) bool { return strings.Contains(e, "=") }) {
		t.Errorf("the environment's names are %q", d.Env)
	}
	whole, err := json.Marshal(d)
	ok(t, err)
	if strings.Contains(string(whole), Secret) {
		t.Error("the value of a variable got out")
	}
	for _, id := range []string{d.ID, d.ID[:12]} {
		if again := must[docker.Detail](t)(s.Host.Inspect(t.Context(), id)); again.Name != d.Name {
			t.Errorf("%s is %s", id, again.Name)
		}
	}
	_, err = s.Host.Inspect(t.Context(), d.ID[:3])
	wants(t, err, ops.NotFound) // a few letters could be anybody's
	in := must[docker.Info](t)(s.Host.Info(t.Context()))
	if in.Version == "" || in.API == "" || in.CPUs == 0 || in.Memory == 0 || in.Containers == 0 || in.Proxy {
		t.Errorf("the engine is %+v", in)
	}
}

func health(t *testing.T, s Setup) {
	s.healthy(t, "web")
	s.Change(t, "web becomes unhealthy")
	Until(t, "web unhealthy", func() bool { c, _ := s.row(t, "web"); return c.Health == "unhealthy" })
	d := s.inspect(t, "web")
	if d.Health != "unhealthy" || d.Streak == 0 || len(d.HealthLog) == 0 || d.HealthLog[len(d.HealthLog)-1].Exit == 0 || d.HealthLog[0].At.IsZero() {
		t.Errorf("unhealthy web is %+v", d)
	}
	s.Change(t, "web becomes healthy")
	s.healthy(t, "web")
	ok(t, s.Host.Stop(t.Context(), s.name("web")))
	if c, _ := s.row(t, "web"); c.Health != "" {
		t.Errorf("a stopped container is listed as %s", c.Health)
	}
	if d := s.inspect(t, "web"); d.Health != "" {
		t.Errorf("a stopped container is %s", d.Health)
	}
}

func restart(t *testing.T, s Setup) {
	s.healthy(t, "web")
	before := s.inspect(t, "web")
	ok(t, s.Host.Restart(t.Context(), s.name("web")))
	after := s.inspect(t, "web")
	if after.ID != before.ID || !after.Started.After(before.Started) || after.State != "running" || after.Restarts != before.Restarts {
		t.Errorf("restarted from %+v to %+v", before, after)
	}
	if after.Health != "starting" && after.Health != "healthy" {
		t.Errorf("just restarted it is %q", after.Health)
	}
	s.healthy(t, "web")
}

func stopStart(t *testing.T, s Setup) {
	s.healthy(t, "web")
	ok(t, s.Host.Stop(t.Context(), s.name("web")))
	if c, _ := s.row(t, "web"); c.State != "exited" || c.ExitCode != 0 {
		t.Errorf("stopped web is listed as %+v", c)
	}
	if d := s.inspect(t, "web"); d.State != "exited" || d.ExitCode != 0 || d.Finished.IsZero() {
		t.Errorf("stopped web is %+v", d)
	}
	ok(t, s.Host.Stop(t.Context(), s.name("web"))) // there is nothing to stop: fine
	ok(t, s.Host.Start(t.Context(), s.name("web")))
	ok(t, s.Host.Start(t.Context(), s.name("web")))
	if d := s.inspect(t, "web"); d.State != "running" {
		t.Errorf("started web is %+v", d)
	}
	s.healthy(t, "web")
}

func crashLoop(t *testing.T, s Setup) {
	Until(t, "loop is restarting", func() bool {
		c, _ := s.row(t, "loop")
		return c.State == "restarting" && c.ExitCode == 1 && c.Health == ""
	})
	Until(t, "the engine counts", func() bool { return s.inspect(t, "loop").Restarts >= 2 })
}

func outOfMemory(t *testing.T, s Setup) {
	Until(t, "hog is killed", func() bool { c, _ := s.row(t, "hog"); return c.State == "exited" && c.ExitCode == 137 })
	Until(t, "the engine flags it", func() bool { d := s.inspect(t, "hog"); return d.OOM && d.ExitCode == 137 })
}

func oneShot(t *testing.T, s Setup) {
	Until(t, "job ends", func() bool { c, _ := s.row(t, "job"); return c.State == "exited" && c.ExitCode == 0 })
	if d := s.inspect(t, "job"); d.OOM || d.Restarts != 0 || d.Policy != "no" {
		t.Errorf("job is %+v", d)
	}
}

func unknownNames(t *testing.T, s Setup) {
	ctx := t.Context()
	for _, nobody := range []string{s.name("nobody"), "", "-f", "../x", "a b", s.name("we")} {
		_, err := s.Host.Inspect(ctx, nobody)
		wants(t, err, ops.NotFound, ops.Invalid)
		_, err = s.Host.Logs(ctx, nobody, docker.LogQuery{})
		wants(t, err, ops.NotFound, ops.Invalid)
		wants(t, s.Host.Restart(ctx, nobody), ops.NotFound, ops.Invalid)
		wants(t, s.Host.Stop(ctx, nobody), ops.NotFound, ops.Invalid)
		wants(t, s.Host.Start(ctx, nobody), ops.NotFound, ops.Invalid)
		wants(t, s.Host.Follow(ctx, nobody, time.Time{}, func(docker.Line) {}), ops.NotFound, ops.Invalid)
	}
	_, err := s.Host.Image(ctx, "nobody/has:this")
	wants(t, err, ops.NotFound)
	wants(t, s.Host.Tag(ctx, "nobody/has:this", "vgt/copy:1"), ops.NotFound)
	if got := must[map[string]docker.Usage](t)(s.Host.Stats(ctx, s.name("nobody"))); len(got) != 0 {
		t.Errorf("measured %v", got)
	}
	for _, part := range []docker.Part{docker.Containers, docker.Volumes, "everything"} {
		_, err := s.Host.Prune(ctx, part, nil)
		wants(t, err, ops.Invalid)
	}
}

func endedContexts(t *testing.T, s Setup) {
	s.healthy(t, "web")
	before := s.inspect(t, "web")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Host.List(ctx)
	wants(t, err, ops.Unavailable)
	_, err = s.Host.Inspect(ctx, s.name("web"))
	wants(t, err, ops.Unavailable)
	_, err = s.Host.Stats(ctx, s.name("web"))
	wants(t, err, ops.Unavailable)
	wants(t, s.Host.Restart(ctx, s.name("web")), ops.Unavailable)
	wants(t, s.Host.Stop(ctx, s.name("web")), ops.Unavailable)
	wants(t, s.Compose.Up(ctx, s.Apps, []string{"web"}, true, nil), ops.Unavailable)
	wants(t, s.Compose.Down(ctx, s.Apps, nil), ops.Unavailable)
	if after := s.inspect(t, "web"); after.ID != before.ID || !after.Started.Equal(before.Started) || after.State != "running" {
		t.Errorf("asked by nobody, web went from %+v to %+v", before, after)
	}
}

// cutShort gives up waiting while the engine works on.
func cutShort(t *testing.T, s Setup) {
	before := s.inspect(t, "slow")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Host.Restart(ctx, s.name("slow")); err != nil {
		wants(t, err, ops.Unknown)
	} else if after := s.inspect(t, "slow"); !after.Started.After(before.Started) {
		t.Error("said to be restarted, and it is not")
	}
	Until(t, "slow restarted", func() bool {
		d := s.inspect(t, "slow")
		return d.Started.After(before.Started) && d.State == "running"
	})
}

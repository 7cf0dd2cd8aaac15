package chattest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"vigie/bot/chattest"
	"vigie/commands"
	"vigie/ops"
	"vigie/ops/assets"
	"vigie/ops/docker"
	"vigie/ops/postgres"
)

// worlds make what else a transcript's world has, by how its lines begin: «qdrant: …».
var worlds = map[string]func(t *testing.T, lines string) ops.Bound{"qdrant": openQdrant, "litellm": openLiteLLM, "hosts": openHosts,
	"assets": func(t *testing.T, lines string) ops.Bound { return assets.Bind(openAssets(t, lines)) }}

// A stack is the fake engine of a transcript, and the fake server of databases in it, if its world has lines «postgres: …».
type stack struct {
	*docker.Fake
	databases *postgres.Fake
	more      []ops.Bound // what else its world has
	ai        *ai
	studio    *programs // nil if its world has no line «comfyui: …»
	telemetry *telemetry
	pipeline  *pipeline   // nil if its world has no line «creative: …»
	far       *studioHost // nil if its world has no line «studio: …»
}

func (s stack) Change(change string) error {
	if system, what, ok := strings.Cut(change, ": "); ok && (system == "n8n" || system == "openclaw") {
		return s.ai.do(system, what)
	} else if ok && slices.Contains(telemetries, system) {
		return s.telemetry.do(system, what)
	}
	if what, ok := strings.CutPrefix(change, "postgres: "); ok {
		if s.databases == nil {
			return errors.New("this world has no postgres")
		}
		return s.databases.Do(what)
	}
	if what, ok := strings.CutPrefix(change, "comfyui: "); ok && s.studio != nil {
		return s.studio.do(what)
	}
	if what, ok := strings.CutPrefix(change, "creative: "); ok && s.pipeline != nil {
		return s.pipeline.do(what)
	}
	if what, ok := strings.CutPrefix(change, "studio: "); ok && s.far != nil {
		return s.far.do(what)
	}
	return s.Do(strings.TrimPrefix(change, "docker: "))
}

func (s stack) Calls() []string {
	calls := s.Fake.Calls()
	if s.databases != nil {
		for _, c := range s.databases.Calls() {
			calls = append(calls, "postgres: "+c)
		}
	}
	if s.studio != nil {
		calls = append(calls, s.studio.calls()...)
	}
	if s.pipeline != nil {
		calls = append(calls, s.pipeline.calls()...)
	}
	if s.far != nil {
		for _, c := range s.far.engine.Calls() {
			calls = append(calls, "studio: "+c)
		}
	}
	return append(calls, s.ai.calls()...)
}

// open makes a stack of a world, and what operates it.
func open(t *testing.T, world string) (stack, chattest.Systems) {
	var engine, server strings.Builder
	var draws *programs
	var orders *pipeline
	var far []string
	others, services, figures := map[string]*strings.Builder{}, &ai{dir: t.TempDir()}, &telemetry{}
	for line := range strings.Lines(world) {
		if what, ok := strings.CutPrefix(line, "postgres: "); ok {
			server.WriteString(what)
		} else if what, ok := strings.CutPrefix(line, "comfyui: "); ok {
			draws = openPrograms(t, what)
		} else if what, ok := strings.CutPrefix(line, "creative: "); ok {
			orders = openPipeline(t, what)
		} else if what, ok := strings.CutPrefix(line, "studio: "); ok {
			far = append(far, strings.TrimSpace(what))
		} else if system, what, ok := strings.Cut(line, ": "); ok && worlds[system] != nil {
			if others[system] == nil {
				others[system] = &strings.Builder{}
			}
			others[system].WriteString(what)
		} else if ok && (system == "n8n" || system == "openclaw") {
			if err := services.do(system, what); err != nil {
				t.Fatal(err)
			}
		} else if ok && slices.Contains(telemetries, system) {
			if err := figures.do(system, strings.TrimSpace(what)); err != nil {
				t.Fatal(err)
			}
		} else {
			engine.WriteString(line)
		}
	}
	fake, err := docker.NewFake(engine.String())
	if err != nil {
		t.Fatal(err)
	}
	s := stack{Fake: fake, ai: services, studio: draws, telemetry: figures, pipeline: orders}
	if len(far) > 0 {
		s.far = openStudioHost(t, far)
	}
	if server.Len() > 0 {
		if s.databases, err = postgres.NewFake(server.String()); err != nil {
			t.Fatal(err)
		}
	}
	for system, lines := range others {
		s.more = append(s.more, worlds[system](t, lines.String()))
	}
	return s, s.systems
}

func (s stack) systems() chattest.System {
	d := &docker.Stack{Host: s.Fake, Compose: s.Fake.Compose(), Project: "javisi"}
	sys := chattest.System{Bound: []ops.Bound{docker.Bind(d)}, Watchers: []ops.Watcher{d.Watcher(docker.WatchOptions{})}, Subjects: d.Subjects,
		Desk: func(desk *commands.Desk) { d.Beyond = desk },
		Protected: func(what string) (ops.Text, bool) {
			return ops.T("I reach Docker through that proxy: stopped, I could not start it again",
				"je passe par ce proxy pour atteindre Docker : arrêté, je ne pourrais plus le relancer"), what == "container:javisi_socket_proxy"
		},
		Locks: func(subject string) []string {
			return []string{strings.Replace(subject, "container:", "container:javisi_", 1)}
		}}
	if s.databases != nil {
		sys.Bound = append(sys.Bound, postgres.Bind(s.databases.System(postgres.Options{Name: "postgresql", Apps: apps{d},
			Databases: map[string]postgres.Known{"n8n": {Apps: []string{"n8n"}, Probe: "SELECT count(*) FROM workflow_entity"}}})))
	}
	sys.Bound = append(sys.Bound, s.more...)
	bound, watchers := s.ai.systems(d)
	sys.Bound, sys.Watchers = append(sys.Bound, bound...), append(sys.Watchers, watchers...)
	bound, watchers, err := s.telemetry.systems()
	if err != nil {
		panic(err) // the test's own mistake
	}
	sys.Bound, sys.Watchers = append(sys.Bound, bound...), append(sys.Watchers, watchers...)
	if s.studio != nil {
		bound, watchers := s.studio.systems(s.far)
		sys.Bound, sys.Watchers = append(sys.Bound, bound...), append(sys.Watchers, watchers...)
	}
	if s.pipeline != nil {
		sys.Bound = append(sys.Bound, s.pipeline.bound())
	}
	return sys
}

// apps stops and starts services as docker does.
type apps struct{ *docker.Stack }

func (a apps) Pausing(ctx context.Context, services []string) (postgres.Pause, error) {
	p, err := a.Stack.Pausing(ctx, services)
	return postgres.Pause(p), err
}

func TestTranscripts(t *testing.T) {
	startDatabases(t)
	chattest.Run(t, "testdata/*.txtar", func(t *testing.T, world string) (chattest.World, chattest.Systems) { return open(t, world) })
}

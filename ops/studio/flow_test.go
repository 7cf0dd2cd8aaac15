package studio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/opstest"
	"vigie/ops/studio"
	"vigie/ops/studio/studiotest"
)

const world = `project creative
comfyui running healthy up=3h mem=1200M/2048M image=comfy:1
remotion running healthy built up=3h mem=410M/1536M image=creative-remotion
`

// A bench is a studio on a fake engine, with a machine and a program that can be told what to do.
type bench struct {
	*docker.Fake
	network *studiotest.Network
	system  *studio.System

	boot     string
	reads    int
	restarts int                  // the machine is another one from this reading on; 0 is never
	validate func() (int, string) // nil: it is right
	unit     studio.Unit
	api      api
	kept     map[string]json.RawMessage
}

type api struct {
	err    error
	jobs   func() int // nil is none
	hidden bool       // its jobs cannot be seen
}

func (a *api) Answers(context.Context) (ops.Text, error) { return ops.Raw("it answers"), a.err }
func (a *api) Jobs(context.Context) (int, int, error) {
	switch {
	case a.hidden:
		return 0, 0, fmt.Errorf("no")
	case a.jobs == nil:
		return 0, 0, nil
	}
	return a.jobs(), 0, nil
}

func (b *bench) Read(context.Context) (studio.Reading, error) {
	b.reads++
	boot := b.boot
	if b.restarts > 0 && b.reads >= b.restarts {
		boot = "another-boot"
	}
	return studio.Reading{Boot: boot, Uptime: time.Hour, Memory: 16 << 30, Available: 9 << 30, Disks: []studio.Disk{{Mount: "/", Used: 41, Avail: 70e9}}}, nil
}

func (b *bench) Unit(context.Context, string) studio.Unit { return b.unit }
func (b *bench) RestartUnit(context.Context, string) error {
	b.unit.Invocation += "1"
	return nil
}
func (b *bench) ProveUnit(_ context.Context, _, was string) error {
	if b.unit.Invocation == was {
		return ops.Fail(ops.Failed, ops.Raw("not started anew"), nil)
	}
	return nil
}
func (b *bench) UnitLock(unit string) string { return "unit:pi:" + unit }
func (b *bench) Run(context.Context, []string) (int, string, error) {
	if b.validate == nil {
		return 0, "Valid configuration", nil
	}
	exit, said := b.validate()
	return exit, said, nil
}

func (b *bench) Load(_ context.Context, id string) (json.RawMessage, error) { return b.kept[id], nil }
func (b *bench) Save(_ context.Context, id string, body json.RawMessage) error {
	b.kept[id] = body
	return nil
}

type containers struct{ *docker.Stack }

func (c containers) Look(ctx context.Context, measured bool) ([]studio.Service, error) {
	seen, err := c.Stack.Look(ctx, measured)
	list := make([]studio.Service, len(seen))
	for i, o := range seen {
		list[i] = studio.Service(o)
	}
	return list, err
}

func (c containers) Prove(ctx context.Context, rising []studio.Rising) error {
	list := make([]docker.Rising, len(rising))
	for i, r := range rising {
		list[i] = docker.Rising(r)
	}
	return c.Stack.Prove(ctx, list)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	fake, err := docker.NewFake(world)
	if err != nil {
		t.Fatal(err)
	}
	network, err := studiotest.New(61*24*time.Hour, "studio.example.org")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Fake: fake, network: network, boot: "this-boot", kept: map[string]json.RawMessage{}, unit: studio.Unit{Name: "caddy.service", State: "active", Sub: "running", Invocation: "1"}}
	b.system, err = studio.New(studio.Options{Host: "pi", Containers: containers{fake.Stack()}, Machine: b, Kept: b, Programs: []studio.Program{{Service: "comfyui", API: &b.api}},
		Dial: network.Dial, Roots: network.Roots, Proxy: studio.Proxy{Unit: "caddy.service", Validate: []string{"/usr/bin/caddy", "validate"}, Names: []string{"studio.example.org"}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// do asks for an op as ann would, lets between happen, says yes, and returns how it ended.
func (b *bench) do(t *testing.T, op string, between func(), pairs ...string) ops.Run {
	t.Helper()
	w := opstest.Open(t, studio.Bind(b.system))
	_, r, err := w.Ask(op, pairs...)
	if err != nil || r == nil {
		t.Fatalf("asking for %s: %v", op, err)
	}
	if between != nil {
		between()
	}
	return w.Yes(r.ID)
}

// in runs a test in a bubble, where an update's quarter of an hour takes no time.
func in(t *testing.T, do func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) { do(t, newBench(t)) })
}

func changed(b *bench) string { return strings.Join(b.Calls(), "; ") }

func TestNothingIsDoneOnAMachineThatRestarted(t *testing.T) {
	for _, c := range []struct {
		op    string
		reads int // 1 is the plan, 2 the plan anew, 3 the first step
		state ops.RunState
	}{
		{"studio.down", 2, ops.Outdated}, {"studio.down", 3, ops.Broke}, {"studio.restart", 3, ops.Broke}, {"studio.update", 2, ops.Outdated}, {"studio.update", 3, ops.Broke},
	} {
		t.Run(fmt.Sprint(c.op, c.reads), func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				b.restarts = c.reads
				r := b.do(t, c.op, nil)
				if r.State != c.state || c.state == ops.Broke && !strings.Contains(ops.Unmark(r.Why.En), "pi restarted meanwhile") {
					t.Errorf("it is %s: %s", r.State, ops.Unmark(r.Why.En))
				}
				for _, verb := range []string{"restart", "compose-stop", "build", "compose-pull", "--recreate"} {
					if strings.Contains(changed(b), verb) {
						t.Errorf("it did: %s", changed(b))
					}
				}
			})
		})
	}
}

// A restart of the machine between two steps of an update: what was built stays unused, and the references mean the old images again.
func TestUpdateOnAMachineThatRestartsMeanwhile(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		if err := b.Do("new image for remotion"); err != nil {
			t.Fatal(err)
		}
		old, err := b.Image(t.Context(), "creative-remotion")
		if err != nil {
			t.Fatal(err)
		}
		b.restarts = 4 // before they are made anew
		r := b.do(t, "studio.update", nil, "service", "remotion")
		now, err := b.Image(t.Context(), "creative-remotion")
		if r.State != ops.Broke || err != nil || now.ID != old.ID {
			t.Errorf("it is %s (%s); its name means %s and meant %s; %s", r.State, r.Why.En, now.ID, old.ID, changed(b))
		}
	})
}

func TestJobsThatBeginMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name  string
		op    string
		asks  int // from this question on there is a job: 1 is the plan, 2 the plan anew, 3 the step
		state ops.RunState
	}{
		{"there is one already", "studio.down", 1, ops.Succeeded}, {"between plan and yes", "studio.down", 2, ops.Outdated}, {"between yes and step", "studio.down", 3, ops.Broke},
		{"restart, between yes and step", "studio.restart", 3, ops.Broke}, {"never", "studio.down", 99, ops.Succeeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				asked := 0
				b.api.jobs = func() int {
					if asked++; asked >= c.asks {
						return 1
					}
					return 0
				}
				r := b.do(t, c.op, nil, "service", "comfyui")
				touched := strings.Contains(changed(b), "compose-stop") || strings.Contains(changed(b), "restart creative_comfyui")
				if r.State != c.state || touched != (c.state == ops.Succeeded) {
					t.Errorf("it is %s: %s; %s", r.State, ops.Unmark(r.Why.En), changed(b))
				}
				if c.asks == 1 && !strings.Contains(fmt.Sprint(r.Plan.Costs), "lost for good") {
					t.Errorf("what is lost is not told: %v", r.Plan.Costs)
				}
			})
		})
	}
	in(t, func(t *testing.T, b *bench) {
		b.api.hidden = true
		if r := b.do(t, "studio.down", nil); r.State != ops.Succeeded || !strings.Contains(fmt.Sprint(r.Plan.Costs), "does not say what it is doing") {
			t.Errorf("jobs that cannot be seen: %s, %v", r.State, r.Plan.Costs)
		}
	})
}

// What an answer of the engine does not come back for is unknown, and is not asked again.
func TestLostAnswers(t *testing.T) {
	for op, fate := range map[string]string{"studio.down": "next compose-stop is lost", "studio.restart": "next restart is lost", "studio.update": "next build is lost"} {
		t.Run(op, func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				if err := b.Do(fate); err != nil {
					t.Fatal(err)
				}
				r := b.do(t, op, nil)
				verb := map[string]string{"studio.down": "compose-stop", "studio.restart": "restart", "studio.update": "build"}[op]
				if r.State != ops.Uncertain || strings.Count(changed(b), verb+" ") != 1 {
					t.Errorf("it is %s: %s", r.State, changed(b))
				}
			})
		})
	}
}

// A program that is healthy by its own check and cannot be heard from here is left to a person; what was started stays.
func TestHealthyAndUnheard(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		b.api.err = ops.Fail(ops.Unavailable, ops.Raw("nobody listens"), nil)
		if err := b.Do("comfyui stopped"); err != nil {
			t.Fatal(err)
		}
		r := b.do(t, "studio.up", nil)
		d, err := b.Inspect(t.Context(), "creative_comfyui")
		if r.State != ops.Halted || err != nil || d.State != "running" {
			t.Errorf("it is %s, and comfyui %s (%v)", r.State, d.State, err)
		}
	})
}

func TestNeverHealthy(t *testing.T) {
	in(t, func(t *testing.T, b *bench) {
		for _, change := range []string{"comfyui stopped", "comfyui stays unhealthy"} {
			if err := b.Do(change); err != nil {
				t.Fatal(err)
			}
		}
		r := b.do(t, "studio.up", nil)
		d, err := b.Inspect(t.Context(), "creative_comfyui")
		if r.State != ops.Broke || err != nil || d.State != "exited" {
			t.Errorf("it is %s, and comfyui %s (%v): %s", r.State, d.State, err, changed(b))
		}
	})
}

func TestProxy(t *testing.T) {
	const name = "studio.example.org"
	for _, c := range []struct {
		what    string
		between func(b *bench)
		state   ops.RunState
		says    string
	}{
		{"as it should be", func(*bench) {}, ops.Succeeded, ""},
		{"its configuration is broken before the yes", func(b *bench) { b.validate = func() (int, string) { return 1, "\nError: line 3\n" } }, ops.Outdated, "line 3"},
		{"its configuration is broken after the yes", func(b *bench) {
			asked := 0
			b.validate = func() (int, string) { asked++; return min(asked-1, 1), "Error: line 3" }
		}, ops.Broke, "line 3"},
		{"somebody restarted it", func(b *bench) { b.unit.Invocation = "7" }, ops.Outdated, "its start"},
		{"a certificate is another", func(b *bench) { b.network.Certify(name, name, 10*24*time.Hour) }, ops.Outdated, "certificate of"},
	} {
		t.Run(c.what, func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				r := b.do(t, "studio.proxy", func() { c.between(b) })
				if r.State != c.state || !strings.Contains(ops.Unmark(r.Why.En), c.says) {
					t.Errorf("it is %s: %s", r.State, ops.Unmark(r.Why.En))
				}
				if anew := b.unit.Invocation == "11"; anew != (c.state == ops.Succeeded) {
					t.Errorf("it was restarted: %v", anew)
				}
			})
		})
	}
}

// After a restart a certificate must last as long as before, be for its name, and be there.
func TestCertificatesAfterwards(t *testing.T) {
	const name = "studio.example.org"
	for what, spoil := range map[string]func(b *bench){
		"shorter":      func(b *bench) { b.network.Certify(name, name, 60*24*time.Hour) },
		"expired":      func(b *bench) { b.network.Certify(name, name, -time.Hour) },
		"another name": func(b *bench) { b.network.Certify(name, "re.example.org", 90*24*time.Hour) },
		"nobody":       func(b *bench) { b.network.Fate(name+":443", "refuses") },
	} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, b *bench) {
				asked := 0
				b.validate = func() (int, string) { // the plan, the plan anew, and the step: the last moment before the restart
					if asked++; asked == 3 {
						spoil(b)
					}
					return 0, ""
				}
				r := b.do(t, "studio.proxy", nil)
				if r.State != ops.Broke || r.At != len(r.Steps)-1 || !strings.Contains(r.Why.En, name) {
					t.Errorf("it is %s at step %d: %s", r.State, r.At+1, r.Why.En)
				}
			})
		})
	}
}

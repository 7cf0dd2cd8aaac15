package studio

import (
	"context"
	"regexp"
	"strings"
	"time"

	"vigie/ops"
)

// A target is one service, as steps name it.
type target struct {
	Service   string    `json:"service"`
	Container string    `json:"container"`
	Checked   bool      `json:"checked,omitempty"`
	Was       time.Time `json:"was,omitzero"` // when it was started before; it must have been started since
}

// actArgs is what is done to services. Boot, if it is set, is the start of the machine that this was planned on.
type actArgs struct {
	Targets []target `json:"targets"`
	Anew    bool     `json:"anew,omitempty"`
	Boot    string   `json:"boot,omitempty"`
	Idle    bool     `json:"idle,omitempty"` // nothing was under way: what began since is not stopped
	Here    bool     `json:"here,omitempty"` // on the stack's own engine
}

type provedArgs struct {
	Targets []target `json:"targets"`
}

type answersArgs struct {
	Service string `json:"service"`
}

var (
	up = ops.Declare(&set, "studio.up", func(a actArgs) ops.Text {
		if a.Anew {
			return ops.T("make %s anew", "recréer %s", a.list())
		}
		return ops.T("start %s", "démarrer %s", a.list())
	}, func(ctx context.Context, s *System, a actArgs) error {
		if err := s.sameBoot(ctx, a.Boot); err != nil {
			return err
		}
		return s.o.Containers.Raise(ctx, a.services(), a.Anew, words(ctx))
	}, ops.Stops(func(a actArgs) []string {
		if !a.Anew {
			return nil // it only starts what does not run
		}
		return a.stops()
	}))

	stop = ops.Declare(&set, "studio.stop", func(a actArgs) ops.Text {
		return ops.T("stop %s; containers, volumes and images stay", "arrêter %s ; conteneurs, volumes et images restent", a.list())
	}, func(ctx context.Context, s *System, a actArgs) error {
		if err := s.mayStop(ctx, a); err != nil {
			return err
		}
		return s.o.Containers.Lower(ctx, a.services(), words(ctx))
	}, ops.Stops(func(a actArgs) []string { return a.stops() }))

	restart = ops.Declare(&set, "studio.restart", func(a actArgs) ops.Text {
		return ops.T("restart %s", "redémarrer %s", a.list())
	}, func(ctx context.Context, s *System, a actArgs) error {
		if err := s.mayStop(ctx, a); err != nil {
			return err
		}
		for _, t := range a.Targets {
			if err := s.o.Containers.Restart(ctx, t.Container); err != nil {
				return err
			}
			ops.Progress(ctx, ops.T("%s restarted", "%s redémarré", ops.Name(t.Service)))
		}
		return nil
	}, ops.Stops(func(a actArgs) []string { return a.stops() }))

	healthy = ops.Declare(&set, "studio.healthy", func(a provedArgs) ops.Text {
		var checked, running []string
		for _, t := range a.Targets {
			if t.Checked {
				checked = append(checked, t.Service)
			} else {
				running = append(running, t.Service)
			}
		}
		var parts []ops.Text
		if len(checked) > 0 {
			parts = append(parts, ops.T("healthy: %s", "en bonne santé : %s", names(checked)))
		}
		if len(running) > 0 {
			parts = append(parts, ops.T("running, without a health check: %s", "en marche, sans test de santé : %s", names(running)))
		}
		return ops.Join(" · ", parts...)
	}, func(ctx context.Context, s *System, a provedArgs) error {
		rising := make([]Rising, len(a.Targets))
		for i, t := range a.Targets {
			rising[i] = Rising{t.Service, t.Container, t.Checked, t.Was}
		}
		return s.o.Containers.Prove(ctx, rising)
	})

	answers = ops.Declare(&set, "studio.answers", func(a answersArgs) ops.Text {
		return ops.T("%s itself answers", "%s répond lui-même", ops.Name(a.Service))
	}, func(ctx context.Context, s *System, a answersArgs) error { return s.proveAnswers(ctx, a.Service) })

	stopped = ops.Declare(&set, "studio.stopped", func(a provedArgs) ops.Text {
		return ops.T("not running: %s", "à l’arrêt : %s", actArgs{Targets: a.Targets}.list())
	}, func(ctx context.Context, s *System, a provedArgs) error { return s.proveStopped(ctx, a.Targets) })
)

func (a actArgs) services() (list []string) {
	for _, t := range a.Targets {
		list = append(list, t.Service)
	}
	return list
}

func (a actArgs) list() ops.Text { return names(a.services()) }

// stops names what is stopped, for the never-rules. On another machine the same name is another container.
func (a actArgs) stops() (list []string) {
	for _, t := range a.Targets {
		list = append(list, lock(a.Here, t.Container))
	}
	return list
}

func lock(here bool, container string) string {
	if here {
		return "container:" + container
	}
	return "studio:" + container
}

// mayStop says why services are not stopped: the machine is not the one that was planned on, or something began meanwhile.
func (s *System) mayStop(ctx context.Context, a actArgs) error {
	if err := s.sameBoot(ctx, a.Boot); err != nil {
		return err
	}
	if !a.Idle {
		return nil
	}
	for _, service := range a.services() {
		if api := s.program(service); api != nil {
			if h := ask(ctx, api); h.err == nil && h.running+h.waiting > 0 {
				return ops.Fail(ops.Failed, ops.T("%s has work since you said yes (%s): nothing was stopped. Ask again to stop it all the same.", "%s a du travail depuis ton accord (%s) : rien n’a été arrêté. Redemande pour l’arrêter quand même.",
					ops.Name(service), h.jobs()), nil)
			}
		}
	}
	return nil
}

const (
	askEvery  = 2 * time.Second
	stopLimit = 2 * time.Minute
)

// proveAnswers waits until the program in a service says something that only it can say.
func (s *System) proveAnswers(ctx context.Context, service string) error {
	api := s.program(service)
	if api == nil {
		return ops.Fail(ops.Failed, ops.T("nothing asks %s any more", "plus rien n’interroge %s", ops.Name(service)), nil)
	}
	for begun := time.Now(); ; {
		words, err := api.Answers(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			ops.Progress(ctx, words)
			return nil
		case time.Since(begun) >= s.o.Wait:
			return ops.Fail(ops.Failed, ops.T("%s does not answer after %s: %s", "%s ne répond pas au bout de %s : %s", ops.Name(service), ops.Span(time.Since(begun).Truncate(time.Second)), ops.SayOf(err)), err)
		}
		ops.Progress(ctx, ops.T("not yet, %s", "pas encore, %s", ops.Span(time.Since(begun).Truncate(time.Second))))
		if err := nap(ctx, askEvery); err != nil {
			return err
		}
	}
}

// proveStopped waits until none of them runs.
func (s *System) proveStopped(ctx context.Context, targets []target) error {
	for begun := time.Now(); ; {
		all, err := s.o.Containers.Look(ctx, false)
		if err != nil {
			return err
		}
		var left []string
		for _, o := range all {
			for _, t := range targets {
				if o.Container == t.Container && o.running() {
					left = append(left, o.Name)
				}
			}
		}
		if len(left) == 0 {
			ops.Progress(ctx, ops.T("none runs", "aucun ne tourne"))
			return nil
		}
		if time.Since(begun) > stopLimit {
			return ops.Fail(ops.Failed, ops.T("still running after %s: %s", "tournent encore au bout de %s : %s", ops.Span(stopLimit), names(left)), nil)
		}
		if err := nap(ctx, askEvery); err != nil {
			return err
		}
	}
}

func nap(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

var (
	buildPart  = regexp.MustCompile(`^#\d+ \[(?:([^\s\]]+) )?(?:[^\s\]]+ )?(\d+/\d+)\] (.+)$`) // #7 [remotion 3/4] RUN npm ci
	oldPart    = regexp.MustCompile(`^Step (\d+/\d+) : (.+)$`)
	buildNoise = regexp.MustCompile(`^#\d+ |^time="`)
)

// words tells what Compose says that it is doing.
func words(ctx context.Context) func(string) {
	return func(line string) {
		if t := said(line); !t.IsZero() {
			ops.Progress(ctx, t)
		}
	}
}

// said is what a line of Compose's comes to: of a build, which part of how many; of anything else, the line; of noise, nothing.
func said(line string) ops.Text {
	line = strings.TrimSpace(line)
	if m := buildPart.FindStringSubmatch(line); m != nil {
		return ops.Join(" · ", ops.Raw(clip(m[1], 40)), part(m[2]), ops.Raw(clip(m[3], 60)))
	}
	if m := oldPart.FindStringSubmatch(line); m != nil {
		return ops.Join(" · ", part(m[1]), ops.Raw(clip(m[2], 60)))
	}
	if line == "" || buildNoise.MatchString(line) {
		return ops.Text{}
	}
	return ops.Raw(clip(line, 100))
}

func part(of string) ops.Text {
	n, all, _ := strings.Cut(clip(of, 12), "/")
	return ops.T("part %s of %s", "partie %s sur %s", n, all)
}

package docker

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// The kinds of step that act on containers. Images have theirs in images.go.

var (
	restart = ops.Declare(&set, "docker.restart", func(m member) ops.Text {
		return ops.T("restart %s", "redémarrer %s", ops.Name(m.Service))
	}, func(ctx context.Context, s *Stack, m member) error {
		return s.Host.Restart(ctx, m.Container)
	}, ops.Stops(func(m member) []string { return stops(m) }))

	start = ops.Declare(&set, "docker.start", func(m member) ops.Text {
		return ops.T("start %s", "démarrer %s", ops.Name(m.Service))
	}, func(ctx context.Context, s *Stack, m member) error {
		return s.Host.Start(ctx, m.Container)
	})

	stop = ops.Declare(&set, "docker.stop", func(m member) ops.Text {
		return ops.T("stop %s", "arrêter %s", ops.Name(m.Service))
	}, func(ctx context.Context, s *Stack, m member) error {
		return s.Host.Stop(ctx, m.Container)
	}, ops.Stops(func(m member) []string { return stops(m) }))

	up = ops.Declare(&set, "docker.up", upText, func(ctx context.Context, s *Stack, u upArgs) error {
		if err := s.tidy(ctx, u.Members); err != nil {
			return err
		}
		return s.Compose.Up(ctx, u.File, names(u.Members), u.Recreate, composeWords(ctx))
	}, ops.Stops(func(u upArgs) []string {
		if !u.Recreate {
			return nil // it only starts what does not run
		}
		return stops(u.Members...)
	}))

	down = ops.Declare(&set, "docker.down", func(d downArgs) ops.Text {
		return ops.T("stop and remove the %s of %s; volumes, networks and images stay", "arrêter et retirer les %s de %s ; volumes, réseaux et images restent",
			containers(len(d.Members)), ops.Name(d.Phase))
	}, func(ctx context.Context, s *Stack, d downArgs) error {
		return s.Compose.Down(ctx, d.File, composeWords(ctx))
	}, ops.Stops(func(d downArgs) []string { return stops(d.Members...) }))

	healthy = ops.Declare(&set, "docker.healthy", healthyText, func(ctx context.Context, s *Stack, h healthyArgs) error {
		return s.prove(ctx, h.Members)
	})

	isStopped = ops.Declare(&set, "docker.stopped", func(m member) ops.Text {
		return ops.T("%s is stopped", "%s est arrêté", ops.Name(m.Service))
	}, func(ctx context.Context, s *Stack, m member) error {
		return s.proveStopped(ctx, m)
	})

	gone = ops.Declare(&set, "docker.gone", func(g goneArgs) ops.Text {
		return ops.T("no container of %s is left", "il ne reste aucun conteneur de %s", ops.Name(g.Phase))
	}, func(ctx context.Context, s *Stack, g goneArgs) error {
		return s.proveGone(ctx, g.Members)
	})
)

type upArgs struct {
	File     string   `json:"file"`
	Phase    string   `json:"phase"`
	Members  []member `json:"members"`
	Recreate bool     `json:"recreate,omitempty"`
}

type downArgs struct {
	File    string   `json:"file"`
	Phase   string   `json:"phase"`
	Members []member `json:"members"`
}

type healthyArgs struct {
	Members []member `json:"members"`
}

type goneArgs struct {
	Phase   string   `json:"phase"`
	Members []member `json:"members"`
}

// stops names the members for the never-rules, both ways that they can be protected.
func stops(members ...member) (list []string) {
	for _, m := range members {
		for _, what := range []string{"container:" + m.Container, "container:" + m.Service} {
			if !slices.Contains(list, what) {
				list = append(list, what)
			}
		}
	}
	return list
}

func upText(u upArgs) ops.Text {
	switch {
	case u.Recreate:
		return ops.T("make %s anew from %s", "recréer %s d’après %s", list(6, names(u.Members)...), ops.Name(base(u.File)))
	case len(u.Members) == 1:
		return ops.T("start %s from %s", "démarrer %s d’après %s", list(1, names(u.Members)...), ops.Name(base(u.File)))
	}
	return ops.T("%s: start %s", "%s : démarrer %s", ops.Name(u.Phase), list(6, names(u.Members)...))
}

func healthyText(h healthyArgs) ops.Text {
	if len(h.Members) != 1 {
		return ops.T("%s up: %s", "%s en marche : %s", services(len(h.Members)), list(6, names(h.Members)...))
	}
	m := h.Members[0]
	switch {
	case m.Once:
		return ops.T("%s ends with exit 0", "%s se termine avec le code 0", ops.Name(m.Service))
	case m.Blind:
		return ops.T("%s keeps running for %s", "%s reste en marche pendant %s", ops.Name(m.Service), ops.Span(stableFor))
	}
	return ops.T("%s is healthy", "%s est en bonne santé", ops.Name(m.Service))
}

// composeWords passes on what compose says it is doing.
func composeWords(ctx context.Context) func(string) {
	return func(words string) {
		if words = clip(words, 120); words != "" {
			ops.Progress(ctx, ops.Raw(words))
		}
	}
}

func base(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }

func containers(n int) ops.Count {
	return ops.Count{N: n, EnOne: "container", EnMany: "containers", FrOne: "conteneur", FrMany: "conteneurs"}
}

// proveStopped waits until the member does not run.
func (s *Stack) proveStopped(ctx context.Context, m member) error {
	for begun := time.Now(); ; {
		d, err := s.Host.Inspect(ctx, m.Container)
		switch {
		case ops.KindOf(err) == ops.NotFound:
			ops.Progress(ctx, ops.T("it has no container any more", "il n’a plus de conteneur"))
			return nil
		case err != nil:
			return err
		case d.State == "exited" || d.State == "created" || d.State == "dead":
			ops.Progress(ctx, endText(d.ExitCode))
			return nil
		}
		if time.Since(begun) > s.wait() {
			return ops.Fail(ops.Failed, ops.T("%s still runs after %s", "%s tourne encore au bout de %s", ops.Name(m.Service), ops.Span(s.wait())), nil)
		}
		if err := nap(ctx); err != nil {
			return err
		}
	}
}

// endText says how a container ended that was asked to.
func endText(code int) ops.Text {
	switch code {
	case 0, 130, 143:
		return ops.T("it ended in order", "il s’est terminé proprement")
	case 137:
		return ops.T("it did not end when asked and was killed", "il ne s’est pas terminé quand on le lui a demandé et a été tué")
	}
	return ops.T("it ended with exit %d", "il s’est terminé avec le code %d", code)
}

// proveGone waits until none of the members has a container.
func (s *Stack) proveGone(ctx context.Context, members []member) error {
	for begun := time.Now(); ; {
		all, err := s.Host.List(ctx)
		if err != nil {
			return err
		}
		var left []string
		for _, m := range members {
			if slices.ContainsFunc(all, func(c Container) bool { return c.Name == m.Container }) {
				left = append(left, m.Service)
			}
		}
		if len(left) == 0 {
			ops.Progress(ctx, ops.T("%s gone", "%s en moins", containers(len(members))))
			return nil
		}
		if time.Since(begun) > s.wait() {
			return ops.Fail(ops.Failed, ops.T("still there after %s: %s", "encore là au bout de %s : %s", ops.Span(s.wait()), list(4, left...)), nil)
		}
		ops.Progress(ctx, ops.T("still there: %s", "encore là : %s", list(4, left...)))
		if err := nap(ctx); err != nil {
			return err
		}
	}
}

// nap lets one pace pass, or as much of it as ctx allows.
func nap(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pace):
		return nil
	}
}

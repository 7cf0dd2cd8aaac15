package studio

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type validArgs struct {
	Argv []string `json:"argv"`
}

type proxyArgs struct {
	Unit       string `json:"unit"`
	Invocation string `json:"invocation"` // the start that is to be replaced
}

type certArgs struct {
	Before []shown `json:"before"`
}

// A shown is the certificate of a name before: Ends is zero if there was none, Good that it was to be trusted.
type shown struct {
	Name string    `json:"name"`
	Ends time.Time `json:"ends,omitzero"`
	Good bool      `json:"good"`
}

var (
	valid = ops.Declare(&set, "studio.proxy-valid", func(a validArgs) ops.Text {
		return ops.T("its configuration is right: %s", "sa configuration est bonne : %s", ops.Name(clip(strings.Join(a.Argv, " "), 120)))
	}, func(ctx context.Context, s *System, a validArgs) error {
		if !slices.Equal(a.Argv, s.o.Proxy.Validate) { // the configuration may have changed since the plan was made
			return ops.Fail(ops.Failed, ops.T("this is not how it is checked any more", "ce n’est plus ainsi qu’on la vérifie"), nil)
		}
		return s.validate(ctx)
	})

	proxyRestart = ops.Declare(&set, "studio.proxy-restart", func(a proxyArgs) ops.Text {
		return ops.T("restart %s", "redémarrer %s", ops.Name(a.Unit))
	}, func(ctx context.Context, s *System, a proxyArgs) error { return s.o.Machine.RestartUnit(ctx, a.Unit) })

	proxyRuns = ops.Declare(&set, "studio.proxy-runs", func(a proxyArgs) ops.Text {
		return ops.T("%s runs, started anew, and stays up", "%s tourne, relancée, et tient", ops.Name(a.Unit))
	}, func(ctx context.Context, s *System, a proxyArgs) error {
		return s.o.Machine.ProveUnit(ctx, a.Unit, a.Invocation)
	})

	certified = ops.Declare(&set, "studio.certified", func(a certArgs) ops.Text {
		var list []string
		for _, c := range a.Before {
			list = append(list, c.Name)
		}
		return ops.T("certificates as good as before: %s", "certificats aussi bons qu’avant : %s", names(list))
	}, func(ctx context.Context, s *System, a certArgs) error { return s.proveCertificates(ctx, a.Before) })
)

// validateLimit is how long the check of a configuration may take.
const validateLimit = time.Minute

// validate asks the proxy's own program whether its configuration is right.
func (s *System) validate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, validateLimit)
	defer cancel()
	exit, said, err := s.o.Machine.Run(ctx, s.o.Proxy.Validate)
	if err != nil {
		return err
	}
	if exit != 0 {
		return ops.Fail(ops.Failed, ops.T("The configuration of %s is wrong, so it is not restarted, and what runs stays up: %s", "La configuration de %s est fausse, donc pas de redémarrage, et ce qui tourne reste en marche : %s",
			ops.Name(s.o.Proxy.Unit), ops.Name(clip(lastLine(said), 200))), nil)
	}
	ops.Progress(ctx, ops.T("it says so itself", "elle le dit elle-même"))
	return nil
}

// lastLine is the last line in which a program said something: where it says why.
func lastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// certWait is how long the proxy may take to show its certificates again.
const certWait = time.Minute

// proveCertificates waits until each name has a certificate that lasts at least as long as before, and is as good.
func (s *System) proveCertificates(ctx context.Context, before []shown) error {
	for begun := time.Now(); ; {
		var worse []ops.Text
		var good []ops.Text
		now := s.certificates(ctx)
		for _, b := range before {
			at := slices.IndexFunc(now, func(c certificate) bool { return c.name == b.Name })
			switch {
			case at < 0:
				worse = append(worse, ops.T("%s is not looked at any more", "%s n’est plus regardé", ops.Name(b.Name)))
			case now[at].ends.IsZero(), now[at].ends.Before(b.Ends), b.Good && !now[at].err.IsZero():
				worse = append(worse, now[at].says())
			default:
				good = append(good, ops.T("%s %s", "%s %s", b.Name, ops.Span(time.Until(now[at].ends))))
			}
		}
		if len(worse) == 0 {
			ops.Progress(ctx, ops.T("good for: %s", "bons pour : %s", ops.Join(", ", good...)))
			return nil
		}
		if time.Since(begun) > certWait {
			return ops.Fail(ops.Failed, ops.Join("; ", worse[:min(len(worse), 3)]...), nil)
		}
		if err := nap(ctx, askEvery); err != nil {
			return err
		}
	}
}

var _ = ops.Add(&set, ops.Spec{
	Name: "studio.proxy", Command: "studio_proxy", Theme: theme, Risk: ops.Disruptive, Examples: []string{""},
	Doc: ops.T("Restart the studio’s proxy once its configuration is checked, and prove its certificates.",
		"Redémarrer le proxy du studio une fois sa configuration vérifiée, et prouver ses certificats."),
	Phrases: []ops.Text{
		ops.T("restart the studio proxy", "redémarre le proxy du studio"),
	},
}, func(ctx context.Context, s *System, _ none) (ops.Plan, error) {
	unit := s.o.Proxy.Unit
	u := s.o.Machine.Unit(ctx, unit)
	if u.Err != nil {
		return ops.Plan{}, u.Err
	}
	args := proxyArgs{unit, u.Invocation}
	plan := ops.Plan{
		Title:  ops.T("Restart %s on %s, now %s", "Redémarrer %s sur %s, maintenant %s", ops.Name(unit), s.host(), u.State+"/"+u.Sub),
		Target: unit, Locks: []string{s.o.Machine.UnitLock(unit)},
		Facts: []ops.Fact{{Name: "state", Value: u.State, Label: ops.T("state", "état")}, {Name: "invocation", Value: u.Invocation, Label: ops.T("its start", "son démarrage")}},
		Done:  ops.T("%s restarted", "%s redémarrée", ops.Name(unit)),
	}
	if len(s.o.Proxy.Validate) > 0 {
		if err := s.validate(ctx); err != nil {
			return ops.Plan{}, err
		}
		plan.Steps = append(plan.Steps, valid.Verify(validArgs{s.o.Proxy.Validate}))
	} else {
		plan.Costs = append(plan.Costs, ops.T("🟠 nothing checks its configuration first: if that is wrong, it does not come up again", "🟠 rien ne vérifie d’abord sa configuration : si elle est fausse, il ne revient pas"))
	}
	plan.Steps = append(plan.Steps, proxyRestart.Do(args), proxyRuns.Verify(args))
	if len(s.o.Proxy.Names) > 0 {
		var before []shown
		for _, c := range s.certificates(ctx) {
			plan.Costs = append(plan.Costs, ops.T("%s %s", "%s %s", c.mark(), c.says()))
			before = append(before, shown{c.name, c.ends.UTC(), c.err.IsZero()})
			plan.Facts = append(plan.Facts, c.fact())
		}
		plan.Steps = append(plan.Steps, certified.Verify(certArgs{before}))
	}
	plan.Costs = append(plan.Costs, ops.T("What is behind it is away for some seconds. There is nothing to put back.", "Ce qui est derrière est absent quelques secondes. Il n’y a rien à remettre en place."))
	return plan, nil
})

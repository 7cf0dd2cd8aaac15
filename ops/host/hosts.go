package host

import (
	"context"
	"sync"
	"time"

	"vigie/ops"
)

// A Versioner is a [Docker] that also tells which version it is.
type Versioner interface {
	DockerVersion(ctx context.Context) (string, error)
}

type hostsParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "host.list", Command: "hosts", Theme: themeLook, Examples: []string{""},
	Doc: ops.T("Every machine: does it answer, how fast, which boot, load, memory, disk, Docker, systemd units.", "Chaque machine : répond-elle, en combien de temps, quel démarrage, charge, mémoire, disque, Docker, unités systemd."),
	Phrases: []ops.Text{
		ops.T("list the machines", "liste des machines"), ops.T("is the pi reachable", "le pi est-il joignable"), ops.T("which units failed", "quelles unités ont échoué"),
	},
}, func(ctx context.Context, s *System, _ hostsParams) (ops.Answer, error) {
	if len(s.hosts) == 0 {
		return ops.Answer{}, ops.Fail(ops.Invalid, ops.T("No host is configured: add [hosts.NAME] to the configuration.", "Aucune machine n’est configurée : ajoute [hosts.NOM] à la configuration."), nil)
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	reached := make([]reach, len(s.hosts))
	var all sync.WaitGroup
	for i, m := range s.hosts {
		all.Go(func() { reached[i] = m.reach(ctx) })
	}
	looks := s.read(ctx, s.hosts)
	all.Wait()
	a := s.overview(looks)
	head := a.Blocks[0]
	a.Blocks = []ops.Block{head}
	for i, l := range looks {
		a.Blocks = append(a.Blocks, ops.Block{Line: l.line(), Fold: i >= shownHosts})
		if more := reached[i].says(l); !more.IsZero() {
			a.Blocks = append(a.Blocks, ops.Block{Line: more, Fold: i >= shownHosts})
		}
		for _, u := range l.units() {
			a.Blocks = append(a.Blocks, ops.Block{Line: u.line(), Fold: i >= shownHosts})
		}
	}
	a.Buttons[len(a.Buttons)-1] = []ops.Button{ops.AskFor(ops.Raw("↻"), "host.list")}
	return a, nil
})

// A reach is how far a machine is away, and what runs there.
type reach struct {
	latency time.Duration // 0 if it is not asked over the network, or does not answer
	docker  string        // "" if it is not known
}

func (m *machine) reach(ctx context.Context) (r reach) {
	if m.Over != nil {
		if took, err := m.Over.Ping(ctx); err == nil {
			r.latency = took
		}
	}
	if v, ok := m.Docker.(Versioner); ok {
		if version, err := v.DockerVersion(ctx); err == nil {
			r.docker = clip(ops.Clean(version), 20)
		}
	}
	return r
}

func (r reach) says(l look) ops.Text {
	var parts []ops.Text
	if r.latency > 0 {
		parts = append(parts, ops.T("answers in %s", "répond en %s", ops.Span(max(r.latency, time.Millisecond))))
	}
	if r.docker != "" {
		parts = append(parts, ops.Raw("Docker "+r.docker))
	}
	if l.err == nil && len(l.now.Boot) >= shownBoot {
		parts = append(parts, ops.T("boot %s", "démarrage %s", ops.Name(l.now.Boot[:shownBoot])))
	}
	if l.err == nil && len(l.now.Units) > 0 && len(l.units()) == 0 {
		parts = append(parts, ops.T("%s up", "%s en marche", ops.Count{N: len(l.now.Units), EnOne: "unit", EnMany: "units", FrOne: "unité", FrMany: "unités"}))
	}
	return ops.Join(" · ", parts...)
}

// shownBoot is how much of a boot's id tells it from another, in characters.
const shownBoot = 8

// units are those that are not as they should be.
func (l look) units() (list []Unit) {
	if l.err != nil {
		return nil
	}
	for _, u := range l.now.Units {
		if u.State != "active" {
			list = append(list, u)
		}
	}
	return list
}

// line is one unit in one line.
func (u Unit) line() ops.Text {
	switch {
	case u.Err != nil:
		return ops.T("%s %s: %s", "%s %s : %s", ops.Off, ops.Name(u.Name), ops.SayOf(u.Err))
	case u.State == "failed":
		return ops.T("%s %s failed (%s)", "%s %s a échoué (%s)", ops.Broken, ops.Name(u.Name), u.Result)
	case u.troubled():
		return ops.T("%s %s is %s", "%s %s est %s", ops.Broken, ops.Name(u.Name), u.State)
	case u.State != "active":
		return ops.T("%s %s is %s", "%s %s est %s", ops.Working, ops.Name(u.Name), u.State+"/"+u.Sub)
	}
	return ops.T("%s %s %s", "%s %s %s", ops.Fine, ops.Name(u.Name), u.Sub)
}

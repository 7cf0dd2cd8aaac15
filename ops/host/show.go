package host

import (
	"context"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

type showParams struct {
	Host    string `doc:"which host" fr:"quelle machine" names:"host" optional:"true"`
	Measure string `doc:"containerd: also add up what it keeps; takes up to 20 s" fr:"containerd : additionner aussi ce qu’il garde ; jusqu’à 20 s" choices:"containerd" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "host.show", Command: "host", Theme: themeLook, Examples: []string{""},
	Doc: ops.T("Disk, memory, swap and load of the machines.", "Disque, mémoire, swap et charge des machines."),
	Phrases: []ops.Text{
		ops.T("how is the machine", "comment va la machine"), ops.T("how full is the disk", "le disque est-il plein"),
		ops.T("disk space of the host", "espace disque de la machine"), ops.T("load of the server", "charge du serveur"), ops.T("is there enough memory", "reste-t-il assez de mémoire"),
		ops.T("how is the server", "comment va le serveur"), ops.T("disk usage", "utilisation du disque"),
		ops.T("how much space is left on the disk", "combien de place reste-t-il sur le disque"), ops.T("is the disk full", "le disque est plein"),
		ops.T("memory of the machine", "mémoire de la machine"),
		ops.T("disk space", "espace disque"),
	},
}, func(ctx context.Context, s *System, p showParams) (ops.Answer, error) {
	switch {
	case len(s.hosts) == 0:
		return ops.Answer{}, ops.Fail(ops.Invalid, ops.T("No host is configured: add [[hosts]] to the configuration.", "Aucune machine n’est configurée : ajoute [[hosts]] à la configuration."), nil)
	case p.Host == "" && len(s.hosts) > 1:
		return s.overview(s.read(ctx, s.hosts)), nil
	}
	m := s.hosts[0]
	if p.Host != "" {
		var err error
		if m, err = s.find(p.Host); err != nil {
			return ops.Answer{}, err
		}
	}
	return s.detail(ctx, m, p.Measure != "")
})

// A look is what one machine was like just now, or why it could not be read.
type look struct {
	*opinion
	m   *machine
	err error
}

// read reads the given machines, all at once.
func (s *System) read(ctx context.Context, list []*machine) []look {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	looks := make([]look, len(list))
	var all sync.WaitGroup
	for i, m := range list {
		all.Go(func() {
			looks[i].m = m
			r, err := m.read(ctx)
			if looks[i].err = err; err == nil {
				s.mu.Lock()
				looks[i].opinion = m.judge(r, s.known[m.Name])
				s.mu.Unlock()
			}
		})
	}
	all.Wait()
	return looks
}

// troubles are those that are so now, the gravest first.
func (l look) troubles() (list []ops.Trouble) {
	for _, grave := range []ops.Severity{ops.Critical, ops.Warning} {
		for _, t := range l.list {
			if !t.Over && t.Severity == grave {
				list = append(list, t)
			}
		}
	}
	return list
}

func (l look) mark() string {
	if l.err != nil {
		return ops.AtRisk
	}
	if list := l.troubles(); len(list) > 0 {
		return list[0].Severity.Mark()
	}
	return ops.Fine
}

func (s *System) overview(looks []look) ops.Answer {
	worst, needing, first := ops.Fine, 0, ops.Text{}
	var buttons []ops.Button
	for _, l := range looks {
		mark := l.mark()
		if mark != ops.Fine {
			needing++
		}
		if mark == ops.Broken && worst != ops.Broken || mark == ops.AtRisk && worst == ops.Fine {
			worst, first = mark, l.first()
		}
		buttons = append(buttons, ops.AskFor(ops.Raw(l.m.Name+" ▸"), "host.show", "host", l.m.Name))
	}
	head := ops.T("%s %s, all fine", "%s %s, tout va bien", worst, hosts(len(looks)))
	if needing > 0 {
		head = ops.T("%s %d of %s · %s", "%s %d sur %s · %s", worst, needing, hosts(len(looks)), first)
	}
	a := ops.Say(head)
	for i, l := range looks {
		a.Blocks = append(a.Blocks, ops.Block{Line: l.line(), Fold: i >= shownHosts})
	}
	a.Row(buttons[:min(len(buttons), 6)]...)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "host.show"))
}

// shownHosts is how many stand in the open; the rest folds.
const shownHosts = 10

func hosts(n int) ops.Count {
	return ops.Count{N: n, EnOne: "host", EnMany: "hosts", FrOne: "machine", FrMany: "machines"}
}

// first is what is worst of it.
func (l look) first() ops.Text {
	if l.err != nil {
		return ops.T("%s is out of sight", "%s est hors de vue", ops.Name(l.m.Name))
	}
	if list := l.troubles(); len(list) > 0 {
		return list[0].Title
	}
	return ops.Text{}
}

// line is one machine in one line.
func (l look) line() ops.Text {
	if l.err != nil {
		return ops.T("%s %s", "%s %s", l.mark(), l.m.names(ops.SayOf(l.err), ops.T("%s: %s", "%s : %s", ops.Name(l.m.Name), ops.SayOf(l.err))))
	}
	r := l.now
	var parts []ops.Text
	if d, ok := r.fullest(); ok {
		parts = append(parts, ops.T("%s %d %%", "%s %d %%", ops.Name(d.Mount), int(d.Used())))
	}
	parts = append(parts, ops.T("memory %d %%", "mémoire %d %%", int(100-r.LeftMemory())))
	if r.Swap > 0 {
		parts = append(parts, ops.T("swap %d %%", "swap %d %%", int(r.UsedSwap())))
	}
	parts = append(parts, ops.T("load %.1f a core", "charge %.1f par cœur", r.CoreLoad()), up(r))
	return ops.T("%s %s %s", "%s %s %s", l.mark(), ops.Name(l.m.Name), ops.Join(" · ", parts...))
}

// names is say, if that begins with the name of m, else long: nobody wants to read it twice.
func (m *machine) names(say, long ops.Text) ops.Text {
	if strings.HasPrefix(ops.Unmark(say.En), m.Name+" ") && strings.HasPrefix(ops.Unmark(say.Fr), m.Name+" ") {
		return say
	}
	return long
}

func up(r Reading) ops.Text {
	return ops.T("up %s", "démarrée il y a %s", ops.Span(r.Uptime.Truncate(time.Second)))
}

package studio

import (
	"context"
	"sync"
	"time"

	"vigie/ops"
)

type none struct{}

// lookLimit bounds one look at everything; an answer that takes longer is no answer.
const lookLimit = 20 * time.Second

// apiLimit is how long a program may take to say that it is there, when somebody looks.
const apiLimit = 8 * time.Second

// A sight is everything that one look saw.
type sight struct {
	services []Service
	err      error // why the containers could not be seen
	reading  Reading
	machine  error // why the machine could not be read
	restart  time.Time
	units    []Unit
	apis     map[string]heard
	tailnet  ops.Text
	reach    condition
}

// A heard is what a program said of itself.
type heard struct {
	said             ops.Text
	err              error
	running, waiting int
	unsure           bool // its jobs could not be seen
}

var _ = ops.Look(&set, ops.Spec{
	Name: "studio.show", Command: "studio", Theme: theme, Examples: []string{""},
	Doc: ops.T("The studio: its containers, ComfyUI and Remotion, the machine it is on, its units, its private address.",
		"Le studio : ses conteneurs, ComfyUI et Remotion, sa machine, ses unités, son adresse privée."),
	Phrases: []ops.Text{
		ops.T("how is the studio", "comment va le studio"), ops.T("is the studio on", "est-ce que le studio est allumé"), ops.T("state of the studio", "état du studio"),
	},
}, func(ctx context.Context, s *System, _ none) (ops.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	v := s.look(ctx)
	if v.err != nil && v.machine != nil {
		return s.outOfSight(v), nil
	}
	return s.tell(v), nil
})

// look asks everybody at the same time.
func (s *System) look(ctx context.Context) (v sight) {
	var all sync.WaitGroup
	all.Go(func() { v.services, v.err = s.o.Containers.Look(ctx, true) })
	all.Go(func() {
		if v.reading, v.machine = s.o.Machine.Read(ctx); v.machine == nil {
			v.restart, v.machine = s.restarted(ctx, v.reading)
		}
	})
	v.units = make([]Unit, len(s.o.Units))
	for i, unit := range s.o.Units {
		all.Go(func() { v.units[i] = s.o.Machine.Unit(ctx, unit) })
	}
	if s.o.Tailnet != "" {
		all.Go(func() { v.reach, v.tailnet = s.tailnet(ctx) })
	}
	var one sync.Mutex
	v.apis = map[string]heard{}
	for _, p := range s.o.Programs {
		all.Go(func() {
			h := ask(ctx, p.API)
			one.Lock()
			defer one.Unlock()
			v.apis[p.Service] = h
		})
	}
	all.Wait()
	return v
}

func ask(ctx context.Context, api API) (h heard) {
	ctx, cancel := context.WithTimeout(ctx, apiLimit)
	defer cancel()
	if h.said, h.err = api.Answers(ctx); h.err == nil {
		var err error
		h.running, h.waiting, err = api.Jobs(ctx)
		h.unsure = err != nil
	}
	return h
}

// jobs says what a program is doing.
func (h heard) jobs() ops.Text {
	switch {
	case h.unsure:
		return ops.T("its jobs cannot be seen", "ses tâches sont invisibles")
	case h.running+h.waiting == 0:
		return ops.T("nothing to do", "rien à faire")
	case h.waiting == 0:
		return ops.T("%d under way", "%d en cours", h.running)
	}
	return ops.T("%d under way, %d waiting", "%d en cours, %d en attente", h.running, h.waiting)
}

// outOfSight is told when neither the containers nor the machine can be seen.
func (s *System) outOfSight(v sight) ops.Answer {
	a := ops.Say(ops.T("🟠 The studio is out of sight: %s", "🟠 Le studio est hors de vue : %s", ops.SayOf(v.machine)))
	if !v.tailnet.IsZero() {
		a.Line(ops.T("%s %s", "%s %s", v.reach.mark(), v.tailnet))
	}
	for _, p := range s.o.Programs {
		if h := v.apis[p.Service]; h.err == nil {
			a.Line(ops.T("🟢 %s all the same: %s", "🟢 %s malgré tout : %s", h.said, h.jobs()))
		}
	}
	return *a.Row(ops.AskFor(ops.Raw("↻"), "studio.show"))
}

// judge says what a service's state means, with what its program said.
func (v sight) judge(o Service) judgement {
	j := o.judge(v.reading.booted())
	if h, known := v.apis[o.Name]; known && (j.is == on || j.is == atRisk) && o.State == "running" {
		if h.err != nil {
			return judgement{broken, ops.T("runs, and does not answer: %s", "tourne, et ne répond pas : %s", ops.SayOf(h.err))}
		}
		if j.is == on {
			j.says = ops.T("answers, up %s", "répond, lancé depuis %s", ops.Since(o.Started))
		}
		j.says = ops.Join(" · ", j.says, o.memory(), h.jobs())
		return j
	}
	j.says = ops.Join(" · ", j.says, o.memory())
	return j
}

func (s *System) tell(v sight) ops.Answer {
	var a ops.Answer
	var lines []ops.Text
	var up, down, rising, bad []string
	var worst ops.Text
	var mend []ops.Button
	for _, o := range v.services {
		j := v.judge(o)
		switch {
		case j.is == off:
			if s.wanted(o) {
				down = append(down, o.Name)
			}
			continue
		case j.is <= atRisk:
			mend = append(mend, remedy(o))
			if bad = append(bad, o.Name); len(bad) == 1 {
				worst = ops.T("%s %s", "%s %s", ops.Name(o.Name), j.says)
			}
		case j.is == waking:
			rising = append(rising, o.Name)
		}
		up = append(up, o.Name)
		if j.is > atRisk || len(bad) > 1 {
			lines = append(lines, ops.T("%s %s %s", "%s %s %s", j.is.mark(), ops.Name(o.Name), j.says))
		}
	}
	mark, says := headline(v, up, down, rising, bad, worst)
	broke := v.brokenUnit()
	if !broke.IsZero() && len(bad) == 0 {
		mark, says = broken.mark(), ops.T("%s: %s · %s", "%s : %s · %s", s.host(), broke, says)
	}
	a.Line(ops.T("%s %s", "%s %s", mark, says))
	for _, l := range lines {
		a.Line(l)
	}
	if len(down) > 0 && len(up) > 0 {
		a.Line(ops.T("⚪ off: %s", "⚪ éteint : %s", names(down)))
	}
	if len(bad) > 0 {
		broke = ops.Text{} // it is not in the first line
	}
	s.tellMachine(&a, v, broke)
	a.Row(mend[:min(len(mend), 3)]...)
	s.buttons(&a, v, up, down)
	return a
}

// remedy is what most likely mends a service that is not well.
func remedy(o Service) ops.Button {
	if o.running() {
		return ops.AskFor(ops.T("Restart %s…", "Redémarrer %s…", o.Name), "studio.restart", "service", o.Name)
	}
	return ops.AskFor(ops.T("Start %s…", "Allumer %s…", o.Name), "studio.up", "service", o.Name)
}

// brokenUnit tells of the first unit that needs somebody.
func (v sight) brokenUnit() ops.Text {
	for _, u := range v.units {
		if is, line := u.line(); is == broken {
			return line
		}
	}
	return ops.Text{}
}

func headline(v sight, up, down, rising, bad []string, worst ops.Text) (string, ops.Text) {
	switch {
	case v.err != nil:
		return ops.AtRisk, ops.T("the studio’s containers cannot be seen: %s", "les conteneurs du studio sont invisibles : %s", ops.SayOf(v.err))
	case len(bad) == 1:
		return ops.Broken, ops.T("studio: %s", "studio : %s", worst)
	case len(bad) > 1:
		return ops.Broken, ops.T("studio: %d need you · %s", "studio : %d à voir · %s", len(bad), worst)
	case len(rising) > 0:
		return ops.Working, ops.T("the studio is starting: %s", "le studio démarre : %s", names(rising))
	case len(up) == 0:
		return ops.Off, ops.T("the studio is off", "le studio est éteint")
	case len(down) > 0:
		return ops.Fine, ops.T("the studio is partly on: %s", "le studio est allumé en partie : %s", names(up))
	}
	return ops.Fine, ops.T("the studio is on: %s", "le studio est allumé : %s", names(up))
}

// tellMachine adds what is to know of what the studio is on; units that are well are one line. told was told already.
func (s *System) tellMachine(a *ops.Answer, v sight, told ops.Text) {
	if !v.restart.IsZero() {
		a.Line(ops.T("🟠 %s restarted at %s, %s ago", "🟠 %s a redémarré à %s, il y a %s", s.host(), ops.Raw(s.clock(v.restart)), ops.Since(v.restart)))
	}
	if v.machine != nil {
		a.Line(ops.T("⚪ %s: %s", "⚪ %s : %s", s.host(), ops.SayOf(v.machine)))
	} else {
		r := v.reading
		if !v.restart.IsZero() {
			r.Uptime = 0 // it was just told
		}
		a.Line(s.says(r))
	}
	well := []string{}
	for _, u := range v.units {
		is, line := u.line()
		if is == on {
			well = append(well, u.Name)
		}
		if is == on || line == told {
			continue
		}
		a.Line(ops.T("%s %s", "%s %s", is.mark(), line))
	}
	if len(well) > 0 {
		a.Line(ops.T("🟢 running: %s", "🟢 en marche : %s", names(well)))
	}
	if !v.tailnet.IsZero() {
		a.Line(ops.T("%s %s", "%s %s", v.reach.mark(), v.tailnet))
	}
}

func (s *System) buttons(a *ops.Answer, v sight, up, down []string) {
	var first, second []ops.Button
	if len(down) > 0 || v.err != nil {
		first = append(first, ops.AskFor(ops.T("Start the studio…", "Allumer le studio…"), "studio.up"))
	}
	if len(up) > 0 {
		first = append(first, ops.AskFor(ops.T("Stop the studio…", "Éteindre le studio…"), "studio.down"))
		second = append(second, ops.AskFor(ops.T("Restart…", "Redémarrer…"), "studio.restart"))
	}
	second = append(second, ops.AskFor(ops.T("Update…", "Mettre à jour…"), "studio.update"), ops.AskFor(ops.Raw("↻"), "studio.show"))
	a.Row(first...).Row(second...)
}

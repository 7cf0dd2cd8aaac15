package docker

import (
	"context"
	"slices"

	"vigie/ops"
)

type upParams struct {
	Phase string `doc:"which part of the stack: infra, apps, all" fr:"quelle partie de la pile : infra, apps, all" names:"phase"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.up", Command: "up", Theme: themeStack, Risk: ops.Disruptive, Examples: []string{"all", "apps"},
	Doc: ops.T("Start what is not running, phase by phase, each proved healthy before the next.",
		"Démarrer ce qui ne tourne pas, phase par phase, chacune prouvée avant la suivante."),
	Phrases: []ops.Text{
		ops.T("bring everything up", "remonte tout"), ops.T("start the apps", "démarre les apps"), ops.T("start the stack", "démarre la pile"),
		ops.T("start all apps", "démarre toutes les apps"), ops.T("start everything", "démarre tout"),
		ops.T("bring the infra up", "remonte l’infra"), ops.T("bring up the stack", "relance toute la pile"),
	},
}, func(ctx context.Context, s *Stack, p upParams) (ops.Plan, error) {
	v, phases, err := s.phases(ctx, p.Phase)
	if err != nil {
		return ops.Plan{}, err
	}
	var begin []row
	plan := ops.Plan{Target: p.Phase}
	for i := range phases {
		for _, r := range phases[i].rows {
			if r.toStart() {
				begin = append(begin, r)
			}
		}
	}
	if len(begin) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("Nothing to start in %s: what should run does.", "Rien à démarrer dans %s : ce qui doit tourner tourne.", phaseText(p.Phase)), nil)
	}
	list, err := s.need(ctx, begin)
	if err != nil {
		return ops.Plan{}, err
	}
	if plan.Facts, plan.Steps, err = ready(list); err != nil {
		return ops.Plan{}, err
	}
	for _, ph := range phases {
		ph.up(&plan)
	}
	plan.Title = ops.T("Start %s, %s", "Démarrer %s, %s", phaseText(p.Phase), services(len(begin)))
	plan.Done = ops.T("%s: up", "%s : en marche", phaseText(p.Phase))
	plan.Costs = append(plan.Costs, v.outsideNeeds(begin)...)
	return plan, nil
})

// phaseText is what to call a phase, or all of them.
func phaseText(phase string) ops.Text {
	if phase == "all" {
		return ops.T("the whole stack", "toute la pile")
	}
	return ops.Raw(ops.Name(phase).String())
}

// A phase is one compose file with its services as they are.
type phase struct {
	File
	rows []row
}

// phases are the parts of the stack that which names, in the order in which they are brought up.
func (s *Stack) phases(ctx context.Context, which string) (view, []phase, error) {
	if s.Compose == nil {
		return view{}, nil, ops.Fail(ops.Invalid, ops.T("I know no compose files, so there are no phases. Tell me the files under [stack] in my configuration.",
			"Je ne connais aucun fichier compose, donc aucune phase. Indique-moi les fichiers sous [stack] dans ma configuration."), nil)
	}
	if err := s.Compose.Ready(ctx); err != nil {
		return view{}, nil, err
	}
	v, err := s.see(ctx)
	if err != nil {
		return v, nil, err
	}
	var list []phase
	unknown := &ops.Error{Kind: ops.NotFound, Param: "phase", Say: ops.T("There is no phase %s.", "Il n’y a pas de phase %s.", ops.Name(clip(which, 40)))}
	for _, f := range v.files {
		unknown.Choices = append(unknown.Choices, ops.Choice{Value: f.Phase})
		if which == "all" || which == f.Phase {
			ph := phase{File: f}
			for _, r := range v.rows {
				if r.file == f.Path {
					ph.rows = append(ph.rows, r)
				}
			}
			list = append(list, ph)
		}
	}
	switch {
	case v.warn != nil && (which == "all" || len(list) == 0): // the file that is meant may be the one that cannot be read
		return v, nil, v.warn
	case len(list) == 0:
		return v, nil, unknown
	}
	return v, list, nil
}

// toStart reports whether an up must start it: it should run and does not. What runs badly is left alone: an up
// repairs nothing.
func (r row) toStart() bool {
	switch r.is {
	case dead, failed, missing, created, stopped:
		return true
	}
	return false
}

// up adds to plan what brings the phase up, and what proves it.
func (ph phase) up(plan *ops.Plan) {
	var begin, prove []member
	var broken []string
	for _, r := range ph.rows {
		m := evidence{row: r}.member()
		switch {
		case r.toStart():
			begin, prove = append(begin, m), append(prove, m)
			plan.Locks = append(plan.Locks, "container:"+r.container())
			plan.Facts = append(plan.Facts, r.stateFact())
		case r.is.needsYou():
			broken = append(broken, r.name)
		case r.is == fine || r.is == starting:
			prove = append(prove, m)
		}
	}
	if len(begin) == 0 {
		return
	}
	if !ph.Modified.IsZero() {
		plan.Facts = append(plan.Facts, ops.Fact{Name: "compose file " + ph.Phase, Value: ph.Modified.UTC().Format("2006-01-02T15:04:05.999Z"), Label: ops.T("compose file", "fichier compose")})
	}
	plan.Steps = append(plan.Steps, up.Do(upArgs{File: ph.Path, Phase: ph.Phase, Members: unique(begin)}), healthy.Verify(healthyArgs{prove}))
	if len(broken) > 0 {
		plan.Costs = append(plan.Costs, ops.T("🟠 not well before, left alone and not part of the proof: %s", "🟠 déjà mal en point, laissé tel quel et hors de la preuve : %s", list(4, broken...)))
	}
}

// unique leaves out replicas: compose is asked by service.
func unique(members []member) (list []member) {
	for _, m := range members {
		if !slices.ContainsFunc(list, func(o member) bool { return o.Service == m.Service }) {
			list = append(list, m)
		}
	}
	return list
}

// stateFact is whether there is a container, which, and what it does.
func (r row) stateFact() ops.Fact {
	value := "none"
	if r.box != nil {
		value = short(r.box.ID) + " " + r.box.State
	}
	return ops.Fact{Name: "container " + r.container(), Value: value, Label: ops.Raw(ops.Name(r.name).String())}
}

// outsideNeeds warns of what the services need that is neither up nor about to be.
func (v view) outsideNeeds(begin []row) (costs []ops.Text) {
	for _, n := range v.rows {
		if !n.is.needsYou() && n.is != off || slices.ContainsFunc(begin, func(b row) bool { return b.name == n.name }) {
			continue
		}
		var who []string
		for _, b := range begin {
			if n.want != nil && b.want != nil && slices.Contains(b.want.DependsOn, n.want.Name) {
				who = append(who, b.name)
			}
		}
		if len(who) > 0 {
			costs = append(costs, ops.T("🟠 %s is not well (%s), and is needed by %s", "🟠 %s ne va pas bien (%s), or il le faut pour %s", ops.Name(n.name), n.says(), list(3, who...)))
		}
	}
	return costs
}

package studio

import (
	"context"
	"time"

	"vigie/ops"
)

// An imaged is a service with the image that its reference means now.
type imaged struct {
	Service string `json:"service"`
	Ref     string `json:"ref"`
	Image   string `json:"image"`
}

type keepArgs struct {
	Images []imaged `json:"images"`
}

type makeArgs struct {
	Pulled []string `json:"pulled,omitempty"`
	Built  []string `json:"built,omitempty"`
	Boot   string   `json:"boot,omitempty"`
}

type backArgs struct {
	Images  []imaged `json:"images"`
	Running []target `json:"running,omitempty"` // they ran before
	Resting []target `json:"resting,omitempty"` // they did not
	Here    bool     `json:"here,omitempty"`
}

var (
	keep = ops.Declare(&set, "studio.keep", func(a keepArgs) ops.Text {
		return ops.T("keep today’s images for going back: %s", "garder les images actuelles pour revenir : %s", imagesText(a.Images))
	}, func(ctx context.Context, s *System, a keepArgs) error {
		for _, i := range a.Images {
			if err := s.o.Containers.Keep(ctx, i.Service, i.Image); err != nil {
				return err
			}
		}
		return nil
	})

	makes = ops.Declare(&set, "studio.make", func(a makeArgs) ops.Text {
		var parts []ops.Text
		if len(a.Pulled) > 0 {
			parts = append(parts, ops.T("pull %s", "télécharger %s", names(a.Pulled)))
		}
		if len(a.Built) > 0 {
			parts = append(parts, ops.T("build %s", "construire %s", names(a.Built)))
		}
		return ops.T("%s; what runs keeps running", "%s ; ce qui tourne continue de tourner", ops.Join(" · ", parts...))
	}, func(ctx context.Context, s *System, a makeArgs) error {
		if err := s.sameBoot(ctx, a.Boot); err != nil {
			return err
		}
		return s.o.Containers.Make(ctx, a.Pulled, a.Built, words(ctx))
	})

	refer = ops.Declare(&set, "studio.refer", func(a keepArgs) ops.Text {
		return ops.T("let the references mean the old images again: %s", "refaire désigner les anciennes images : %s", imagesText(a.Images))
	}, func(ctx context.Context, s *System, a keepArgs) error { return s.refer(ctx, a.Images) })

	back = ops.Declare(&set, "studio.back", func(a backArgs) ops.Text {
		t := ops.T("go back to the old images: %s", "revenir aux anciennes images : %s", imagesText(a.Images))
		if len(a.Resting) > 0 {
			t = ops.T("%s; stop %s, which was off", "%s ; arrêter %s, qui était éteint", t, actArgs{Targets: a.Resting}.list())
		}
		return t
	}, func(ctx context.Context, s *System, a backArgs) error {
		if err := s.refer(ctx, a.Images); err != nil {
			return err
		}
		if len(a.Resting) > 0 {
			if err := s.o.Containers.Lower(ctx, actArgs{Targets: a.Resting}.services(), words(ctx)); err != nil {
				return err
			}
		}
		if len(a.Running) == 0 {
			return nil
		}
		return s.o.Containers.Raise(ctx, actArgs{Targets: a.Running}.services(), true, words(ctx))
	}, ops.Stops(func(a backArgs) []string {
		return append(actArgs{Targets: a.Running, Here: a.Here}.stops(), actArgs{Targets: a.Resting, Here: a.Here}.stops()...)
	}))
)

func imagesText(list []imaged) ops.Text {
	var texts []ops.Text
	for _, i := range list {
		texts = append(texts, ops.Raw(ops.Name(i.Service).String()+" "+ops.Name(short(i.Image)).String()))
	}
	return ops.Join(", ", texts...)
}

func (s *System) refer(ctx context.Context, images []imaged) error {
	for _, i := range images {
		if err := s.o.Containers.Refer(ctx, i.Ref, i.Image); err != nil {
			return err
		}
	}
	return nil
}

var _ = ops.Add(&set, ops.Spec{
	Name: "studio.update", Command: "studio_update", Theme: theme, Risk: ops.Disruptive, Examples: []string{"", "comfyui"},
	Doc: ops.T("Pull or build the studio’s images, make it anew and prove it; else go back to the old images by itself.",
		"Télécharger ou construire les images du studio, le recréer et le prouver ; sinon revenir tout seul aux anciennes."),
	Phrases: []ops.Text{
		ops.T("update the studio", "mets à jour le studio"), ops.T("rebuild the studio", "reconstruis le studio"),
	},
}, func(ctx context.Context, s *System, p serviceParams) (ops.Plan, error) {
	r, list, err := s.see(ctx, p.Service)
	if err != nil {
		return ops.Plan{}, err
	}
	n, err := s.news(ctx, list)
	if err != nil {
		return ops.Plan{}, err
	}
	return s.updating(p.Service, n, r), nil
})

// A news is what an update would change.
type news struct {
	list          []Service
	pulled, built []string
	old           []imaged
	facts         []ops.Fact
	costs         []ops.Text
}

// news asks the registries what they have. What is built is always built: nobody can tell beforehand what comes of it.
func (s *System) news(ctx context.Context, list []Service) (n news, _ error) {
	for _, o := range list {
		image, err := s.o.Containers.Meant(ctx, o.Ref)
		if err != nil {
			return n, err
		}
		if !o.Build {
			digest, here, err := s.o.Containers.Offered(ctx, o.Ref)
			switch {
			case err != nil && len(list) == 1:
				return n, err
			case err != nil:
				n.costs = append(n.costs, ops.T("🟠 %s is left out: %s", "🟠 %s est laissé de côté : %s", ops.Name(o.Name), ops.SayOf(err)))
				continue
			case here && (o.Image == image || o.Image == ""):
				continue
			}
			n.pulled = append(n.pulled, o.Name)
			n.facts = append(n.facts, ops.Fact{Name: "registry " + o.Ref, Value: short(digest), Label: ops.T("image %s in the registry", "image %s dans le registre", ops.Name(o.Ref))})
		} else {
			n.built = append(n.built, o.Name)
		}
		n.list = append(n.list, o)
		if o.Image != "" { // the image that it runs, also where its reference means another by now
			image = o.Image
		}
		if image != "" {
			n.old = append(n.old, imaged{o.Name, o.Ref, image})
		}
		n.facts = append(n.facts, ops.Fact{Name: "image " + o.Ref, Value: short(image), Label: ops.T("image %s", "image %s", ops.Name(o.Ref))})
	}
	if len(n.list) == 0 {
		t := ops.T("There is nothing newer: the images are the registry’s newest.", "Il n’y a rien de plus récent : les images sont les dernières du registre.")
		if len(n.costs) == len(list) {
			t = ops.T("Nothing can be updated: no registry says what it has.", "Rien ne peut être mis à jour : aucun registre ne dit ce qu’il a.")
		}
		return n, ops.Fail(ops.Invalid, ops.Join("\n", append([]ops.Text{t}, n.costs[:min(len(n.costs), 4)]...)...), nil)
	}
	return n, nil
}

// littleRoom is how much should be left on the disk for an update, in bytes: an image of ComfyUI with its libraries has some.
const littleRoom = 5e9

func (s *System) updating(service string, n news, r Reading) ops.Plan {
	plan := s.plan(service, n.list, r)
	plan.Facts = append(plan.Facts, n.facts...)
	runs, rests := targets(running(n.list)), targets(resting(n.list))
	fetch := makes.Do(makeArgs{n.pulled, n.built, r.Boot})
	anew := s.act(targets(n.list), r)
	anew.Anew = true
	raise := up.Do(anew)
	if len(n.old) > 0 {
		plan.Steps = append(plan.Steps, keep.Do(keepArgs{n.old}))
		fetch = fetch.Undoing(refer.Do(keepArgs{n.old}))
		undo := []ops.Step{back.Do(backArgs{n.old, runs, rests, s.o.Here})}
		if well := targets(well(n.list)); len(well) > 0 {
			undo = append(undo, healthy.Verify(provedArgs{well}))
		}
		raise = raise.Undoing(undo...)
		plan.UndoFor = undoFor
	}
	plan.Steps = append(append(plan.Steps, fetch, raise), s.proofs(since(n.list))...)
	if len(rests) > 0 {
		plan.Steps = append(plan.Steps, stop.Do(s.act(rests, r)))
		plan.Costs = append(plan.Costs, ops.T("Off now, started for the proof and stopped again: %s", "Éteint pour l’instant, allumé pour la preuve puis éteint : %s", actArgs{Targets: rests}.list()))
		memory, cost := s.room(r, resting(n.list))
		plan.Facts, plan.Costs = append(plan.Facts, memory), append(plan.Costs, cost)
	}
	if len(n.built) > 0 {
		plan.Costs = append(plan.Costs, ops.T("Building takes 10 to 15 min on a small machine.", "Construire prend 10 à 15 min sur une petite machine."))
	}
	if len(runs) > 0 {
		plan.Costs = append(plan.Costs, ops.T("🟠 What is under way when they are made anew is lost: %s", "🟠 Ce qui est en cours au moment de les recréer est perdu : %s", actArgs{Targets: runs}.list()))
	}
	if d := r.fullest(); d.Mount != "" && d.Avail < littleRoom {
		plan.Costs = append(plan.Costs, ops.T("🟠 Only %s is left on %s", "🟠 Il ne reste que %s sur %s", ops.Size(d.Avail), ops.Name(d.Mount)))
	}
	plan.Costs = append(plan.Costs, n.costs...)
	if len(n.old) > 0 {
		plan.Costs = append(plan.Costs, ops.T("If they do not become healthy, the old images come back by themselves.", "S’ils ne se portent pas bien, les anciennes images reviennent toutes seules."))
	}
	plan.Title = ops.T("Update %s on %s", "Mettre à jour %s sur %s", what(service), s.host())
	plan.Done = ops.T("%s updated", "%s mis à jour", what(service))
	return plan
}

// well are those that were well before: going back is proved by them.
func well(list []Service) (out []Service) {
	for _, o := range list {
		if o.judge(time.Time{}).is == on {
			out = append(out, o)
		}
	}
	return out
}

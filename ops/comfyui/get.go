package comfyui

import (
	"context"
	"errors"
	"path"
	"time"

	"vigie/ops"
)

// listedPatience is how long ComfyUI may take to see a file: it looks at its folder anew when that has changed.
const listedPatience = 30 * time.Second

type getParams struct {
	Name string `doc:"which checkpoint" fr:"quel checkpoint" names:"comfyui_known"`
}

var _ = ops.Add(&shop, ops.Spec{
	Name: "comfyui.checkpoint_get", Command: "checkpoint_get", Theme: theme, Risk: ops.Reversible, Examples: []string{},
	Doc: ops.T("Download a checkpoint that the configuration knows, and prove it by its checksum.", "Télécharger un checkpoint que la configuration connaît, et le prouver par sa somme de contrôle."),
	Phrases: []ops.Text{
		ops.T("download the checkpoint", "télécharge le checkpoint"), ops.T("get the checkpoint", "récupère le checkpoint"),
	},
}, func(ctx context.Context, s *System, p getParams) (ops.Plan, error) {
	c, err := s.known(p.Name)
	if err != nil {
		return ops.Plan{}, err
	}
	name := ops.Name(c.Name)
	size, there, err := s.shelf.find(ctx, c.Name)
	switch {
	case err != nil:
		return ops.Plan{}, err
	case there && size == c.Size:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is there already, %s %s.", "%s est déjà là, %s %s.", name, ops.Size(size), s.keeping.there()), nil)
	case there:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("there is another file called %s %s, of %s: I do not write over it.", "il y a déjà un autre fichier %s %s, de %s : je ne l’écrase pas.", name, s.keeping.there(), ops.Size(size)), nil)
	}
	have, _, err := s.shelf.find(ctx, c.part())
	if err != nil {
		return ops.Plan{}, err
	}
	address, a, err := s.resolve(ctx, c)
	var status refusedHTTP
	switch {
	case errors.As(err, &status):
		return ops.Plan{}, (&fetcher{s: s, c: c}).refused(int(status))
	case errors.Is(err, errCut):
		return ops.Plan{}, ops.Fail(ops.Unavailable, ops.T("%s cannot be reached from %s", "%s est injoignable depuis %s", hostOf(c.URL), s.keeping.whose()), nil)
	case err != nil:
		return ops.Plan{}, err
	case a.total >= 0 && a.total != c.Size:
		return ops.Plan{}, otherSize(c, a.total)
	}
	if err := s.enough(ctx, c, have); err != nil {
		return ops.Plan{}, err
	}
	plan := ops.Plan{
		Title: ops.T("Download %s (%s) for ComfyUI", "Télécharger %s (%s) pour ComfyUI", name, ops.Size(c.Size)), Target: c.Name, Locks: []string{"comfyui:checkpoints"},
		Facts: []ops.Fact{{Name: "file", Value: "absent", Label: ops.T("a file of that name", "un fichier de ce nom")}},
		Steps: []ops.Step{
			get.Do(c).Undoing(forget.Do(c)).StoppingAtOnce(), summed.Verify(c), putDown.Do(c).Undoing(takeAway.Do(c)), listed.Verify(c).Staying(),
		},
		Done: ops.T("%s can be drawn with", "on peut dessiner avec %s", name), UndoFor: 24 * time.Hour,
	}
	s.costs(ctx, &plan, c, have, string(hostOf(address)), a)
	return plan, nil
})

// costs says what there is to know before saying yes.
func (s *System) costs(ctx context.Context, plan *ops.Plan, c Checkpoint, have int64, host string, a answer) {
	if have > 0 && have < c.Size && a.ranges {
		plan.Costs = append(plan.Costs, ops.T("%s of it is there from before, and is gone on with.", "%s en sont déjà là, et c’est de là qu’on continue.", ops.Size(have)))
	}
	if first := string(hostOf(c.URL)); host != first {
		plan.Costs = append(plan.Costs, ops.T("%s sends on to %s.", "%s renvoie vers %s.", ops.Name(first), ops.Name(host)))
	}
	if !a.ranges {
		plan.Costs = append(plan.Costs, ops.T("%s gives no parts: cut off, it begins anew.", "%s ne donne pas de morceaux : coupé, ça recommence.", ops.Name(host)))
	}
	if free, err := s.shelf.room(ctx); err == nil {
		plan.Costs = append(plan.Costs, ops.T("Disk %s: %s free, %s afterwards.", "Disque %s : %s libres, %s ensuite.", s.keeping.there(), ops.Size(free), ops.Size(free-c.Size+have)))
	}
	if c.Licence != "" {
		plan.Costs = append(plan.Costs, ops.T("Licence: %s.", "Licence : %s.", ops.Name(clip(c.Licence, 120))))
	}
	if path.Ext(c.Name) != safe {
		plan.Costs = append(plan.Costs, ops.T("%s It is no safetensors: loading it runs code of whoever made it.", "%s Ce n’est pas un safetensors : le charger exécute du code de son auteur.", ops.AtRisk))
	}
	if _, err := s.models(ctx, "checkpoints"); err != nil {
		plan.Costs = append(plan.Costs, ops.T("ComfyUI does not answer now: that it sees the file can only be checked once it does.", "ComfyUI ne répond pas : qu’il voie le fichier ne se vérifiera qu’une fois lancé."))
	}
}

// whose is the machine where the folder is.
func (k Keeping) whose() ops.Text {
	if k.Where == "" {
		return ops.T("this machine", "cette machine")
	}
	return ops.T("%s", "%s", ops.Name(k.Where))
}

func short(sum string) ops.Name { return ops.Name(clip(sum, 13)) }

var (
	get = ops.Declare(&shop, "comfyui.get", func(c Checkpoint) ops.Text {
		return ops.T("download %s, %s from %s, to a file beside", "télécharger %s, %s de %s, dans un fichier à côté", ops.Name(c.Name), ops.Size(c.Size), hostOf(c.URL))
	}, func(ctx context.Context, s *System, c Checkpoint) error {
		if size, there, err := s.shelf.find(ctx, c.Name); err != nil {
			return err
		} else if there && size != c.Size {
			return occupied(c.Name)
		}
		if err := s.download(ctx, c); err != nil {
			return err
		}
		ops.Progress(ctx, ops.T("all %s", "les %s", ops.Size(c.Size)))
		return nil
	})

	forget = ops.Declare(&shop, "comfyui.forget", func(c Checkpoint) ops.Text {
		return ops.T("leave nothing unfinished of %s", "ne rien laisser d’inachevé de %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.dropped(ctx, c.part()) })

	summed = ops.Declare(&shop, "comfyui.summed", func(c Checkpoint) ops.Text {
		return ops.T("its SHA-256 is %s", "son SHA-256 est %s", short(c.SHA256))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.prove(ctx, c) })

	putDown = ops.Declare(&shop, "comfyui.put", func(c Checkpoint) ops.Text {
		return ops.T("put it into place as %s", "le mettre en place sous le nom %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.put(ctx, c) })

	takeAway = ops.Declare(&shop, "comfyui.take_away", func(c Checkpoint) ops.Text {
		return ops.T("take %s away again, if it is that file", "retirer %s, si c’est bien ce fichier", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error {
		same, err := s.same(ctx, c)
		if err != nil || !same {
			return err
		}
		return s.dropped(ctx, c.Name)
	}, ops.Stops(func(c Checkpoint) []string { return []string{"checkpoint:" + c.Name} }))

	listed = ops.Declare(&shop, "comfyui.listed", func(c Checkpoint) ops.Text {
		return ops.T("ComfyUI lists %s", "ComfyUI liste %s", ops.Name(c.Name))
	}, func(ctx context.Context, s *System, c Checkpoint) error { return s.awaitListed(ctx, c.Name, true) })
)

// dropped takes a file away. One that another download still writes is not left without a word.
func (s *System) dropped(ctx context.Context, name string) error {
	err := s.shelf.drop(ctx, name)
	if errors.Is(err, errBusy) {
		return ops.Fail(ops.Failed, ops.T("%s is still being written; that ends within %s. Then remove it %s.", "%s est encore en cours d’écriture ; ça finit d’ici %s. Enlève-le ensuite, %s.", ops.Name(name), ops.Span(legTime), s.keeping.there()), nil)
	}
	return err
}

// prove reads the file, where it is by now, and compares.
func (s *System) prove(ctx context.Context, c Checkpoint) error {
	for _, name := range []string{c.part(), c.Name} {
		size, there, err := s.shelf.find(ctx, name)
		switch {
		case err != nil:
			return err
		case !there:
			continue
		case size != c.Size:
			return ops.Fail(ops.Failed, ops.T("%s of %s are there: it is not whole", "%s sur %s sont là : il n’est pas entier", ops.Size(size), ops.Size(c.Size)), nil)
		}
		ops.Progress(ctx, ops.T("reading %s", "lecture de %s", ops.Size(c.Size)))
		sum, err := s.shelf.sum(ctx, name)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return ops.Fail(ops.Unavailable, ops.T("reading it takes longer than this look", "le lire prend plus longtemps que ce coup d’œil"), nil)
		case err != nil:
			return err
		case sum != c.SHA256:
			return ops.Fail(ops.Failed, ops.T("its SHA-256 is %s, not %s: it is not the file that the configuration means. Has its page changed?", "son SHA-256 est %s, et non %s : ce n’est pas le fichier que la configuration désigne. Sa page a-t-elle changé ?", short(sum), short(c.SHA256)), nil)
		}
		ops.Progress(ctx, ops.T("as the configuration says", "comme le dit la configuration"))
		return nil
	}
	return ops.Fail(ops.Failed, ops.T("there is no such file", "il n’y a pas ce fichier"), nil)
}

// same reports whether c's file is there and is c.
func (s *System) same(ctx context.Context, c Checkpoint) (bool, error) {
	size, there, err := s.shelf.find(ctx, c.Name)
	if err != nil || !there || size != c.Size {
		return false, err
	}
	sum, err := s.shelf.sum(ctx, c.Name)
	return sum == c.SHA256, err
}

// put gives the file its name. One that is there already and is the same is as good; nothing is written over.
func (s *System) put(ctx context.Context, c Checkpoint) error {
	err := s.shelf.place(ctx, c.part(), c.Name)
	if err == nil {
		return nil
	}
	if same, serr := s.same(ctx, c); serr == nil && same {
		return s.dropped(ctx, c.part())
	}
	return err
}

// awaitListed waits until ComfyUI lists a checkpoint, or no longer does.
func (s *System) awaitListed(ctx context.Context, name string, want bool) error {
	for began := time.Now(); ; {
		list, err := s.models(ctx, "checkpoints")
		if err != nil {
			return err
		}
		has := false
		for _, m := range list {
			has = has || m == name
		}
		switch {
		case has == want:
			ops.Progress(ctx, ops.T("ComfyUI lists %s", "ComfyUI en liste %s", checkpointsOf(len(list))))
			return nil
		case time.Since(began) > listedPatience && want:
			return ops.Fail(ops.Failed, ops.T("ComfyUI does not list it: is %s its folder of checkpoints?", "ComfyUI ne le liste pas : %s est-il bien son dossier de checkpoints ?", ops.Name(s.keeping.Dir)), nil)
		case time.Since(began) > listedPatience:
			return ops.Fail(ops.Failed, ops.T("ComfyUI still lists it: there is another one of that name in its folders", "ComfyUI le liste encore : il y en a un autre de ce nom dans ses dossiers"), nil)
		}
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

func checkpointsOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "checkpoint", EnMany: "checkpoints", FrOne: "checkpoint", FrMany: "checkpoints"}
}

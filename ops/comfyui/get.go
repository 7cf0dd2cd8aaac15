package comfyui

import (
	"context"
	"errors"
	"path"
	"time"

	"vigie/ops"
)

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

package restic

import (
	"context"
	"strings"

	"vigie/ops"
)

type checkParams struct {
	Repository string `doc:"which repository" fr:"quel dépôt" names:"restic" optional:"true"`
	Percent    int    `doc:"how much of the data is read back, in percent" fr:"quelle part des données est relue, en pour cent" default:"0" min:"0" max:"100"`
}

type checkArgs struct {
	Repository string `json:"repository"`
	Percent    int    `json:"percent,omitempty"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "restic.check", Command: "restic_check", Theme: theme, Risk: ops.Reversible, Examples: []string{"vpai-backups", "vpai-backups 10"},
	Doc: ops.T("Check that a repository is whole, and read part of its data back.", "Vérifier qu’un dépôt est entier, et relire une partie de ses données."),
	Phrases: []ops.Text{
		ops.T("check the backup repository", "vérifie le dépôt de sauvegarde"), ops.T("are the backups readable", "les sauvegardes sont-elles lisibles"),
		ops.T("read the backups back", "relis les sauvegardes"),
		ops.T("check the restic repository", "vérifie le dépôt restic"),
	},
}, func(ctx context.Context, s *System, p checkParams) (ops.Plan, error) {
	r, err := s.pick(p.Repository)
	if err != nil {
		return ops.Plan{}, err
	}
	locks, err := s.locks(ctx, r)
	if err != nil {
		return ops.Plan{}, err
	}
	for _, l := range locks {
		if l.Exclusive {
			return ops.Plan{}, ops.Fail(ops.Unavailable, s.lockedText(r, l), nil)
		}
	}
	plan := ops.Plan{
		Title:  capital(checkText(checkArgs{r.Name, p.Percent})),
		Target: r.Name, Locks: []string{"restic-check:" + r.Name},
		Facts: []ops.Fact{{Name: "url", Value: r.place(), Label: ops.T("where it is", "où il est")}},
		Steps: []ops.Step{checked.Verify(checkArgs{r.Name, p.Percent})},
		Done:  ops.T("%s is whole", "%s est entier", ops.Name(r.Name)),
		Costs: []ops.Text{ops.T("Nothing is changed and no backup has to wait. It can be stopped at any time.", "Rien n’est modifié et aucune sauvegarde n’attend. On peut l’arrêter à tout moment.")},
	}
	if p.Percent > 0 && !strings.HasPrefix(r.URL, "/") {
		plan.Costs = append(plan.Costs, ops.T("Reading back %d %% of the data comes over the network; some providers charge for that.", "La relecture de %d %% des données passe par le réseau ; certains hébergeurs la facturent.", p.Percent))
	}
	return plan, nil
})

func checkText(a checkArgs) ops.Text {
	switch {
	case a.Percent >= 100:
		return ops.T("check %s and read all of its data back", "vérifier %s et relire toutes ses données", ops.Name(a.Repository))
	case a.Percent > 0:
		return ops.T("check %s and read %d %% of its data back", "vérifier %s et relire %d %% de ses données", ops.Name(a.Repository), a.Percent)
	}
	return ops.T("check %s, without reading its data back", "vérifier %s, sans relire ses données", ops.Name(a.Repository))
}

// capital begins a text with a capital letter.
func capital(t ops.Text) ops.Text {
	up := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	return ops.Text{En: up(t.En), Fr: up(t.Fr)}
}

var checked = ops.Declare(&set, "restic.check", checkText, func(ctx context.Context, s *System, a checkArgs) error {
	report, err := s.Check(ctx, a.Repository, a.Percent, func(t ops.Text) { ops.Progress(ctx, t) })
	if err != nil {
		return err
	}
	if report.Found > 0 {
		return ops.Fail(ops.Failed, ops.T("%s is damaged, %d faults: «%s». Make a new backup elsewhere before you repair it.", "%s est abîmé, %d défauts : « %s ». Fais une nouvelle sauvegarde ailleurs avant de le réparer.",
			ops.Name(a.Repository), report.Found, report.Errors[0]), nil)
	}
	ops.Progress(ctx, report.proof())
	return nil
})

// proof says what was looked at and found well.
func (r Report) proof() ops.Text {
	if r.Percent == 0 {
		return ops.T("no errors in %s; the data itself was not read", "aucune erreur dans %s ; les données elles-mêmes n’ont pas été relues", snapshotsOf(r.Snapshots))
	}
	return ops.T("no errors in %s; %d %% of the data read back (%d packs)", "aucune erreur dans %s ; %d %% des données relues (%d paquets)", snapshotsOf(r.Snapshots), r.Percent, r.Packs)
}

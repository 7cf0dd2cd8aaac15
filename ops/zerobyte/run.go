package zerobyte

import (
	"context"
	"time"

	"vigie/ops"
)

type runParams struct {
	Job string `doc:"which job" fr:"quelle tâche" names:"zerobyte_job" rest:"true"`
}

// A runArgs is one backup to make, and what was there before it.
type runArgs struct {
	Job        string `json:"job"`        // its name
	At         string `json:"at"`         // what stands for it in paths
	Tag        string `json:"tag"`        // what marks its snapshots
	Repository string `json:"repository"` // its name
	RepoAt     string `json:"repoAt"`
	LastAt     millis `json:"lastAt,omitempty"` // when its last run ended
	Newest     string `json:"newest,omitempty"` // its newest snapshot
	NewestAt   millis `json:"newestAt,omitempty"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "zerobyte.run", Command: "zb_run", Theme: theme, Risk: ops.Reversible, Examples: []string{"DB Full"},
	Doc: ops.T("Run one of Zerobyte's backup jobs now, and prove that its snapshot is there.", "Lancer maintenant une tâche de sauvegarde de Zerobyte, et prouver que son cliché est là."),
	Phrases: []ops.Text{
		ops.T("run the backup job DB Full", "lance la tâche de sauvegarde DB Full"), ops.T("back up now with zerobyte", "sauvegarde maintenant avec zerobyte"),
		ops.T("start the backup job DB Full", "démarre la tâche de sauvegarde DB Full"), ops.T("run the zerobyte job DB Full", "lance le job zerobyte DB Full"),
	},
}, func(ctx context.Context, s *System, p runParams) (ops.Plan, error) {
	j, at, err := s.find(ctx, p.Job)
	if err != nil {
		return ops.Plan{}, err
	}
	name, st := ops.Name(j.Name), j.state(time.Now())
	if j.Status == "in_progress" {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is running already. /zerobyte shows how it goes.", "%s est déjà en cours. /zerobyte montre où elle en est.", name), nil)
	}
	args := runArgs{Job: j.Name, At: at, Tag: j.tag(), Repository: j.Repository.Name, RepoAt: j.Repository.address(), LastAt: j.LastAt}
	before, err := s.snapshots(ctx, j.Repository, j.tag())
	if err != nil {
		return ops.Plan{}, err
	}
	if len(before) > 0 {
		args.Newest, args.NewestAt = before[0].ID, before[0].At
	}
	plan := ops.Plan{
		Title:  ops.T("Run backup %s now, last %s", "Lancer la sauvegarde %s maintenant, dernière %s", name, st.says),
		Target: j.Name, Locks: []string{Subject(j.Name)},
		Facts: []ops.Fact{
			{Name: "last", Value: j.LastAt.time().UTC().Format(time.RFC3339), Label: ops.T("its last run", "sa dernière exécution")},
			{Name: "newest", Value: args.Newest, Label: ops.T("its newest snapshot", "son dernier cliché")},
			{Name: "from", Value: j.Volume.Name + " " + j.Volume.Config.Path, Label: ops.T("what is backed up", "ce qui est sauvegardé")},
			{Name: "to", Value: j.Repository.Name, Label: ops.T("where to", "vers où")},
		},
		Costs: []ops.Text{ops.T("It adds one snapshot of %s to %s. Zerobyte then removes old ones, as the job's retention says.", "Un cliché de %s s’ajoute à %s. Zerobyte retire ensuite les anciens, selon la rétention de la tâche.", ops.Name(j.Volume.Name), ops.Name(j.Repository.Name))},
		Steps: []ops.Step{runJob.Do(args), backedUp.Verify(args)},
		Done:  ops.T("%s backed up", "%s sauvegardée", name),
	}
	if v := j.Volume; v.Status != "mounted" && v.Status != "" {
		plan.Costs = append(plan.Costs, ops.T("%s volume %s is not mounted now: Zerobyte tries to mount it, and fails if it cannot.", "%s le volume %s n’est pas monté : Zerobyte essaie de le monter, et échoue s’il ne peut pas.", ops.AtRisk, ops.Name(v.Name)))
	}
	return plan, nil
})

var (
	runJob = ops.Declare(&set, "zerobyte.run", func(a runArgs) ops.Text {
		return ops.T("run %s, and wait until it has ended", "lancer %s, et attendre sa fin", ops.Name(a.Job))
	}, func(ctx context.Context, s *System, a runArgs) error { return s.run(ctx, a) })

	backedUp = ops.Declare(&set, "zerobyte.backed-up", func(a runArgs) ops.Text {
		return ops.T("a new snapshot of %s is in %s", "un nouveau cliché de %s est dans %s", ops.Name(a.Job), ops.Name(a.Repository))
	}, func(ctx context.Context, s *System, a runArgs) error { return s.prove(ctx, a) })
)

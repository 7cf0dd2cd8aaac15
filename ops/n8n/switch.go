package n8n

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"vigie/ops"
)

type workflowParams struct {
	Workflow string `doc:"which workflow" fr:"quel workflow" names:"n8n_workflow" rest:"true"`
}

// A switchArgs is a workflow and how it should be.
type switchArgs struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"` // the one that should run; empty: none
}

var (
	activate = ops.Declare(&set, "n8n.activate", func(a switchArgs) ops.Text {
		return ops.T("switch %s on, in version %s", "activer %s, en version %s", ops.Name(a.Name), ops.Name(clip(a.Version, 8)))
	}, func(ctx context.Context, s *System, a switchArgs) error {
		body, err := json.Marshal(map[string]string{"versionId": a.Version})
		if err != nil {
			return err
		}
		return s.order(ctx, "/workflows/"+url.PathEscape(a.ID)+"/activate", string(body))
	})

	deactivate = ops.Declare(&set, "n8n.deactivate", func(a switchArgs) ops.Text {
		return ops.T("switch %s off", "désactiver %s", ops.Name(a.Name))
	}, func(ctx context.Context, s *System, a switchArgs) error {
		return s.order(ctx, "/workflows/"+url.PathEscape(a.ID)+"/deactivate", "")
	})

	stands = ops.Declare(&set, "n8n.stands", func(a switchArgs) ops.Text {
		if a.Version == "" {
			return ops.T("%s is off, and its webhooks are gone", "%s est désactivé, et ses webhooks ont disparu", ops.Name(a.Name))
		}
		return ops.T("%s is on, in that version, and its webhooks are registered", "%s est actif, dans cette version, et ses webhooks sont enregistrés", ops.Name(a.Name))
	}, func(ctx context.Context, s *System, a switchArgs) error { return s.stands(ctx, a) })
)

func (s *System) order(ctx context.Context, path, body string) error {
	got, err := s.post(ctx, path, body, askTime)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK {
		return s.refusal(got)
	}
	ops.Progress(ctx, ops.T("done", "fait"))
	return nil
}

// stands looks whether the workflow is as it should be. n8n's answer to the order is not enough: one that refuses may have
// done it all the same.
func (s *System) stands(ctx context.Context, a switchArgs) error {
	all, err := s.workflows(ctx)
	if err != nil {
		return err
	}
	w := named(all, a.ID)
	switch {
	case w.Active != (a.Version != ""):
		return ops.Fail(ops.Failed, ops.T("n8n says that it is %s", "n8n dit qu’il est %s", w.state()), nil)
	case a.Version != "" && w.Live != "" && w.Live != a.Version:
		return ops.Fail(ops.Failed, ops.T("version %s runs", "la version %s tourne", ops.Name(clip(w.Live, 8))), nil)
	}
	deaf, err := s.deaf(ctx, all)
	if err != nil {
		return err
	}
	for _, d := range deaf {
		if d.ID == a.ID {
			return ops.Fail(ops.Failed, ops.T("its webhook %s is not registered: a restart of n8n does that", "son webhook %s n’est pas enregistré : un redémarrage de n8n le fait", ops.Name(clip(d.Path, 60))), nil)
		}
	}
	ops.Progress(ctx, ops.T("seen in n8n: %s", "vu dans n8n : %s", w.state()))
	return nil
}

var _ = ops.Add(&set, ops.Spec{
	Name: "n8n.activate", Command: "wf_on", Theme: theme, Risk: ops.Reversible, Examples: []string{"Nightly report"},
	Doc:     ops.T("Switch a workflow of n8n on, in the version that was saved last.", "Activer un workflow de n8n, dans la dernière version enregistrée."),
	Phrases: []ops.Text{ops.T("activate the workflow Nightly report", "active le workflow Nightly report"), ops.T("publish the workflow", "publie le workflow")},
}, func(ctx context.Context, s *System, p workflowParams) (ops.Plan, error) {
	w, err := s.one(ctx, p.Workflow)
	if err != nil {
		return ops.Plan{}, err
	}
	if w.Active && !w.stale() {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is active already, in the version that was saved last.", "%s est déjà actif, dans la dernière version enregistrée.", ops.Name(w.title())), nil)
	}
	a, was := switchArgs{w.ID, w.title(), w.Version}, switchArgs{w.ID, w.title(), w.Live}
	undo := deactivate.Do(was)
	title := ops.T("Switch workflow %s on", "Activer le workflow %s", ops.Name(a.Name))
	if w.stale() {
		undo = activate.Do(was)
		title = ops.T("Publish workflow %s, edited %s ago", "Publier le workflow %s, modifié il y a %s", ops.Name(a.Name), ops.Since(w.Updated))
	}
	return ops.Plan{Title: title, Target: w.title(), Locks: []string{Subject(w.ID)}, Facts: w.facts(), UndoFor: 24 * time.Hour,
		Costs: []ops.Text{ops.T("Its triggers act from then on: schedules run, webhooks are taken.", "Ses déclencheurs agissent dès lors : les horaires tournent, les webhooks sont pris.")},
		Steps: []ops.Step{activate.Do(a).Undoing(undo), stands.Verify(a)}, Done: ops.T("%s is on", "%s est actif", ops.Name(a.Name))}, nil
})

var _ = ops.Add(&set, ops.Spec{
	Name: "n8n.deactivate", Command: "wf_off", Theme: theme, Risk: ops.Disruptive, Examples: []string{"Nightly report"},
	Doc:     ops.T("Switch a workflow of n8n off.", "Désactiver un workflow de n8n."),
	Phrases: []ops.Text{ops.T("deactivate the workflow Nightly report", "désactive le workflow Nightly report")},
}, func(ctx context.Context, s *System, p workflowParams) (ops.Plan, error) {
	w, err := s.one(ctx, p.Workflow)
	if err != nil {
		return ops.Plan{}, err
	}
	if !w.Active {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is not active.", "%s n’est pas actif.", ops.Name(w.title())), nil)
	}
	version := w.Live
	if version == "" {
		version = w.Version
	}
	off, was := switchArgs{ID: w.ID, Name: w.title()}, switchArgs{w.ID, w.title(), version}
	return ops.Plan{Title: ops.T("Switch workflow %s off", "Désactiver le workflow %s", ops.Name(off.Name)), Target: w.title(), Locks: []string{Subject(w.ID)}, Facts: w.facts(), UndoFor: 24 * time.Hour,
		Costs: []ops.Text{ops.T("Until it is on again its schedules do not run, and what is sent to its webhooks gets 404 and is lost.", "Jusqu’à sa réactivation, ses horaires ne tournent pas, et ce qui est envoyé à ses webhooks reçoit 404 et se perd.")},
		Steps: []ops.Step{deactivate.Do(off).Undoing(activate.Do(was)), stands.Verify(off)}, Done: ops.T("%s is off", "%s est désactivé", ops.Name(off.Name))}, nil
})

// Subject is what a workflow is called in troubles and plans.
func Subject(id string) string { return "workflow:" + id }

func (w workflow) facts() []ops.Fact {
	state := "off"
	if w.Active {
		state = "on"
	}
	return []ops.Fact{
		{Name: "state", Value: state, Label: ops.T("whether it is on", "s’il est actif")},
		{Name: "version", Value: w.Version, Label: ops.T("the version that was saved last", "la dernière version enregistrée")},
		{Name: "live", Value: w.Live, Label: ops.T("the version that runs", "la version qui tourne")},
	}
}

func (s *System) one(ctx context.Context, id string) (workflow, error) {
	all, err := s.workflows(ctx)
	if err != nil {
		return workflow{}, err
	}
	for _, w := range all {
		if w.ID == id && !w.Archived {
			return w, nil
		}
	}
	return workflow{}, ops.Fail(ops.NotFound, ops.T("n8n has no workflow %s. /n8n shows them.", "n8n n’a pas de workflow %s. /n8n les montre.", ops.Name(clip(id, 60))), nil)
}

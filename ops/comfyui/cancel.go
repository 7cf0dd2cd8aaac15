package comfyui

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"vigie/ops"
)

// gonePatience is how long a running job may take to notice that it is interrupted: it looks between two steps of drawing, which
// take a minute where there is no GPU.
const gonePatience = 3 * time.Minute

type jobParams struct {
	Work string `doc:"which job" fr:"quelle tâche" names:"comfyui_job"`
}

// An aimed is one job, and nobody else's. Without a name it is the run's own.
type aimed struct {
	ID     string `json:"id,omitempty"`
	Prompt string `json:"prompt"`
}

func (d drawing) aim() aimed { return aimed{Prompt: d.Prompt} }

func (a aimed) id(ctx context.Context) string {
	if a.ID != "" {
		return a.ID
	}
	return nameOf(ops.Work(ctx))
}

var _ = ops.Add(&set, ops.Spec{
	Name: "comfyui.cancel", Command: "cancel_job", Theme: theme, Risk: ops.Reversible, Examples: []string{},
	Doc:     ops.T("Cancel one of our jobs in ComfyUI, and nobody else's.", "Annuler une de nos tâches dans ComfyUI, et celle de personne d’autre."),
	Phrases: []ops.Text{ops.T("stop drawing that", "arrête de dessiner ça")},
}, func(ctx context.Context, s *System, p jobParams) (ops.Plan, error) {
	q, err := s.queue(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	j, ok := q.find(nameOf(p.Work))
	if !ok || j.Ours.ID == "" {
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("that job is over, or not ours.", "cette tâche est finie, ou n’est pas à nous."), nil)
	}
	a := aimed{ID: j.Ours.ID, Prompt: j.Ours.Prompt}
	name := ops.Name(clip(a.Prompt, 60))
	return ops.Plan{
		Title: ops.T("Cancel %s, asked for by %s", "Annuler %s, demandé par %s", name, clip(j.Ours.Who, 30)), Target: "comfyui", Locks: []string{"comfyui:" + a.ID},
		Facts: []ops.Fact{{Name: "job", Value: a.ID, Label: ops.T("the job", "la tâche")}},
		Steps: []ops.Step{drop.Do(a), gone.Verify(a)},
		Done:  ops.T("cancelled: %s", "annulé : %s", name),
	}, nil
})

var (
	drop = ops.Declare(&set, "comfyui.drop", func(a aimed) ops.Text {
		return ops.T("take the job %s out of ComfyUI, and no other", "retirer la tâche %s de ComfyUI, et aucune autre", ops.Name(clip(a.Prompt, 60)))
	}, func(ctx context.Context, s *System, a aimed) error { return s.drop(ctx, a.id(ctx)) })

	gone = ops.Declare(&set, "comfyui.gone", func(a aimed) ops.Text {
		return ops.T("the job %s is neither drawn nor waiting", "la tâche %s n’est ni en cours ni en attente", ops.Name(clip(a.Prompt, 60)))
	}, func(ctx context.Context, s *System, a aimed) error { return s.awaitGone(ctx, a.id(ctx)) })
)

// drop takes job id out of the queue, or interrupts it if it is the one that runs. It does nothing if it is neither.
func (s *System) drop(ctx context.Context, id string) error {
	q, err := s.queue(ctx)
	if err != nil {
		return err
	}
	j, ok := q.find(id)
	if !ok {
		return nil
	}
	// Newer versions cancel one job by its name, without a moment between looking and stopping.
	if got, err := s.post(ctx, "/api/jobs/"+j.ID+"/cancel", struct{}{}); err == nil && got.code == http.StatusOK {
		var said struct {
			Cancelled bool `json:"cancelled"`
		}
		if json.Unmarshal(got.body, &said) == nil && said.Cancelled {
			return nil
		}
	}
	if _, err := s.post(ctx, "/queue", map[string]any{"delete": []string{j.ID}}); err != nil { // harmless for one that runs
		return err
	}
	if q, err = s.queue(ctx); err != nil {
		return err
	}
	if j, ok = q.find(id); !ok || !j.Running {
		return nil
	}
	got, err := s.post(ctx, "/interrupt", map[string]string{"prompt_id": j.ID})
	if err == nil && got.code != http.StatusOK {
		return refusal(got)
	}
	return err
}

// awaitGone waits until ComfyUI works on job id no more.
func (s *System) awaitGone(ctx context.Context, id string) error {
	for began := time.Now(); ; {
		q, err := s.queue(ctx)
		if err != nil {
			return err
		}
		if _, ok := q.find(id); !ok {
			return nil
		}
		if time.Since(began) > gonePatience {
			return ops.Fail(ops.Failed, ops.T("ComfyUI still works on it after %s", "ComfyUI y travaille encore après %s", ops.Span(gonePatience)), nil)
		}
		ops.Progress(ctx, ops.T("it stops after the step that is being drawn", "elle s’arrête après le pas en cours"))
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

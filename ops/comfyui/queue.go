package comfyui

import (
	"context"
	"time"

	"vigie/ops"
)

type none struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "comfyui.queue", Command: "queue", Theme: theme, Examples: []string{""},
	Doc:     ops.T("What ComfyUI draws now and what waits, with a look at the picture so far.", "Ce que ComfyUI dessine et ce qui attend, avec l’image en l’état."),
	Phrases: []ops.Text{ops.T("is it drawing", "qu’est-ce qui se dessine"), ops.T("the picture queue", "la file des images")},
}, func(ctx context.Context, s *System, _ none) (ops.Answer, error) {
	about, err := s.stats(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	q, err := s.queue(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	refresh := ops.Button{Label: ops.Raw("↻"), Ask: &ops.Ask{Op: "comfyui.queue"}}
	if len(q.all()) == 0 {
		a := ops.Say(ops.T("🟢 ComfyUI is up and has nothing to do", "🟢 ComfyUI tourne et n’a rien à faire"), about.says())
		return *a.Row(ops.AskFor(ops.T("Checkpoints", "Checkpoints"), "comfyui.checkpoints"), refresh), nil
	}
	a := ops.Say(ops.T("⏳ ComfyUI: %d drawing, %d waiting", "⏳ ComfyUI : %d en cours, %d en attente", len(q.Running), len(q.Pending)))
	for _, j := range q.all() {
		mark, what := ops.StepNow, ops.T("a job of somebody else", "une tâche de quelqu’un d’autre")
		if !j.Running {
			mark = ops.Off
		}
		if j.Ours.ID != "" {
			what = ops.T("%s, for %s", "%s, pour %s", ops.Name(clip(j.Ours.Prompt, 60)), clip(j.Ours.Who, 30))
			if len(a.Buttons) < 4 {
				a.Row(ops.AskFor(ops.T("Cancel %s", "Annuler %s", clip(j.Ours.Prompt, 24)), "comfyui.cancel", "work", j.work()))
			}
		}
		if len(a.Blocks) < 12 {
			a.Line(ops.Join(" ", ops.Raw(mark), what))
		}
		if f, ok := s.preview(j.Ours.ID); ok {
			a.Blocks = append(a.Blocks, ops.Block{File: &f})
		}
	}
	a.Line(about.says())
	return *a.Row(refresh), nil
})

// stats is what ComfyUI says of itself and its machine. Sizes are bytes.
type stats struct {
	System struct {
		Version string `json:"comfyui_version"`
		Total   int64  `json:"ram_total"`
		Free    int64  `json:"ram_free"`
	} `json:"system"`
	Devices []struct {
		Name  string `json:"name"`
		Type  string `json:"type"`
		Total int64  `json:"vram_total"`
		Free  int64  `json:"vram_free"`
	} `json:"devices"`
}

func (s *System) stats(ctx context.Context) (about stats, err error) {
	err = s.get(ctx, "/system_stats", &about)
	return about, err
}

func (a stats) onCPU() bool { return len(a.Devices) == 0 || a.Devices[0].Type == "cpu" }

func (a stats) says() ops.Text {
	memory := ops.T("%s of %s memory free", "%s de mémoire libres sur %s", ops.Size(a.System.Free), ops.Size(a.System.Total))
	if a.onCPU() {
		return ops.Join(" · ", ops.Raw(clip(a.System.Version, 20)), ops.T("no GPU", "sans GPU"), memory)
	}
	d := a.Devices[0]
	return ops.Join(" · ", ops.Raw(clip(a.System.Version, 20)), ops.Raw(clip(d.Name, 40)), ops.T("%s of %s VRAM free", "%s de VRAM libres sur %s", ops.Size(d.Free), ops.Size(d.Total)), memory)
}

// pause waits, or says why it did not.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

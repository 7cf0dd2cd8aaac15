package comfyui

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"vigie/ops"
)

var (
	submit = ops.Declare(&set, "comfyui.submit", func(d drawing) ops.Text {
		if d.Model == "" {
			return ops.T("give ComfyUI the job: %s", "donner la tâche à ComfyUI : %s", d.says())
		}
		return ops.T("give ComfyUI the job: %s, with %s", "donner la tâche à ComfyUI : %s, avec %s", d.says(), ops.Name(d.Model))
	}, func(ctx context.Context, s *System, d drawing) error { return s.submit(ctx, nameOf(ops.Work(ctx)), d) })

	drawn = ops.Declare(&set, "comfyui.drawn", func(d drawing) ops.Text {
		size := ""
		if d.Width > 0 {
			size = fmt.Sprintf(" %d×%d", d.Width, d.Height)
		}
		return ops.T("%s drawn, and read back whole", "%s en entier", ops.Count{N: int(d.Count), EnOne: "picture" + size, EnMany: "pictures" + size,
			FrOne: "image" + size + " dessinée et relue", FrMany: "images" + size + " dessinées et relues"})
	}, func(ctx context.Context, s *System, d drawing) error { return s.follow(ctx, nameOf(ops.Work(ctx)), d) })
)

// submit gives ComfyUI the job under the name id, unless it has it.
func (s *System) submit(ctx context.Context, id string, d drawing) error {
	if has, err := s.has(ctx, id); err != nil || has {
		return err
	}
	seed := d.Seed
	if seed == "" && len(d.SeedAt) > 0 {
		seed = seedOf(id)
	}
	graph, err := seeded(d.Graph, d.SeedAt, seed)
	if err != nil {
		return err
	}
	about := ours{ID: id, Who: d.Who, Prompt: d.Prompt, Workflow: d.Workflow, Args: map[string]string{}, Width: d.Width, Height: d.Height, Count: d.Count}
	for k, v := range d.Args {
		about.Args[k] = v
	}
	if seed != "" {
		about.Args["seed"] = seed
	}
	got, err := s.post(ctx, "/prompt", map[string]any{"prompt": graph, "client_id": id, "prompt_id": id,
		// Unless it is asked for them, ComfyUI shows no previews: its own page asks with each job as well. Older versions do not look.
		"extra_data": map[string]any{"vigie": about, "preview_method": "auto"}})
	if err != nil {
		return err
	}
	switch {
	case got.code == http.StatusBadGateway || got.code == http.StatusServiceUnavailable:
		return refusal(got) // a proxy's: nothing came through
	case got.code >= 500:
		return ops.Fail(ops.Unknown, ops.T("ComfyUI failed while it was asked (%d): it may or may not have the job. Verify looks.", "ComfyUI a échoué pendant la demande (%d) : il a peut-être la tâche, peut-être pas. « Vérifier » regarde.", got.code), nil)
	case got.code != http.StatusOK:
		return s.refused(got)
	}
	var said struct {
		Errors json.RawMessage `json:"node_errors"`
	}
	if err := json.Unmarshal(got.body, &said); err != nil {
		return ops.Fail(ops.Unknown, ops.T("ComfyUI's answer cannot be read: it may or may not have the job. Verify looks.", "la réponse de ComfyUI est illisible : il a peut-être la tâche, peut-être pas. « Vérifier » regarde."), err)
	}
	if wrong := nodeErrors(said.Errors); len(wrong) > 0 { // it draws what it can, and says 200
		ops.Progress(ctx, ops.T("%s it draws a part only: %s", "%s il n’en dessine qu’une partie : %s", ops.AtRisk, wrong[0].says()))
	}
	return nil
}

// has reports whether ComfyUI has the job, or had it.
func (s *System) has(ctx context.Context, id string) (bool, error) {
	q, err := s.queue(ctx)
	if err != nil {
		return false, err
	}
	if _, ok := q.find(id); ok {
		return true, nil
	}
	_, ok, err := s.over(ctx, id)
	return ok, err
}

// seedOf makes a seed of a job's name: 48 bits, which every program keeps exact.
func seedOf(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id)) // never fails
	return strconv.FormatUint(h.Sum64()>>16, 10)
}

// seeded is the graph with its seed.
func seeded(raw json.RawMessage, at []string, seed string) (graph map[string]node, err error) {
	if err := json.Unmarshal(raw, &graph); err != nil {
		return nil, fmt.Errorf("reading the graph: %w", err)
	}
	for _, to := range at {
		id, input, _ := strings.Cut(to, ".")
		if n, ok := graph[id]; ok && n.Inputs != nil {
			graph[id].Inputs[input] = json.Number(seed)
		}
	}
	return graph, nil
}

package remotion

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vigie/ops"
)

type renderParams struct {
	Composition string `doc:"which composition" fr:"quelle composition" names:"remotion_composition"`
	Inputs      string `doc:"its inputs, name=value" fr:"ses entrées, nom=valeur" optional:"true" rest:"true"`
}

// A job is one render, whole.
type job struct {
	Composition string         `json:"composition"`
	Inputs      map[string]any `json:"inputs"`
}

func (j job) says() ops.Text {
	t := ops.Raw(ops.Name(j.Composition).String())
	var list []string
	for _, name := range slices.Sorted(maps.Keys(j.Inputs)) {
		list = append(list, fmt.Sprintf("%s=%v", name, j.Inputs[name]))
	}
	if len(list) > 0 {
		t = ops.Join(" ", t, ops.Raw(ops.Name(clip(strings.Join(list, " "), 120)).String()))
	}
	return t
}

var _ = ops.Add(&set, ops.Spec{
	Name: "remotion.render", Command: "render", Theme: theme, Risk: ops.Reversible, Examples: []string{"HelloWorld"},
	Doc:     ops.T("Render a video with Remotion, and send it here.", "Rendre une vidéo avec Remotion, et l’envoyer ici."),
	Phrases: []ops.Text{ops.T("render HelloWorld", "rends HelloWorld"), ops.T("make a video", "fais une vidéo")},
}, func(ctx context.Context, s *System, p renderParams) (ops.Plan, error) {
	at := slices.IndexFunc(s.o.Compositions, func(c Composition) bool { return c.Name == p.Composition })
	if at < 0 {
		e := &ops.Error{Kind: ops.NotFound, Param: "composition", Say: ops.T("Remotion has no composition %s. It has:", "Remotion n’a pas de composition %s. Il a :", ops.Name(clip(p.Composition, 40)))}
		for _, c := range s.o.Compositions {
			e.Choices = append(e.Choices, ops.Choice{Value: c.Name})
		}
		return ops.Plan{}, e
	}
	inputs, err := s.o.Compositions[at].read(p.Inputs)
	if err != nil {
		return ops.Plan{}, err
	}
	got, err := s.send(ctx, http.MethodGet, "/health", nil)
	if err == nil && got.code != http.StatusOK {
		err = s.refusal(got)
	}
	if err != nil {
		return ops.Plan{}, err
	}
	j := job{p.Composition, inputs}
	return ops.Plan{
		Title: ops.T("Render %s", "Rendre %s", ops.Name(j.Composition)), Target: "remotion", Shows: "remotion.video",
		Facts: []ops.Fact{{Name: "composition", Value: j.Composition, Label: ops.T("the composition", "la composition")}},
		Costs: []ops.Text{ops.T("Remotion renders one video at a time: others may be before it.", "Remotion rend une vidéo à la fois : d’autres passent peut-être avant.")},
		Steps: []ops.Step{begin.Do(j).Undoing(drop.Do(j)), rendered.Verify(j).GoingOnElsewhere()},
		Done:  ops.T("rendered: %s", "rendu : %s", ops.Name(j.Composition)),
	}, nil
})

var (
	begin = ops.Declare(&set, "remotion.begin", func(j job) ops.Text {
		return ops.T("ask Remotion to render %s", "demander à Remotion de rendre %s", j.says())
	}, func(ctx context.Context, s *System, j job) error { return s.begin(ctx, ops.Work(ctx), j) })

	rendered = ops.Declare(&set, "remotion.rendered", func(j job) ops.Text {
		return ops.T("the video of %s is there, and is one", "la vidéo de %s est là, et en est une", ops.Name(j.Composition))
	}, func(ctx context.Context, s *System, j job) error { return s.follow(ctx, ops.Work(ctx)) })

	drop = ops.Declare(&set, "remotion.drop", func(j job) ops.Text {
		return ops.T("cancel this render of %s", "annuler ce rendu de %s", ops.Name(j.Composition))
	}, func(ctx context.Context, s *System, _ job) error { return s.drop(ctx, ops.Work(ctx)) })
)

// begin asks for the render, and writes its name down. One that has a name was asked for before.
func (s *System) begin(ctx context.Context, work string, j job) error {
	if id, err := s.named(ctx, work); err != nil || id != "" {
		return err
	}
	got, err := s.send(ctx, http.MethodPost, "/renders", map[string]any{"compositionId": j.Composition, "inputProps": j.Inputs})
	if err != nil {
		return err
	}
	if got.code < 200 || got.code > 299 {
		return s.refusal(got)
	}
	var said struct {
		ID string `json:"jobId"`
	}
	if json.Unmarshal(got.body, &said) != nil || said.ID == "" || len(said.ID) > 200 {
		return ops.Fail(ops.Unknown, ops.T("Remotion's answer names no job: it may be rendering, and I cannot find it.", "la réponse de Remotion ne nomme aucune tâche : le rendu est peut-être en cours, et je ne peux pas le retrouver."), nil)
	}
	raw, err := json.Marshal(said.ID)
	if err != nil {
		return err
	}
	if err := s.o.Kept.Save(ctx, work, raw); err != nil { // it renders, and would not be found again
		return ops.Fail(ops.Unknown, ops.T("Remotion renders it, and I could not write its name down", "Remotion le rend, et je n’ai pas pu noter son nom"), err)
	}
	_ = s.remember(ctx, said.ID) // without it, [System.Jobs] counts one too few
	return nil
}

// named is Remotion's name of the render that a run is about; "" if it has none.
func (s *System) named(ctx context.Context, work string) (id string, err error) {
	raw, err := s.o.Kept.Load(ctx, work)
	if err != nil || raw == nil {
		return "", err
	}
	return id, json.Unmarshal(raw, &id)
}

// drop cancels the render. One that is over, or was never named, is left as it is.
func (s *System) drop(ctx context.Context, work string) error {
	id, err := s.named(ctx, work)
	if err != nil || id == "" {
		return err
	}
	got, err := s.send(ctx, http.MethodDelete, "/renders/"+url.PathEscape(id), nil)
	if err != nil {
		return err
	}
	if got.code >= 500 {
		return s.refusal(got)
	}
	return nil // 4xx: it is over, or forgotten
}

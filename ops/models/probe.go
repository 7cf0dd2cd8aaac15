package models

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"vigie/ops"
)

const (
	probeText   = "Reply with the word OK."
	probeTokens = 16 // the fewest that every provider takes
	// probeInput is more tokens than the question can have: one a byte, and what chat templates put round it.
	probeInput = len(probeText) + 64
	probeTime  = 3 * time.Minute // a model on a rented machine may have to be started first
)

// A probe is one call to a model, and what it may cost.
type probe struct {
	Alias string `json:"alias"`
	Embed bool   `json:"embed,omitempty"`
	Most  string `json:"most"` // USD, as it is said; "" where LiteLLM knows no price
}

// probeOf says which call would prove that a model answers, and what it costs at most.
func probeOf(list []deployment) (probe, error) {
	p, most, known := probe{Alias: list[0].Alias}, 0.0, true
	for _, d := range list {
		switch d.Info.Mode {
		case "", "chat", "completion", "responses":
		case "embedding":
			p.Embed = true
		default:
			return p, ops.Fail(ops.Invalid, ops.T("%s is for %s: one call of those can cost much, so it is not tested from here", "%s sert à %s : un seul appel peut coûter cher, donc pas de test d’ici",
				name(p.Alias), ops.Name(clip(d.Info.Mode, 30))), nil)
		}
		in, out, ok := d.prices()
		known = known && ok
		most = math.Max(most, in*float64(probeInput)+out*float64(probeTokens))
	}
	if known {
		p.Most = usd(most).String()
	}
	return p, nil
}

func (p probe) costs() ops.Text {
	if p.Most == "" {
		return ops.T("one real call of at most %d tokens; LiteLLM takes it for free, or knows no price", "un vrai appel d’au plus %d jetons ; LiteLLM le croit gratuit, ou n’en connaît pas le prix", probeInput+probeTokens)
	}
	return ops.T("one real call: at most %s", "un vrai appel : au plus %s", p.Most)
}

type testParams struct {
	Model string `doc:"which model, by its alias" fr:"quel modèle, par son alias" names:"litellm_model"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "models.test", Command: "model_test", Theme: theme, Risk: ops.Reversible, Examples: []string{"glm-5"},
	Doc: ops.T("Prove that a model answers, with one tiny call that is paid for.", "Prouver qu’un modèle répond, par un tout petit appel payant."),
	Phrases: []ops.Text{
		ops.T("does glm-5 answer", "est-ce que glm-5 répond"), ops.T("test the model claude-haiku", "teste le modèle claude-haiku"),
	},
}, func(ctx context.Context, s *System, p testParams) (ops.Plan, error) {
	list, err := s.of(ctx, p.Model)
	if err != nil {
		return ops.Plan{}, err
	}
	call, err := probeOf(list)
	if err != nil {
		return ops.Plan{}, err
	}
	return ops.Plan{
		Title:  ops.T("Test %s, with a real call", "Tester %s, par un vrai appel", name(p.Model)),
		Target: p.Model, Locks: []string{"model:" + p.Model},
		Facts: []ops.Fact{{Name: "leads", Value: leads(list), Label: ops.T("where it leads", "où il mène")}, {Name: "most", Value: call.Most, Label: ops.T("what a call costs", "ce que coûte un appel")}},
		Costs: []ops.Text{call.costs(), ops.T("No fallback and no cache answers in its place.", "Ni repli ni cache ne répond à sa place.")},
		Steps: []ops.Step{callModel.Do(call)},
		Done:  ops.T("%s answers", "%s répond", name(p.Model)),
	}, nil
})

// leads are the provider's names of what stands behind an alias.
func leads(list []deployment) (all string) {
	for _, d := range list {
		if all != "" {
			all += ", "
		}
		all += clip(ops.Clean(d.Params.Model), 60)
	}
	return all
}

var callModel = ops.Declare(&set, "models.call", func(p probe) ops.Text {
	if p.Embed {
		return ops.T("one embedding by %s", "une vectorisation par %s", name(p.Alias))
	}
	return ops.T("one call to %s: «%s», %d tokens at most", "un appel à %s : « %s », %d jetons au plus", name(p.Alias), probeText, probeTokens)
}, func(ctx context.Context, s *System, p probe) error { return s.call(ctx, p) })

// call makes the call and tells what it took.
func (s *System) call(ctx context.Context, p probe) error {
	began := time.Now()
	path, body := "/v1/chat/completions", map[string]any{"model": p.Alias, "max_tokens": probeTokens, "messages": []map[string]string{{"role": "user", "content": probeText}}}
	if p.Embed {
		path, body = "/v1/embeddings", map[string]any{"model": p.Alias, "input": []string{probeText}}
	}
	body["disable_fallbacks"] = true
	body["cache"] = map[string]bool{"no-cache": true, "no-store": true}
	got, err := s.post(ctx, path, body, probeTime)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK {
		return s.unproved(p, got)
	}
	var said struct {
		Choices []json.RawMessage `json:"choices"`
		Data    []json.RawMessage `json:"data"`
		Usage   struct {
			Total int `json:"total_tokens"`
		} `json:"usage"`
	}
	if err := s.read(got, &said); err != nil {
		return err
	}
	if len(said.Choices)+len(said.Data) == 0 {
		return ops.Fail(ops.Failed, ops.T("%s said yes and gave nothing", "%s a dit oui et n’a rien donné", name(p.Alias)), nil)
	}
	if n, err := strconv.Atoi(got.header.Get("x-litellm-attempted-fallbacks")); err == nil && n > 0 {
		return ops.Fail(ops.Failed, ops.T("%s did not answer: a fallback did in its place", "%s n’a pas répondu : un repli l’a fait à sa place", name(p.Alias)), nil)
	}
	cost := ops.T("cost unknown", "coût inconnu")
	if v, err := strconv.ParseFloat(got.header.Get("x-litellm-response-cost"), 64); err == nil && v >= 0 {
		cost = ops.Raw(usd(v).String())
	}
	ops.Progress(ctx, ops.T("answered in %s · %d tokens · %s", "a répondu en %s · %d jetons · %s", ops.Span(time.Since(began)), said.Usage.Total, cost))
	return nil
}

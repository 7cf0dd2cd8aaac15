package models

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"vigie/ops"
)

type addParams struct {
	Alias string `doc:"what clients will call it" fr:"le nom que les clients lui donneront"`
	Model string `doc:"the provider and its model, as LiteLLM writes it: openrouter/z-ai/glm-5" fr:"le fournisseur et son modèle, comme LiteLLM l’écrit : openrouter/z-ai/glm-5"`
	Key   string `doc:"the environment variable of LiteLLM that holds the provider's key" fr:"la variable d’environnement de LiteLLM qui contient la clé du fournisseur" optional:"true"`
}

// An addArgs is one model to add. It names the variable that holds a key, never the key.
type addArgs struct {
	ID    string `json:"id"`
	Alias string `json:"alias"`
	Model string `json:"model"`
	Env   string `json:"env,omitempty"`
}

var (
	aliasShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,79}$`)
	modelShape = regexp.MustCompile(`^[a-z0-9_]+/[A-Za-z0-9@._:/-]{1,150}$`)
	envShape   = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,79}$`)
)

func (p addParams) args() (addArgs, error) {
	bad := func(param string, say ops.Text) (addArgs, error) {
		return addArgs{}, &ops.Error{Kind: ops.Invalid, Param: param, Say: say}
	}
	switch {
	case !aliasShape.MatchString(p.Alias):
		return bad("alias", ops.T("an alias is letters, digits and . _ : / -, such as %s", "un alias a des lettres, des chiffres et . _ : / -, comme %s", ops.Name("glm-5")))
	case !modelShape.MatchString(p.Model):
		return bad("model", ops.T("write the provider, a slash and its model: %s", "écris le fournisseur, une barre et son modèle : %s", ops.Name("openrouter/z-ai/glm-5")))
	case p.Key != "" && !envShape.MatchString(p.Key):
		return bad("key", ops.T("name the variable, never the key itself: %s. If that was a key, it is in this chat now: revoke it.", "nomme la variable, jamais la clé : %s. Si c’était une clé, elle est maintenant dans ce chat : révoque-la.", ops.Name("OPENROUTER_API_KEY")))
	}
	sum := sha256.Sum256([]byte(p.Alias + "\x00" + p.Model + "\x00" + p.Key)) // the same plan twice is the same model: nothing is added twice
	return addArgs{ID: fmt.Sprintf("vigie-%x", sum[:8]), Alias: p.Alias, Model: p.Model, Env: p.Key}, nil
}

var _ = ops.Add(&set, ops.Spec{
	Name: "models.add", Command: "model_add", Theme: theme, Risk: ops.Reversible, Examples: []string{"glm-5-new openrouter/z-ai/glm-5 OPENROUTER_API_KEY"},
	Doc: ops.T("Add a model to LiteLLM, and prove from both sides that it is there: clients see it, and it answers.", "Ajouter un modèle à LiteLLM, et prouver des deux côtés qu’il y est : les clients le voient, et il répond."),
	Phrases: []ops.Text{
		ops.T("add the model openrouter/z-ai/glm-5 as glm-5", "ajoute le modèle openrouter/z-ai/glm-5 sous le nom glm-5"),
	},
}, func(ctx context.Context, s *System, p addParams) (ops.Plan, error) {
	a, err := p.args()
	if err != nil {
		return ops.Plan{}, err
	}
	if err := s.takesModels(ctx); err != nil {
		return ops.Plan{}, err
	}
	all, err := s.catalog(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	if there := pick(all, a.Alias); len(there) > 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is there already, and leads to %s: a second one would share its calls. Choose another alias.", "%s existe déjà et mène à %s : un second partagerait ses appels. Choisis un autre alias.",
			name(a.Alias), ops.Name(leads(there))), nil)
	}
	call := probe{Alias: a.Alias}
	return ops.Plan{
		Title:  ops.T("Add the model %s, leading to %s", "Ajouter le modèle %s, menant à %s", name(a.Alias), ops.Name(a.Model)),
		Target: a.Alias, Locks: []string{"model:" + a.Alias},
		Facts: []ops.Fact{{Name: "there", Value: "no", Label: ops.T("whether the alias is taken", "si l’alias est pris")}},
		Costs: []ops.Text{ops.T("It costs one real call of at most %d tokens, at the provider's price.", "Cela coûte un vrai appel d’au plus %d jetons, au prix du fournisseur.", probeInput+probeTokens), ops.T("It goes into LiteLLM's database and outlives a new config.yaml. If it does not answer, it is taken out again.",
			"Il va dans la base de LiteLLM et survit à un nouveau config.yaml. S’il ne répond pas, il est retiré.")},
		Steps:   []ops.Step{addModel.Do(a).Undoing(dropModel.Do(a)), seen.Verify(a), callModel.Verify(call)},
		Done:    ops.T("%s added, seen by clients, and it answers", "%s ajouté, vu des clients, et il répond", name(a.Alias)),
		UndoFor: undoFor,
	}, nil
})

// takesModels refuses early where LiteLLM would refuse late. Its readiness is free and asks no provider.
func (s *System) takesModels(ctx context.Context) error {
	var ready struct {
		DB string `json:"db"`
	}
	if err := s.get(ctx, "/health/readiness", &ready); err != nil {
		return err
	}
	switch strings.ToLower(ready.DB) {
	case "connected":
		return nil
	case "not connected":
		return s.refusal(reply{code: http.StatusInternalServerError, body: []byte(`{"error":{"type":"no_db_connection"}}`)})
	}
	return ops.Fail(ops.Unavailable, ops.T("LiteLLM cannot reach its database now (it says: %s)", "LiteLLM ne joint pas sa base (il dit : %s)", ops.Name(clip(ready.DB, 30))), nil)
}

var (
	addModel = ops.Declare(&set, "models.add", func(a addArgs) ops.Text {
		if a.Env == "" {
			return ops.T("add %s → %s to LiteLLM", "ajouter %s → %s à LiteLLM", name(a.Alias), ops.Name(a.Model))
		}
		return ops.T("add %s → %s to LiteLLM, with the key in its %s", "ajouter %s → %s à LiteLLM, avec la clé de sa variable %s", name(a.Alias), ops.Name(a.Model), ops.Name(a.Env))
	}, func(ctx context.Context, s *System, a addArgs) error {
		params := map[string]string{"model": a.Model}
		if a.Env != "" {
			params["api_key"] = "os.environ/" + a.Env
		}
		return s.done(ctx, "/model/new", map[string]any{"model_name": a.Alias, "litellm_params": params, "model_info": map[string]string{"id": a.ID}})
	})

	dropModel = ops.Declare(&set, "models.drop", func(a addArgs) ops.Text {
		return ops.T("take %s out of LiteLLM again", "retirer %s de LiteLLM", name(a.Alias))
	}, func(ctx context.Context, s *System, a addArgs) error {
		got, err := s.post(ctx, "/model/delete", map[string]string{"id": a.ID}, askTime)
		if err != nil || got.code == http.StatusOK {
			return err
		}
		if _, message := s.words(got); strings.Contains(message, "not found in db") {
			return nil // there is nothing to take out
		}
		return s.refusal(got)
	})

	seen = ops.Declare(&set, "models.seen", func(a addArgs) ops.Text {
		return ops.T("clients see %s in /v1/models", "les clients voient %s dans /v1/models", name(a.Alias))
	}, func(ctx context.Context, s *System, a addArgs) error {
		there, err := s.listed(ctx, a.Alias)
		if err == nil && !there {
			err = ops.Fail(ops.Failed, ops.T("LiteLLM took %s and does not list it", "LiteLLM a pris %s et ne le liste pas", name(a.Alias)), nil)
		}
		return err
	})
)

// done asks for something to be done and wants a yes. A proxy in between that gives up says nothing of what LiteLLM did.
func (s *System) done(ctx context.Context, path string, body any) error {
	got, err := s.post(ctx, path, body, askTime)
	switch {
	case err != nil || got.code == http.StatusOK:
		return err
	case got.code == http.StatusBadGateway || got.code == http.StatusGatewayTimeout:
		return ops.Fail(ops.Unknown, ops.T("something before LiteLLM gave up (%d): it may or may not have happened", "quelque chose devant LiteLLM a renoncé (%d) : c’est peut-être fait, peut-être pas", got.code), nil)
	}
	return s.refusal(got)
}

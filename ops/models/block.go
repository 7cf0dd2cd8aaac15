package models

import (
	"context"
	"net/url"

	"vigie/ops"
)

type keyParams struct {
	Key string `doc:"which key, by its alias or the beginning of its hash" fr:"quelle clé, par son alias ou le début de son empreinte" names:"litellm_key" rest:"true"`
}

// A keyArgs is one key and how it should be.
type keyArgs struct {
	Hash    string `json:"hash"`
	Called  string `json:"called"`
	Blocked bool   `json:"blocked"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "models.block", Command: "key_block", Theme: theme, Risk: ops.Disruptive, Examples: []string{"n8n-agents"},
	Doc:     ops.T("Block one of LiteLLM's keys: who uses it is refused until it is unblocked.", "Bloquer une clé de LiteLLM : qui s’en sert est refusé jusqu’au déblocage."),
	Phrases: []ops.Text{ops.T("block the key n8n-agents", "bloque la clé n8n-agents"), ops.T("stop that key from spending", "empêche cette clé de dépenser")},
}, func(ctx context.Context, s *System, p keyParams) (ops.Plan, error) { return s.turn(ctx, p.Key, true) })

var _ = ops.Add(&set, ops.Spec{
	Name: "models.unblock", Command: "key_unblock", Theme: theme, Risk: ops.Reversible, Examples: []string{"n8n-agents"},
	Doc:     ops.T("Let a blocked key of LiteLLM's work again.", "Laisser une clé bloquée de LiteLLM servir à nouveau."),
	Phrases: []ops.Text{ops.T("unblock the key n8n-agents", "débloque la clé n8n-agents")},
}, func(ctx context.Context, s *System, p keyParams) (ops.Plan, error) { return s.turn(ctx, p.Key, false) })

// turn plans that a key is blocked, or no longer.
func (s *System) turn(ctx context.Context, called string, blocked bool) (ops.Plan, error) {
	k, err := s.key(ctx, called)
	if err != nil {
		return ops.Plan{}, err
	}
	shown := ops.Name(k.called())
	switch {
	case k.Blocked == blocked && blocked:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is blocked already", "%s est déjà bloquée", shown), nil)
	case k.Blocked == blocked:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is not blocked", "%s n’est pas bloquée", shown), nil)
	case blocked && s.own(k):
		return ops.Plan{}, ops.Fail(ops.Denied, ops.T("%s is the key that I come with: blocked, I could not unblock it", "%s est la clé dont je me sers : bloquée, je ne pourrais plus la débloquer", shown), nil)
	}
	now, before := keyArgs{k.Hash, k.called(), blocked}, keyArgs{k.Hash, k.called(), !blocked}
	plan := ops.Plan{
		Title:  ops.T("Unblock the key %s, which has spent %s", "Débloquer la clé %s, qui a dépensé %s", shown, usd(k.Spend)),
		Target: k.called(), Locks: []string{"key:" + k.Hash},
		Facts:   []ops.Fact{{Name: "blocked", Value: map[bool]string{true: "blocked", false: "in use"}[k.Blocked], Label: ops.T("the key", "la clé")}},
		Steps:   []ops.Step{turnKey.Do(now).Undoing(turnKey.Do(before)), keyIs.Verify(now)},
		Done:    ops.T("%s works again", "%s sert à nouveau", shown),
		UndoFor: undoFor,
	}
	if blocked {
		plan.Title = ops.T("Block the key %s, which has spent %s", "Bloquer la clé %s, qui a dépensé %s", shown, usd(k.Spend))
		plan.Costs = []ops.Text{ops.T("Every call with it is refused (401) from now on.", "Tout appel fait avec elle est refusé (401) dès maintenant.")}
		plan.Done = ops.T("%s is blocked", "%s est bloquée", shown)
	}
	return plan, nil
}

// key finds one key; two of one name are told apart by their hashes only.
func (s *System) key(ctx context.Context, called string) (key, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return key{}, err
	}
	var found []key
	for _, k := range keys {
		if k.called() == called || k.Hash[:8] == called {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return key{}, ops.Fail(ops.NotFound, ops.T("LiteLLM has no key %s. /keys shows which it has.", "LiteLLM n’a pas de clé %s. /keys montre celles qu’il a.", name(called)), nil)
	}
	e := ops.Fail(ops.Invalid, ops.T("several keys are called %s; which one?", "plusieurs clés s’appellent %s ; laquelle ?", name(called)), nil)
	e.Param = "key"
	for _, k := range found {
		e.Choices = append(e.Choices, ops.Choice{Value: k.Hash[:8], Hint: ops.Raw(usd(k.Spend).String())})
	}
	return key{}, e
}

var (
	turnKey = ops.Declare(&set, "models.turn-key", func(a keyArgs) ops.Text {
		if a.Blocked {
			return ops.T("block the key %s", "bloquer la clé %s", ops.Name(a.Called))
		}
		return ops.T("unblock the key %s", "débloquer la clé %s", ops.Name(a.Called))
	}, func(ctx context.Context, s *System, a keyArgs) error {
		path := "/key/unblock"
		if a.Blocked {
			path = "/key/block"
		}
		return s.done(ctx, path, map[string]string{"key": a.Hash})
	})

	keyIs = ops.Declare(&set, "models.key-is", func(a keyArgs) ops.Text {
		if a.Blocked {
			return ops.T("LiteLLM holds %s for blocked", "LiteLLM tient %s pour bloquée", ops.Name(a.Called))
		}
		return ops.T("LiteLLM lets %s through", "LiteLLM laisse passer %s", ops.Name(a.Called))
	}, func(ctx context.Context, s *System, a keyArgs) error {
		var got struct {
			Info struct {
				Blocked bool `json:"blocked"`
			} `json:"info"`
		}
		if err := s.get(ctx, "/key/info?key="+url.QueryEscape(a.Hash), &got); err != nil {
			return err
		}
		if got.Info.Blocked != a.Blocked {
			return ops.Fail(ops.Failed, ops.T("LiteLLM said yes, and %s is as it was", "LiteLLM a dit oui, et %s est comme avant", ops.Name(a.Called)), nil)
		}
		return nil
	})
)

package models

import (
	"context"
	"encoding/json"
	"net/http"

	"vigie/ops"
)

// lowCredits is from which rest on, in USD, it is at risk.
const lowCredits = 1.0

var _ = ops.Look(&set, ops.Spec{
	Name: "models.credits", Command: "credits", Theme: theme, Examples: []string{""},
	Doc:     ops.T("What is left of OpenRouter's prepaid credits.", "Ce qui reste des crédits prépayés d’OpenRouter."),
	Phrases: []ops.Text{ops.T("how many credits are left", "combien de crédits reste-t-il"), ops.T("is openrouter empty", "est-ce qu’openrouter est à sec")},
}, func(ctx context.Context, s *System, _ struct{}) (ops.Answer, error) {
	if s.o.CreditsKey == nil || s.o.CreditsKey.Reveal() == "" {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("I have no key to ask OpenRouter with: write openrouter_key_file under [litellm]", "je n’ai pas de clé pour demander à OpenRouter : écris openrouter_key_file sous [litellm]"), nil)
	}
	got, err := s.send(ctx, http.MethodGet, s.o.CreditsURL, s.o.CreditsKey, nil, askTime)
	if err != nil {
		return ops.Answer{}, err
	}
	var said struct {
		Data *struct {
			Bought float64 `json:"total_credits"`
			Used   float64 `json:"total_usage"`
		} `json:"data"`
	}
	switch {
	case got.code == http.StatusUnauthorized || got.code == http.StatusForbidden:
		return ops.Answer{}, ops.Fail(ops.Unavailable, ops.T("OpenRouter does not tell this key (%d): it takes a management key, made in its settings", "OpenRouter ne le dit pas à cette clé (%d) : il faut une clé de gestion, créée dans ses réglages", got.code), nil)
	case got.code != http.StatusOK || json.Unmarshal(got.body, &said) != nil || said.Data == nil:
		_, message := s.words(got)
		return ops.Answer{}, ops.Fail(ops.Unavailable, ops.T("OpenRouter did not tell (%d): %s", "OpenRouter n’a pas répondu (%d) : %s", got.code, quoted(message)), nil)
	}
	left := said.Data.Bought - said.Data.Used
	switch {
	case left <= 0:
		return ops.Say(ops.T("🔴 openrouter has no credits left: paid models fail (402)", "🔴 openrouter n’a plus de crédits : les modèles payants échouent (402)"),
			ops.T("%s bought, %s used. Buy some, or move to free models.", "%s achetés, %s utilisés. Rachètes-en, ou passe aux modèles gratuits.", usd(said.Data.Bought), usd(said.Data.Used))), nil
	case left < lowCredits:
		return ops.Say(ops.T("🟠 openrouter: %s left of %s", "🟠 openrouter : reste %s sur %s", usd(left), usd(said.Data.Bought))), nil
	}
	return ops.Say(ops.T("🟢 openrouter: %s left of %s", "🟢 openrouter : reste %s sur %s", usd(left), usd(said.Data.Bought))), nil
})

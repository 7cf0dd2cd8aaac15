package models

import (
	"net/http"
	"strings"

	"vigie/ops"
)

// unproved says why a model did not answer, and what to do next. The words count before the codes: a budget is 400 in some
// versions and 429 in others, and what a provider says comes wrapped in the proxy's own code.
func (s *System) unproved(p probe, got reply) *ops.Error {
	kind, message := s.words(got)
	low, alias := strings.ToLower(message), name(p.Alias)
	fail := func(say ops.Text) *ops.Error {
		return ops.Fail(ops.Failed, ops.Join(" ", say, quoted(message)), nil)
	}
	switch {
	case kind == "budget_exceeded", strings.Contains(low, "crossed budget"), strings.Contains(low, "max budget limit"):
		return fail(ops.T("%s was not asked: a budget of LiteLLM's is used up. See /budget.", "%s n’a pas été appelé : un budget de LiteLLM est épuisé. Voir /budget.", alias))
	case got.code == http.StatusPaymentRequired, strings.Contains(low, "402"), strings.Contains(low, "insufficient credits"):
		return fail(ops.T("%s does not answer: the provider wants to be paid. See /credits.", "%s ne répond pas : le fournisseur attend d’être payé. Voir /credits.", alias))
	case got.code == http.StatusUnauthorized && kind != "auth_error", strings.Contains(low, "authenticationerror"):
		return fail(ops.T("%s does not answer: the provider refuses LiteLLM's key. Renew that key.", "%s ne répond pas : le fournisseur refuse la clé de LiteLLM. Renouvelle-la.", alias))
	case got.code == http.StatusUnauthorized, got.code == http.StatusForbidden:
		return s.refusal(got)
	case got.code == http.StatusTooManyRequests:
		return fail(ops.T("%s does not answer now: too many requests (429). Ask again in a minute.", "%s ne répond pas pour l’instant : trop de requêtes (429). Redemande dans une minute.", alias))
	case got.code == http.StatusNotFound, strings.Contains(low, "notfounderror"):
		return fail(ops.T("%s does not answer: the provider has no model of that name. Correct what the alias leads to.", "%s ne répond pas : le fournisseur n’a pas de modèle de ce nom. Corrige ce où mène l’alias.", alias))
	case got.code == http.StatusGatewayTimeout, got.code == http.StatusRequestTimeout, strings.Contains(low, "timeout"):
		return fail(ops.T("%s did not answer in time.", "%s n’a pas répondu à temps.", alias))
	}
	return fail(ops.T("%s does not answer (%d).", "%s ne répond pas (%d).", alias, got.code))
}

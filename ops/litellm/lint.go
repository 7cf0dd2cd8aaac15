package litellm

import (
	"maps"
	"slices"

	"vigie/ops"
)

// readProviders finds the budgets of providers. LiteLLM reads provider_budget_config under router_settings only; elsewhere it
// is accepted and forgotten (docs/proxy/provider_budget_routing.md).
func (st *settings) readProviders(sections []section) {
	const name, home = "provider_budget_config", "router_settings"
	found, at := find(sections, name, home)
	if found == nil {
		return
	}
	idle := found.name != home
	list := fields(at.value)
	for _, provider := range slices.Sorted(maps.Keys(list)) {
		entry := fields(list[provider].value)
		limit := first(entry, "budget_limit", "max_budget")
		usd, ok := limit.amount()
		switch {
		case ok:
			st.Budgets = append(st.Budgets, allowance{cut(provider), usd, first(entry, "time_period", "budget_duration").days(), idle})
		case limit.text() == "" && !idle:
			st.Faults = append(st.Faults, fault{"budget:" + cut(provider), "misconfigured",
				ops.T("LiteLLM may refuse all calls to %s: its budget has no limit", "LiteLLM peut refuser tout appel à %s : son budget n’a pas de limite", ops.Name(cut(provider))),
				ops.T("config.yaml, line %d: %s needs budget_limit, or must go: without it LiteLLM takes the provider's deployments out", "config.yaml, ligne %d : il faut budget_limit à %s, ou l’enlever : sans lui, LiteLLM retire les déploiements du fournisseur",
					list[provider].line, ops.Name(cut(provider)))})
		}
	}
	if idle && len(list) > 0 {
		st.Faults = append(st.Faults, fault{"budget:providers", "unenforced",
			ops.T("LiteLLM enforces none of its provider budgets", "LiteLLM n’applique aucun de ses budgets par fournisseur"),
			ops.T("config.yaml, line %d: %s stands under %s; LiteLLM reads it under %s only. Move it there and restart LiteLLM", "config.yaml, ligne %d : %s est sous %s ; LiteLLM ne le lit que sous %s. Déplace-le et redémarre LiteLLM",
				at.line, ops.Name(name), found.says(), ops.Name(home))})
	}
}

// readGlobal finds the budget of everything. LiteLLM reads max_budget and budget_duration under litellm_settings
// (docs/proxy/users.md).
func (st *settings) readGlobal(sections []section) {
	const name, home = "max_budget", "litellm_settings"
	found, at := find(sections, name, home)
	if found == nil {
		return
	}
	amount, ok := at.amount()
	if !ok {
		return
	}
	idle, duration := found.name != home, found.fields["budget_duration"]
	st.Budgets = append(st.Budgets, allowance{"", amount, duration.days(), idle})
	switch {
	case idle:
		st.Faults = append(st.Faults, fault{"budget:global", "unenforced",
			ops.T("LiteLLM does not enforce its global budget of %s", "LiteLLM n’applique pas son budget global de %s", usd(amount)),
			ops.T("config.yaml, line %d: %s stands under %s; LiteLLM reads it under %s only, with %s. Move both there and restart LiteLLM", "config.yaml, ligne %d : %s est sous %s ; LiteLLM ne le lit que sous %s, avec %s. Déplace les deux et redémarre LiteLLM",
				at.line, ops.Name(name), found.says(), ops.Name(home), ops.Name("budget_duration"))})
	case duration.text() == "":
		st.Faults = append(st.Faults, fault{"budget:global", "misconfigured",
			ops.T("LiteLLM's global budget of %s never starts again", "le budget global de LiteLLM, %s, ne repart jamais de zéro", usd(amount)),
			ops.T("config.yaml, line %d: add %s beside %s, or it counts from the first call on for ever", "config.yaml, ligne %d : ajoute %s à côté de %s, sinon il compte depuis le premier appel, pour toujours",
				at.line, ops.Name("budget_duration: 1d"), ops.Name(name))})
	}
}

// readChecks finds what the configuration says of background health checks: they belong under general_settings.
func (st *settings) readChecks(sections []section) {
	const home = "general_settings"
	if found, at := find(sections, "background_health_checks", home); found != nil && found.name == home {
		st.Checks.On, st.Checks.Off, st.Checks.OnLine = at.text() == "true" || at.text() == "True", at.text() == "false" || at.text() == "False", at.line
	}
	if found, at := find(sections, "health_check_interval", home); found != nil {
		st.Checks.Interval, st.Checks.IntervalLine = cut(at.text()), at.line
		if found.name != home {
			st.Checks.Misplaced = found.name
		}
	}
}

// find looks for a field where it belongs, then everywhere else, in an order that does not change.
func find(sections []section, name, home string) (*section, field) {
	var where *section
	for i, s := range sections {
		if _, ok := s.fields[name]; ok && (where == nil || s.name == home || where.name != home && s.name < where.name) {
			where = &sections[i]
		}
	}
	if where == nil {
		return nil, field{}
	}
	return where, where.fields[name]
}

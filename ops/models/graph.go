package models

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigie/ops"
)

// mostConfig is how much of a configuration is read; LiteLLM's with 40 models has 20 kB.
const mostConfig = 4 << 20

// A chain is where requests go when a model fails. Source "*" is every model.
type chain struct {
	source  string
	targets []string
}

// A setup is what matters here of LiteLLM's config.yaml.
type setup struct {
	chains    []chain
	misplaced []ops.Text
}

// homes are where LiteLLM reads what; elsewhere it takes a key and forgets it.
var homes = []struct{ key, home string }{
	{"provider_budget_config", "router_settings"},
	{"max_budget", "litellm_settings"},
	{"budget_duration", "litellm_settings"},
	{"background_health_checks", "general_settings"},
	{"health_check_interval", "general_settings"},
}

func readSetup(file string) (setup, error) {
	f, err := os.Open(file)
	if err != nil {
		return setup{}, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, mostConfig+1))
	if err == nil && len(content) > mostConfig {
		err = errors.New("it is too large for a configuration")
	}
	if err != nil {
		return setup{}, err
	}
	return parseSetup(content)
}

// parseSetup reads a config.yaml. Its error does not quote it: it may hold keys.
func parseSetup(content []byte) (st setup, err error) {
	var doc map[string]any
	if yaml.Unmarshal(content, &doc) != nil {
		return st, errors.New("it is no YAML of LiteLLM's")
	}
	sections := []string{"litellm_settings", "router_settings", "general_settings"}
	for _, name := range sections {
		section, _ := doc[name].(map[string]any)
		for _, kind := range []string{"fallbacks", "context_window_fallbacks", "content_policy_fallbacks"} {
			list, _ := section[kind].([]any)
			for _, each := range list {
				entry, _ := each.(map[string]any)
				for source, to := range entry {
					st.chains = append(st.chains, chain{source, texts(to)})
				}
			}
		}
		if to := texts(section["default_fallbacks"]); len(to) > 0 {
			st.chains = append(st.chains, chain{"*", to})
		}
		for _, h := range homes {
			if _, there := section[h.key]; there && name != h.home {
				st.misplaced = append(st.misplaced, ops.T("🟠 %s stands under %s, where LiteLLM does not read it: move it to %s", "🟠 %s est sous %s, où LiteLLM ne le lit pas : déplace-le sous %s",
					ops.Name(h.key), ops.Name(name), ops.Name(h.home)))
			}
		}
	}
	slices.SortFunc(st.chains, func(a, b chain) int {
		return strings.Compare(a.source+fmt.Sprint(a.targets), b.source+fmt.Sprint(b.targets))
	})
	return st, nil
}

func texts(v any) (list []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// faults says what is wrong with the fallbacks, given what the proxy has now.
func (st setup) faults(all []deployment) (lines []ops.Text) {
	missing, users := []string{}, map[string][]string{}
	for _, c := range st.chains {
		if c.source != "*" && !serves(all, c.source) {
			lines = append(lines, ops.T("🟠 %s has fallbacks and is no model", "🟠 %s a des replis et n’est pas un modèle", name(c.source)))
		}
		for _, t := range c.targets {
			if !serves(all, t) {
				if users[t] == nil {
					missing = append(missing, t)
				}
				users[t] = append(users[t], c.source)
			}
		}
		if len(c.targets) > 0 && !slices.ContainsFunc(c.targets, func(t string) bool { return serves(all, t) }) {
			lines = append(lines, ops.T("🔴 no fallback of %s exists: when it fails, the call fails", "🔴 aucun repli de %s n’existe : s’il échoue, l’appel échoue", name(c.source)))
		}
	}
	for _, m := range missing {
		lines = append(lines, ops.T("🟠 the fallback %s does not exist (of %s)", "🟠 le repli %s n’existe pas (de %s)", name(m), clip(ops.Clean(strings.Join(users[m], ", ")), 60)))
	}
	for _, loop := range st.loops() {
		lines = append(lines, ops.T("🟠 fallbacks go in a circle: %s", "🟠 des replis tournent en rond : %s", clip(ops.Clean(strings.Join(loop, " → ")), 120)))
	}
	return append(lines, st.misplaced...)
}

func name(s string) ops.Name { return ops.Name(clip(s, 40)) }

// loops are the circles among fallbacks, each told once, from its first name in the alphabet on.
func (st setup) loops() (found [][]string) {
	next := map[string][]string{}
	for _, c := range st.chains {
		next[c.source] = append(next[c.source], c.targets...)
	}
	told, done := map[string]bool{}, map[string]bool{}
	var walk func(at string, path []string)
	walk = func(at string, path []string) {
		if i := slices.Index(path, at); i >= 0 {
			loop := path[i:]
			first := slices.Index(loop, slices.Min(loop))
			loop = slices.Concat(loop[first:], loop[:first+1])
			if key := strings.Join(loop, "\x00"); !told[key] {
				told[key], found = true, append(found, loop)
			}
			return
		}
		if done[at] {
			return
		}
		for _, to := range next[at] {
			walk(to, append(slices.Clone(path), at))
		}
		done[at] = true
	}
	for _, c := range st.chains {
		walk(c.source, nil)
	}
	return found
}

// checked is what /models check says.
func (s *System) checked(all []deployment) (ops.Answer, error) {
	if s.o.ConfigFile == "" {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("I am not told where LiteLLM's config.yaml is: write config = \"…\" under [litellm]", "je ne sais pas où est le config.yaml de LiteLLM : écris config = \"…\" sous [litellm]"), nil)
	}
	st, err := readSetup(s.o.ConfigFile)
	if err != nil {
		return ops.Answer{}, ops.Fail(ops.Unavailable, ops.T("LiteLLM's configuration %s cannot be read: is it there, and YAML?", "la configuration de LiteLLM, %s, est illisible : existe-t-elle, est-ce du YAML ?", ops.Name(s.o.ConfigFile)), err)
	}
	lines := st.faults(all)
	chains := ops.Count{N: len(st.chains), EnOne: "fallback chain", EnMany: "fallback chains", FrOne: "chaîne de repli", FrMany: "chaînes de repli"}
	if len(lines) == 0 {
		return ops.Say(ops.T("🟢 %s, each ends in a model that LiteLLM has", "🟢 %s, chacune finit sur un modèle que LiteLLM a", chains),
			ops.T("that it has a model does not mean that it answers: /model_test", "qu’il l’ait ne prouve pas qu’il réponde : /model_test")), nil
	}
	mark := ops.AtRisk
	if slices.ContainsFunc(lines, func(l ops.Text) bool { return strings.HasPrefix(l.En, ops.Broken) }) {
		mark = ops.Broken
	}
	a := ops.Say(ops.T("%s %s to mend, in %s", "%s %s, dans %s", mark, ops.Count{N: len(lines), EnOne: "thing", EnMany: "things", FrOne: "chose à corriger", FrMany: "choses à corriger"}, chains))
	for _, l := range lines[:min(len(lines), 20)] {
		a.Line(l)
	}
	if more := len(lines) - 20; more > 0 {
		a.Line(ops.T("and %d more", "et %d de plus", more))
	}
	return a, nil
}

package policies

import (
	"slices"
	"strings"

	"vigie/ops"
)

// check understands all rules, and finds those that can never decide anything.
func check(rules Rules, known Known) (compiled []rule, problems []Problem) {
	sound := make([]bool, len(rules))
	for i, r := range rules {
		c, wrong := compile(i, r, known)
		sound[i] = len(wrong) == 0
		compiled, problems = append(compiled, c), append(problems, wrong...)
	}
	for i, r := range compiled {
		at := compiler{at: i, known: known}
		at.name(rules, i)
		switch {
		case !sound[i]:
		case known.Ops != nil && at.idle(r):
		default:
			for j, earlier := range compiled[:i] {
				if sound[j] && earlier.shadows(r, known) {
					at.problem("name", `the rule "%s" never decides: "%s" stands before it and matches all that it matches; move it up, or remove one`,
						`la règle « %s » ne décide jamais : « %s » la précède et couvre tout ce qu’elle couvre ; remonte-la, ou enlève l’une des deux`, r.name, earlier.name)
					break
				}
			}
		}
		problems = append(problems, at.problems...)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Rule - b.Rule })
	return compiled, problems
}

// name checks that the journal can tell the rule from every other.
func (c *compiler) name(rules Rules, at int) {
	name := strings.TrimSpace(rules[at].Name)
	switch lower := strings.ToLower(name); {
	case name == "":
		c.problem("name", `a rule needs a name: the journal and /whoami call it by that; write name = "no deploys at night"`,
			`une règle demande un nom : le journal et /whoami s’en servent ; écris name = "pas de déploiement la nuit"`)
	case lower == Strangers || lower == "never" || strings.HasPrefix(lower, "default"):
		c.problem("name", `"%s" is what the built-in rules are called; choose another name`, `« %s » est un nom des règles intégrées ; choisis-en un autre`, name)
	case slices.ContainsFunc(rules[:at], func(o Rule) bool { return strings.EqualFold(strings.TrimSpace(o.Name), name) }):
		c.problem("name", `two rules are called "%s"; give each its own name`, `deux règles s’appellent « %s » ; donne à chacune son nom`, name)
	}
}

// idle reports a rule that speaks of risks which the ops that it names never have.
func (c *compiler) idle(r rule) bool {
	asks := r.verdict.Demand != ops.Allow && r.verdict.Demand != ops.Deny
	for _, op := range c.known.Ops {
		if asks && op.Risk == ops.Reads && slices.ContainsFunc(r.what, func(w string) bool { return isExact(w) && named(w, op) }) {
			c.problem("what", `%s only looks, so there is nothing to confirm or approve; use allow or deny for it`,
				`%s ne fait que lire, il n’y a rien à confirmer ni à approuver ; utilise allow ou deny pour lui`, op.Name)
			return true
		}
	}
	if len(r.ground(c.known.Ops)) > 0 {
		return false
	}
	c.problem("risk", `no op that the rule names ever has that risk, so it never decides; change "risk" or "what"`,
		`aucune opération nommée par la règle n’a jamais ce risque, elle ne décide donc jamais ; change « risk » ou « what »`)
	return true
}

func isExact(word string) bool { return !strings.ContainsAny(word, "*?") }

// A deed is an op at a risk.
type deed struct {
	op   string
	risk ops.Risk
}

// ground lists what the rule speaks of. A plan can be worse than its op says, but looking stays looking.
func (r rule) ground(specs []ops.Spec) map[deed]bool {
	set := map[deed]bool{}
	for _, op := range specs {
		if !r.names(op) {
			continue
		}
		for risk := op.Risk; risk <= ops.Destructive && (op.Risk > ops.Reads || risk == ops.Reads); risk++ {
			if r.risk[risk] {
				set[deed{op.Name, risk}] = true
			}
		}
	}
	return set
}

// shadows says whether r matches all that later does, so that later never decides. In doubt it says no.
func (r rule) shadows(later rule, known Known) bool {
	if !r.coversWho(later, known.People) || !subset(later.via, r.via) || !later.when.within(r.when) {
		return false
	}
	if known.Ops != nil {
		ground := r.ground(known.Ops)
		for d := range later.ground(known.Ops) {
			if !ground[d] {
				return false
			}
		}
	} else if !coversWhat(r.what, later.what) || !coversRisk(r.risk, later.risk) {
		return false
	}
	if len(r.target) > 0 && (len(later.target) == 0 || !coversAll(r.target, later.target)) {
		return false
	}
	for name, globs := range r.args {
		if len(later.args[name]) == 0 || !coversAll(globs, later.args[name]) {
			return false
		}
	}
	return true
}

func (r rule) coversWho(later rule, people []ops.Caller) bool {
	for _, role := range later.roles {
		if !slices.Contains(r.roles, role) {
			return false
		}
	}
	for _, id := range later.ids {
		i := slices.IndexFunc(people, func(p ops.Caller) bool { return p.ID == id })
		if !slices.Contains(r.ids, id) && !(i >= 0 && slices.Contains(r.roles, people[i].Role)) {
			return false
		}
	}
	return true
}

// subset takes an empty list for everything.
func subset(inner, outer []string) bool {
	if len(outer) == 0 {
		return true
	}
	return len(inner) > 0 && !slices.ContainsFunc(inner, func(s string) bool { return !slices.Contains(outer, s) })
}

// coversWhat never compares a command with a name: which op has which command is not known here.
func coversWhat(wide, narrow []string) bool {
	return !slices.ContainsFunc(narrow, func(n string) bool {
		return !slices.ContainsFunc(wide, func(w string) bool {
			return w == "*" || strings.HasPrefix(w, "/") == strings.HasPrefix(n, "/") && covers(w, n)
		})
	})
}

func coversAll(wide, narrow []string) bool {
	return !slices.ContainsFunc(narrow, func(n string) bool {
		return !slices.ContainsFunc(wide, func(w string) bool { return covers(w, n) })
	})
}

func coversRisk(wide, narrow [4]bool) bool {
	for i := range narrow {
		if narrow[i] && !wide[i] {
			return false
		}
	}
	return true
}

// Package policies decides who may do what, and what it takes: rules that read as sentences, first match wins,
// and defaults below them that hold with no rule at all. It is pure: no clock, store, network or file.
//
// A policy guards against people and models; what nobody may do, whoever asks, is the kernel's never-rules.
package policies

import "vigie/ops"

// A Rule is one sentence of the policy: who × what × risk × when → verdict. What is left out matches everything,
// except What, which must be said.
type Rule struct {
	Name   string           `toml:"name"`             // what the journal and /whoami call it
	Who    Words            `toml:"who,omitempty"`    // roles ("viewer", "operator+"), names or ids of listed users
	Via    Words            `toml:"via,omitempty"`    // how it was asked: "telegram", "console", "llm"
	What   Words            `toml:"what"`             // ops ("docker.restart", "docker.*"), commands ("/restart"), or "*"
	Target Words            `toml:"target,omitempty"` // what it is done to: "postgresql", "plane-*"
	Args   map[string]Words `toml:"args,omitempty"`   // argument values: phase = "infra"
	Risk   Words            `toml:"risk,omitempty"`   // "reads", "disruptive", "disruptive+"
	Days   Words            `toml:"days,omitempty"`   // "mon-fri", "sun"
	Hours  Words            `toml:"hours,omitempty"`  // "09:00-18:00"; "22:00-06:00" ends on the day after
	Demand string           `toml:"verdict"`          // allow · confirm · type · approve N ROLE · deny
	Code   bool             `toml:"code,omitempty"`   // and a one-time code as well
	Why    string           `toml:"why,omitempty"`    // shown to the person
	WhyFr  string           `toml:"why_fr,omitempty"`
}

// Words are alternatives: one of them is enough. In a file they are one word or a list.
type Words []string

// Rules are tried in order; the first that matches decides.
type Rules []Rule

// Defaults hold where no rule says otherwise, and with no policy at all. What even they do not match is denied.
var Defaults = Rules{
	{Name: "default: everybody looks", What: Words{"*"}, Risk: Words{"reads"}, Demand: "allow"},
	{Name: "default: operators confirm", Who: Words{"operator+"}, What: Words{"*"}, Risk: Words{"reversible", "disruptive"}, Demand: "confirm"},
	{Name: "default: admins type", Who: Words{"admin"}, What: Words{"*"}, Risk: Words{"destructive"}, Demand: "type"},
}

// What decides where no rule does.
const (
	Strangers = "strangers"       // who is not listed may nothing, whatever the rules say
	Otherwise = "default: denied" // no rule and no default speaks for it
)

// A Policy decides by rules that were checked. The zero Policy has the defaults only.
type Policy struct {
	rules []rule
}

var defaults = func() (list []rule) {
	for i, r := range Defaults {
		c, _ := compile(i, r, Known{}) // a test proves that they have no problems
		list = append(list, c)
	}
	return list
}()

// New makes a policy of rules. All their problems are reported at once; with any, the policy denies everything.
func New(rules Rules, known Known) (*Policy, []Problem) {
	compiled, problems := check(rules, known)
	if len(problems) > 0 {
		return &Policy{rules: []rule{nothing}}, problems
	}
	return &Policy{rules: compiled}, nil
}

// nothing is the rule of a policy that could not be read.
var nothing = rule{
	name: "unreadable", roles: everyRole, what: []string{"*"}, risk: [4]bool{true, true, true, true},
	verdict: ops.Verdict{Demand: ops.Deny, Why: ops.T("the policy cannot be read, so nothing is allowed: run vigie check",
		"la politique est illisible, donc rien n’est permis : lance vigie check")},
}

// Decide implements [ops.Policy].
func (p *Policy) Decide(r ops.Request) ops.Verdict {
	v := p.verdict(r)
	if v.Demand != ops.Deny || v.Rule == Strangers {
		return v
	}
	v.Role = p.whoCould(r)
	if v.Why.IsZero() {
		v.Why = denied(v, r)
	}
	return v
}

func (p *Policy) verdict(r ops.Request) ops.Verdict {
	if !r.Who.Role.AtLeast(ops.Viewer) {
		return ops.Verdict{Demand: ops.Deny, Rule: Strangers, Why: ops.T("I don't know you", "je ne te connais pas")}
	}
	r.Risk = max(r.Risk, r.Op.Risk)
	for _, list := range [][]rule{p.rules, defaults} {
		for _, rule := range list {
			if rule.matches(r) && rule.concerns(r) {
				return humble(rule.answer(), r)
			}
		}
	}
	return ops.Verdict{Demand: ops.Deny, Rule: Otherwise}
}

// humble keeps a model from changing anything without a person's tap, whatever the rules say.
func humble(v ops.Verdict, r ops.Request) ops.Verdict {
	if v.Demand == ops.Allow && r.Who.Via == "llm" && r.Risk > ops.Reads {
		v.Demand = ops.Confirm
		v.Why = ops.T("a model asked, so a person confirms", "un modèle le demande, donc une personne confirme")
	}
	return v
}

// whoCould is the least role that would not be denied the same thing at the same hour, or none.
func (p *Policy) whoCould(r ops.Request) ops.Role {
	for _, role := range everyRole {
		r.Who = ops.Caller{Role: role, Via: r.Who.Via}
		if p.verdict(r).Demand != ops.Deny {
			return role
		}
	}
	return ops.Nobody
}

// denied says no, and who could.
func denied(v ops.Verdict, r ops.Request) ops.Text {
	word := ops.Name(r.Op.Name)
	if r.Op.Command != "" {
		word = ops.Name("/" + r.Op.Command)
	}
	switch {
	case v.Rule != Otherwise:
		return ops.T("%s is refused by the rule %s.", "%s est refusé par la règle %s.", word, ops.Name(v.Rule))
	case v.Role == ops.Nobody: // a rule takes it even from those to whom a default gives it
		return ops.T("Nobody may use %s.", "Personne ne peut utiliser %s.", word)
	}
	return ops.T("%s is for %s; you are %s.", "%s est réservé %s ; tu es %s.", word, many[v.Role], one[r.Who.Role])
}

var (
	many = map[ops.Role]ops.Text{ops.Viewer: ops.T("viewers", "aux lecteurs"), ops.Operator: ops.T("operators", "aux opérateurs"),
		ops.Admin: ops.T("admins", "aux admins")}
	one = map[ops.Role]ops.Text{ops.Viewer: ops.T("a viewer", "lecteur"), ops.Operator: ops.T("an operator", "opérateur"),
		ops.Admin: ops.T("an admin", "admin")}
)

package policies

import (
	"slices"
	"strings"

	"vigie/ops"
)

// A rule is a Rule that was understood. Everything that it compares is in lower case.
type rule struct {
	name    string
	roles   []ops.Role
	ids     []int64
	via     []string // none: any
	what    []string
	target  []string // none: any
	args    map[string][]string
	risk    [4]bool
	when    when
	verdict ops.Verdict
}

var everyRole = []ops.Role{ops.Viewer, ops.Operator, ops.Admin}

func (r rule) answer() ops.Verdict {
	v := r.verdict
	v.Rule = r.name
	return v
}

// matches says whether the rule speaks of who asks, what for, how bad it is and when; not yet of what it is done to.
func (r rule) matches(q ops.Request) bool {
	return r.speaksOf(q.Who) && r.names(q.Op) && r.risk[q.Risk] && r.when.holds(q.Time)
}

// speaksOf also finds the person behind a model's ask: a rule about ann holds when a model asks for ann.
func (r rule) speaksOf(who ops.Caller) bool {
	known := slices.Contains(r.roles, who.Role) || slices.Contains(r.ids, who.ID) ||
		who.OnBehalfOf != 0 && slices.Contains(r.ids, who.OnBehalfOf)
	return known && (len(r.via) == 0 || slices.Contains(r.via, who.Via))
}

func (r rule) names(op ops.Spec) bool {
	return slices.ContainsFunc(r.what, func(w string) bool { return named(w, op) })
}

// named compares a word with an op: "/restart" with its command, any other with its name.
func named(word string, op ops.Spec) bool {
	if cmd, ok := strings.CutPrefix(word, "/"); ok {
		return ops.Glob(cmd, strings.ToLower(op.Command))
	}
	return ops.Glob(word, strings.ToLower(op.Name))
}

// concerns says whether the rule speaks of the target and the arguments. Before there is a plan, and for what
// only looks, no target is known: the arguments stand for it, as commands made them exact.
func (r rule) concerns(q ops.Request) bool {
	for name, globs := range r.args {
		if value := q.Args[name]; value == "" || !anyGlob(globs, value) {
			return false
		}
	}
	if len(r.target) == 0 {
		return true
	}
	if q.Target != "" {
		return anyGlob(r.target, q.Target)
	}
	for _, value := range q.Args {
		if value != "" && anyGlob(r.target, value) {
			return true
		}
	}
	return false
}

func anyGlob(globs []string, s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(globs, func(g string) bool { return ops.Glob(g, s) })
}

// covers says whether wide matches everything that narrow does. It may say no where the truth is yes, never the
// other way: a ? of wide must not stand for a * of narrow.
func covers(wide, narrow string) bool {
	return ops.Wild([]rune(wide), []rune(narrow), func(p, c rune) bool { return c != '*' && (p == '?' || p == c) })
}

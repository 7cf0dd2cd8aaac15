package policies

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Line is what the policy says of some commands to one person.
type Line struct {
	Verdict  ops.Verdict
	Commands []string // slash words, or names where there is none
	Only     ops.Text // the targets and arguments that it holds for; empty: for all (other) ones
}

// Explain says what the policy says to who at that time, most permissive first, the commands in the order of
// specs. Where a rule looks at the target or at arguments, it has a line of its own, with Only. An op is judged
// at the risk that its Spec declares; a plan may turn out worse.
func (p *Policy) Explain(who ops.Caller, specs []ops.Spec, at time.Time) []Line {
	var lines []Line
	for _, spec := range specs {
		q := ops.Request{Who: who, Op: spec, Risk: spec.Risk, Time: at}
		if who.Role.AtLeast(ops.Viewer) {
			lines = p.conditional(lines, q)
		}
		lines = add(lines, Line{Verdict: p.Decide(q)}, spec)
	}
	order := []ops.Demand{ops.Allow, ops.Confirm, ops.Typed, ops.Others, ops.Deny}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Compare(slices.Index(order, a.Verdict.Demand), slices.Index(order, b.Verdict.Demand))
	})
	return lines
}

// conditional adds the rules that would decide q for some targets or arguments, before one decides for all.
func (p *Policy) conditional(lines []Line, q ops.Request) []Line {
	for _, r := range p.rules {
		if !r.matches(q) {
			continue
		}
		if len(r.target) == 0 && len(r.args) == 0 {
			break
		}
		v := humble(r.answer(), q)
		if v.Demand == ops.Deny && v.Why.IsZero() {
			v.Why = denied(v, q)
		}
		lines = add(lines, Line{Verdict: v, Only: r.only()}, q.Op)
	}
	return lines
}

// only says which targets and arguments the rule speaks of.
func (r rule) only() ops.Text {
	var parts []ops.Text
	if len(r.target) > 0 {
		parts = append(parts, ops.Raw(names(r.target)))
	}
	for _, arg := range slices.Sorted(maps.Keys(r.args)) {
		parts = append(parts, ops.T("%s = %s", "%s = %s", ops.Name(arg), names(r.args[arg])))
	}
	return ops.Join(" · ", parts...)
}

func names(list []string) string {
	said := make([]string, len(list))
	for i, s := range list {
		said[i] = ops.Name(s).String()
	}
	return strings.Join(said, ", ")
}

// add puts the op with those that are judged alike.
func add(lines []Line, l Line, op ops.Spec) []Line {
	alike := func(o Line) bool {
		a, b := o.Verdict, l.Verdict
		return a.Demand == b.Demand && a.N == b.N && a.Role == b.Role && a.Code == b.Code && a.Rule == b.Rule && o.Only == l.Only
	}
	word := cmp.Or(op.Command, op.Name)
	if i := slices.IndexFunc(lines, alike); i >= 0 {
		lines[i].Commands = append(lines[i].Commands, word)
		return lines
	}
	l.Commands = []string{word}
	return append(lines, l)
}

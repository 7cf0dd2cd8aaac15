package policies

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// verdict reads "allow", "confirm", "type", "deny", or "approve 2 admin".
func (c *compiler) verdict(r Rule) ops.Verdict {
	v := ops.Verdict{Code: r.Code, Why: ops.Text{En: cmp.Or(r.Why, r.WhyFr), Fr: cmp.Or(r.WhyFr, r.Why)}}
	words := strings.Fields(strings.ToLower(r.Demand))
	if len(words) == 0 {
		c.problem("verdict", `the rule has no verdict; write verdict = "allow", "confirm", "type", "approve 2 admin" or "deny"`,
			`la règle n’a pas de verdict ; écris verdict = "allow", "confirm", "type", "approve 2 admin" ou "deny"`)
		return ops.Verdict{Demand: ops.Deny}
	}
	v.Demand = ops.Demand(words[0])
	switch v.Demand {
	case ops.Allow, ops.Deny:
		if r.Code {
			c.problem("code", `"%s" asks for nothing, so no code either; write verdict = "confirm" with code = true, or remove "code"`,
				`« %s » ne demande rien, donc pas de code non plus ; écris verdict = "confirm" avec code = true, ou enlève « code »`, v.Demand)
		}
		fallthrough
	case ops.Confirm, ops.Typed:
		if len(words) > 1 {
			c.problem("verdict", `nothing follows "%s"; only approve takes a number and a role: "approve 2 admin"`,
				`rien ne suit « %s » ; seul approve prend un nombre et un rôle : "approve 2 admin"`, v.Demand)
		}
	case ops.Others:
		v.N, v.Role = c.approvers(words[1:])
	default:
		c.problem("verdict", `the verdict "%s" does not exist; use allow, confirm, type, "approve 2 admin" or deny`,
			`le verdict « %s » n’existe pas ; utilise allow, confirm, type, "approve 2 admin" ou deny`, r.Demand)
	}
	return v
}

func (c *compiler) approvers(words []string) (n int, role ops.Role) {
	if len(words) == 2 {
		n, _ = strconv.Atoi(words[0])
		role = ops.Role(words[1])
	}
	if n < 1 || n > mostApprovers || !slices.Contains(everyRole, role) {
		c.problem("verdict", `approve needs how many others of which role, such as "approve 1 operator" or "approve 2 admin" (at most %d)`,
			`approve demande combien d’autres personnes et de quel rôle, comme "approve 1 operator" ou "approve 2 admin" (%d au plus)`, mostApprovers)
		return 1, ops.Admin
	}
	if c.known.People == nil {
		return n, role
	}
	able := 0
	for _, p := range c.known.People {
		if p.Role.AtLeast(role) {
			able++
		}
	}
	if able < n {
		c.problem("verdict", `it takes %d of role %s and only %d are listed, so nobody could ever run it; list more, ask for fewer, or write deny`,
			`il en faut %d (%s) et seulement %d sont déclarés : personne ne pourrait jamais l’exécuter ; déclare plus de monde, demandes-en moins, ou écris deny`, n, role, able)
	}
	return n, role
}

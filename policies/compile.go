package policies

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Problem is one thing wrong with one rule, and what to write instead.
type Problem struct {
	Rule int    // which rule, from 0
	Key  string // which of its keys: "verdict"
	Say  ops.Text
}

// Known is what rules may speak of.
type Known struct {
	People []ops.Caller // by ID, Name and Role
	Ops    []ops.Spec   // nil where they are not known yet: what rules call them is then not checked
}

// vias are the ways of asking that exist.
var vias = []string{"telegram", "console", "llm"}

// mostApprovers is far above any team, and low enough to show a slip of the finger.
const mostApprovers = 20

// A compiler understands one rule and collects what it cannot.
type compiler struct {
	at       int
	known    Known
	problems []Problem
}

func (c *compiler) problem(key, en, fr string, args ...any) {
	c.problems = append(c.problems, Problem{c.at, key, ops.T(en, fr, args...)})
}

func compile(at int, r Rule, known Known) (rule, []Problem) {
	c := &compiler{at: at, known: known}
	out := rule{name: cmp.Or(r.Name, fmt.Sprintf("rule %d", at+1)), target: lower(r.Target), args: map[string][]string{}}
	if blank(r.Target) {
		c.problem("target", `"target" holds an empty word; write the name, or leave the key out for every target`,
			`« target » contient un mot vide ; écris le nom, ou enlève la clé pour toutes les cibles`)
	}
	for name, values := range r.Args {
		if len(values) == 0 || blank(values) {
			c.problem("args."+name, `an argument needs at least one value and no empty one; "*" is any value but none`,
				`un argument demande au moins une valeur et aucune vide ; « * » vaut pour toute valeur donnée`)
		}
		out.args[strings.ToLower(name)] = lower(values)
	}
	out.roles, out.ids = c.who(r.Who)
	out.via = c.via(r.Via)
	out.what = c.what(r.What)
	out.verdict = c.verdict(r)
	out.risk = c.risk(r.Risk, out.verdict.Demand)
	out.when = c.when(r)
	return out, c.problems
}

func lower(words Words) []string {
	var list []string
	for _, w := range words {
		list = append(list, strings.ToLower(strings.TrimSpace(w)))
	}
	return list
}

func blank(words Words) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.TrimSpace(w) == "" })
}

// who reads roles, "role+", "*", and the names or ids of listed people. People are kept by id: a name can be taken.
func (c *compiler) who(words Words) (roles []ops.Role, ids []int64) {
	if len(words) == 0 {
		return everyRole, nil
	}
	for _, w := range words {
		role, above := strings.CutSuffix(strings.ToLower(strings.TrimSpace(w)), "+")
		id, err := strconv.ParseInt(w, 10, 64)
		i := slices.IndexFunc(c.known.People, func(p ops.Caller) bool {
			return err == nil && p.ID == id || strings.EqualFold(p.Name, strings.TrimSpace(w))
		})
		switch {
		case role == "*":
			roles = append(roles, everyRole...)
		case slices.Contains(everyRole, ops.Role(role)) && above:
			roles = append(roles, everyRole[slices.Index(everyRole, ops.Role(role)):]...)
		case slices.Contains(everyRole, ops.Role(role)):
			roles = append(roles, ops.Role(role))
		case i >= 0:
			ids = append(ids, c.known.People[i].ID)
		default:
			c.problem("who", `"%s" is neither a role nor a listed user; roles: viewer, operator, admin ("operator+" for operators and admins); users: %s`,
				`« %s » n’est ni un rôle ni une personne déclarée ; rôles : viewer, operator, admin (« operator+ » : opérateurs et admins) ; personnes : %s`, w, c.people())
		}
	}
	return roles, ids
}

func (c *compiler) people() ops.Text {
	var list []string
	for _, p := range c.known.People {
		list = append(list, p.Name)
	}
	if len(list) == 0 {
		return ops.T("none", "aucune")
	}
	return ops.Raw(strings.Join(list, ", "))
}

func (c *compiler) via(words Words) []string {
	list := lower(words)
	for _, w := range list {
		if !slices.Contains(vias, w) {
			c.problem("via", `there is no way "%s" of asking; use %s`, `il n’y a pas de voie « %s » ; utilise %s`, w, strings.Join(vias, ", "))
		}
	}
	return list
}

func (c *compiler) what(words Words) []string {
	list := lower(words)
	if len(list) == 0 || blank(words) {
		c.problem("what", `the rule does not say what it is about; a rule for everything says so: what = "*"`,
			`la règle ne dit pas de quoi elle parle ; une règle pour tout le dit : what = "*"`)
	}
	for _, w := range list {
		if w != "" && isExact(w) && !strings.ContainsAny(w, "/.") {
			c.problem("what", `"%[1]s" is no op name; write "/%[1]s" for the command, or the full name such as "docker.%[1]s"`,
				`« %[1]s » n’est pas un nom d’opération ; écris "/%[1]s" pour la commande, ou le nom complet comme "docker.%[1]s"`, w)
		} else if c.known.Ops != nil && w != "" && !slices.ContainsFunc(c.known.Ops, func(op ops.Spec) bool { return named(w, op) }) {
			c.problem("what", `no op is called "%s"; known: %s`, `aucune opération ne s’appelle « %s » ; connues : %s`, w, c.opNames())
		}
	}
	return list
}

func (c *compiler) opNames() string {
	var list []string
	for _, op := range c.known.Ops {
		list = append(list, op.Name)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// risk reads the risks that the rule is for. What only looks has nothing to confirm, so that a rule which asks
// for something is about changes unless it says otherwise, and then it is a mistake.
func (c *compiler) risk(words Words, demand ops.Demand) (set [4]bool) {
	asks := demand != ops.Allow && demand != ops.Deny
	if len(words) == 0 {
		return [4]bool{!asks, true, true, true}
	}
	for _, w := range words {
		name, above := strings.CutSuffix(strings.ToLower(strings.TrimSpace(w)), "+")
		risk, err := ops.ParseRisk(name)
		if err != nil {
			c.problem("risk", `"%s" is not a risk; use reads, reversible, disruptive or destructive ("disruptive+" for that and worse)`,
				`« %s » n’est pas un risque ; utilise reads, reversible, disruptive ou destructive (« disruptive+ » : celui-là et pire)`, w)
			continue
		}
		for i := range set {
			set[i] = set[i] || i == int(risk) || above && i > int(risk)
		}
	}
	if asks && set[ops.Reads] {
		c.problem("risk", `what only looks has nothing to confirm or approve; write risk = "reversible+", or verdict = "allow" or "deny"`,
			`une simple lecture n’a rien à confirmer ni à approuver ; écris risk = "reversible+", ou verdict = "allow" ou "deny"`)
	}
	return set
}

func (c *compiler) when(r Rule) when {
	w := when{limited: len(r.Days)+len(r.Hours) > 0}
	for _, s := range r.Days {
		if !w.addDays(s) {
			c.problem("days", `"%s" is not a day; write "sat", or "mon-fri" for a range`, `« %s » n’est pas un jour ; écris "sat", ou "mon-fri" pour une suite`, s)
		}
	}
	if len(r.Days) == 0 {
		w.addDays("mon-sun")
	}
	for _, s := range r.Hours {
		if !w.addHours(s) {
			c.problem("hours", `"%s" is not a part of the day; write "09:00-18:00", or "22:00-06:00" over midnight`,
				`« %s » n’est pas une plage horaire ; écris "09:00-18:00", ou "22:00-06:00" par-dessus minuit`, s)
		}
	}
	if len(r.Hours) == 0 {
		w.addHours("00:00-24:00")
	}
	return w
}

package docker

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A certainty says how far the evidence carries a finding.
type certainty int

const (
	maybe    certainty = iota // it came before, or stands beside it
	probable                  // the service complains of exactly that
	certain                   // the engine says so
)

func (c certainty) In(l ops.Lang) string {
	return []ops.Text{ops.T("possible", "possible"), ops.T("likely", "probable"), ops.T("certain", "certain")}[c].In(l)
}

// A finding is one explanation, with what it rests on and what to do about it.
type finding struct {
	rule   string // which rule found it
	means  ops.Text
	quote  string // what shows it, as somebody else wrote it
	do     ops.Text
	sure   certainty
	offers []string // ops that would help, the likeliest first
	about  string   // what they are asked about, if it is another service
	benign bool     // nothing is wrong
}

// A rule knows one way in which services break, from what they say then.
type rule struct {
	name   string
	sign   *regexp.Regexp      // what it says
	where  *regexp.Regexp      // … only in services or images of such a name; nil: anywhere
	when   func(evidence) bool // … and only where this holds; nil: always
	means  ops.Text
	do     ops.Text
	offers []string
	// unseen: no health check sees it, so it counts for a service that seems well, too.
	unseen bool
}

// An inquiry is all that a diagnosis looks at: one service closely, and what surrounds it.
type inquiry struct {
	evidence
	stack     view
	names     []string     // what it is called, and then its needs
	needed    needed       // its image, where it has no container or was never started
	elsewhere []ops.Looked // what other looks showed: machine, checks, money, what was done lately
	has       func(op string) bool
}

// A Beyond is how a diagnosis looks further than Docker: at the machine, the money, what was done lately.
type Beyond interface {
	// LookAround looks with what may help to explain trouble of services of these names: a bounded number of looks, in a bounded
	// time, each as the person who asked. The look "vigie.history" among them holds only what was done to these services lately, and
	// in its argument "last" with which op that was the last time.
	LookAround(ctx context.Context, names []string) []ops.Looked
	// May reports whether the person who asked may have op.
	May(ctx context.Context, op string) bool
}

// An examiner looks for one sort of explanation.
type examiner func(inquiry) []finding

// The examiners. What the engine is certain of comes first, then what the service itself complains of, then what it needs; only
// where none of that says anything, what is less exact; and in any case what surrounds it and what came before.
var (
	exact  = []examiner{byState, byRules(rules), byNeeds}
	vague  = []examiner{byOwn, byRules(netRules), byCauses}
	around = []examiner{byRuns, bySurroundings}
)

// findings are the explanations, the best first; none where nothing is known.
func (s inquiry) findings() (list []finding) {
	add := func(by []examiner) {
		for _, look := range by {
			for _, f := range look(s) {
				if !slices.ContainsFunc(list, func(o finding) bool { return o.rule == f.rule || o.quote != "" && o.quote == f.quote }) {
					list = append(list, f)
				}
			}
		}
	}
	add(exact)
	for _, look := range vague {
		if len(list) == 0 {
			add([]examiner{look})
		}
	}
	add(around)
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(b.sure, a.sure) })
	return list
}

// recent is how far back a complaint of a service that seems well still says something.
const recent = 15 * time.Minute

// last are its last words, newest first: what its health check printed, why the engine could not start it, its log.
func (s inquiry) last() (words []string) {
	if s.d.Error != "" && !s.running() {
		words = append(words, s.d.Error)
	}
	if s.is == unhealthy {
		words = append(words, strings.Split(s.d.sickness(), "\n")...)
	}
	for _, l := range slices.Backward(s.lines[max(0, len(s.lines)-complained):]) {
		if s.is.needsYou() || s.is == starting || l.At.IsZero() || time.Since(l.At) < recent {
			words = append(words, l.Text)
		}
	}
	return words
}

// byRules tries each rule on its last words.
func byRules(list []rule) examiner {
	return func(s inquiry) (found []finding) {
		words := s.last()
		for _, r := range list {
			well := !s.is.needsYou() && s.is != starting
			if well && !r.unseen || r.where != nil && !r.where.MatchString(s.name+" "+s.ref()) || r.when != nil && !r.when(s.evidence) {
				continue
			}
			i := slices.IndexFunc(words, func(w string) bool { return r.sign.MatchString(w) && !innocent.MatchString(w) })
			if i < 0 {
				continue
			}
			found = append(found, finding{rule: r.name, means: r.means, quote: clip(words[i], 200), do: r.do, sure: probable, offers: r.offers})
		}
		return found
	}
}

// byOwn falls back to the signs that mean the same in every program.
func byOwn(s inquiry) []finding { return s.bySigns("complaint", ownSigns) }

// bySigns is the first of signs among its last words.
func (s inquiry) bySigns(name string, signs []sign) []finding {
	if !s.is.needsYou() {
		return nil
	}
	words := s.last()
	for _, sign := range signs {
		if i := slices.IndexFunc(words, sign.found.MatchString); i >= 0 {
			return []finding{{rule: name, means: sign.means, quote: clip(words[i], 200), sure: probable}}
		}
	}
	return nil
}

// byNeeds blames what it declares that it needs.
func byNeeds(s inquiry) (found []finding) {
	if !s.is.needsYou() && s.is != starting {
		return nil
	}
	for _, n := range s.needs {
		if n.is.needsYou() || n.is == off {
			found = append(found, finding{rule: "needs", about: n.name, offers: []string{"docker.diagnose", "docker.start"}, means: ops.T("it needs %s, which is not well: %s", "il a besoin de %s, qui ne va pas bien : %s", ops.Name(n.name), n.says()),
				do: ops.T("Look at %s first; this one comes back with it.", "Regarde d’abord %s ; celui-ci reviendra avec.", ops.Name(n.name)), sure: probable})
		}
	}
	return found
}

// byCauses takes what a close look at the container alone would say.
func byCauses(s inquiry) []finding {
	if t := s.likely(); !t.IsZero() {
		return []finding{{rule: "look", means: t, sure: maybe}}
	}
	return nil
}

// byRuns points at what was done to it, or to what it needs, shortly before.
func byRuns(s inquiry) (found []finding) {
	if !s.is.needsYou() {
		return nil
	}
	for _, l := range s.elsewhere {
		if l.Ask.Op != recentRuns || l.Err != nil || len(l.Answer.Blocks) == 0 || slices.Contains(harmless, l.Ask.Args["last"]) {
			continue
		}
		found = append(found, finding{rule: "recent change", means: ops.T("it began after something was done: %s", "ça a commencé après une opération : %s", l.Answer.Blocks[0].Line),
			do: ops.T("Look at what that changed; /undo may put it back.", "Regarde ce que ça a changé ; /undo peut le remettre en place."), sure: maybe})
	}
	return found
}

// harmless are ops that change nothing of a service: they are what one does about trouble, not where it comes from.
var harmless = []string{"docker.restart", "docker.start"}

// recentRuns is what the looks elsewhere call what was done lately.
const recentRuns = "vigie.history"

// bySurroundings points at what is wrong elsewhere at the same time.
func bySurroundings(s inquiry) (found []finding) {
	for _, l := range s.elsewhere {
		for _, t := range l.Troubles() {
			names := s.names
			if l.Ask.Op == "alerts.list" { // its own incident is no other trouble beside it
				names = names[1:]
			}
			if l.Ask.Op == recentRuns || l.Ask.Op != "host.show" && !speaksOf(names, t.En) {
				continue
			}
			found = append(found, finding{rule: "elsewhere " + l.Ask.Op, means: ops.T("not it alone: %s", "pas lui seul : %s", t), sure: maybe})
			break
		}
	}
	return found
}

// speaksOf reports whether a line elsewhere speaks of one of those names.
func speaksOf(names []string, line string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return holds(line, n) })
}

// lookAround brings together all that a diagnosis rests on.
func (s *Stack) lookAround(ctx context.Context, name string) (inquiry, error) {
	v, r, err := s.one(ctx, name)
	if err != nil {
		return inquiry{}, err
	}
	e, err := s.gather(ctx, v, r, true)
	if err != nil {
		return inquiry{}, err
	}
	q := inquiry{evidence: e, stack: v, names: []string{e.name}}
	for _, n := range e.needs {
		q.names = append(q.names, n.name)
	}
	if (e.box == nil || e.is == created) && e.is.needsYou() {
		q.needed = needed{row: e.row, ref: e.ref()}
		if q.needed.ref != "" {
			near, cancel := context.WithTimeout(ctx, closeLimit)
			s.findImage(near, &q.needed)
			cancel()
		}
	}
	q.has = func(op string) bool { return strings.HasPrefix(op, "docker.") }
	if s.Beyond != nil {
		q.elsewhere = s.Beyond.LookAround(ctx, q.names)
		q.has = func(op string) bool { return s.Beyond.May(ctx, op) }
	}
	return q, nil
}

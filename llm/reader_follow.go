package llm

import (
	"maps"
	"slices"
	"strings"

	"vigie/ops"
)

// follow reads what only has a meaning after something else: «again», «no, grafana», «the other one», «et grafana ?»,
// «only the errors». What changes something comes out as guessed, so that it is shown before it is made.
func (r *Reader) follow(s *seen) (Reading, bool) {
	at := slices.IndexFunc(r.list, func(o ops.Op) bool { return o.Name == s.talk.Last.Op })
	if at < 0 || s.code || s.quotes || len(s.words) > 8 {
		return Reading{}, false
	}
	if r.saysAgain(s) {
		return one(s.talk.Last, true), true
	}
	if len(s.talk.Else) == 1 && r.saysOther(s) {
		return one(s.talk.Else[0], true), true
	}
	lead, instead := leadOf(s)
	rest := part{from: lead, to: len(s.words)}
	if lead > 0 && r.onlyNames(s, rest) && r.hasName(s, rest) {
		return r.replace(s, rest, at, instead)
	}
	if op := &r.list[at]; !guarded(op) && lead == 0 && !r.hasName(s, rest) && s.mood.negated < 0 {
		return r.modify(s, rest, at)
	}
	return Reading{}, false
}

func one(ask ops.Ask, guessed bool) Reading {
	return Reading{Kind: Asks, Asks: []Understood{{ops.Ask{Op: ask.Op, Args: maps.Clone(ask.Args)}, guessed}}}
}

func (r *Reader) saysAgain(s *seen) bool {
	again := false
	for i := range s.words {
		w := &s.words[i]
		switch w.text {
		case "again", "encore", "refais", "recommence", "repeat":
			again = true
		case "once", "une", "fois", "more", "le", "la", "it", "do", "moi", "that", "ca":
			again = again || w.text == "more"
		default:
			if w.class&polite == 0 {
				return false
			}
		}
	}
	return again
}

func (r *Reader) saysOther(s *seen) bool {
	t := strings.Builder{}
	for _, w := range s.words {
		if w.class&polite == 0 {
			t.WriteString(w.text + " ")
		}
	}
	return slices.Contains([]string{"the other one ", "the other ", "other one ", "l autre ", "non l autre ", "no the other one ", "no the other "}, t.String())
}

// leads are the ways to say that another thing was meant (true), or that another is asked about.
var leads = []struct {
	words   string
	instead bool
}{
	{"no i meant", true}, {"non je voulais dire", true}, {"i meant", true}, {"je voulais dire", true}, {"no sorry", true}, {"non pardon", true}, {"non plutot", true},
	{"same for", true}, {"pareil pour", true}, {"meme chose pour", true}, {"no", true}, {"non", true}, {"sorry", true}, {"pardon", true}, {"oops", true}, {"plutot", true}, {"rather", true},
	{"and for", false}, {"et pour", false}, {"what about", false}, {"how about", false}, {"and", false}, {"et", false},
}

// leadOf finds how many words such a lead takes. «pas n8n, grafana» and «not n8n, grafana» are one too.
func leadOf(s *seen) (n int, instead bool) {
	for _, l := range leads {
		list := strings.Fields(l.words)
		if len(list) >= len(s.words) {
			continue
		}
		same := true
		for i, w := range list {
			same = same && s.words[i].text == w
		}
		if same {
			return len(list), l.instead
		}
	}
	if first := s.words[0].text; (first == "not" || first == "pas") && len(s.spans) == 2 && s.spans[0].from == 1 && s.words[s.spans[1].from].clause > s.words[0].clause {
		return s.spans[1].from, true
	}
	return 0, false
}

// replace asks the last thing again, of another name.
func (r *Reader) replace(s *seen, p part, at int, instead bool) (Reading, bool) {
	op := &r.list[at]
	f := r.fill(s, p, at, nil)
	if len(f.Args) == 0 {
		return Reading{}, false
	}
	if guarded(op) && !instead { // «and grafana?» after a restart asks how it is, or who knows
		return Reading{}, false
	}
	args := maps.Clone(s.talk.Last.Args)
	if args == nil {
		args = ops.Args{}
	}
	maps.Copy(args, f.Args)
	return one(ops.Ask{Op: op.Name, Args: args}, true), true
}

// modify asks the last thing again, with another length of time, number or choice.
func (r *Reader) modify(s *seen, p part, at int) (Reading, bool) {
	for i := range s.words {
		w := &s.words[i]
		if w.unknown || w.sense != 0 && !r.chooses(at, w.sense) && w.class&(filler|function) == 0 && !s.timely(i) && !r.nounOf(at, w.sense) {
			return Reading{}, false
		}
	}
	f := r.fill(s, p, at, nil)
	if len(f.Args) == 0 {
		return Reading{}, false
	}
	args := maps.Clone(s.talk.Last.Args)
	if args == nil {
		args = ops.Args{}
	}
	maps.Copy(args, f.Args)
	return one(ops.Ask{Op: r.list[at].Name, Args: args}, true), true
}

// nounOf reports whether a meaning is what op is about: the «lines» of logs.
func (r *Reader) nounOf(at, sense int) bool {
	return slices.ContainsFunc(r.phrases, func(p phrase) bool { return p.op == at && slices.Contains(p.senses, sense) })
}

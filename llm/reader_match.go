package llm

import (
	"cmp"
	"slices"

	"vigie/ops"
)

// A match is how well a part of a sentence fits one op.
type match struct {
	op     int
	score  float32
	phrase int
}

// unknownWeight is what a word counts that nothing knows: it may be what matters.
const unknownWeight = 0.7

// matches scores every op that shares a meaning with the part, best first.
func (r *Reader) matches(s *seen, p part) []match {
	var content [maxWords]int
	n := 0
	unknown := float32(0)
	for i := p.body; i < p.to; i++ {
		w := &s.words[i]
		if w.class&filler != 0 && w.sense == r.fine && i < p.head { // «ok, restart n8n»
			continue
		}
		if w.quoted && spanEnd(s.spans, i) < 0 {
			continue
		}
		if w.unknown {
			unknown = min(unknown+unknownWeight, 3)
		}
		if w.sense != 0 && !slices.Contains(content[:n], w.sense) && !s.timely(i) {
			content[n] = w.sense
			n++
		}
	}
	shared := make([]float32, len(r.phrases))
	for _, sense := range content[:n] {
		for _, at := range r.postings[sense] {
			shared[at] += r.weight[sense]
		}
	}
	best := make([]match, len(r.list))
	for i := range best {
		best[i] = match{op: i, phrase: -1}
	}
	if at, ok := r.literal(s, p); ok {
		best[r.phrases[at].op] = match{r.phrases[at].op, 1.2, at}
	}
	for at, common := range shared {
		if common == 0 {
			continue
		}
		ph := &r.phrases[at]
		b := &best[ph.op]
		if common/ph.total < 0.3 || ph.soft && guarded(&r.list[ph.op]) && !s.says(p, ph) {
			continue
		}
		score := r.score(s, p, ph, common, content[:n], unknown)
		if score > b.score {
			b.score, b.phrase = score, at
		}
	}
	list := best[:0]
	for _, m := range best {
		if m.phrase >= 0 {
			if p.level == plainly && guarded(&r.list[m.op]) && r.leadsTo(s, p, m.op) {
				m.score *= 1.1 // what is plainly ordered is rather an order
			}
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b match) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.op, b.op)) })
	return list
}

// literal finds the phrase that a part is word for word, but for names and politeness.
func (r *Reader) literal(s *seen, p part) (int, bool) {
	var key [160]byte
	b := key[:0]
	for i := p.body; i < p.to && len(b) < 120; i++ {
		w := &s.words[i]
		if end := spanEnd(s.spans, i); end > i && (w.sense == 0 || end > i+1) {
			i = end - 1
			continue
		}
		if w.class&polite != 0 && w.sense == 0 || s.timely(i) || r.examples[w.text] { // a phrase is kept without its examples
			continue
		}
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = append(b, w.text...)
	}
	at, ok := r.exact[string(b)]
	return at, ok
}

// says reports whether a part has every word of a phrase.
func (s *seen) says(p part, ph *phrase) bool {
	for _, w := range ph.words {
		if !slices.ContainsFunc(s.words[p.from:p.to], func(o word) bool { return o.text == w }) {
			return false
		}
	}
	return true
}

// score weighs what a part and a phrase share against what either says besides. Names count only where the op cannot
// take them.
func (r *Reader) score(s *seen, p part, ph *phrase, common float32, content []int, unknown float32) float32 {
	op := &r.list[ph.op]
	other := unknown
	taken := false
	for _, sp := range s.spans {
		if sp.from < p.from || sp.to > p.to || s.words[sp.from].quoted {
			continue
		}
		if r.takes(op, sp) {
			taken = true
			continue
		}
		if ph.slot {
			taken = true
			other += 0.1
			continue
		}
		if sense := s.words[sp.from].sense; sense == 0 || !slices.Contains(ph.senses, sense) {
			other += 1.4
		}
	}
	for _, sense := range content {
		if slices.Contains(ph.senses, sense) || r.chooses(ph.op, sense) || r.ownName(s, p, op, sense) {
			continue
		}
		other += r.weight[sense]
	}
	recall, precision := common/ph.total, common/(common+other)
	score := recall * (0.45 + 0.55*precision) * (0.35 + 0.65*precision)
	if recall < 1 {
		score = (0.5*recall + 0.5) * recall * (0.35 + 0.65*precision)
	}
	switch {
	case ph.slot && !taken:
		score *= 0.86
	case !ph.slot && taken:
		score *= 0.97
	}
	return score
}

// takes reports whether one of op's parameters takes names of a sort that the span may be of.
func (r *Reader) takes(op *ops.Op, sp span) bool {
	for _, p := range op.Params {
		if p.Names == "" {
			continue
		}
		for _, n := range sp.of {
			if n.sort == p.Names {
				return true
			}
		}
	}
	return false
}

// ownName reports whether a meaning is only that of a name which op takes: «redis» in «logs of redis».
func (r *Reader) ownName(s *seen, p part, op *ops.Op, sense int) bool {
	for _, sp := range s.spans {
		if sp.from >= p.from && sp.to <= p.to && s.words[sp.from].sense == sense && r.takes(op, sp) {
			return true
		}
	}
	return sense == r.all && r.takesAll(s, op)
}

// takesAll reports whether one of op's parameters takes «all».
func (r *Reader) takesAll(s *seen, op *ops.Op) bool {
	for _, p := range op.Params {
		if p.Names != "" && s.names.hasAll(p.Names) {
			return true
		}
	}
	return false
}

// timely reports whether the word at i is part of a time.
func (s *seen) timely(i int) bool {
	for _, t := range s.times {
		if t.from <= i && i < t.to {
			return true
		}
	}
	return false
}

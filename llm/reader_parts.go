package llm

import (
	"slices"

	"vigie/ops"
)

// A found part is one with what it asks for.
type found struct {
	part
	is       partKind
	asks     filled
	guarded  bool // what it asks for changes something
	level    level
	maybe    []filled // with unsure: the likeliest first
	declined bool     // it speaks of a change that it does not ask for
	gripes   bool     // it tells that something is wrong, or well
}

type partKind int

const (
	nothing partKind = iota // no words that mean anything here
	names                   // only names, times, numbers
	certain
	unsure
	foreign // words, and none that an op knows
)

// guarded reports whether words must ask for the op plainly.
func guarded(op *ops.Op) bool { return op.Risk > ops.Reads || op.Acts }

// parts reads a sentence part by part: at its punctuation, and at «and» where what is on both sides asks for something.
func (r *Reader) parts(s *seen) (list []found) {
	for from := 0; from < len(s.words); {
		to := from
		clause := s.words[from].clause
		for to < len(s.words) && s.words[to].clause == clause {
			to++
		}
		chunk := part{from: from, to: to, question: clause < len(s.marks) && s.marks[clause] == '?'}
		list = append(list, r.chunk(s, chunk)...)
		from = to
	}
	return list
}

func (r *Reader) chunk(s *seen, whole part) []found {
	var pieces []part
	from := whole.from
	for i := whole.from; i <= whole.to; i++ {
		skip := 1
		if i < whole.to && !isJoin(s.words[i].text) {
			if i == from || !r.turns(s, from, i) {
				continue
			}
			skip = 0
		}
		if i > from {
			pieces = append(pieces, part{from: from, to: i, question: whole.question})
		}
		from = i + skip
	}
	if len(pieces) < 2 {
		return []found{r.read(s, whole)}
	}
	var list []found
	good := true
	for i, p := range pieces {
		f := r.read(s, p)
		if i > 0 && list[i-1].asked { // «can you show … and restart …?»
			p.asked, f = true, r.readAsked(s, p)
		}
		good = good && (f.is == certain || f.is == names && i > 0)
		list = append(list, f)
	}
	if good {
		return list
	}
	if f := r.read(s, whole); f.is == certain || !slices.ContainsFunc(list, func(f found) bool { return f.is == certain }) {
		return []found{f}
	}
	return list
}

// turns reports whether a complaint turns into an order at word i, as on a phone without a comma: «n8n is down restart it».
func (r *Reader) turns(s *seen, from, i int) bool {
	w := &s.words[i]
	if w.class&order == 0 || w.class&(told|function|question) != 0 || w.sense == r.down || s.words[i-1].class&(function|auxiliary|subject|light|question) != 0 {
		return false
	}
	for j := from; j < i; j++ {
		if s.words[j].sense == r.down {
			return true
		}
	}
	return false
}

func isJoin(w string) bool { return w == "and" || w == "et" || w == "puis" || w == "then" }

func (r *Reader) readAsked(s *seen, p part) found {
	p.question = false
	f := r.read(s, p)
	f.asked = true
	return f
}

// read finds what one part asks for.
func (r *Reader) read(s *seen, p part) found {
	r.begin(&s.text, &p, s.spans)
	f := found{part: p}
	f.gripes = r.tells(s, p)
	if _, whole := r.literal(s, p); !whole && r.onlyNames(s, p) {
		if f.is = nothing; r.hasName(s, p) || r.hasTime(s, p) {
			f.is = names
		}
		return f
	}
	if r.forbids(s, p) {
		f.is, f.declined = nothing, true
		return f
	}
	list := r.matches(s, p)
	if len(list) == 0 {
		if f.is = nothing; r.knowsNot(s, p) {
			f.is = foreign
		}
		return f
	}
	top := list[0]
	if op := &r.list[top.op]; guarded(op) && top.score >= likely {
		f.level = r.levelFor(s, p, top)
		f.declined = f.level == never
	}
	if f.declined {
		list = slices.DeleteFunc(list, func(m match) bool { return guarded(&r.list[m.op]) })
	} else {
		list = slices.DeleteFunc(list, func(m match) bool { return guarded(&r.list[m.op]) && r.levelFor(s, p, m) == never })
	}
	r.settle(s, p, &f, list)
	return f
}

// settle makes the best matches what the part asks for, if they are good enough.
func (r *Reader) settle(s *seen, p part, f *found, list []match) {
	if f.declined && (s.mood.negated >= 0 || s.mood.waits || !r.inquires(s, p)) {
		list = nil
	}
	list = slices.DeleteFunc(list, func(m match) bool {
		return f.declined && (m.score < sure || !r.hasName(s, p) && r.mustName(m.op)) || r.strange(s, p, m)
	})
	if len(list) == 0 || list[0].score < likely {
		if f.is = foreign; f.declined {
			f.is = nothing
		} else if r.onlyHow(s, p) {
			if u, ok := r.about(s); ok {
				f.is, f.asks = certain, filled{Understood: u}
			}
		}
		return
	}
	top := list[0]
	ahead := len(list) == 1 || top.score-list[1].score >= distance
	best := r.fill(s, p, top.op, &r.phrases[top.phrase])
	if top.score >= sure && ahead {
		f.is, f.asks, f.guarded = certain, best, guarded(&r.list[top.op])
		if f.guarded {
			f.level = r.levelFor(s, p, top)
			if best.loose {
				f.level = min(f.level, perhaps)
			}
		}
		return
	}
	if r.onlyHow(s, p) {
		if u, ok := r.about(s); ok {
			f.is, f.asks = certain, filled{Understood: u}
			return
		}
	}
	f.is = unsure
	for _, m := range list[:min(len(list), 3)] {
		if m.score >= likely && m.score >= top.score*0.6 {
			f.maybe = append(f.maybe, r.fill(s, p, m.op, &r.phrases[m.phrase]))
		}
	}
}

func (r *Reader) mustName(op int) bool {
	return len(r.list[op].Params) > 0 && r.list[op].Params[0].Must && r.list[op].Params[0].Names != ""
}

// inquires reports whether a part asks a question.
func (r *Reader) inquires(s *seen, p part) bool {
	return p.question || slices.ContainsFunc(s.words[p.from:p.to], func(w word) bool { return w.class&question != 0 && w.class&auxiliary == 0 && w.text != "que" })
}

// strange reports whether a match lacks the name that it must have while the part speaks of something else: «reboot the
// server», «tell a joke».
func (r *Reader) strange(s *seen, p part, m match) bool {
	op, ph := &r.list[m.op], &r.phrases[m.phrase]
	takes := false
	for _, sp := range s.spans {
		if sp.from < p.from || sp.to > p.to {
			continue
		}
		if r.takes(op, sp) {
			takes = true
		} else if guarded(op) && s.words[sp.from].sense == 0 && (!ph.slot || r.mustName(m.op)) {
			return true
		}
	}
	if takes || len(op.Params) == 0 || !op.Params[0].Must {
		return false
	}
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		other := w.unknown && !guarded(op) || w.class&reported != 0 && !slices.Contains(ph.senses, w.sense)
		if other || w.sense == r.machine {
			return true
		}
	}
	return false
}

// onlyHow reports whether a part names something, and asks or tells only how it is.
func (r *Reader) onlyHow(s *seen, p part) bool {
	if !r.hasName(s, p) || s.mood.level == never && s.mood.negated < 0 {
		return false
	}
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		if w.sense != 0 && spanEnd(s.spans, i) < 0 && !slices.Contains(r.state, w.sense) || w.unknown {
			return false
		}
	}
	return true
}

// ownWords is how well a part fits a phrase that it repeats nearly word for word.
const ownWords = 0.9

// levelFor judges how plainly a part orders one op.
func (r *Reader) levelFor(s *seen, p part, m match) level {
	op := &r.list[m.op]
	if !guarded(op) {
		return plainly
	}
	if r.phrases[m.phrase].asks && m.score >= ownWords && s.mood.negated < 0 {
		return perhaps // «who wants to talk to openclaw?»: the op's own question, and all that comes of it is a button
	}
	if s.mood.level == never {
		return never
	}
	l := p.level
	if !r.leadsTo(s, p, m.op) {
		l = never
		if !p.question && m.score >= sure && (op.Risk == ops.Reads || !r.loud(s, p)) && r.soft(m) {
			l = perhaps // told in the words of the op's own phrase: «I'm on it», «I deleted a file»
			if op.Risk == ops.Reads && m.score >= 0.8 {
				l = plainly
			}
		}
	} else if w := &s.words[p.head]; op.Risk == ops.Reads && l == perhaps && w.class&told == 0 && !p.named {
		l = plainly // «maintenance for an hour»: nothing is lost by it
	}
	if m.score > 1.15 && l == perhaps && !p.named && p.head >= 0 && r.leadsTo(s, p, m.op) && s.words[p.head].class&told == 0 {
		l = plainly // word for word
	}
	if s.mood.waits {
		l = min(l, perhaps)
	}
	if s.mood.gripe >= 0 && s.mood.gripe < max(p.head, p.from) {
		l = min(l, perhaps)
	}
	return l
}

// leadsTo reports whether a part begins as an order of the op does.
func (r *Reader) leadsTo(s *seen, p part, op int) bool {
	if p.head < 0 {
		return false
	}
	head, start := &s.words[p.head], &s.words[p.start]
	return slices.Contains(r.heads[op], head.sense) || start.sense != 0 && slices.Contains(r.heads[op], start.sense) ||
		start.class&light != 0 && slices.Contains(r.lightHeads[op], head.sense)
}

// soft reports whether the phrase that matched tells rather than orders.
func (r *Reader) soft(m match) bool {
	return r.phrases[m.phrase].soft
}

// loud reports whether a part has an order in it.
func (r *Reader) loud(s *seen, p part) bool {
	for i := p.from; i < p.to; i++ {
		if s.words[i].class&(order|told|deed) != 0 {
			return true
		}
	}
	return false
}

// tells reports whether a part says how something is, and asks for nothing.
func (r *Reader) tells(s *seen, p part) bool {
	for i := p.from; i < p.to; i++ {
		if sense := s.words[i].sense; sense != 0 && (sense == r.down || sense == r.fine) && !p.question {
			return true
		}
	}
	return s.mood.gripe >= p.from && s.mood.gripe < p.to
}

// onlyNames reports whether a part has no word of meaning but names, times and numbers.
func (r *Reader) onlyNames(s *seen, p part) bool {
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		if spanEnd(s.spans, i) > i && (w.sense == 0 || len(s.spans) == 1 && w.class&order == 0) || s.timely(i) || isNumber(w.text) {
			continue
		}
		if w.unknown || w.class&(reported|pretence|doubt) != 0 || w.sense != 0 && w.class&filler == 0 && w.text != "last" {
			return false
		}
	}
	return true
}

// forbids reports whether a part says not to do something.
func (r *Reader) forbids(s *seen, p part) bool {
	if s.mood.negated < p.from || s.mood.negated >= p.to {
		return false
	}
	if at, ok := r.literal(s, p); ok && r.phrases[at].negate {
		return false
	}
	return slices.ContainsFunc(s.words[p.from:p.to], func(w word) bool { return w.class&order != 0 && r.ordersGuarded(w.sense) })
}

func (r *Reader) hasName(s *seen, p part) bool {
	return slices.ContainsFunc(s.spans, func(sp span) bool { return sp.from >= p.from && sp.to <= p.to })
}

func (r *Reader) hasTime(s *seen, p part) bool {
	return slices.ContainsFunc(s.times, func(t when) bool { return t.from >= p.from && t.to <= p.to })
}

func (r *Reader) knowsNot(s *seen, p part) bool {
	for i := p.from; i < p.to; i++ {
		if s.words[i].unknown || s.words[i].sense != 0 {
			return true
		}
	}
	return false
}

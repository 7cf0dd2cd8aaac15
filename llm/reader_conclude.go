package llm

import (
	"maps"
	"slices"

	"vigie/ops"
)

// conclude makes one reading of a sentence's parts: a name alone joins what was asked before it, «it» is the last thing
// spoken of, and a complaint is no question where an order follows.
func (r *Reader) conclude(s *seen, parts []found) Reading {
	got := Reading{Kind: Outside}
	if at, own := r.literal(s, part{to: len(s.words)}); !(own && r.phrases[at].asks) && r.othersWords(s) {
		return Reading{Kind: Declined}
	}
	declined := false
	for i := range parts {
		p := &parts[i]
		declined = declined || p.declined
		r.cap(s, parts, i)
		switch {
		case p.is == names:
			r.join(s, &got, parts, i)
		case p.is == certain && p.guarded && p.level < plainly, p.is == unsure:
			for _, f := range append(p.maybe, p.asks) {
				if f.Op != "" {
					r.point(s, parts, i, &f)
					got.Maybe = append(got.Maybe, f.Understood)
				}
			}
		case p.is == certain && !p.guarded && s.words[0].class&polite != 0 && p.gripes && !p.question: // «thanks, that works»
		case p.is == certain:
			if p.gripes && !p.guarded && r.ordered(parts[i+1:]) {
				continue
			}
			r.point(s, parts, i, &p.asks)
			got.Asks = append(got.Asks, p.asks.Understood)
		}
	}
	got.Asks = once(got.Asks)
	got.Maybe = once(got.Maybe)
	if s.mood.negated >= 0 && declined || slices.ContainsFunc(s.words, func(w word) bool { return w.class&pretence != 0 }) {
		got.Maybe = nil
	}
	switch {
	case len(got.Asks) > 0:
		got.Kind = Asks
		got.Asks = got.Asks[:min(len(got.Asks), most)]
		return got
	case len(got.Maybe) > 0:
		got.Kind = Unsure
		got.Maybe = got.Maybe[:min(len(got.Maybe), 3)]
		return got
	case declined || s.mood.negated >= 0 && r.speaks(s):
		got.Kind = Declined
		if s.mood.negated < 0 && s.mood.level != never || r.asksBack(s) {
			if f, ok := r.about(s); ok {
				got.Maybe = []Understood{f}
			}
		}
	}
	return got
}

// cap lowers how plainly part i orders by what the parts before it are: words that are not understood, or a colon after
// something that is nobody's name.
func (r *Reader) cap(s *seen, parts []found, i int) {
	p := &parts[i]
	for j := range parts[:i] {
		before := &parts[j]
		if before.is == foreign || before.is == unsure && !before.gripes {
			p.level = min(p.level, perhaps)
		}
		clause := s.words[before.from].clause
		if clause < len(s.marks) && s.marks[clause] == ':' && s.words[p.from].clause > clause && before.is != nothing && before.is != names {
			p.level, p.declined = never, p.guarded
			if p.guarded {
				p.is, p.maybe = nothing, nil
			}
		}
	}
}

// ordered reports whether one of the parts orders something.
func (r *Reader) ordered(parts []found) bool {
	return slices.ContainsFunc(parts, func(p found) bool { return p.is == certain && p.guarded || p.is == unsure })
}

// join gives the names of part i to what was asked just before: «restart n8n and grafana», «logs of n8n, last 2 hours».
func (r *Reader) join(s *seen, got *Reading, parts []found, i int) {
	list := &got.Asks
	if len(*list) == 0 {
		list = &got.Maybe
	}
	if len(*list) == 0 {
		if len(parts) == 1 || !r.ordered(parts[i+1:]) && !certainAfter(parts[i+1:]) {
			strange := slices.ContainsFunc(parts, func(p found) bool { return p.is == foreign || p.declined })
			if f, ok := r.about(s); ok && !strange && r.hasName(s, parts[i].part) && s.mood.negated < 0 {
				got.Asks = append(got.Asks, f)
			}
		}
		return
	}
	last := (*list)[len(*list)-1]
	at := slices.IndexFunc(r.list, func(o ops.Op) bool { return o.Name == last.Op })
	from := parts[i].from
	for from < parts[i].to {
		p := part{from: from, to: s.afterName(from, parts[i].to)}
		from = p.to
		f := r.fill(s, p, at, nil)
		renamed := false
		for _, prm := range r.list[at].Params {
			renamed = renamed || prm.Names != "" && f.Args[prm.Name] != "" && last.Args[prm.Name] != ""
		}
		args := maps.Clone(last.Args)
		maps.Copy(args, f.Args)
		if renamed {
			*list = append(*list, Understood{ops.Ask{Op: last.Op, Args: args}, f.Guessed || last.Guessed})
		} else {
			(*list)[len(*list)-1].Args = args
		}
	}
}

// afterName is where the first name from there on ends, or to.
func (s *seen) afterName(from, to int) int {
	for _, sp := range s.spans {
		if sp.from >= from && sp.to < to && slices.ContainsFunc(s.spans, func(next span) bool { return next.from >= sp.to && next.to <= to }) {
			return sp.to
		}
	}
	return to
}

func certainAfter(parts []found) bool {
	return slices.ContainsFunc(parts, func(p found) bool { return p.is == certain })
}

// point fills a missing name with the last thing spoken of: in the sentence, then in the talk. What changes something
// takes it only for an «it».
func (r *Reader) point(s *seen, parts []found, i int, f *filled) {
	at := slices.IndexFunc(r.list, func(o ops.Op) bool { return o.Name == f.Op })
	op := &r.list[at]
	for _, prm := range op.Params {
		if prm.Names == "" || f.Args[prm.Name] != "" || !prm.Must && !f.it {
			continue
		}
		if guarded(op) && !f.it {
			continue
		}
		for k := len(s.spans) - 1; k >= 0; k-- {
			if sp := s.spans[k]; sp.to <= parts[i].from {
				if values := sp.values(prm.Names); len(values) == 1 {
					f.Args[prm.Name] = values[0]
					f.Guessed = f.Guessed || sp.mended
					break
				}
			}
		}
		if f.Args[prm.Name] == "" {
			if value := r.spoken(s, prm.Names); value != "" {
				f.Args[prm.Name], f.Guessed = value, true
			}
		}
		return
	}
}

// spoken is the last thing of a sort that was spoken of.
func (r *Reader) spoken(s *seen, sort string) string {
	at := slices.IndexFunc(r.list, func(o ops.Op) bool { return o.Name == s.talk.Last.Op })
	if at < 0 || s.names == nil {
		return ""
	}
	for _, prm := range r.list[at].Params {
		value := s.talk.Last.Args[prm.Name]
		if prm.Names == "" || value == "" {
			continue
		}
		if slices.ContainsFunc(s.names.sorts[sort], func(c ops.Choice) bool { return c.Value == value }) {
			return value
		}
	}
	return ""
}

// speaks reports whether the sentence has a verb of something that can be done.
func (r *Reader) speaks(s *seen) bool {
	return slices.ContainsFunc(s.words, func(w word) bool { return w.class&(order|deed|told) != 0 })
}

// othersWords reports whether the sentence passes on an order, quotes one, or tries to talk its way to one.
func (r *Reader) othersWords(s *seen) bool {
	passed := s.code || s.quotes && !r.quotesNames(&s.text)
	orders := false
	for i := range s.words {
		w := &s.words[i]
		passed = passed || w.class&(reported|pretence) != 0
		orders = orders || w.class&(order|deed|told) != 0 && r.ordersGuarded(w.sense)
	}
	return passed && orders
}

// ordersGuarded reports whether something that changes anything is ordered by a word of that meaning.
func (r *Reader) ordersGuarded(sense int) bool {
	for i := range r.list {
		if guarded(&r.list[i]) && slices.Contains(r.heads[i], sense) {
			return true
		}
	}
	return false
}

// asksBack reports whether the sentence asks or muses about a change, rather than forbids it or passes on words.
func (r *Reader) asksBack(s *seen) bool {
	if s.mood.negated >= 0 || s.code || s.quotes {
		return false
	}
	for _, w := range s.words {
		if w.class&(reported|pretence) != 0 {
			return false
		}
	}
	return true
}

// about is the look at the first thing that the sentence names.
func (r *Reader) about(s *seen) (Understood, bool) {
	for _, sp := range s.spans {
		best := lookOp{}
		sort := ""
		for _, n := range sp.of {
			if l := r.lookAt[n.sort]; l.rank > best.rank {
				best, sort = l, n.sort
			}
		}
		if best.rank == 0 {
			continue
		}
		list := sp.values(sort)
		value := list[0]
		if len(list) > 1 {
			value = sp.typed
		}
		o := &r.list[best.op]
		return Understood{ops.Ask{Op: o.Name, Args: ops.Args{o.Params[0].Name: value}}, sp.mended}, true
	}
	return Understood{}, false
}

func once(list []Understood) (out []Understood) {
	for _, u := range list {
		if !slices.ContainsFunc(out, func(o Understood) bool { return o.Op == u.Op && maps.Equal(o.Args, u.Args) }) {
			out = append(out, u)
		}
	}
	return out
}

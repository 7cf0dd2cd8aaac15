package llm

import (
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A choiceWord is a meaning that chooses a value of a parameter.
type choiceWord struct {
	sense, param int
	value        string
}

// indexChoices notes which meanings choose what. «all» chooses nothing by itself: it is said of everything.
func (r *Reader) indexChoices() {
	r.choices = make([][]choiceWord, len(r.list))
	for i, op := range r.list {
		for j, p := range op.Params {
			for _, c := range p.Choices {
				r.choice(i, j, c, c)
			}
			for also, c := range p.Also {
				r.choice(i, j, also, c)
			}
		}
		slices.SortFunc(r.choices[i], func(a, b choiceWord) int { return a.sense - b.sense })
	}
}

func (r *Reader) choice(op, param int, word, value string) {
	if e, ok := r.vocabulary.find(fold(word)); ok && e.sense != 0 && e.sense != r.all {
		r.choices[op] = append(r.choices[op], choiceWord{e.sense, param, value})
	}
}

func (r *Reader) chooses(op, sense int) bool {
	return slices.ContainsFunc(r.choices[op], func(c choiceWord) bool { return c.sense == sense })
}

// A filled ask is an op with the values that a part of a sentence gives it.
type filled struct {
	Understood
	missing string // a parameter that it must have, and has not
	loose   bool   // a name, a number or a time was said that the op has no use for
	it      bool   // «it» stands where a name could
}

// fill takes the values of op's parameters from a part, which matched ph; nil: none.
func (r *Reader) fill(s *seen, p part, op int, ph *phrase) filled {
	o := &r.list[op]
	f := filled{Understood: Understood{Ask: ops.Ask{Op: o.Name, Args: ops.Args{}}}}
	used := map[int]bool{} // words
	for j := range o.Params {
		prm := &o.Params[j]
		switch {
		case prm.Names == "command":
			r.fillCommand(s, p, prm, &f)
		case prm.Names != "":
			r.fillName(s, p, prm, ph, &f, used)
		case len(prm.Choices) > 0:
			r.fillChoice(s, p, op, j, &f, used)
		case prm.Type == "duration":
			r.fillTime(s, p, prm, &f, used)
		case prm.Type == "number":
			fillNumber(s, p, prm, &f, used)
		case prm.Rest && !prm.Must:
			fillRest(s, p, prm, &f, used)
		}
	}
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		if w.class&pronoun != 0 && w.sense == 0 && i > p.start {
			f.it = true
		}
		f.Guessed = f.Guessed || w.mended && (w.sense != 0 || w.class&(negation|doubt) != 0)
	}
	for _, sp := range s.spans {
		f.loose = f.loose || sp.from >= p.from && sp.to <= p.to && !used[sp.from] && s.words[sp.from].sense == 0
	}
	for _, t := range s.times {
		f.loose = f.loose || t.from >= p.from && t.to <= p.to && !used[t.from]
	}
	for _, prm := range o.Params {
		if prm.Must && f.Args[prm.Name] == "" && f.missing == "" {
			f.missing = prm.Name
		}
	}
	return f
}

// fillCommand takes a command that a sentence asks about: «how does mute work».
func (r *Reader) fillCommand(s *seen, p part, prm *ops.Param, f *filled) {
	for i := p.from; i < p.to; i++ {
		for _, n := range s.names.of(s.words[i].text) {
			if n.sort == prm.Names && n.value != f.Op && s.words[i].sense != r.help {
				f.Args[prm.Name] = n.value
				return
			}
		}
	}
}

func (n *Names) of(word string) []named {
	if n == nil {
		return nil
	}
	return n.exact[word]
}

// inOrder gives the spans as they are tried: those that can only be names first.
func (s *seen) inOrder() []span {
	plain := func(sp span) bool { return s.words[sp.from].sense == 0 || sp.to > sp.from+1 }
	if !slices.ContainsFunc(s.spans, func(sp span) bool { return !plain(sp) }) {
		return s.spans
	}
	list := make([]span, 0, len(s.spans))
	for _, first := range []bool{true, false} {
		for _, sp := range s.spans {
			if plain(sp) == first {
				list = append(list, sp)
			}
		}
	}
	return list
}

func (r *Reader) fillName(s *seen, p part, prm *ops.Param, ph *phrase, f *filled, used map[int]bool) {
	for _, sp := range s.inOrder() {
		if sp.from < p.from || sp.to > p.to || used[sp.from] {
			continue
		}
		if sense := s.words[sp.from].sense; !prm.Must && sp.to == sp.from+1 && sense != 0 && ph != nil && slices.Contains(ph.senses, sense) {
			continue // the word, not the name: «the last backup»
		}
		values := sp.values(prm.Names)
		if len(values) == 0 {
			continue
		}
		f.Args[prm.Name] = values[0]
		if len(values) > 1 { // which one is asked where the names are
			f.Args[prm.Name] = sp.typed
		}
		f.Guessed = f.Guessed || sp.mended
		for i := sp.from; i < sp.to; i++ {
			used[i] = true
		}
		return
	}
	for _, w := range s.times {
		if w.from >= p.from && w.to <= p.to && !used[w.from] && !w.since.IsZero() {
			if value := s.names.dated(prm.Names, f.Args, w, s.now.Location()); value != "" {
				f.Args[prm.Name] = value
				used[w.from] = true
				return
			}
		}
	}
	if !prm.Must || !s.names.hasAll(prm.Names) {
		return
	}
	for i := p.from; i < p.to; i++ {
		if s.words[i].sense == r.all && !used[i] {
			f.Args[prm.Name] = "all"
			used[i] = true
			return
		}
	}
}

func (n *Names) hasAll(sort string) bool {
	if n == nil {
		return false
	}
	return slices.ContainsFunc(n.exact["all"], func(o named) bool { return o.sort == sort })
}

// dated finds the newest name of a sort with a date in it, 20261125 or 20261125_025501, that lies in w; of those that
// begin with a name already chosen, if any does.
func (n *Names) dated(sort string, args ops.Args, w when, zone *time.Location) (best string) {
	if n == nil {
		return ""
	}
	var newest time.Time
	for _, c := range n.sorts[sort] {
		at, ok := stamp(c.Value, zone)
		if !ok || at.Before(w.since) || !at.Before(w.until) || !at.After(newest) {
			continue
		}
		about := len(args) == 0
		for _, v := range args {
			about = about || strings.HasPrefix(c.Value, v+"_") || strings.HasPrefix(c.Value, v+"-") || strings.HasPrefix(c.Value, v+".")
		}
		if about {
			best, newest = c.Value, at
		}
	}
	return best
}

// stamp reads the date in a name.
func stamp(name string, zone *time.Location) (time.Time, bool) {
	for i := 0; i+8 <= len(name); i++ {
		if !isNumber(name[i:i+8]) || i > 0 && isNumber(name[i-1:i]) {
			continue
		}
		if i+15 <= len(name) && isNumber(name[i+9:i+15]) {
			if at, err := time.ParseInLocation("20060102150405", name[i:i+8]+name[i+9:i+15], zone); err == nil {
				return at, true
			}
		}
		if at, err := time.ParseInLocation("20060102", name[i:i+8], zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func (r *Reader) fillChoice(s *seen, p part, op, param int, f *filled, used map[int]bool) {
	prm := &r.list[op].Params[param]
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		for _, c := range r.choices[op] {
			if c.param == param && c.sense == w.sense && !w.quoted && !s.timely(i) {
				f.Args[prm.Name] = c.value
				used[i] = true
				return
			}
		}
	}
	for _, w := range s.times {
		if w.from < p.from || w.to > p.to || used[w.from] {
			continue
		}
		d := w.length(s.now)
		for _, word := range []string{d.String(), days(d)} {
			if value, err := prm.Check(word); err == nil && word != "" {
				f.Args[prm.Name] = value
				used[w.from] = true
				return
			}
		}
		if w.since.Equal(w.until.Add(-24*time.Hour)) && !w.until.Before(s.now) { // all of today
			if value, err := prm.Check("today"); err == nil {
				f.Args[prm.Name] = value
				used[w.from] = true
				return
			}
		}
	}
}

func days(d time.Duration) string {
	if d%(24*time.Hour) != 0 {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix((d/24).String(), "0m0s"), "h") + "d"
}

func (r *Reader) fillTime(s *seen, p part, prm *ops.Param, f *filled, used map[int]bool) {
	for _, w := range s.times {
		if w.from < p.from || w.to > p.to || used[w.from] {
			continue
		}
		if value, err := prm.Check(w.length(s.now).String()); err == nil {
			f.Args[prm.Name] = value
			used[w.from] = true
			return
		}
	}
}

func fillNumber(s *seen, p part, prm *ops.Param, f *filled, used map[int]bool) {
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		if !isNumber(w.text) || used[i] || s.timely(i) || spanEnd(s.spans, i) > i {
			continue
		}
		if value, err := prm.Check(w.text); err == nil {
			f.Args[prm.Name] = value
			used[i] = true
			return
		}
	}
}

// marks of what is to be found: «with timeout», «contenant timeout»; or a quotation.
var markers = map[string]bool{"containing": true, "contains": true, "with": true, "mentioning": true, "matching": true, "contenant": true, "contiennent": true, "avec": true, "mentionnant": true}

func fillRest(s *seen, p part, prm *ops.Param, f *filled, used map[int]bool) {
	from, to := -1, -1
	for i := p.from; i < p.to; i++ {
		w := &s.words[i]
		switch {
		case w.quoted && !used[i]:
			if from < 0 || !s.words[i-1].quoted {
				from = i
			}
			to = i + 1
		case markers[w.text] && i+1 < p.to && from < 0:
			from, to = i+1, i+1
			for to < p.to && s.words[to].class&polite == 0 && !used[to] && !s.timely(to) {
				to++
			}
		case w.text == "grep" || w.text == "search" || w.text == "cherche":
			if i+1 < p.to && s.words[i+1].unknown && from < 0 {
				from, to = i+1, i+2
			}
		}
	}
	if from < 0 || to <= from {
		return
	}
	if value, err := prm.Check(s.typed[s.words[from].from:s.words[to-1].to]); err == nil && value != "" {
		f.Args[prm.Name] = value
		for i := from; i < to; i++ {
			used[i] = true
		}
	}
}

package llm

import "strings"

// How plainly a sentence, or a part of it, asks for something to be done.
type level int

const (
	never   level = iota // it does not, or somebody else does: nothing that changes something may come of it, not even as a button
	perhaps              // it does, but something in it is not understood, or makes it wait: a button at most
	plainly              // this person wants it done, now
)

// A mood is what a whole sentence says about doing.
type mood struct {
	level   level
	negated int // the first word of a «not» that is no complaint; -1: none
	gripe   int // the last word of a complaint that has a «not»: «n8n ne répond plus»; -1: none
	waits   bool
}

// moodOf judges the sentence as a whole: what makes it nobody's order, wherever in it that stands.
func (r *Reader) moodOf(t *text) mood {
	m := mood{level: plainly, negated: -1, gripe: -1}
	if t.code || t.quotes && !r.quotesNames(t) {
		m.level = never
	}
	for i := range t.words {
		w := &t.words[i]
		if w.quoted {
			continue
		}
		switch {
		case w.class&(pretence|reported) != 0, ceases(t, i):
			m.level = never
		case w.class&doubt != 0 && !t.inRequest(i):
			m.level = never
		case w.class&negation != 0 && r.gripes(t, i):
			m.gripe = i
		case w.class&negation != 0 && m.negated < 0:
			m.negated = i
		case w.class&condition != 0:
			m.waits = true
		case (w.text == "in" || w.text == "dans" || w.text == "at") && i+1 < len(t.words):
			if _, n := timeAt(t.words[i+1:], r.epoch); n > 0 {
				m.waits = true
			}
		}
	}
	if m.negated >= 0 {
		m.level = never
	}
	return m
}

// ceases reports whether the word at i asks for an end of doing something, and not for that: «arrête de redémarrer n8n».
func ceases(t *text, i int) bool {
	next := i + 1
	switch t.words[i].text {
	case "arrete", "arreter", "arretez", "arretes", "cesse", "cesser", "cessez":
		if next >= len(t.words) || t.words[next].text != "de" && t.words[next].text != "d" {
			return false
		}
		next++
		return next < len(t.words) && t.words[next].class&(order|deed) != 0
	case "stop", "quit":
		return next < len(t.words) && t.words[next].class&(order|deed) != 0 && strings.HasSuffix(t.words[next].text, "ing")
	}
	return false
}

// gripes reports whether the «not» at i is that of «does not answer», «marche pas».
func (r *Reader) gripes(t *text, i int) bool {
	for j := max(0, i-2); j < min(len(t.words), i+4); j++ {
		w := &t.words[j]
		if w.clause != t.words[i].clause {
			continue
		}
		if w.class&(order|deed) != 0 {
			if j < i+3 {
				return false
			}
			break
		}
		if s := w.sense; s != 0 && (s == r.fine || s == r.down) {
			return true
		}
	}
	return false
}

func (r *Reader) quotesNames(t *text) bool {
	for i := range t.words {
		if w := &t.words[i]; w.quoted && (w.sense != 0 || w.class != 0) {
			return false
		}
	}
	return true
}

// A part is some of a sentence's words that belong together.
type part struct {
	from, to int
	start    int   // where it begins once what is only polite is taken off
	body     int   // where what is requested begins, behind the «can you»
	asked    bool  // it begins as a request: «can you», «je veux»
	begs     bool  // it says please
	question bool  // it ends in a question mark
	head     int   // the first word that means something and is no name; -1: none
	named    bool  // a name stands before the head: «n8n restart»
	loose    bool  // something that is no part of an order stands before the head
	wished   bool  // «j’aimerais que tu …»
	level    level // how plainly it orders, if its head is a verb of what is ordered
}

// begin finds a part's head, and judges what stands before and behind it.
func (r *Reader) begin(t *text, p *part, spans []span) {
	p.head, p.start, p.body = -1, p.from, p.from
	for i := p.from; i < p.to; {
		w := &t.words[i]
		if n, asks := requestAt(t.words[i:p.to]); n > 0 && p.head < 0 && !p.named && !p.loose {
			p.asked = p.asked || asks
			p.wished = t.words[i+n-1].text == "tu" && n > 2
			i += n
			for i < p.to && (t.words[i].text == "to" || t.words[i].text == "de" || t.words[i].text == "d" || t.words[i].class&(filler|polite) != 0 && t.words[i].sense == 0) {
				i++
			}
			p.start, p.body = i, i
			continue
		}
		p.begs = p.begs || w.class&polite != 0
		if end := spanEnd(spans, i); end > i && w.class&order == 0 {
			p.named = p.named || p.head < 0
			i = end
			continue
		}
		if p.head < 0 {
			r.before(t, p, i)
		}
		i++
	}
	p.level = r.levelOf(t, p, spans)
}

// before judges the word at i, which stands before any head, or is it.
func (r *Reader) before(t *text, p *part, i int) {
	w := &t.words[i]
	switch {
	case w.class&(filler|polite) != 0 && w.class&order == 0:
	case w.class&light != 0 && w.class&order == 0, w.sense == r.launch && r.leads(t, i, p.to):
		if p.start != i {
			p.loose = p.loose || w.class&(subject|auxiliary|question) != 0 && i > p.from
		}
		p.start = i
	case w.sense != 0 && w.class&(question|auxiliary|subject) == 0 || w.class&order != 0:
		p.head = i
	case w.text == "a":
		p.loose = p.loose || p.named // «n8n a redémarré», and not «make a dump»
	case w.class&(question|auxiliary|subject) != 0:
		p.loose = true
	case w.class&(function|generic|pronoun) != 0:
		p.loose = p.loose || i == p.from || t.words[i-1].class&(light|order|function|generic) == 0 && w.class&(pronoun|generic) != 0
	default:
		p.loose = true
	}
}

// leads reports whether the light verb at i only leads to what is to be done: «lance le test de fumée».
func (r *Reader) leads(t *text, i, to int) bool {
	for j := i + 1; j < to; j++ {
		if w := &t.words[j]; w.sense != 0 && w.class&(question|filler) == 0 {
			return w.class&(order|deed) != 0
		}
	}
	return false
}

// levelOf judges what a part orders by all but its verb.
func (r *Reader) levelOf(t *text, p *part, spans []span) level {
	if p.head < 0 || p.loose || p.question && !p.asked {
		return never
	}
	h := &t.words[p.head]
	if h.class&told != 0 && h.class&order == 0 && !p.wished || h.accent && h.class&order != 0 {
		return never
	}
	l := plainly
	if h.class&order == 0 && !p.begs && !p.wished || p.named && h.class&tells != 0 && !p.begs {
		l = perhaps
	}
	for i := p.head + 1; i < p.to; i++ {
		w := &t.words[i]
		if spanEnd(spans, i) > i {
			continue
		}
		switch {
		case i == p.head+1 && (w.class&auxiliary != 0 && w.class&pronoun == 0 && w.text != "a" || w.sense == r.down && w.sense != 0):
			return never
		case w.class&question != 0 && w.class&function == 0, w.class&told != 0:
			l = min(l, perhaps)
		case w.unknown:
			l = min(l, perhaps)
		case p.named && w.sense != 0 && w.class&(filler|polite) == 0:
			return never // «n8n restart loop»
		}
	}
	return l
}

// requestAt finds a way to begin a request; asks: it stays one with a question mark.
func requestAt(w []word) (n int, asks bool) {
	for _, request := range requests {
		mark := request[len(request)-1] == "?"
		list := request
		if mark {
			list = request[:len(request)-1]
		}
		if len(list) <= n || len(list) > len(w) {
			continue
		}
		same := true
		for i, s := range list {
			same = same && w[i].text == s
		}
		if same {
			n, asks = len(list), mark
		}
	}
	return n, asks
}

// inRequest reports whether the word at i is part of a polite request: the «could» of «could you».
func (t *text) inRequest(i int) bool {
	for from := max(0, i-3); from <= i; from++ {
		if n, _ := requestAt(t.words[from:]); from+n > i {
			return true
		}
	}
	return false
}

func spanEnd(spans []span, i int) int {
	for _, s := range spans {
		if s.from <= i && i < s.to {
			return s.to
		}
	}
	return -1
}

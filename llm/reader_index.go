package llm

import (
	"math"
	"slices"
	"strings"

	"vigie/ops"
)

// A phrase is one way to ask for an op, as what its words mean.
type phrase struct {
	op     int
	senses []int
	total  float32 // their weights together
	slot   bool    // it names something
	negate bool    // it has a «not» of its own
	soft   bool    // it tells or asks, and orders nothing
	asks   bool    // it asks
	words  []string
}

// index takes in what the ops say of themselves.
func (r *Reader) index() {
	r.examples = exampleWords(r.list)
	for _, op := range r.list {
		if !calledAfterSystem(op) {
			r.learn(strings.ReplaceAll(op.Command, "_", " "))
		}
		for _, p := range op.Phrases {
			for _, said := range []string{p.En, p.Fr} {
				if !isOpening(said) {
					r.learn(said)
				}
			}
		}
		for _, p := range op.Params {
			for _, c := range p.Choices {
				r.learn(c)
			}
		}
	}
	r.vocabulary.ready()
	for i, op := range r.list {
		if calledAfterSystem(op) {
			// its word is the service's
		} else if e, _ := r.vocabulary.find(op.Command); !guarded(&r.list[i]) || e.class&order != 0 || strings.Contains(op.Command, "_") {
			r.phrase(i, strings.ReplaceAll(op.Command, "_", " "))
		}
		for _, p := range op.Phrases {
			for _, said := range []string{p.En, p.Fr} {
				if !r.opening(i, said) {
					r.phrase(i, said)
				}
			}
		}
	}
	r.weigh()
}

// calledAfterSystem reports whether an op's command is only what its system is called («grafana»), and none of its phrases says
// it: in a sentence that word is the service, as in «restart n8n and grafana». Alone it is the command all the same.
func calledAfterSystem(op ops.Op) bool {
	return strings.HasPrefix(op.Name, op.Command+".") && !slices.ContainsFunc(op.Phrases, func(p ops.Text) bool {
		return !isOpening(p.En) && strings.Contains(" "+fold(p.En)+" "+fold(p.Fr)+" ", " "+fold(op.Command)+" ")
	})
}

// exampleWords are the names that examples, and so phrases, use where others stand in life.
func exampleWords(list []ops.Op) map[string]bool {
	found := map[string]bool{}
	for _, op := range list {
		for _, e := range op.Examples {
			fields := strings.Fields(e)
			for i, p := range op.Params {
				if p.Names == "" || p.Names == "command" || i >= len(fields) {
					continue
				}
				if p.Rest {
					for _, w := range fields[i:] {
						found[fold(w)] = true
					}
				} else {
					found[fold(fields[i])] = true
				}
			}
		}
	}
	for _, w := range []string{"all", "check", "fr", "en"} { // words of the language, whatever examples say
		delete(found, w)
	}
	return found
}

func (r *Reader) learn(s string) {
	t := split(s)
	for i, w := range t.words {
		if r.examples[w.text] || isNumber(w.text) {
			continue
		}
		c := class(0)
		if i == 0 {
			c = order
		}
		r.vocabulary.learn(w.text, c)
	}
}

// phrase indexes one way to ask for op i.
func (r *Reader) phrase(i int, s string) {
	t := split(s)
	for j := range t.words {
		t.words[j].clause = 0
	}
	p := phrase{op: i}
	kept := t.words[:0]
	for _, w := range t.words {
		if r.examples[w.text] {
			p.slot = true
			continue
		}
		kept = append(kept, w)
	}
	t.words = kept
	r.know(&t)
	p.soft = len(t.words) > 0 && softStart(t.words[0])
	p.asks = p.soft && t.words[0].class&question != 0
	for _, w := range t.words {
		p.words = append(p.words, w.text)
	}
	key := strings.Join(p.words, " ")
	if _, ok := r.exact[key]; !ok && key != "" {
		r.exact[key] = len(r.phrases)
	}
	head := 0
	for _, w := range t.words {
		p.negate = p.negate || w.class&negation != 0
		if w.sense == 0 || slices.Contains(p.senses, w.sense) {
			continue
		}
		p.senses = append(p.senses, w.sense)
		if head == 0 {
			head = w.sense
			if first := t.words[0]; first.class&light != 0 && first.sense == 0 {
				r.lightHeads[i] = append(r.lightHeads[i], head)
			} else if !softStart(first) {
				r.heads[i] = append(r.heads[i], head)
			}
		}
	}
	r.phrases = append(r.phrases, p)
}

// softStart reports that a phrase tells or asks, and so orders nothing.
func softStart(w word) bool {
	return w.class&(subject|question|function|auxiliary) != 0 && w.class&order == 0
}

// weigh gives each meaning its weight: what few ops speak of tells much.
func (r *Reader) weigh() {
	in := map[int]map[int]bool{}
	for _, p := range r.phrases {
		for _, s := range p.senses {
			if in[s] == nil {
				in[s] = map[int]bool{}
			}
			in[s][p.op] = true
		}
	}
	r.weight = make([]float32, len(r.vocabulary.senses)+1)
	top := math.Log(1 + float64(len(r.list)))
	for s := range r.weight {
		r.weight[s] = 1
		if n := len(in[s]); n > 0 {
			r.weight[s] = float32(0.25 + 0.75*math.Log(1+float64(len(r.list))/float64(n))/top)
		}
	}
	for _, name := range faint {
		if s, ok := r.vocabulary.senses[name]; ok {
			r.weight[s] *= 0.35
		}
	}
	r.postings = make([][]int32, len(r.weight))
	for i := range r.phrases {
		p := &r.phrases[i]
		for _, s := range p.senses {
			p.total += r.weight[s]
			r.postings[s] = append(r.postings[s], int32(i))
		}
	}
}

// faint meanings say little about what is wanted.
var faint = []string{"show", "service", "app", "all", "launch", "bring", "new", "last", "use", "stack", "is", "have", "left"}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// indexLooks finds, for each sort of name, the op that tells most of one such thing: of those that only look, the
// one that must have its name, and whose phrases speak most of how things are.
func (r *Reader) indexLooks() {
	r.lookAt = map[string]lookOp{}
	for i := range r.list {
		op := &r.list[i]
		if guarded(op) || len(op.Params) == 0 || op.Params[0].Names == "" || op.Params[0].Names == "command" {
			continue
		}
		l := lookOp{i, 1}
		if op.Params[0].Must {
			l.rank += 100
		}
		for _, p := range r.phrases {
			if p.op == i && (slices.Contains(p.senses, r.down) || slices.Contains(p.senses, r.fine)) {
				l.rank++
			}
		}
		if sort := op.Params[0].Names; l.rank > r.lookAt[sort].rank {
			r.lookAt[sort] = l
		}
	}
}

// A lookOp is an op that looks at one thing, and how much it tells of it.
type lookOp struct{ op, rank int }

package llm

import (
	"slices"
	"time"

	"vigie/ops"
)

// A Reader makes asks of sentences in English and French, with no model: from what the ops say of themselves (their
// phrases, examples and parameters), general knowledge of the two languages, and the names that exist now. It is safe
// for use by several goroutines, and the same words always give the same reading.
//
// What it holds to: an ask of its is of an op that it was given, with parameters which that op has. Nothing that
// changes something is read from a sentence with a «not» before its verb, from a question, from what somebody else says
// or said, from a quotation, or from what is said to be done already.
type Reader struct {
	list       []ops.Op
	vocabulary *vocabulary
	examples   map[string]bool
	phrases    []phrase
	exact      map[string]int // phrases by their words
	postings   [][]int32      // phrases by what they mean
	weight     []float32      // of each meaning
	heads      [][]int        // of each op: what its orders begin with
	lightHeads [][]int        // … behind «make» and «do»
	choices    [][]choiceWord
	openings   []opening         // the longest first
	lookAt     map[string]lookOp // the op that looks at one thing, by its sort

	fine, down, all, launch, help, machine int   // meanings that the grammar leans on
	state                                  []int // the meanings that tell how something is
	epoch                                  time.Time
}

// NewReader makes a reader of ops.
func NewReader(list []ops.Op) *Reader {
	r := &Reader{list: slices.Clone(list), vocabulary: newVocabulary(), heads: make([][]int, len(list)), lightHeads: make([][]int, len(list)), exact: map[string]int{}, epoch: time.Unix(0, 0).UTC()}
	v := r.vocabulary
	r.fine, r.down, r.all, r.launch = v.sense("up"), v.sense("down"), v.sense("all"), v.sense("launch")
	r.help, r.machine = v.sense("help"), v.sense("machine")
	for _, name := range []string{"up", "down", "status", "how", "why", "look"} {
		r.state = append(r.state, v.sense(name))
	}
	r.index()
	r.indexChoices()
	r.indexLooks()
	return r
}

// An Understood is one ask that a sentence makes.
type Understood struct {
	ops.Ask
	// Guessed: something of it was not said in so many words: a spelling was mended, or «it» was taken for the last
	// thing spoken of. Such a change must be shown before it is made.
	Guessed bool
}

// A Kind is what sort of sentence it was.
type Kind int

const (
	Asks     Kind = iota // Asks holds what it asks for
	Unsure               // Maybe holds what it may ask for, the likeliest first
	Declined             // it speaks of a change and does not ask for one: «don't restart n8n», «should I…»
	Outside              // it is not about anything that the ops do
)

// A Reading is what a sentence was understood as.
type Reading struct {
	Kind  Kind
	Asks  []Understood // in the order asked for, at most five
	Maybe []Understood // at most three; with Declined, only what looks
	Names bool         // something that exists is named: whatever is not understood here is about that, and not about what was spoken of before
}

// A Talk is what was spoken of before, in the same chat with the same person.
type Talk struct {
	Last ops.Ask   // the zero Ask: nothing
	Else []ops.Ask // what could have been meant instead, when it was asked which
}

const (
	sure     = 0.62 // how well words must fit an op to be taken as asking for it
	likely   = 0.40 // … to be offered as a button
	distance = 0.07 // how far ahead of the next op that must be
	most     = 5    // asks in a sentence
)

// Read reads a sentence. now is the person's time of day, for «last night».
func (r *Reader) Read(sentence string, names *Names, now time.Time, talk Talk) Reading {
	if len(sentence) > 2000 {
		return Reading{Kind: Outside}
	}
	s := r.see(sentence, names, now)
	if len(s.words) == 0 {
		return Reading{Kind: Outside}
	}
	s.talk, s.mood = talk, r.moodOf(&s.text)
	if u, ok := r.prose(s); ok {
		return Reading{Kind: Asks, Asks: []Understood{u}}
	}
	if got, ok := r.follow(s); ok {
		return got
	}
	got := r.conclude(s, r.parts(s))
	_, got.Names = r.about(s)
	return got
}

// A seen sentence is one with its names and times found.
type seen struct {
	text
	spans []span
	times []when
	names *Names
	now   time.Time
	mood  mood
	talk  Talk
}

func (r *Reader) see(sentence string, names *Names, now time.Time) *seen {
	s := &seen{text: split(sentence), names: names, now: now}
	r.know(&s.text)
	s.spans = r.spans(&s.text, names)
	r.mend(&s.text, s.spans)
	s.times = times(&s.text, now)
	return s
}

// know looks up every word, after making one of idioms.
func (r *Reader) know(t *text) {
	r.idioms(t)
	for i := range t.words {
		w := &t.words[i]
		if e, ok := r.vocabulary.find(w.text); ok {
			w.sense, w.class = e.sense, w.class|e.class
		} else if len(w.text) > 1 && !isNumber(w.text) {
			w.unknown = true
		}
	}
}

// mend corrects the spelling of what is neither a word nor a name.
func (r *Reader) mend(t *text, spans []span) {
	for i := range t.words {
		w := &t.words[i]
		if !w.unknown {
			continue
		}
		if spanEnd(spans, i) > i {
			w.unknown = false
			continue
		}
		if n, _ := glued(w.text); n > 0 {
			w.unknown = false
			continue
		}
		if right, _ := r.vocabulary.spell.meant(w.text); right != "" {
			e, _ := r.vocabulary.find(right)
			w.sense, w.class, w.mended, w.unknown = e.sense, e.class, true, false
		}
	}
}

// parted2 are verbs whose other half may stand behind what they act on: «turn n8n off», «mets n8n à jour».
var parted2 = map[string]bool{"turn": true, "switch": true, "bring": true, "take": true, "shut": true, "roll": true, "mets": true, "met": true, "mettez": true, "mettre": true, "remets": true, "remet": true, "remettre": true, "back": true}

// apart finds the other half of the verb at i.
func (r *Reader) apart(t *text, i int) (means string, from, to int) {
	for j := i + 2; j < len(t.words) && j <= i+7 && t.words[j].clause == t.words[i].clause; j++ {
		key := t.words[i].text
		for k := j; k < len(t.words) && k < j+2 && t.words[k].clause == t.words[i].clause; k++ {
			key += " " + t.words[k].text
			if m := r.vocabulary.idioms[key]; m != "" {
				means, from, to = m, j, k+1
			}
		}
		if means != "" {
			return means, from, to
		}
	}
	return "", 0, 0
}

// idioms makes one word of several that mean something together.
func (r *Reader) idioms(t *text) {
	out := t.words[:0]
	var key [64]byte
	for i := 0; i < len(t.words); {
		n, means := 0, ""
		b := append(key[:0], t.words[i].text...)
		for j := i + 1; j < len(t.words) && j < i+r.vocabulary.longest && t.words[j].clause == t.words[i].clause && len(b) < 40; j++ {
			b = append(append(b, ' '), t.words[j].text...)
			if m, ok := r.vocabulary.idioms[string(b)]; ok {
				n, means = j-i+1, m
			}
		}
		if n == 0 && parted2[t.words[i].text] {
			if m, from, to := r.apart(t, i); m != "" {
				t.words[i].text = m
				t.words = slices.Delete(t.words, from, to)
			}
		}
		if n == 0 {
			if m, ok := r.vocabulary.idioms[t.words[i].text]; ok {
				n, means = 1, m
			}
		}
		if n == 0 {
			out = append(out, t.words[i])
			i++
			continue
		}
		w := t.words[i]
		w.text, w.to, w.accent = means, t.words[i+n-1].to, false
		if means != "" {
			out = append(out, w)
		}
		i += n
	}
	t.words = out
}

package llm

import "strings"

// An entry is what is known of one word.
type entry struct {
	sense int
	class class
}

// A vocabulary is the words that the reader knows: the language's, and those of the phrases it is given.
type vocabulary struct {
	words   map[string]entry
	senses  map[string]int // by the word that names it
	stems   map[string]entry
	idioms  map[string]string
	longest int // words in an idiom
	spell   speller
}

func newVocabulary() *vocabulary {
	v := &vocabulary{words: map[string]entry{}, senses: map[string]int{}, stems: map[string]entry{}, idioms: map[string]string{}}
	for c, list := range lexicon {
		for _, w := range strings.Fields(list) {
			v.class(w, c)
		}
	}
	for _, line := range meanings {
		forms := strings.Split(line, "|")
		name := strings.TrimSuffix(strings.Fields(forms[0])[0], "+")
		for i, c := range []class{order, deed, told} {
			if i < len(forms) {
				for _, w := range strings.Fields(forms[i]) {
					if bare, also := strings.CutSuffix(w, "+"); also {
						v.mean(bare, name, c|tells)
					} else {
						v.mean(w, name, c)
					}
				}
			}
		}
	}
	for _, line := range senses {
		list := strings.Fields(line)
		for _, w := range list {
			v.mean(w, list[0], 0)
		}
	}
	for words, means := range idioms {
		v.idioms[words] = means
		v.longest = max(v.longest, strings.Count(words, " ")+1)
	}
	return v
}

func (v *vocabulary) class(w string, c class) {
	e := v.words[w]
	e.class |= c
	v.words[w] = e
}

// sense numbers a meaning.
func (v *vocabulary) sense(name string) int {
	n, ok := v.senses[name]
	if !ok {
		n = len(v.senses) + 1
		v.senses[name] = n
	}
	return n
}

// mean gives w a meaning; the first one that it is given stays.
func (v *vocabulary) mean(w, name string, c class) {
	e := v.words[w]
	if e.sense == 0 {
		e.sense = v.sense(name)
		e.class |= c
	}
	v.words[w] = e
}

// learn takes in a word of a phrase that the language lists do not have: it means itself.
func (v *vocabulary) learn(w string, c class) {
	if e, ok := v.words[w]; ok && (e.sense != 0 || e.class != 0) {
		return
	}
	stem := stemOf(w)
	if e, ok := v.stems[stem]; ok {
		e.class |= c
		v.words[w] = e
		return
	}
	e := entry{v.sense(stem), c}
	v.words[w], v.stems[stem] = e, e
}

func (v *vocabulary) ready() {
	var list []string
	for w, e := range v.words {
		if e.sense != 0 || e.class&(negation|doubt|reported|condition|polite) != 0 {
			list = append(list, w)
		}
	}
	v.spell = newSpeller(list)
}

// find looks a word up: as it is, then by its stem.
func (v *vocabulary) find(w string) (entry, bool) {
	if e, ok := v.words[w]; ok {
		return e, true
	}
	if len(w) < 4 {
		return entry{}, false
	}
	e, ok := v.stems[stemOf(w)]
	if ok && (strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing") || strings.HasSuffix(w, "ee") || strings.HasSuffix(w, "ees")) {
		e.class = e.class&^order | told
	}
	return e, ok
}

// stemOf takes a word's common endings off, in either language.
func stemOf(w string) string {
	for _, end := range []string{"ements", "ement", "ations", "ation", "ings", "ing", "ees", "ee", "ers", "er", "ez", "ed", "es", "e", "s"} {
		if len(w)-len(end) >= 4 && strings.HasSuffix(w, end) {
			return strings.TrimSuffix(w, end)
		}
	}
	return w
}

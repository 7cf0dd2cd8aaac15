package llm

import (
	"maps"
	"slices"
	"strings"

	"vigie/ops"
)

// Names are the names that exist now, made ready to be found in sentences. They do not change; make new ones when what
// exists has changed.
type Names struct {
	exact  map[string][]named // by what is left without spaces and hyphens
	begins map[string][]named // by a beginning, or a part, of three letters or more
	sorts  map[string][]ops.Choice
	spell  speller
	longue int // words in the longest name
}

// A named is one name, of one sort: "service", "database".
type named struct{ sort, value string }

// NewNames makes names ready, by sort.
func NewNames(sorts map[string][]ops.Choice) *Names {
	n := &Names{exact: map[string][]named{}, begins: map[string][]named{}, sorts: sorts, longue: 1}
	var spelled []string
	for _, sort := range slices.Sorted(maps.Keys(sorts)) {
		for _, c := range sorts[sort] {
			for _, name := range append([]string{c.Value}, c.Also...) {
				parts := parted(name)
				whole := strings.Join(parts, "")
				if len(whole) < 2 || len(whole) > 60 {
					continue
				}
				add(n.exact, whole, named{sort, c.Value})
				if sort == "command" { // those are words of the language
					continue
				}
				spelled = append(spelled, whole)
				n.longue = max(n.longue, min(len(parts), 6))
				for _, beginning := range append(parts, whole) {
					for i := 3; i <= len(beginning) && i <= 12; i++ {
						add(n.begins, beginning[:i], named{sort, c.Value})
					}
				}
			}
		}
	}
	n.spell = newSpeller(spelled)
	return n
}

func add(m map[string][]named, key string, n named) {
	if !slices.Contains(m[key], n) {
		m[key] = append(m[key], n)
	}
}

// parted cuts a name into its words, as a sentence is cut.
func parted(name string) []string {
	return strings.FieldsFunc(fold(name), func(r rune) bool { return !isWord(r) })
}

// A span is a name in a sentence: the words from its first up to its end, and what they may stand for.
type span struct {
	from, to int
	of       []named
	mended   bool   // a spelling was
	part     bool   // only a part of the name was typed
	typed    string // the words, for the question which one is meant
}

// of gives what the span stands for among the names of one sort: one value, several, or none.
func (s span) values(sort string) (list []string) {
	for _, n := range s.of {
		if n.sort == sort {
			list = append(list, n.value)
		}
	}
	return list
}

// spans finds the names in a sentence: the longest first, exact before part, part before mistyped. A word of the language
// is a name only where it is one exactly.
func (r *Reader) spans(t *text, n *Names) (list []span) {
	if n == nil {
		return nil
	}
	var buf [96]byte
	for i := 0; i < len(t.words); {
		i = r.spanAt(t, n, i, buf[:0], &list)
	}
	return list
}

func (r *Reader) spanAt(t *text, n *Names, i int, buf []byte, list *[]span) (next int) {
	var ends [6]int
	count := 0
	for j := i; j < len(t.words) && j < i+n.longue && t.words[j].clause == t.words[i].clause; j++ {
		buf = appendPlain(buf, t.words[j].text)
		ends[count] = len(buf)
		count++
	}
	for k := count; k > 0; k-- {
		if of := n.exact[string(buf[:ends[k-1]])]; len(of) > 0 && (k > 1 || t.words[i].class&(negation|function|pronoun|condition) == 0) {
			if s := t.span(i, i+k, of); !s.meta() {
				for _, o := range n.begins[string(buf[:ends[k-1]])] { // exactly a database, and the beginning of a service
					if !slices.ContainsFunc(of, func(e named) bool { return e.sort == o.sort }) {
						s.of = append(s.of[:len(s.of):len(s.of)], o)
					}
				}
				*list = append(*list, s)
				for j := i + 1; j < i+k; j++ { // «job DB Full» is one sort's name, and «DB Full» another's
					if inner := n.exact[string(buf[ends[j-i-1]:ends[k-1]])]; len(inner) > 0 {
						*list = append(*list, t.span(j, i+k, inner))
					}
				}
				return i + k
			}
			break
		}
	}
	w := &t.words[i]
	if w.sense != 0 && !w.mended || w.class != 0 || len(w.text) < 3 {
		return i + 1
	}
	if of := n.begins[w.text]; len(of) > 0 {
		s := t.span(i, i+1, of)
		s.part = true
		*list = append(*list, s)
		return i + 1
	}
	if w.sense != 0 { // mended into a word of the language
		return i + 1
	}
	if name, _ := n.spell.meant(w.text); name != "" {
		s := t.span(i, i+1, n.exact[name])
		s.mended = true
		*list = append(*list, s)
	}
	return i + 1
}

// meta reports whether a span names no thing of the stack: «all», or a command.
func (s span) meta() bool {
	return !slices.ContainsFunc(s.of, func(n named) bool { return n.value != "all" && n.sort != "command" })
}

func (t *text) span(from, to int, of []named) span {
	return span{from: from, to: to, of: of, typed: t.typed[t.words[from].from:t.words[to-1].to]}
}

func appendPlain(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c != '.' && c != ':' && c != '/' {
			b = append(b, c)
		}
	}
	return b
}

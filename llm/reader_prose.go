package llm

import (
	"slices"
	"strings"

	"vigie/ops"
)

// An opening is how a sentence begins whose remaining words are the value of a parameter, as they are: «draw …».
type opening struct {
	words []string
	op    int
	param string
	chat  bool // people also begin so what is no request: it is offered, and not done
}

// openingMark ends a phrase that is an opening; with a question mark behind it, one that is only offered.
const openingMark = "…"

// opening notes that a phrase of op i is one, if it is. Only an op that takes all the words that are left, without knowing them by
// name, can have some.
func (r *Reader) opening(i int, phrase string) bool {
	begin, chat := strings.CutSuffix(phrase, "?")
	begin, is := strings.CutSuffix(begin, openingMark)
	if !is {
		return false
	}
	at := slices.IndexFunc(r.list[i].Params, func(p ops.Param) bool { return p.Rest && p.Names == "" })
	if at < 0 {
		panic(r.list[i].Name + " takes no words, and has the phrase " + phrase) // a bug in the op, found by its first test
	}
	o := opening{op: i, param: r.list[i].Params[at].Name, chat: chat}
	t := split(begin)
	for _, w := range t.words {
		o.words = append(o.words, w.text)
	}
	r.openings = append(r.openings, o)
	slices.SortStableFunc(r.openings, func(a, b opening) int { return len(b.words) - len(a.words) })
	return true
}

// isOpening reports whether a phrase is one.
func isOpening(phrase string) bool {
	return strings.HasSuffix(strings.TrimSuffix(phrase, "?"), openingMark)
}

// prose reads a sentence that begins as an op's opening does. What follows is not looked into: it may speak of anything. A question that
// is no request («draw a cat?») is guessed, as what is misspelt is.
func (r *Reader) prose(s *seen) (Understood, bool) {
	from, asked := 0, false
	for from < len(s.words) {
		if n, asks := requestAt(s.words[from:]); n > 0 {
			from, asked = from+n, asked || asks
		} else if s.words[from].class&(polite|filler) != 0 && s.words[from].sense == 0 {
			from++
		} else {
			break
		}
	}
	to := len(s.words)
	for to > from && s.words[to-1].class&polite != 0 && s.words[to-1].sense == 0 {
		to--
	}
	wonders := !asked && slices.Contains(s.marks, '?')
	for _, o := range r.openings {
		n, mended := s.opens(from, to, o.words)
		if n == 0 || s.figures(from+n, to) {
			continue
		}
		op, guessed := &r.list[o.op], mended || wonders || o.chat
		if from+n == to { // it is asked what
			return Understood{Ask: ops.Ask{Op: op.Name, Args: ops.Args{}}, Guessed: guessed}, true
		}
		prm := op.Params[slices.IndexFunc(op.Params, func(p ops.Param) bool { return p.Name == o.param })]
		if value, err := prm.Check(s.typed[s.words[from+n].from:s.words[to-1].to]); err == nil {
			return Understood{Ask: ops.Ask{Op: op.Name, Args: ops.Args{o.param: value}}, Guessed: guessed}, true
		}
	}
	return Understood{}, false
}

// figures reports whether what is to be drawn is a chart of something that is measured: «draw a chart of the costs».
func (s *seen) figures(from, to int) bool {
	for _, w := range s.words[from:min(to, from+3)] {
		switch w.text {
		case "chart", "charts", "graph", "graphs", "plot", "graphique", "graphiques", "graphe", "courbe", "courbes", "histogramme":
			return true
		}
	}
	return false
}

// opens returns how many words of from to to are an opening, «draw me» counting as «draw», and whether that was misspelt; 0: they
// are not it. What stands between quotation marks is somebody's words, and opens nothing.
func (s *seen) opens(from, to int, list []string) (n int, mended bool) {
	i := from
	for k, word := range list {
		if k == 1 && i < to && forMe[s.words[i].text] {
			i++
		}
		if i >= to || s.words[i].quoted || s.words[i].text != word && (k > 0 || !shuffled(s.words[i].text, word)) {
			return 0, false
		}
		mended = mended || s.words[i].mended || s.words[i].text != word
		i++
	}
	if len(list) == 1 && i < to && forMe[s.words[i].text] {
		i++
	}
	return i - from, mended
}

// shuffled reports whether a word is another with two letters the wrong way round: «drwa».
func shuffled(typed, word string) bool {
	if len(typed) != len(word) || len(word) < 4 {
		return false
	}
	i := 0
	for i < len(word) && typed[i] == word[i] {
		i++
	}
	return i+1 < len(word) && typed[i] == word[i+1] && typed[i+1] == word[i] && typed[i+2:] == word[i+2:]
}

var forMe = map[string]bool{"me": true, "us": true, "moi": true, "nous": true}

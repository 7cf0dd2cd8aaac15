package llm

import (
	"slices"
	"strings"
)

// A speller finds the word that a mistyped one was meant to be: one mistake in a word of four letters or more, two in
// one of eight: letters wrong, missing, too many, or two neighbours swapped.
type speller struct {
	near map[string][]string // words by what is left of them without a letter or two
}

func newSpeller(list []string) speller {
	s := speller{map[string][]string{}}
	slices.Sort(list) // the same mistake always finds the same word
	for _, w := range slices.Compact(list) {
		if len(w) < 4 || len(w) > 24 {
			continue
		}
		without(w, mistakesIn(w), func(left string) {
			if list := s.near[left]; len(list) == 0 || list[len(list)-1] != w {
				s.near[left] = append(list, w)
			}
		})
	}
	return s
}

func mistakesIn(w string) int {
	if len(w) >= 8 {
		return 2
	}
	return 1
}

// without gives w, and w without each letter, and without each two if n is 2.
func without(w string, n int, do func(string)) {
	do(w)
	if n == 0 {
		return
	}
	for i := range w {
		without1(w, i, n, do)
	}
}

func without1(w string, i, n int, do func(string)) {
	left := w[:i] + w[i+1:]
	do(left)
	if n < 2 {
		return
	}
	for j := i; j < len(left); j++ { // the second letter after the first, so that no pair comes twice
		do(left[:j] + left[j+1:])
	}
}

// meant finds the word nearest to a mistyped one, and how many mistakes that is.
func (s speller) meant(typed string) (best string, away int) {
	if len(typed) < 4 || len(typed) > 24 || strings.Trim(typed, "0123456789") == "" {
		return "", 0
	}
	away = mistakesIn(typed) + 1
	without(typed, mistakesIn(typed), func(left string) {
		for _, w := range s.near[left] {
			n := apart(typed, w, away)
			if n < away || n == away && best != "" && better(w, best, typed) {
				best, away = w, n
			}
		}
	})
	if best == "" || away > mistakesIn(best) && away > mistakesIn(typed) {
		return "", 0
	}
	return best, away
}

// better prefers, of two words as many mistakes away, the one with the typed first letter, then the one with the same letters («stauts»
// is status, not stats), then the shorter.
func better(a, b, typed string) bool {
	if fa, fb := a[0] == typed[0], b[0] == typed[0]; fa != fb {
		return fa
	}
	if sa, sb := shuffled(typed, a), shuffled(typed, b); sa != sb {
		return sa
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// apart counts the mistakes between two words, up to limit.
func apart(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 30 || len(b) > 30 {
		return limit + 1
	}
	var rows [3][32]int
	for j := 0; j <= len(b); j++ {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			n := above[j-1]
			if a[i-1] != b[j-1] {
				n++
			}
			n = min(n, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, before[j-2]+1)
			}
			row[j] = n
		}
	}
	return rows[len(a)%3][len(b)]
}

package llm

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords is how much of a message is read; what a person types to a bot is shorter, and a pasted log is not for it.
const maxWords = 80

// A word is one word of a sentence, as typed and as it is compared.
type word struct {
	text    string // lower case, no accents
	from    int    // where it stands in the sentence, in bytes
	to      int
	sense   int // what it means; 0: nothing that is known
	class   class
	mended  bool // its spelling was
	quoted  bool // stands between quotation marks
	accent  bool // ends in an accented é, which an order never does
	clause  int  // which part of the sentence it is in; punctuation ends one
	joined  bool // «and» stands before it
	unknown bool // no language and no name knows it
}

// A text is a sentence in words.
type text struct {
	typed  string
	words  []word
	marks  []rune // the mark that ends each clause: ',', '.', '?', ':', 0
	code   bool   // has signs that people do not write to people: $( ) && { } < > |
	quotes bool
}

var folds = map[rune]string{'œ': "oe", 'æ': "ae", 'ß': "ss", '’': "'", '‘': "'", 'ʼ': "'", '‑': "-", '–': "-"}

// bases are the letters that accented ones are written without accents.
var bases = func() map[rune]rune {
	m := map[rune]rune{}
	for base, list := range map[rune]string{'a': "àâäáãå", 'e': "éèêë", 'i': "îïíì", 'o': "ôöóòõ", 'u': "ùûüú", 'c': "ç", 'n': "ñ", 'y': "ÿý"} {
		for _, r := range list {
			m[r] = base
		}
	}
	return m
}()

// fold writes s as words are compared: lower case, no accents.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		foldInto(&b, r)
	}
	return b.String()
}

func foldInto(b *strings.Builder, r rune) {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		b.WriteByte(byte(r))
		return
	}
	r = unicode.ToLower(r)
	if base, ok := bases[r]; ok {
		b.WriteRune(base)
	} else if s, ok := folds[r]; ok {
		b.WriteString(s)
	} else if !unicode.Is(unicode.Mn, r) { // combining accents, as some keyboards send them
		b.WriteRune(r)
	}
}

// split cuts a sentence into words and clauses.
func split(s string) text {
	t := text{typed: s, words: make([]word, 0, 16)}
	clause, quoted := 0, rune(0)
	end := func(mark rune) {
		if n := len(t.words); n > 0 && t.words[n-1].clause == clause {
			t.marks = append(t.marks, mark)
			clause++
		} else if mark == '?' && len(t.marks) > 0 {
			t.marks[len(t.marks)-1] = '?'
		}
	}
	var b strings.Builder
	from, last := -1, rune(0)
	flush := func(to int) {
		if from >= 0 && len(t.words) < maxWords {
			t.words = append(t.words, word{text: b.String(), from: from, to: to, clause: clause, quoted: quoted != 0, accent: last == 'é' || last == 'É'})
		}
		b.Reset()
		from = -1
	}
	for at, r := range s {
		inside := isWord(r) || (r == '.' || r == ':' || r == '/') && from >= 0 && followsWord(s[at+utf8.RuneLen(r):]) || r == '/' && from < 0
		if inside {
			if from < 0 {
				from = at
			}
			foldInto(&b, r)
			if isWord(r) {
				last = r
			}
			continue
		}
		flush(at)
		switch {
		case quoted != 0 && closes(quoted, r):
			quoted = 0
		case quoted == 0 && opens(r, s, at):
			quoted, t.quotes = r, true
		case strings.ContainsRune("$(){}<>|`\\", r), r == '&' && strings.HasPrefix(s[at+1:], "&"), r == '&' && strings.HasSuffix(s[:at], "&"):
			t.code = true
			end(';')
		case strings.ContainsRune(",;.:!?\n…", r):
			end(r)
		}
	}
	flush(len(s))
	end(0)
	return t
}

func isWord(r rune) bool {
	return r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.Is(unicode.Mn, r))
}

func followsWord(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return isWord(r)
}

// opens reports whether r begins a quotation; an apostrophe does only before a word and after none.
func opens(r rune, s string, at int) bool {
	switch r {
	case '"', '«', '“', '„':
		return true
	case '\'', '‘':
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		return (at == 0 || before == ' ') && followsWord(s[at+utf8.RuneLen(r):]) && strings.ContainsAny(s[at+utf8.RuneLen(r):], "'’")
	}
	return false
}

func closes(open, r rune) bool {
	switch open {
	case '«':
		return r == '»'
	case '“', '„':
		return r == '”' || r == '“'
	case '\'', '‘':
		return r == '\'' || r == '’'
	}
	return r == open
}

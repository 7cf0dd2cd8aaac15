package config

import (
	"regexp"
	"strings"
	"unicode"

	"vigie/ops"
)

// oneWord is what can end a subject, a file's name or an address without being read as something else.
var oneWord = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?$`)

// hookName is what stands in an address: it needs no escapes there, and none in the name of a variable.
var hookName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$`)

// checkWord wants a name of one word, which patterns and people write as it is.
func (l *loader) checkWord(key, name string, seen map[string]bool) {
	switch {
	case l.told(key):
	case name == "":
		l.add(key, ops.T(`it needs a name, which alerts call it by: name = "n8n"`, `il faut un nom, dont se servent les alertes : name = "n8n"`))
	case !oneWord.MatchString(name):
		l.add(key, ops.T("%s cannot be a name here; use one word of letters, digits and . _ - inside", "%s ne peut servir de nom ici ; utilise un mot de lettres, chiffres et . _ - à l’intérieur", quoted(name)))
	case seen[name]:
		l.add(key, ops.T("two are called %s; give each its own name", "deux s’appellent %s ; donne à chacun son nom", quoted(name)))
	}
	seen[name] = true
}

// wordAt is the place of the i-th word of a key that takes one word or a list of them.
func (l *loader) wordAt(key string, i int) string {
	if at := element(key, i); l.doc.has(at) {
		return at
	}
	return key
}

// checkNamed checks what a thing is called: answers and patterns speak of it by that.
func (l *loader) checkNamed(key, name string, seen map[string]bool) {
	lower := strings.ToLower(name)
	switch {
	case l.told(key):
	case name == "":
		l.add(key, ops.T(`it needs a name, which alerts call it by: name = "n8n"`, `il faut un nom, dont se servent les alertes : name = "n8n"`))
	case len([]rune(name)) > mostName || strings.ContainsFunc(name, unsayable):
		l.add(key, ops.T("%s cannot be a name here; use up to %d letters, digits, spaces and signs, but not * ? or quotes", "%s ne peut servir de nom ici ; utilise au plus %d lettres, chiffres, espaces et signes, mais ni * ni ? ni guillemets", quoted(name), mostName))
	case seen[lower]:
		l.add(key, ops.T("two are called %s; give each its own name", "deux s’appellent %s ; donne à chacun son nom", quoted(name)))
	}
	seen[lower] = true
}

// mostName is what still fits a phone's line, in characters.
const mostName = 48

func unsayable(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("*?\"«»`", r) }

package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	toml "github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"vigie/ops"
)

// A document is a TOML file as plain values, with the place of every key.
//
// A path names a value: "stack.files[0].phase". Keys that are no bare words are quoted in it.
type document struct {
	root   map[string]any
	src    []byte
	places map[string]int // offset of each path's key, or of the element itself inside a list
}

// parse reads src; the text says why it is not TOML, at line and col.
func parse(src []byte) (doc *document, why ops.Text, line, col int) {
	doc = &document{root: map[string]any{}, src: src, places: map[string]int{}}
	if err := toml.Unmarshal(src, &doc.root); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, col = at.Position()
		}
		return nil, notTOML(err.Error()), line, col
	}
	doc.locate()
	return doc, ops.Text{}, 0, 0
}

// find says where the path's key is, or where the nearest table round it begins.
func (d *document) find(path string) (line, col int) {
	for ; path != ""; path = parent(path) {
		if at, ok := d.places[path]; ok {
			before := d.src[:at]
			begin := strings.LastIndexByte(string(before), '\n') + 1
			return strings.Count(string(before), "\n") + 1, utf8.RuneCount(before[begin:]) + 1
		}
	}
	return 0, 0
}

var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func child(path, key string) string {
	if !bare.MatchString(key) {
		key = fmt.Sprintf("%q", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// parent is the path without its last part. Inside a quoted key it may cut too early, which only takes longer.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// plainKey is the path without numbers: the line says which one.
func plainKey(path string) string { return indexes.ReplaceAllString(path, "") }

// locate walks the document once more, for the places that the decoder does not tell.
func (d *document) locate() {
	var p unstable.Parser
	p.Reset(d.src)
	counts := map[string]int{} // of the tables so far in each list of tables
	table := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = d.header(e, counts)
		case unstable.KeyValue:
			d.keyValue(table, e)
		}
	}
}

// header places the keys of [a.b] or [[a.b]] and returns the path of the table that begins.
func (d *document) header(e *unstable.Node, counts map[string]int) (path string) {
	for it := e.Key(); it.Next(); {
		key := it.Node()
		path = child(path, string(key.Data))
		d.place(path, key)
		if e.Kind == unstable.ArrayTable && it.IsLast() {
			counts[path]++
		}
		if n := counts[path]; n > 0 { // the newest table of a list is meant
			path = element(path, n-1)
			d.place(path, key)
		}
	}
	return path
}

func (d *document) keyValue(path string, e *unstable.Node) {
	for it := e.Key(); it.Next(); {
		path = child(path, string(it.Node().Data))
		d.place(path, it.Node())
	}
	d.value(path, e.Value())
}

func (d *document) value(path string, v *unstable.Node) {
	it := v.Children()
	switch v.Kind {
	case unstable.Array:
		for i := 0; it.Next(); i++ {
			if it.Node().Raw.Length > 0 { // a list inside a list has no place of its own
				d.place(element(path, i), it.Node())
			}
			d.value(element(path, i), it.Node())
		}
	case unstable.InlineTable:
		for it.Next() {
			d.keyValue(path, it.Node())
		}
	}
}

func (d *document) place(path string, n *unstable.Node) {
	if _, known := d.places[path]; !known {
		d.places[path] = int(n.Raw.Offset)
	}
}

// notTOML says in plain words what the parser stumbled over. Its own words could quote the line, and with it a secret.
func notTOML(message string) ops.Text {
	for _, m := range mistakes {
		if m.sign.MatchString(message) {
			return ops.T("%s; %s", "%s ; %s", m.say, later)
		}
	}
	return ops.T("%s; %s", "%s ; %s", ops.T("this is not TOML: write key = value, with texts in quotes", "ce n’est pas du TOML : écris clé = valeur, les textes entre guillemets"), later)
}

var later = ops.T("everything else is checked once this is mended", "le reste sera vérifié une fois ceci réparé")

var mistakes = []struct {
	sign *regexp.Regexp
	say  ops.Text
}{
	{regexp.MustCompile(`already (defined|exists)`), ops.T("this key or table was given before; keep one of the two", "cette clé ou table a déjà été donnée ; garde l’une des deux")},
	{regexp.MustCompile(`new lines|not terminated|unterminated|incomplete string`), ops.T("a quote is opened and not closed on the same line", "un guillemet est ouvert et pas fermé sur la même ligne")},
	{regexp.MustCompile(`expected '='`), ops.T("a key needs = and a value after it", "une clé demande = puis une valeur")},
	{regexp.MustCompile(`table name`), ops.T("the square brackets round a table's name are not closed", "les crochets autour du nom d’une table ne sont pas fermés")},
	{regexp.MustCompile(`array`), ops.T("a list is not closed, or a comma is missing in it: [\"a\", \"b\"]", "une liste n’est pas fermée, ou il y manque une virgule : [\"a\", \"b\"]")},
	{regexp.MustCompile(`inline table`), ops.T("braces are not closed, or a comma is missing between them: { path = \"a.yml\", phase = \"apps\" }",
		"des accolades ne sont pas fermées, ou il y manque une virgule : { path = \"a.yml\", phase = \"apps\" }")},
	{regexp.MustCompile(`too large`), ops.T("the number is too large", "le nombre est trop grand")},
	{regexp.MustCompile(`UTF-8`), ops.T("a character is not UTF-8; save the file as UTF-8", "un caractère n’est pas en UTF-8 ; enregistre le fichier en UTF-8")},
	{regexp.MustCompile(`control char|carriage`), ops.T("there is a character that cannot be seen; delete it", "il y a un caractère invisible ; efface-le")},
	{regexp.MustCompile(`expected newline`), ops.T("something is left over after the value; a text needs quotes round all of it", "il reste quelque chose après la valeur ; un texte doit être entièrement entre guillemets")},
	{regexp.MustCompile(`must be quoted|start of value|expected value|keyword|digit|escape`), ops.T("the value cannot be read; texts stand in quotes, numbers and true or false do not",
		"la valeur est illisible ; les textes sont entre guillemets, les nombres et true ou false non")},
	{regexp.MustCompile(`key`), ops.T("a key is letters, digits, - and _; anything else needs quotes", "une clé est faite de lettres, chiffres, - et _ ; tout le reste demande des guillemets")},
}

// has says whether the file gives the key. A configuration with no file gives none.
func (d *document) has(path string) bool {
	if d == nil {
		return false
	}
	_, ok := d.places[path]
	return ok
}

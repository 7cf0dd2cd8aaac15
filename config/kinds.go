package config

import (
	"reflect"
	"strings"

	"vigie/ops"
)

var expected = map[reflect.Kind]ops.Text{
	reflect.String:  ops.T(`write a text in quotes: "like this"`, `écris un texte entre guillemets : "comme ceci"`),
	reflect.Int64:   ops.T("write a whole number, without quotes", "écris un nombre entier, sans guillemets"),
	reflect.Int:     ops.T("write a whole number, without quotes", "écris un nombre entier, sans guillemets"),
	reflect.Float64: ops.T("write a number, without quotes", "écris un nombre, sans guillemets"),
	reflect.Bool:    ops.T("write true or false, without quotes", "écris true ou false, sans guillemets"),
	reflect.Slice:   ops.T(`write a list in square brackets: ["a", "b"]`, `écris une liste entre crochets : ["a", "b"]`),
}

func tableExpected(path string) ops.Text {
	switch {
	case strings.HasPrefix(path, "files["):
		return ops.T("files to watch are each a table of their own: write [[files]] on a line, and its keys below; compose files are listed below [stack]",
			"les fichiers à surveiller sont chacun une table à part : écris [[files]] sur une ligne, et ses clés en dessous ; les fichiers compose se déclarent sous [stack]")
	case strings.HasSuffix(path, "]"):
		return ops.T("each is a table of its own: write [[%s]] on a line, and its keys below", "chacune est une table à part : écris [[%s]] sur une ligne, et ses clés en dessous", plainKey(path))
	}
	return ops.T("it is a table of its own: write [%s] on a line, and its keys below", "c’est une table à part : écris [%s] sur une ligne, et ses clés en dessous", plainKey(path))
}

func (l *loader) misfit(path string, want ops.Text, got any) {
	l.add(path, ops.T("%s cannot stand here; %s", "%s ne va pas ici ; %s", what(got), want))
}

// what names a kind of value in plain words, never the value: it may be a secret in the wrong place.
func what(x any) ops.Text {
	switch x.(type) {
	case string:
		return ops.T("a text", "un texte")
	case int64:
		return ops.T("a whole number", "un nombre entier")
	case float64:
		return ops.T("a number with a decimal point", "un nombre à virgule")
	case bool:
		return ops.T("true or false", "true ou false")
	case []any:
		return ops.T("a list", "une liste")
	case map[string]any:
		return ops.T("a table", "une table")
	}
	return ops.T("a date or a time", "une date ou une heure")
}

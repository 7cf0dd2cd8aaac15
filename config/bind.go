package config

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
	"vigie/policies"
)

// bind puts a document's value at path into v. What does not fit is reported, all of it, and leaves v as it was.
func (l *loader) bind(v reflect.Value, x any, path string) {
	switch p := v.Addr().Interface().(type) {
	case *Duration:
		l.bindDuration(p, x, path)
		return
	case notation:
		l.bindNotation(p, x, path)
		return
	case *Files:
		l.bindFiles(p, x, path)
		return
	case *Why:
		if s, ok := x.(string); ok {
			*p = Why{s, s}
			return
		}
	case *policies.Words:
		l.bindWords(p, x, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		l.bindTable(v, x, path)
	case reflect.Map:
		l.bindMap(v, x, path)
	case reflect.Slice:
		l.bindList(v, x, path)
	default:
		l.bindPlain(v, x, path)
	}
}

func (l *loader) bindPlain(v reflect.Value, x any, path string) {
	switch x := x.(type) {
	case string:
		if v.Kind() == reflect.String {
			if realToken.MatchString(x) {
				l.add(path, inline)
				l.mute(path + "_file")
				return
			}
			v.SetString(strings.TrimSpace(x))
			return
		}
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(x)
			return
		}
	case int64:
		switch {
		case v.Kind() == reflect.Float64:
			v.SetFloat(float64(x))
			return
		case v.CanInt() && v.OverflowInt(x):
			l.add(path, ops.T("the number is too large; write a smaller one", "le nombre est trop grand ; écris-en un plus petit"))
			return
		case v.CanInt():
			v.SetInt(x)
			return
		}
	case float64:
		if v.Kind() == reflect.Float64 {
			v.SetFloat(x)
			return
		}
	}
	l.misfit(path, expected[v.Kind()], x)
}

func (l *loader) bindTable(v reflect.Value, x any, path string) {
	table, ok := x.(map[string]any)
	if !ok {
		l.misfit(path, tableExpected(path), x)
		return
	}
	keys := keysOf(v.Type())
	for _, key := range slices.Sorted(maps.Keys(table)) {
		i, known := keys[key]
		if !known {
			l.unknown(path, key, v.Type())
			continue
		}
		l.bind(v.Field(i), table[key], child(path, key))
	}
}

func (l *loader) bindMap(v reflect.Value, x any, path string) {
	table, ok := x.(map[string]any)
	if !ok {
		l.misfit(path, tableExpected(path), x)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		e := reflect.New(v.Type().Elem()).Elem()
		l.bind(e, table[key], child(path, key))
		v.SetMapIndex(reflect.ValueOf(key), e)
	}
}

func (l *loader) bindList(v reflect.Value, x any, path string) {
	list, ok := x.([]any)
	if !ok {
		want := expected[reflect.Slice]
		if v.Type().Elem().Kind() == reflect.Struct {
			want = ops.T("it may come several times: write [[%[1]s]], with two brackets on each side", "elle peut venir plusieurs fois : écris [[%[1]s]], avec deux crochets de chaque côté", path)
		}
		l.misfit(path, want, x)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, e := range list {
		l.bind(v.Index(i), e, element(path, i))
	}
}

// bindWords takes one word or a list; a whole number is the id of a person.
func (l *loader) bindWords(p *policies.Words, x any, path string) {
	list, many := x.([]any)
	if !many {
		list = []any{x}
	}
	for i, e := range list {
		at := path
		if many {
			at = element(path, i)
		}
		switch e := e.(type) {
		case string:
			var s string
			l.bindPlain(reflect.ValueOf(&s).Elem(), e, at)
			*p = append(*p, s)
		case int64:
			*p = append(*p, strconv.FormatInt(e, 10))
		default:
			l.misfit(at, ops.T("write a text in quotes, or a list of them in square brackets", "écris un texte entre guillemets, ou une liste de textes entre crochets"), e)
		}
	}
}

func (l *loader) bindDuration(p *Duration, x any, path string) {
	want := ops.T(`write a length of time with its unit, in quotes: "90s", "2m" or "1h30m"`, `écris une durée avec son unité, entre guillemets : "90s", "2m" ou "1h30m"`)
	s, ok := x.(string)
	if !ok {
		l.misfit(path, want, x)
		return
	}
	d, ok := readSpan(s)
	if !ok {
		l.add(path, ops.T("%s is no length of time; %s", "%s n’est pas une durée ; %s", quoted(s), want))
		return
	}
	*p = d
}

// readSpan wants a unit: a bare number could be seconds as well as minutes.
func readSpan(s string) (Duration, bool) {
	d, err := ops.ParseSpan(s)
	_, bare := strconv.Atoi(strings.TrimSpace(s))
	return Duration(d), err == nil && bare != nil
}

// bindFiles takes paths, or tables with a path and a phase, also mixed.
func (l *loader) bindFiles(p *Files, x any, path string) {
	list, ok := x.([]any)
	if !ok {
		l.misfit(path, expected[reflect.Slice], x)
		return
	}
	for i, e := range list {
		var f File
		if s, ok := e.(string); ok {
			e = map[string]any{"path": s}
		}
		l.bind(reflect.ValueOf(&f).Elem(), e, element(path, i))
		*p = append(*p, f)
	}
}

// A Duration is a length of time as people write it: "90s", "2m", "1h30m".
type Duration time.Duration

func (d Duration) String() string               { return time.Duration(d).String() }
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Files are the compose files, in the order in which they are started.
type Files []File

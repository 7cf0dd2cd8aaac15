package ops

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Param is one typed argument of an op, read off its params struct. It is declared once, by the
// field's type and tags, and feeds slash parsing, the form for what is missing, the model's tool
// schema, /help, the docs page and validation:
//
//	Service string        `doc:"which service" fr:"quel service" names:"service"`
//	Lines   int           `doc:"how many lines" fr:"combien de lignes" default:"40" min:"1" max:"5000"`
//	Since   time.Duration `doc:"…" fr:"…" optional:"true"`
//	Phase   string        `doc:"…" fr:"…" choices:"infra,apps,all" also:"tout=all"`   also: what else people type for a choice
//	Find    string        `doc:"…" fr:"…" optional:"true" rest:"true"`   takes all the words that are left
//	ID      string        `doc:"…" fr:"…" default:"latest" not:"/"`   no value of it begins with that
type Param struct {
	Name    string // as typed: lower case
	Doc     Text
	Type    string            // "text", "number", "duration", "yes/no"
	Names   string            // the sort of names that it takes ("service"), if it is one
	Choices []string          // the closed set that it takes, if it is one
	Also    map[string]string // other words for a choice, in lower case
	Not     string            // what no value of it begins with: such a word belongs to the next parameter
	Default string
	Must    bool // no default, not optional
	Rest    bool
	Min     int64
	Max     int64

	index int
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func paramsOf(t reflect.Type) []Param {
	list := make([]Param, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		p := Param{
			Name: strings.ToLower(f.Name), Doc: Text{f.Tag.Get("doc"), f.Tag.Get("fr")}, Type: typeName(f.Type),
			Names: f.Tag.Get("names"), Default: f.Tag.Get("default"), Rest: f.Tag.Get("rest") == "true", index: i,
		}
		if c := f.Tag.Get("choices"); c != "" {
			p.Choices = strings.Split(c, ",")
		}
		for pair := range strings.SplitSeq(f.Tag.Get("also"), ",") {
			if word, choice, ok := strings.Cut(pair, "="); ok {
				if p.Also == nil {
					p.Also = map[string]string{}
				}
				p.Also[word] = choice
			}
		}
		p.Not = f.Tag.Get("not")
		p.Min, _ = strconv.ParseInt(f.Tag.Get("min"), 10, 64)
		p.Max, _ = strconv.ParseInt(f.Tag.Get("max"), 10, 64)
		p.Must = p.Default == "" && f.Tag.Get("optional") != "true"
		list = append(list, p)
	}
	return list
}

func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "duration"
	case reflect.PointerTo(t).Implements(textType), t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "number"
	case t.Kind() == reflect.Bool:
		return "yes/no"
	}
	panic(fmt.Sprintf("a params field cannot be a %v", t)) // a bug in the op, found by its first test
}

// Check reads word as a value of p and returns it in canonical form; the error says what would do.
func (p Param) Check(word string) (string, error) {
	word = strings.TrimSpace(word)
	bad := func(en, fr string, args ...any) error {
		return &Error{Kind: Invalid, Param: p.Name, Say: T(en, fr, append([]any{Name(p.Name), Name(short(word))}, args...)...)}
	}
	if len(p.Choices) > 0 {
		if i := slices.IndexFunc(p.Choices, func(c string) bool { return strings.EqualFold(c, word) }); i >= 0 {
			return p.Choices[i], nil
		}
		if choice, ok := p.Also[strings.ToLower(word)]; ok {
			return choice, nil
		}
		list := strings.Join(p.Choices, ", ")
		return "", bad("%s cannot be %s: it is one of %s", "%s ne peut pas être %s : c’est au choix %s", list)
	}
	if p.Not != "" && strings.HasPrefix(word, p.Not) {
		return "", bad("%s cannot be %s", "%s ne peut pas être %s")
	}
	switch p.Type {
	case "number":
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return "", bad("%s is a number, not %s", "%s est un nombre, pas %s")
		}
		if n < p.Min || p.Max > 0 && n > p.Max {
			return "", bad("%s cannot be %s: it goes from %d to %d", "%s ne peut pas être %s : de %d à %d", p.Min, p.Max)
		}
		return strconv.FormatInt(n, 10), nil
	case "duration":
		d, err := ParseSpan(word)
		if err != nil || d <= 0 {
			return "", bad("%s is a length of time such as 30m, 2h or 3d, not %s", "%s est une durée comme 30m, 2h ou 3j, pas %s")
		}
		return d.String(), nil
	case "yes/no":
		switch strings.ToLower(word) {
		case "yes", "y", "true", "oui", "o", "1":
			return "true", nil
		case "no", "n", "false", "non", "0":
			return "false", nil
		}
		return "", bad("%s is yes or no, not %s", "%s est oui ou non, pas %s")
	}
	if len(word) > 500 || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' }) {
		return "", bad("%s cannot be that long or hold line breaks (%s)", "%s ne peut être si long ni contenir de saut de ligne (%s)")
	}
	return word, nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

// ParseSpan reads a length of time as people type it: 90s, 15m, 2h, 3d, 3j, 1h30m; a bare number is minutes.
func ParseSpan(s string) (time.Duration, error) {
	s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
	if n, err := strconv.Atoi(s); err == nil {
		s = strconv.Itoa(n) + "m"
	}
	for _, day := range []string{"days", "day", "jours", "jour", "d", "j"} {
		if n, err := strconv.Atoi(strings.TrimSuffix(s, day)); err == nil && strings.HasSuffix(s, day) && n < 10_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	s = strings.NewReplacer("min", "m", "hours", "h", "hour", "h", "heures", "h", "heure", "h", "sec", "s").Replace(s)
	return time.ParseDuration(s)
}

// fill puts checked args into the params struct v; what is missing takes its default.
func fill(v reflect.Value, params []Param, args Args) (Args, error) {
	canonical := Args{}
	for name := range args {
		if !slices.ContainsFunc(params, func(p Param) bool { return p.Name == name }) {
			return nil, Fail(Invalid, T("there is no parameter %s here", "il n’y a pas de paramètre %s ici", Name(short(name))), nil)
		}
	}
	for _, p := range params {
		word, given := args[p.Name]
		if !given || word == "" {
			if p.Must {
				return nil, &Error{Kind: Invalid, Param: p.Name, Say: T("%s is missing: %s", "il manque %s : %s", Name(p.Name), p.Doc)}
			}
			if word = p.Default; word == "" {
				continue
			}
		}
		word, err := p.Check(word)
		if err != nil {
			return nil, err
		}
		if err := set(v.Field(p.index), word); err != nil {
			return nil, &Error{Kind: Invalid, Param: p.Name, Say: Raw(err.Error()), Err: err}
		}
		canonical[p.Name] = word
	}
	return canonical, nil
}

func set(f reflect.Value, word string) error {
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok && f.Type() != durationType {
		return u.UnmarshalText([]byte(word))
	}
	switch {
	case f.Type() == durationType:
		d, err := time.ParseDuration(word)
		f.SetInt(int64(d))
		return err
	case f.Kind() == reflect.Bool:
		f.SetBool(word == "true")
	case f.Kind() == reflect.String:
		f.SetString(word)
	default:
		n, err := strconv.ParseInt(word, 10, 64)
		f.SetInt(n)
		return err
	}
	return nil
}

package remotion

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

var inputName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// takes says what a composition's inputs are.
func (c Composition) takes() ops.Text {
	if len(c.Inputs) == 0 {
		return ops.Text{}
	}
	return ops.Raw(strings.Join(slices.Sorted(maps.Keys(c.Inputs)), ", "))
}

// read makes inputs of words: name=value, where a value goes on until the next name.
func (c Composition) read(words string) (inputs map[string]any, err error) {
	inputs = map[string]any{}
	given, last := map[string]string{}, ""
	for _, w := range strings.Fields(words) {
		name, value, ok := strings.Cut(w, "=")
		switch {
		case ok && inputName.MatchString(name):
			last, given[name] = name, value
		case last == "":
			return nil, bad(ops.T("inputs are written name=value, and %s is not. It takes: %s", "les entrées s’écrivent nom=valeur, pas %s. Elle prend : %s", ops.Name(clip(w, 40)), c.offers()))
		default:
			given[last] += " " + w
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		kind, known := c.Inputs[name]
		if len(c.Inputs) > 0 && !known {
			return nil, bad(ops.T("%s has no input %s. It takes: %s", "%s n’a pas d’entrée %s. Elle prend : %s", ops.Name(c.Name), ops.Name(name), c.offers()))
		}
		if inputs[name], err = typed(name, kind, given[name]); err != nil {
			return nil, err
		}
	}
	return inputs, nil
}

func (c Composition) offers() ops.Text {
	if t := c.takes(); !t.IsZero() {
		return ops.Raw(ops.Name(t.En).String())
	}
	return ops.T("what its schema says", "ce que dit son schéma")
}

// typed reads a word as a value of kind; without a kind, numbers and true and false are what they look like.
func typed(name, kind, word string) (any, error) {
	f, numeric := strconv.ParseFloat(word, 64)
	switch {
	case kind == "number" && (numeric != nil || math.IsInf(f, 0) || math.IsNaN(f)):
		return nil, bad(ops.T("%s is a number, not %s", "%s est un nombre, pas %s", ops.Name(name), ops.Name(clip(word, 40))))
	case kind == "yes/no" && !slices.Contains([]string{"yes", "no", "oui", "non", "true", "false"}, word):
		return nil, bad(ops.T("%s is yes or no, not %s", "%s est oui ou non, pas %s", ops.Name(name), ops.Name(clip(word, 40))))
	case kind == "yes/no":
		return word == "yes" || word == "oui" || word == "true", nil
	case kind == "number", kind == "" && numeric == nil && json.Valid([]byte(word)):
		return f, nil
	case kind == "" && (word == "true" || word == "false"):
		return word == "true", nil
	}
	return word, nil
}

func bad(say ops.Text) error { return &ops.Error{Kind: ops.Invalid, Param: "inputs", Say: say} }

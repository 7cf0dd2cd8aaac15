package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"vigie/ops"
)

// complete makes an ask's names exact: what was typed in part, or wrongly, becomes the one thing that exists
// and matches. guessed means that a typing mistake was mended. Several matches, none, or a value that is
// missing give an [*ops.Error] with Choices.
func (d *Desk) complete(ctx context.Context, s Said, ask ops.Ask) (_ ops.Ask, guessed bool, _ error) {
	op, ok := d.Gate.Op(ask.Op)
	if !ok {
		return ask, false, nil // the Gate says so
	}
	args := ops.Args{}
	for k, v := range ask.Args {
		args[k] = v
	}
	ask.Args = args
	for _, p := range op.Params {
		word := args[p.Name]
		switch {
		case word == "" && !p.Must:
		case word == "":
			value, ok := d.only(ctx, p)
			if !ok {
				return ask, false, d.missing(ctx, op, p)
			}
			args[p.Name] = value
		case isRunID(word): // a button's; what exists is for the op to say
		case p.Names != "":
			choices, err := d.Gate.Choices(ctx, p.Names)
			if err != nil {
				return ask, false, err
			}
			value, mended, err := match(p, word, choices)
			if err != nil {
				return ask, false, err
			}
			args[p.Name], guessed = value, guessed || mended
		}
	}
	return ask, guessed, nil
}

// missing asks for a value, with the names that exist now as choices.
func (d *Desk) missing(ctx context.Context, op ops.Op, p ops.Param) error {
	e := &ops.Error{Kind: ops.Invalid, Param: p.Name, Say: ops.T("%s: %s?", "%s : %s ?", ops.Name("/"+op.Command), p.Doc)}
	for _, c := range p.Choices {
		e.Choices = append(e.Choices, ops.Choice{Value: c})
	}
	if p.Names == "" {
		return e
	}
	choices, err := d.Gate.Choices(ctx, p.Names)
	if err != nil {
		return err
	}
	if len(choices) == 0 {
		return ops.Fail(ops.NotFound, ops.T("%s: there is nothing to choose from now.", "%s : il n’y a rien à choisir pour l’instant.", ops.Name("/"+op.Command)), nil)
	}
	e.Choices = choices
	return e
}

// only is the one thing that a missing value can be, if there is just one: what it leads to is shown anyway.
func (d *Desk) only(ctx context.Context, p ops.Param) (string, bool) {
	if p.Names == "" {
		return "", false
	}
	choices, err := d.Gate.Choices(ctx, p.Names)
	if err != nil || len(choices) != 1 {
		return "", false
	}
	return choices[0].Value, true
}

// match finds the one choice that word means: exactly, then by its beginning, then by a part, then with a
// typing mistake or two.
func match(p ops.Param, word string, choices []ops.Choice) (value string, mended bool, err error) {
	want := plain(word)
	for _, c := range choices { // what the thing is really called wins over what else it answers to
		if c.Value == word {
			return c.Value, false, nil
		}
	}
	for _, fits := range []func(name string) bool{
		func(name string) bool { return name == want },
		func(name string) bool { return strings.HasPrefix(name, want) },
		func(name string) bool { return len(want) > 1 && strings.Contains(name, want) },
	} {
		if found := pick(choices, fits); len(found) == 1 {
			return found[0].Value, false, nil
		} else if len(found) > 1 {
			return "", false, which(p, word, found)
		}
	}
	near, away := closest(choices, want)
	switch {
	case len(near) == 1 && away <= 2:
		return near[0].Value, true, nil
	case len(near) > 0:
		return "", false, which(p, word, near)
	}
	e := &ops.Error{Kind: ops.NotFound, Param: p.Name, Say: ops.T("There is no %s here.", "Il n’y a pas de %s ici.", ops.Name(shorten(word, 40)))}
	if len(choices) <= 8 {
		e.Choices = choices
	}
	return "", false, e
}

// isRunID reports whether word is a run's id as buttons carry it: 32 hex digits.
func isRunID(word string) bool {
	return len(word) == 32 && strings.Trim(word, "0123456789abcdef") == ""
}

func which(p ops.Param, word string, found []ops.Choice) error {
	return &ops.Error{Kind: ops.Invalid, Param: p.Name, Choices: found,
		Say: ops.T("Which one? %s could be", "Lequel ? %s peut être", ops.Name(shorten(word, 40)))}
}

func pick(choices []ops.Choice, fits func(string) bool) (found []ops.Choice) {
	for _, c := range choices {
		if slices.ContainsFunc(append([]string{c.Value}, c.Also...), func(n string) bool { return fits(plain(n)) }) {
			found = append(found, c)
		}
	}
	return found
}

// closest finds the choices with the fewest typing mistakes: one in a short word, at most a third of a long one.
func closest(choices []ops.Choice, want string) (near []ops.Choice, away int) {
	type scored struct {
		c    ops.Choice
		away int
	}
	var list []scored
	for _, c := range choices {
		best, begins := 99, false
		for _, n := range append([]string{c.Value}, c.Also...) {
			best = min(best, mistakes(want, plain(n)))
			begins = begins || begun(want, plain(n))
		}
		if begins {
			best = min(best, 2) // after a whole name with one mistake
		}
		if len(want) >= 3 && best <= max(1, len(want)/3) || begins {
			list = append(list, scored{c, best})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Compare(a.away, b.away) })
	for _, s := range list {
		if s.away == list[0].away {
			near = append(near, s.c)
		}
	}
	if len(list) > 0 {
		away = list[0].away
	}
	return near, away
}

// begun reports whether want is how a longer name begins, with one mistake: «deepsek» for deepseek-v3.
func begun(want, name string) bool {
	w, n := []rune(want), []rune(name)
	for k := len(w) - 1; len(w) >= 5 && k <= len(w)+1; k++ {
		if k < len(n) && mistakes(want, string(n[:k])) <= 1 {
			return true
		}
	}
	return false
}

// mistakes counts the typing mistakes between two words: letters wrong, missing or too many, or two neighbours swapped.
func mistakes(a, b string) int {
	n := levenshtein.ComputeDistance(a, b)
	if n == 2 && len(a) == len(b) {
		x, y := []rune(a), []rune(b)
		for i := 0; i+1 < len(x) && len(x) == len(y); i++ {
			if x[i] != y[i] && x[i] == y[i+1] && x[i+1] == y[i] {
				return 1
			}
		}
	}
	return n
}

// plain takes a word down to what people mean by it: lower case, no accents, no punctuation.
func plain(s string) string {
	t, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		t = s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_', r == '-', r == '.', r == ' ', r == '\'', r == '’':
			return -1
		}
		return unicode.ToLower(r)
	}, t)
}

// problem tells what is wrong with an ask, and offers what would do.
func (d *Desk) problem(ctx context.Context, s Said, ask ops.Ask, err error) {
	var e *ops.Error
	if !asError(err, &e) {
		d.broken(err)
		e = ops.Fail(ops.Failed, ops.T("Something went wrong inside me; nothing was changed.", "Quelque chose a échoué en moi ; rien n’a été modifié."), err)
	}
	a := ops.Say(mark(e))
	switch {
	case len(e.Choices) > 0 && e.Param == "command":
		a.Row(commandButtons(e.Choices)...)
	case len(e.Choices) > 0:
		d.offer(&a, s, ask, e)
	case e.Kind == ops.Invalid && e.Param != "" && ask.Op != "":
		d.await(s, form{ask: ask, param: e.Param})
	case e.Kind == ops.NotFound && ask.Op == "":
		a.Row(d.starters()...)
	}
	d.show(ctx, s, a)
}

func mark(e *ops.Error) ops.Text {
	m := map[ops.ErrorKind]string{ops.Denied: ops.Guarded, ops.Unavailable: ops.Broken, ops.Failed: ops.Broken, ops.Unknown: ops.AtRisk, ops.NotFound: ops.Off, ops.Expired: ops.Off}[e.Kind]
	if m == "" {
		return e.Say
	}
	return ops.Join(" ", ops.Raw(m), e.Say)
}

func commandButtons(choices []ops.Choice) (row []ops.Button) {
	for _, c := range choices {
		row = append(row, ops.AskFor(ops.Raw("/"+c.Value), c.Value))
	}
	return row
}

// offer puts the choices under the question; typing one works as well.
func (d *Desk) offer(a *ops.Answer, s Said, ask ops.Ask, e *ops.Error) {
	d.await(s, form{ask: ask, param: e.Param})
	if ask.Op == "" {
		return
	}
	var row []ops.Button
	var asks []ops.Ask
	for i, c := range e.Choices {
		if i == 24 {
			break // a screenful; the rest can be typed
		}
		args := ops.Args{}
		for k, v := range ask.Args {
			args[k] = v
		}
		args[e.Param] = c.Value
		label := c.Label
		if label.IsZero() {
			label = ops.Raw(c.Value)
		}
		if isRunID(c.Value) && !c.Hint.IsZero() { // an id says nothing to a person
			label = c.Hint
		}
		row = append(row, ops.Button{Label: label, Ask: &ops.Ask{Op: ask.Op, Args: args}})
		asks = append(asks, ops.Ask{Op: ask.Op, Args: args})
	}
	a.Row(row...)
	d.spoke(s, ops.Ask{Op: ask.Op, Args: ask.Args}, asks)
}

// await remembers that the next words of this person here are a value.
func (d *Desk) await(s Said, f form) {
	f.until = time.Now().Add(10 * time.Minute)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.forms == nil {
		d.forms = map[chatter]form{}
	}
	d.forms[d.chatter(s)] = f
}

func (d *Desk) chatter(s Said) chatter { return chatter{d.screen(s.Place).Chat(s.Place), s.Who.ID} }

package creative

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// An order is what the webhook is asked for, and what that comes to.
type order struct {
	Type        string  `json:"type"`
	Prompt      string  `json:"prompt"`
	Model       string  `json:"model,omitempty"`
	Size        string  `json:"size,omitempty"`
	Seconds     int     `json:"seconds,omitempty"`
	Composition string  `json:"composition,omitempty"`
	Name        string  `json:"name,omitempty"` // "": one of its own, made of the run's
	Provider    string  `json:"provider"`
	Most        float64 `json:"most,omitempty"` // USD; 0 is free
	Who         string  `json:"who"`
}

// says is the order in a line: «video with seedance, 7 s».
func (o order) says() ops.Text {
	t := ops.Raw(ops.Name(o.Type).String())
	if o.Model != "" {
		t = ops.T("%s with %s", "%s avec %s", t, ops.Name(o.Model))
	}
	for _, part := range []string{o.Composition, strings.Replace(o.Size, "x", "×", 1)} {
		if part != "" {
			t = ops.Join(", ", t, ops.Raw(part))
		}
	}
	if o.Seconds > 0 {
		t = ops.Join(", ", t, ops.Raw(strconv.Itoa(o.Seconds)+" s"))
	}
	return t
}

// takeOptions takes name=value off the words; what was given otherwise wins.
func (p *createParams) takeOptions() string {
	options := map[string]*string{"type": &p.Type, "model": &p.Model, "size": &p.Size, "duration": &p.Duration, "composition": &p.Composition, "name": &p.Name}
	var rest []string
	for _, w := range strings.Fields(p.Prompt) {
		name, value, _ := strings.Cut(w, "=")
		if to := options[name]; to == nil || value == "" {
			rest = append(rest, w)
		} else if *to == "" {
			*to = value
		}
	}
	return strings.Join(rest, " ")
}

var (
	sizeForm = regexp.MustCompile(`^[1-9][0-9]{0,4}[x:][1-9][0-9]{0,4}$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
)

// order holds what was asked for to what the route takes.
func (r Route) order(p createParams, model string) (o order, err error) {
	o = order{Type: r.Type, Prompt: p.Prompt, Model: model, Size: strings.ReplaceAll(p.Size, "×", "x"), Composition: p.Composition, Name: p.Name, Provider: r.Provider}
	if o.Seconds, err = r.seconds(p.Duration); err != nil {
		return o, err
	}
	o.Most = r.most(o.Seconds)
	switch {
	case o.Size != "" && len(r.Sizes) > 0 && !slices.Contains(r.Sizes, o.Size):
		return o, wrong("size", r.Sizes, ops.T("%s does not come in %s. It can be:", "%s n’existe pas en %s. Au choix :", ops.Name(r.Type), ops.Name(clip(o.Size, 20))))
	case o.Size != "" && !sizeForm.MatchString(o.Size):
		return o, wrong("size", nil, ops.T("%s is no size: write it as %s", "%s n’est pas une taille : écris-la %s", ops.Name(clip(o.Size, 20)), ops.Name("1280x720")))
	case o.Composition == "" && len(r.Compositions) > 0:
		return o, wrong("composition", r.Compositions, ops.T("Which composition is rendered?", "Quelle composition rendre ?"))
	case o.Composition != "" && len(r.Compositions) == 0:
		return o, wrong("composition", nil, ops.T("%s is not made of a composition", "%s ne se fait pas d’une composition", ops.Name(r.Type)))
	case o.Composition != "" && !slices.Contains(r.Compositions, o.Composition):
		return o, wrong("composition", r.Compositions, ops.T("There is no composition %s. There is:", "Il n’y a pas de composition %s. Il y a :", ops.Name(clip(o.Composition, 40))))
	case o.Name != "" && !nameForm.MatchString(o.Name):
		return o, wrong("name", nil, ops.T("%s is no name: letters, digits, - and _, up to 64", "%s n’est pas un nom : lettres, chiffres, - et _, jusqu’à 64", ops.Name(clip(o.Name, 40))))
	}
	return o, nil
}

// seconds reads a length: 7, 7s. What is paid by the second never goes out without one.
func (r Route) seconds(word string) (int, error) {
	switch {
	case word == "" && r.Seconds == 0 && r.Per == perSecond && r.paid():
		return 0, wrong("duration", nil, ops.T("How many seconds? Each costs %s, up to %d.", "Combien de secondes ? Chacune coûte %s, %d au plus.", usd(r.Price), r.Most))
	case word == "":
		return r.Seconds, nil
	case r.Most == 0:
		return 0, wrong("duration", nil, ops.T("%s has no length to choose", "%s n’a pas de durée à choisir", ops.Name(r.Type)))
	}
	n, err := strconv.Atoi(strings.TrimSuffix(word, "s"))
	if err != nil || n < 1 || n > r.Most {
		return 0, wrong("duration", nil, ops.T("%s lasts from 1 to %d s, not %s", "%s dure de 1 à %d s, pas %s", ops.Name(r.Type), r.Most, ops.Name(clip(word, 20))))
	}
	return n, nil
}

func wrong(param string, choices []string, say ops.Text) error {
	e := &ops.Error{Kind: ops.Invalid, Param: param, Say: say}
	for _, c := range choices {
		e.Choices = append(e.Choices, ops.Choice{Value: c})
	}
	return e
}

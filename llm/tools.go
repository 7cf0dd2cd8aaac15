package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sashabaranov/go-openai"

	"vigie/ops"
)

// A Toolbox is what a model may call: ops, each as a tool made of its Spec. What is not in it does not exist for the model.
type Toolbox struct {
	ops   []ops.Op
	names map[string][]string // by sort
}

// NewToolbox makes tools of list. names gives what exists now, by sort of name ("service"); a sort that it does not know is open.
func NewToolbox(list []ops.Op, names map[string][]string) Toolbox {
	return Toolbox{slices.Clone(list), names}
}

// mostCalls is how many calls of one answer are read; mostNames how many names a closed set has.
const (
	mostCalls = 5
	mostNames = 60
)

// safeName is a name that can be nothing but a name: a label or a file name may hold whole sentences, and those are kept out of the
// description of tools.
var safeName = regexp.MustCompile(`^[\pL\pN][\pL\pN._:@/-]{0,47}$`)

func toolName(op string) string { return strings.ReplaceAll(op, ".", "-") }

// tools are the tools as the wire knows them.
func (b Toolbox) tools() []openai.Tool {
	list := make([]openai.Tool, 0, len(b.ops))
	for _, op := range b.ops {
		about := op.Doc.En
		if op.Risk > ops.Reads {
			about += " Changes something (" + op.Risk.String() + ")."
		}
		if len(op.Phrases) > 0 {
			about += fmt.Sprintf(" People say: «%s», «%s».", op.Phrases[0].En, op.Phrases[0].Fr)
		}
		list = append(list, openai.Tool{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{
			Name: toolName(op.Name), Description: about, Parameters: b.schema(op)}})
	}
	return list
}

// A schema is the little of JSON Schema that parameters need.
type schema struct {
	Type        string             `json:"type"`
	Description string             `json:"description,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Minimum     *int64             `json:"minimum,omitempty"`
	Maximum     *int64             `json:"maximum,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	More        *bool              `json:"additionalProperties,omitempty"`
}

func (b Toolbox) schema(op ops.Op) *schema {
	s := &schema{Type: "object", Properties: map[string]*schema{}, More: new(bool)}
	for _, p := range op.Params {
		one := &schema{Type: "string", Description: p.Doc.En}
		switch {
		case len(p.Choices) > 0:
			one.Enum = p.Choices
		case p.Type == "number":
			one.Type, one.Minimum = "integer", &p.Min
			if p.Max > 0 {
				one.Maximum = &p.Max
			}
		case p.Type == "yes/no":
			one.Type = "boolean"
		case p.Names != "":
			one.Enum = b.closed(p.Names)
		}
		s.Properties[p.Name] = one
		if p.Must {
			s.Required = append(s.Required, p.Name)
		}
	}
	return s
}

// closed is the closed set of names of a sort, if there are few and all are plainly names.
func (b Toolbox) closed(sort string) []string {
	list := b.names[sort]
	if len(list) == 0 || len(list) > mostNames || slices.ContainsFunc(list, func(n string) bool { return !safeName.MatchString(n) }) {
		return nil
	}
	return list
}

// read makes an ask of a call, as strictly as of typed words: the tool exists, every argument is one of its parameters, and every
// value passes the parameter's own check.
func (b Toolbox) read(call openai.ToolCall) (ops.Ask, error) {
	at := slices.IndexFunc(b.ops, func(op ops.Op) bool { return toolName(op.Name) == call.Function.Name })
	if at < 0 {
		return ops.Ask{}, fmt.Errorf("there is no tool %q", short(call.Function.Name))
	}
	op := b.ops[at]
	ask := ops.Ask{Op: op.Name, Args: ops.Args{}}
	given, err := arguments(call.Function.Arguments)
	if err != nil {
		return ops.Ask{}, err
	}
	for name, value := range given {
		p := slices.IndexFunc(op.Params, func(p ops.Param) bool { return p.Name == name })
		if p < 0 {
			return ops.Ask{}, fmt.Errorf("%s has no parameter %q", call.Function.Name, short(name))
		}
		word, err := plain(value)
		if err != nil {
			return ops.Ask{}, fmt.Errorf("%s of %s: %w", short(name), call.Function.Name, err)
		}
		if word == "" {
			continue
		}
		if ask.Args[name], err = op.Params[p].Check(word); err != nil {
			return ops.Ask{}, fmt.Errorf("%s of %s: %w", short(name), call.Function.Name, err)
		}
		for _, w := range strings.Fields(word) {
			if why, no := ops.Forbidden(w); no {
				return ops.Ask{}, fmt.Errorf("never: %s", why.En)
			}
		}
	}
	return ask, nil
}

// arguments reads the JSON of a call: one object, and nothing behind it. No text at all is no arguments.
func arguments(text string) (map[string]any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var given map[string]any
	if err := d.Decode(&given); err != nil {
		return nil, fmt.Errorf("its arguments are no JSON object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind its arguments")
	}
	return given, onlyOnce(text)
}

// onlyOnce refuses an object in which a name stands twice: which of the two was meant, nobody can say.
func onlyOnce(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return err // null
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if seen[name] {
			return fmt.Errorf("%q stands twice in its arguments", short(name))
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
	}
	return nil
}

// plain is a JSON value as one would type it.
func plain(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case json.Number:
		return v.String(), nil
	}
	return "", fmt.Errorf("it is a list or an object")
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

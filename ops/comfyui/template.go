package comfyui

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

const (
	builtin      = "text"  // the template that is always there
	mostTemplate = 1 << 20 // bytes of one template
)

//go:embed templates/*.json
var builtins embed.FS

// A template is a graph in ComfyUI's API format, and what can be set in it, each parameter by its name. The names prompt,
// model, width, height, steps, seed and count are those of /imagine's own parameters; others are given as name=value.
type template struct {
	About  ops.Text         `json:"about"`
	Params map[string]param `json:"params"`
	Graph  json.RawMessage  `json:"graph"`
}

// A param is one thing that can be set. Numbers have bounds, choices a list.
type param struct {
	To      []string `json:"to"`   // the inputs it goes to: "6.text" is input text of node 6
	Type    string   `json:"type"` // text, number, decimal, choice, model, seed
	Default any      `json:"default"`
	Min     float64  `json:"min"`
	Max     float64  `json:"max"`
	Choices []string `json:"choices"`
	Folder  string   `json:"folder"` // of a model: the kind, as ComfyUI lists them: checkpoints
}

// A node of a graph.
type node struct {
	Class  string         `json:"class_type"`
	Inputs map[string]any `json:"inputs"`
	Meta   any            `json:"_meta,omitempty"`
}

func readTemplates(folder string) (map[string]template, error) {
	found := map[string]template{}
	raw, err := builtins.ReadFile("templates/" + builtin + ".json")
	if err != nil {
		return nil, err
	}
	if found[builtin], err = parseTemplate(raw); err != nil {
		return nil, err
	}
	if folder == "" {
		return found, nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		return found, fmt.Errorf("comfyui: there are no workflows (*.json) in %s", folder)
	}
	var wrong []error
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() > mostTemplate {
			wrong = append(wrong, fmt.Errorf("comfyui: workflow %s cannot be read, or is larger than 1 MB", file))
			continue
		}
		raw, err := os.ReadFile(file)
		if err == nil {
			found[strings.TrimSuffix(filepath.Base(file), ".json")], err = parseTemplate(raw)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("comfyui: workflow %s: %w", file, err))
		}
	}
	return found, errors.Join(wrong...)
}

// parseTemplate reads a template and holds it to what a plan needs of it: every parameter leads somewhere.
func parseTemplate(raw []byte) (t template, err error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("it is an object of about, params and graph: %w", err)
	}
	graph, err := t.nodes()
	if err != nil {
		return t, err
	}
	if t.Params["prompt"].Type != "text" {
		return t, errors.New("it needs a parameter prompt, of type text")
	}
	for name, p := range t.Params {
		if !slices.Contains([]string{"text", "number", "decimal", "choice", "model", "seed"}, p.Type) {
			return t, fmt.Errorf("parameter %s: type is text, number, decimal, choice, model or seed, not %q", name, p.Type)
		}
		if len(p.To) == 0 || p.Type == "choice" && len(p.Choices) == 0 {
			return t, fmt.Errorf("parameter %s: it leads to no input, or offers no choices", name)
		}
		for _, to := range p.To {
			id, input, _ := strings.Cut(to, ".")
			if n, ok := graph[id]; !ok || input == "" || n.Inputs == nil {
				return t, fmt.Errorf("parameter %s: the graph has no node for %q", name, to)
			}
		}
		if p.Default != nil {
			if _, err := p.value(fmt.Sprint(p.Default)); err != nil {
				return t, fmt.Errorf("parameter %s: its default: %w", name, err)
			}
		}
	}
	return t, nil
}

func (t template) nodes() (graph map[string]node, err error) {
	if err := json.Unmarshal(t.Graph, &graph); err != nil || len(graph) == 0 {
		return nil, errors.New("graph is not in the API format (node id → class_type, inputs): export it with «Save (API format)»")
	}
	for id, n := range graph {
		if n.Class == "" {
			return nil, fmt.Errorf("node %s has no class_type: export the graph with «Save (API format)»", id)
		}
	}
	return graph, nil
}

// value reads a word as a value of p. Its error names what would do.
func (p param) value(word string) (any, error) {
	switch p.Type {
	case "number", "seed":
		n, err := strconv.ParseInt(strings.TrimSuffix(word, ".0"), 10, 64)
		if err != nil || n < 0 || !p.within(float64(n)) {
			return nil, p.outOf()
		}
		return n, nil
	case "decimal":
		f, err := strconv.ParseFloat(word, 64)
		if err != nil || !p.within(f) {
			return nil, p.outOf()
		}
		return f, nil
	case "choice":
		if !slices.Contains(p.Choices, word) {
			return nil, errors.New(strings.Join(p.Choices, ", "))
		}
	}
	return word, nil
}

func (p param) within(f float64) bool {
	return f >= p.Min && !math.IsInf(f, 0) && (p.Max == 0 || f <= p.Max)
}

func (p param) outOf() error {
	if p.Max == 0 {
		return fmt.Errorf("≥ %g", p.Min)
	}
	return fmt.Errorf("%g – %g", p.Min, p.Max)
}

// fill returns the graph with values set, in canonical JSON.
func (t template) fill(values map[string]any) (json.RawMessage, error) {
	graph, err := t.nodes()
	if err != nil {
		return nil, err
	}
	for name, v := range values {
		for _, to := range t.Params[name].To {
			id, input, _ := strings.Cut(to, ".")
			graph[id].Inputs[input] = v
		}
	}
	return json.Marshal(graph)
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func parseSize(s string) (w, h int64, err error) {
	a, b, ok := strings.Cut(strings.NewReplacer("×", "x", "X", "x").Replace(s), "x")
	if w, err = strconv.ParseInt(a, 10, 32); err == nil && ok {
		h, err = strconv.ParseInt(b, 10, 32)
	}
	if err != nil || !ok || w < 1 || h < 1 {
		return 0, 0, errors.New("a size is written 512x768")
	}
	return w, h, nil
}

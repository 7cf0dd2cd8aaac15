package litellm

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigie/ops"
)

// A section is a part of the configuration by name; "" is its top.
type section struct {
	name   string
	fields map[string]field
}

func (s section) says() ops.Text {
	if s.name == "" {
		return ops.T("the top of the file", "le premier niveau du fichier")
	}
	return ops.Raw(ops.Name(s.name).String())
}

type field struct {
	line  int
	value *yaml.Node
}

// fields are the fields of a mapping, also those that it merges in (<<). What is no mapping has none.
func fields(n *yaml.Node) map[string]field {
	got := map[string]field{}
	collect(n, got, 0)
	return got
}

func collect(n *yaml.Node, got map[string]field, depth int) {
	if n == nil || depth > 10 {
		return
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) > 0 {
			collect(n.Content[0], got, depth+1)
		}
	case yaml.AliasNode:
		collect(n.Alias, got, depth+1)
	case yaml.SequenceNode: // of a merge of several
		for _, each := range n.Content {
			if each.Kind == yaml.AliasNode || depth > 0 && each.Kind == yaml.MappingNode {
				collect(each, got, depth+1)
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key := n.Content[i]; key.Value != "<<" {
				got[key.Value] = field{key.Line, n.Content[i+1]}
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "<<" {
				merged := map[string]field{}
				collect(n.Content[i+1], merged, depth+1)
				for name, f := range merged {
					if _, own := got[name]; !own {
						got[name] = f
					}
				}
			}
		}
	}
}

func (f field) text() string {
	n := f.value
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// amount reads a sum of money; false where there is none to read, as in "os.environ/BUDGET".
func (f field) amount() (float64, bool) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(f.text(), "_", ""), 64)
	return v, err == nil && v > 0 && !math.IsInf(v, 0)
}

// period reads LiteLLM's notation of a length of time ("1d", "24h", "1mo") as whole days; 0 where it is none, or shorter.
func period(s string) int {
	at := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if at <= 0 {
		return 0
	}
	n, err := strconv.Atoi(s[:at])
	if err != nil || n > 10_000 {
		return 0
	}
	switch s[at:] {
	case "d":
		return n
	case "h":
		return n / 24
	case "w":
		return 7 * n
	case "mo":
		return 30 * n
	}
	return 0
}

func first(fields map[string]field, names ...string) field {
	for _, name := range names {
		if f, ok := fields[name]; ok {
			return f
		}
	}
	return field{}
}

// days is a budget's period in days, at least 1.
func (f field) days() int { return cmp.Or(max(0, period(f.text())), 1) }

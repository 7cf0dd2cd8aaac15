package litellm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"vigie/ops"
)

// An allowance is what may be spent.
type allowance struct {
	Provider string  // as LiteLLM names it; "" is everything
	USD      float64 // more than 0
	Days     int     // in so many days; 1 is the UTC day
	Idle     bool    // LiteLLM does not hold to it, because it stands where LiteLLM does not look
}

// A fault is something in LiteLLM's configuration that does not do what it seems to.
type fault struct {
	Subject string // what Trouble.Subject says: "budget:global"
	Kind    string // "unenforced" or "misconfigured"
	Title   ops.Text
	Fix     ops.Text
}

// settings are what matters here of LiteLLM's config.yaml.
type settings struct {
	Budgets []allowance
	Faults  []fault
	Checks  checks
}

// checks is what the configuration says of background health checks. Lines are 0 where it says nothing.
type checks struct {
	On           bool // background_health_checks: true
	OnLine       int
	Off          bool // background_health_checks: false
	Interval     string
	IntervalLine int
	Misplaced    string // the section that health_check_interval stands in, if it is the wrong one
}

// mostSettings is how much of a configuration is read; LiteLLM's with 40 models has 20 kB.
const mostSettings = 4 << 20

// settings reads LiteLLM's configuration, if we were told where it is. The error says why it cannot be read.
func (s *System) settings() (settings, *ops.Error) {
	if s.ConfigFile == "" {
		return settings{}, nil
	}
	st, err := readFile(s.ConfigFile)
	name := ops.Name(s.ConfigFile)
	switch {
	case err == nil:
		return st, nil
	case errors.Is(err, fs.ErrNotExist):
		return st, ops.Fail(ops.NotFound, ops.T("LiteLLM's configuration %s is not there", "la configuration de LiteLLM, %s, n’existe pas", name), err)
	case errors.Is(err, fs.ErrPermission):
		return st, ops.Fail(ops.Denied, ops.T("I may not read LiteLLM's configuration %s", "je ne peux pas lire la configuration de LiteLLM, %s", name), err)
	}
	return st, ops.Fail(ops.Invalid, ops.T("LiteLLM's configuration %s cannot be read: %s", "la configuration de LiteLLM, %s, est illisible : %s", name, ops.Clean(err.Error())), err)
}

// readFile reads LiteLLM's configuration. Errors never quote it: it holds keys.
func readFile(path string) (settings, error) {
	info, err := os.Stat(path)
	if err != nil {
		return settings{}, fmt.Errorf("reading LiteLLM's configuration: %w", err)
	}
	if info.Size() > mostSettings {
		return settings{}, fmt.Errorf("LiteLLM's configuration is %d bytes long", info.Size())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return settings{}, fmt.Errorf("reading LiteLLM's configuration: %w", err)
	}
	return readSettings(content)
}

// yamlLine finds the line in what the parser says; the rest of it may quote the file.
var yamlLine = regexp.MustCompile(`line (\d+)`)

func readSettings(content []byte) (settings, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(content, &doc); err != nil {
		if at := yamlLine.FindStringSubmatch(err.Error()); at != nil {
			return settings{}, fmt.Errorf("LiteLLM's configuration is no YAML, from line %s on", at[1])
		}
		return settings{}, errors.New("LiteLLM's configuration is no YAML")
	}
	top := fields(&doc)
	sections := []section{{"", top}}
	for name, f := range top {
		if name != "model_list" && !strings.HasPrefix(name, "x-") && !strings.HasPrefix(name, ".") { // those only hold what others merge in
			sections = append(sections, section{name, fields(f.value)})
		}
	}
	var st settings
	st.readProviders(sections)
	st.readGlobal(sections)
	st.readChecks(sections)
	return st, nil
}

package docker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v4"

	"vigie/ops"
)

func init() {
	// The compose loader warns of every unset variable through this global logger, at each read.
	logrus.SetLevel(logrus.ErrorLevel)
}

// parse reads the services of one file as `docker compose` with our environment would; more is set if it
// extends or includes other files.
func (o ComposeOptions) parse(ctx context.Context, f ComposeFile) (list []Service, more bool, err error) {
	env, err := o.environment()
	if err != nil {
		return nil, false, err
	}
	details := types.ConfigDetails{WorkingDir: o.Dir, Environment: env}
	for _, path := range append(slices.Clone(f.Under), f.Path) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, false, unreadable(path, 0, err)
		}
		more = more || bytes.Contains(raw, []byte("extends")) || bytes.Contains(raw, []byte("include"))
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: path, Content: raw})
	}
	project, err := loader.LoadWithContext(ctx, details, func(l *loader.Options) {
		l.SetProjectName(o.Project, true)
		l.ResolvePaths = true
		l.SkipResolveEnvironment = true // an env file may be readable by root only
		l.SkipResolveLabels = true
		l.Profiles = []string{"*"}
	})
	if err != nil {
		return nil, more, o.explain(details, err)
	}
	return o.services(project, strings.Split(env["COMPOSE_PROFILES"], ",")), more, nil
}

// environment is what the files' ${VARIABLES} are filled from: the few of ours that `docker compose` gets, over .env.
func (o ComposeOptions) environment() (types.Mapping, error) {
	env := types.Mapping{}
	for _, pair := range o.env() {
		k, v, _ := strings.Cut(pair, "=")
		env[k] = v
	}
	path := filepath.Join(o.Dir, ".env")
	in, err := os.Open(path)
	if os.IsNotExist(err) {
		return env, nil
	}
	if err != nil {
		return nil, unreadable(path, 0, err)
	}
	defer in.Close()
	more, err := dotenv.ParseWithLookup(in, func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		return nil, unreadable(path, lineIn(err.Error()), fmt.Errorf("an entry is not NAME=value")) // the cause could quote a secret
	}
	maps.Copy(more, env)
	return more, nil
}

func (o ComposeOptions) services(p *types.Project, active []string) (list []Service) {
	awaited := map[string]bool{} // to complete
	for _, s := range p.Services {
		for name, d := range s.DependsOn {
			if d.Condition == types.ServiceConditionCompletedSuccessfully {
				awaited[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Services)) {
		c := p.Services[name]
		s := Service{
			Name: name, Container: cmp.Or(c.ContainerName, o.Project+"-"+name+"-1"),
			Image: c.Image, Build: c.Build != nil, Restart: restartOf(c), Memory: int64(c.MemLimit),
			DependsOn: slices.Sorted(maps.Keys(c.DependsOn)),
		}
		if !slices.ContainsFunc(c.Profiles, func(p string) bool { return slices.Contains(active, p) || slices.Contains(active, "*") }) {
			s.Profiles = c.Profiles
		}
		if h := c.HealthCheck; h != nil && !h.Disable && len(h.Test) > 0 && h.Test[0] != "NONE" {
			s.Health = h.Test
		}
		if c.Deploy != nil && c.Deploy.Resources.Limits != nil && s.Memory == 0 {
			s.Memory = int64(c.Deploy.Resources.Limits.MemoryBytes)
		}
		for _, e := range c.EnvFiles {
			s.EnvFiles = append(s.EnvFiles, e.Path)
		}
		s.OneShot = awaited[name] || s.Restart == "no" && s.Health == nil
		list = append(list, s)
	}
	return list
}

func restartOf(c types.ServiceConfig) string {
	if c.Restart == "" && c.Deploy != nil && c.Deploy.RestartPolicy != nil {
		switch c.Deploy.RestartPolicy.Condition {
		case "any":
			return "always"
		case "on-failure":
			return "on-failure"
		}
	}
	return cmp.Or(c.Restart, "no")
}

var (
	lineWords  = regexp.MustCompile(`\bline (\d+)`)
	placeWords = regexp.MustCompile(`(?:^|[\s"'])((?:services|networks|volumes|secrets|configs)\.[A-Za-z0-9_.\-\[\]]+)`)
	// The parser of YAML counts the lines of its own marks from 0, its scanner from 1.
	yamlParsing = regexp.MustCompile(`while parsing [^:]* at [^:]*: line (\d+)(?:, column \d+)?: (.+)`)
	serviceWord = regexp.MustCompile(`service "([^"]+)"`)
)

// explain finds where in the files an error lies: the loader gives a line, or a path of keys, or a service.
func (o ComposeOptions) explain(details types.ConfigDetails, err error) error {
	if _, ok := err.(*ops.Error); ok {
		return err
	}
	words := err.Error()
	file := details.ConfigFiles[len(details.ConfigFiles)-1]
	for _, c := range details.ConfigFiles {
		if strings.Contains(words, c.Filename) {
			file = c
		}
	}
	line := lineIn(words)
	if m := yamlParsing.FindStringSubmatch(words); m != nil {
		line = lineIn("line "+m[1]) + 1
		err = errors.New(m[2])
	}
	if at, ok := strings.CutSuffix(words, " false schema"); ok {
		err = errors.New(at + " is nothing that Compose knows")
	}
	if m := placeWords.FindStringSubmatch(words); line == 0 && m != nil {
		line = lineOf(file.Content, strings.Split(strings.TrimRight(m[1], "."), "."))
	}
	if m := serviceWord.FindStringSubmatch(words); line == 0 && m != nil {
		line = lineOf(file.Content, []string{"services", m[1]})
	}
	return unreadable(file.Filename, line, err)
}

func lineIn(words string) int {
	if m := lineWords.FindStringSubmatch(words); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// lineOf finds the line of the deepest of keys that the file has; 0 if it has none.
func lineOf(content []byte, keys []string) (line int) {
	var doc yaml.Node
	if yaml.Unmarshal(content, &doc) != nil || len(doc.Content) == 0 {
		return 0
	}
	for at := doc.Content[0]; len(keys) > 0; keys = keys[1:] {
		var next *yaml.Node
		switch at.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(at.Content); i += 2 {
				if at.Content[i].Value == keys[0] {
					line, next = at.Content[i].Line, at.Content[i+1]
				}
			}
		case yaml.SequenceNode:
			if n, err := strconv.Atoi(strings.Trim(keys[0], "[]")); err == nil && n < len(at.Content) {
				line, next = at.Content[n].Line, at.Content[n]
			}
		}
		if next == nil {
			return line
		}
		at = next
	}
	return line
}

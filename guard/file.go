package guard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/pelletier/go-toml/v2"

	"vigie/ops/comfyui"
	"vigie/ops/ssh"
)

// file is the guard's file as it is written.
type file struct {
	Log     string              `toml:"log"`
	Figures bool                `toml:"figures"`
	Docker  string              `toml:"docker"`
	Socket  string              `toml:"docker_socket"`
	Files   []string            `toml:"files"`
	Units   map[string][]string `toml:"units"`
	Command []struct {
		Argv    []string `toml:"argv"`
		Timeout string   `toml:"timeout"` // as time.ParseDuration reads it; empty: 2m
	} `toml:"command"`
	Compose []struct {
		Project string   `toml:"project"`
		Dir     string   `toml:"dir"`
		Files   []string `toml:"files"`
		Verbs   []string `toml:"verbs"`
	} `toml:"compose"`
	Checkpoints struct {
		Dir   string   `toml:"dir"`
		Hosts []string `toml:"hosts"`
		Names []string `toml:"names"`
		CA    string   `toml:"ca_file"`
	} `toml:"checkpoints"`
}

// composeVerbs are what may be allowed of a Compose project, with what of [vigie/ops/ssh.Compose] each lets through.
var composeVerbs = map[string][]string{
	"config": {"version", "config"}, "up": {"up", "recreate"}, "stop": {"stop"}, "pull": {"pull"}, "build": {"build"},
}

var unitName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:_.\\@-]*$`)

// Load reads the guard's file, and where it is to log. A file that others may write to could allow anything, and is refused.
func Load(path string) (Rules, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Rules{}, "", fmt.Errorf("reading the guard's file: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return Rules{}, "", fmt.Errorf("others may write to %s: chmod 644 %[1]s", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Rules{}, "", fmt.Errorf("reading the guard's file: %w", err)
	}
	defer f.Close()
	var raw file
	if err := toml.NewDecoder(f).DisallowUnknownFields().Decode(&raw); err != nil {
		return Rules{}, "", fmt.Errorf("%s: %w", path, err)
	}
	rules, err := raw.rules()
	if err != nil {
		return Rules{}, "", fmt.Errorf("%s: %w", path, err)
	}
	return rules, raw.Log, nil
}

func (f file) rules() (Rules, error) {
	r := Rules{Figures: f.Figures, Docker: f.Docker, DockerSocket: f.Socket, Units: f.Units, Files: f.Files}
	var wrong []error
	if !slices.Contains([]string{"", "read", "full"}, f.Docker) {
		wrong = append(wrong, errors.New(`docker is "read" or "full", or left out`))
	}
	if f.Socket != "" && !filepath.IsAbs(f.Socket) {
		wrong = append(wrong, errors.New("docker_socket is an absolute path"))
	}
	for _, folder := range f.Files {
		if !filepath.IsAbs(folder) || filepath.Clean(folder) != folder || folder == "/" {
			wrong = append(wrong, fmt.Errorf("files: %q is no absolute path of a folder below /", folder))
		}
	}
	for unit, verbs := range f.Units {
		if !unitName.MatchString(unit) {
			wrong = append(wrong, fmt.Errorf("%q is no name of a unit", unit))
		}
		for _, verb := range verbs {
			if verb != "status" && verb != "restart" {
				wrong = append(wrong, fmt.Errorf("units: %q is neither status nor restart", verb))
			}
		}
	}
	for _, c := range f.Command {
		if len(c.Argv) == 0 || !filepath.IsAbs(c.Argv[0]) {
			wrong = append(wrong, errors.New("a command's argv begins with the absolute path of a program"))
		}
		one := Command{Argv: c.Argv}
		if c.Timeout != "" {
			limit, err := time.ParseDuration(c.Timeout)
			if err != nil || limit < time.Second || limit > time.Hour {
				wrong = append(wrong, fmt.Errorf("timeout = %q: a length of time from 1s to 1h", c.Timeout))
			}
			one.Limit = limit
		}
		r.Commands = append(r.Commands, one)
	}
	for _, c := range f.Compose {
		one := Compose{Compose: ssh.Compose{Docker: r.socket(), Project: c.Project, Dir: c.Dir, Files: c.Files}}
		if err := one.Check(); err != nil {
			wrong = append(wrong, fmt.Errorf("compose: %w", err))
		}
		if len(c.Verbs) == 0 {
			wrong = append(wrong, fmt.Errorf("compose %s: verbs says what is let through: config, up, stop, pull, build", c.Project))
		}
		for _, verb := range c.Verbs {
			if composeVerbs[verb] == nil {
				wrong = append(wrong, fmt.Errorf("compose %s: %q is none of config, up, stop, pull, build", c.Project, verb))
			}
			one.Verbs = append(one.Verbs, composeVerbs[verb]...)
		}
		r.Compose = append(r.Compose, one)
	}
	k := f.Checkpoints
	r.Checkpoints, r.CA = comfyui.Allowance{Dir: k.Dir, Hosts: k.Hosts, Names: k.Names}, k.CA
	if k.Dir != "" || len(k.Hosts)+len(k.Names) > 0 || k.CA != "" {
		if err := r.Checkpoints.Check(); err != nil {
			wrong = append(wrong, fmt.Errorf("checkpoints: %w", err))
		}
		if k.CA != "" && !filepath.IsAbs(k.CA) {
			wrong = append(wrong, errors.New("checkpoints: ca_file is an absolute path"))
		}
	}
	return r, errors.Join(wrong...)
}

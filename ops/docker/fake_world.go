package docker

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// NewFake reads a world, one thing a line; «#» begins a comment.
//
//	project javisi                                   the compose project, in /opt/PROJECT; javisi if it is not said
//	grafana running unhealthy up=3m health="503"     a service with its container PROJECT_grafana
//	service metube off profile=studio                a service of the files that has no container
//	container other running image=x                  a container of no compose project
//	image n8n:2.29 size=900M                         an image that nothing uses; «dangling» if it has no name left
//	cache 2G                                         the build cache
//
// What a container is: running, exited N, restarting N, created, paused or off; healthy, unhealthy or starting
// if it has a health check; heals (healthy after its next start), oneshot, oom, hang (ignores TERM), built (not pulled), changed (its file is newer than its container).
// With values: image= up= (or how long ago it ended) restarts= health="output" log="line\nline" mem=USED/LIMIT cpu=PERCENT
// phase=infra|apps profile= container=NAME needs=a,b env=A,B envfile=PATH test="health command" policy= ready=5s error= port= exits=N (right after each start) project=.
func NewFake(text string) (*Fake, error) {
	f := &Fake{project: "javisi", registry: map[string]*release{}, forbids: map[string]bool{}, next: map[string]string{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		words, err := splitWords(line)
		if err == nil && len(words) > 0 {
			err = f.declare(words)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the Docker world, %q: %w", n, strings.TrimSpace(line), err)
		}
	}
	f.announce(false) // what is so at first is no news
	return f, nil
}

func (f *Fake) declare(words []string) error {
	f.dir = "/opt/" + f.project
	head := words[0]
	switch {
	case head == "project" && len(words) == 2:
		f.project, f.dir = words[1], "/opt/"+words[1]
		return nil
	case head == "cache" && len(words) == 2:
		size, err := parseSize(words[1])
		f.cache = size
		return err
	case head == "image" && len(words) > 1:
		return f.declareImage(words[1], words[2:])
	case head == "service" || head == "container":
		if len(words) < 2 {
			return fmt.Errorf("%s of what name?", head)
		}
		words = words[1:]
	}
	b := f.newBox(words[0], head != "container")
	if err := f.describe(b, words[1:]); err != nil {
		return err
	}
	if f.find(b.Name) != nil {
		return fmt.Errorf("there are two containers %s", b.Name)
	}
	b.Env = b.wantEnv
	f.boxes = append(f.boxes, b)
	f.haveImage(b)
	return nil
}

// newBox is a container as it is unless its line says otherwise.
func (f *Fake) newBox(name string, declared bool) *box {
	b := &box{exists: true, declared: declared, unmanaged: !declared, phase: "apps", ready: fakeReady, exits: -1, image: name + ":1"}
	b.State, b.ExitCode, b.Policy, b.HealthEvery = "running", -1, "unless-stopped", 10*time.Second
	b.Grace = 10 * time.Second
	b.Started = time.Now().Add(-9 * 24 * time.Hour)
	b.Name = name
	if declared {
		b.Service, b.Project = name, f.project
		b.Name = f.project + "_" + strings.ReplaceAll(name, "-", "_")
		b.Networks = []string{f.project + "_backend"}
	}
	b.Created = b.Started
	f.identify(b)
	return b
}

// identify gives a container that is made now its id and the hash of its file.
func (f *Fake) identify(b *box) {
	f.made++
	b.ID = fakeID(fmt.Sprintf("%s %d", b.Name, f.made))
	b.ConfigHash = fakeID(fmt.Sprintf("config %s %d", b.Name, b.edits))
}

// describe applies the words of a line to b. What they do not mention stays.
func (f *Fake) describe(b *box, words []string) error {
	var since time.Duration = -1
	for i := 0; i < len(words); i++ {
		w := words[i]
		if key, value, ok := strings.Cut(w, "="); ok {
			if key == "up" || key == "ago" {
				d, err := parseSpan(value)
				if err != nil {
					return err
				}
				since = d
				continue
			}
			if err := f.set(b, key, value); err != nil {
				return err
			}
			continue
		}
		used, err := f.word(b, w, words[i+1:])
		if err != nil {
			return err
		}
		i += used
	}
	if since >= 0 {
		b.Started = time.Now().Add(-since)
		if b.State != "running" {
			b.Finished = b.Started
		}
		if b.Created.After(b.Started) {
			b.Created = b.Started
		}
	}
	b.File, b.Dir = f.file(b), f.dir
	if b.unmanaged {
		b.File, b.Dir = "", ""
	}
	return nil
}

// word applies one word without a value; used is how many of those after it belong to it.
func (f *Fake) word(b *box, w string, after []string) (used int, err error) {
	switch w {
	case "running", "created", "paused":
		b.State, b.ExitCode, b.exists = w, -1, true
	case "exited", "restarting":
		if len(after) == 0 {
			return 0, fmt.Errorf("%s with what exit code?", w)
		}
		n, err := strconv.Atoi(after[0])
		if err != nil {
			return 0, fmt.Errorf("%s: %q is not an exit code", w, after[0])
		}
		b.State, b.exists, b.Finished, b.ExitCode = w, true, time.Now(), n
		return 1, nil
	case "off", "missing", "removed":
		b.exists = false
	case "healthy", "unhealthy", "starting":
		b.health = w
		b.HealthTest = []string{"CMD-SHELL", "/health"}
	case "oneshot":
		b.oneShot, b.Policy = true, "no"
	case "heals":
		b.heals = true
	case "oom":
		b.OOM = true
	case "hang":
		b.hangs = true
	case "built":
		b.built = true
	case "changed":
		b.changed, b.edits = true, b.edits+1
	default:
		return 0, fmt.Errorf("I do not know the word %q", w)
	}
	return 0, nil
}

func (f *Fake) set(b *box, key, value string) (err error) {
	list := func() []string { return strings.Split(value, ",") }
	switch key {
	case "image":
		b.image = value
	case "restarts":
		b.Restarts, err = strconv.Atoi(value)
	case "health":
		b.output = value
		if b.health == "" {
			b.health, b.HealthTest = "healthy", []string{"CMD-SHELL", "/health"}
		}
	case "log":
		for line := range strings.SplitSeq(value, "\n") {
			b.logs = append(b.logs, Line{At: time.Now(), Text: ops.Clean(line)})
		}
	case "err":
		b.logs = append(b.logs, Line{At: time.Now(), Text: ops.Clean(value), Err: true})
	case "mem":
		used, limit, _ := strings.Cut(value, "/")
		if b.used, err = parseSize(used); err == nil && limit != "" {
			b.Memory, err = parseSize(limit)
		}
	case "cpu":
		b.cpu, err = strconv.ParseFloat(value, 64)
	case "cpus":
		b.CPUs, err = strconv.ParseFloat(value, 64)
	case "phase":
		b.phase = value
	case "profile":
		b.profiles = list()
	case "container":
		b.Name = value
		f.identify(b)
	case "needs":
		b.DependsOn = list()
	case "env":
		b.wantEnv = list()
	case "envfile":
		b.envFiles = list()
	case "test":
		b.HealthTest = []string{"CMD-SHELL", value}
	case "policy":
		b.Policy = value
	case "ready":
		b.ready, err = time.ParseDuration(value)
	case "error":
		b.Error = value
	case "port":
		b.Ports = list()
	case "exits":
		b.exits, err = strconv.Atoi(value)
	case "project":
		b.Project, b.unmanaged, b.declared = value, true, false
	default:
		return fmt.Errorf("I do not know %s=", key)
	}
	return err
}

// file is the compose file of the box's phase: the last phase has the default name, as on the real stack.
func (f *Fake) file(b *box) string {
	if b.phase == "apps" {
		return path.Join(f.dir, "docker-compose.yml")
	}
	return path.Join(f.dir, "docker-compose-"+b.phase+".yml")
}

// splitWords splits at spaces outside of double quotes; in quotes \n and \" mean what they do in Go.
func splitWords(line string) (words []string, err error) {
	line = strings.TrimSpace(line)
	for line != "" && line[0] != '#' {
		var word strings.Builder
		for line != "" && line[0] != ' ' && line[0] != '\t' {
			if line[0] != '"' {
				word.WriteByte(line[0])
				line = line[1:]
				continue
			}
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("a quote that does not end")
			}
			plain, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, err
			}
			word.WriteString(plain)
			line = line[len(quoted):]
		}
		words, line = append(words, word.String()), strings.TrimSpace(line)
	}
	return words, nil
}

// parseSize reads "180M", in powers of ten.
func parseSize(s string) (int64, error) {
	units := map[byte]float64{'k': 1e3, 'K': 1e3, 'M': 1e6, 'G': 1e9}
	digits, factor := s, 1.0
	if n := len(s); n > 0 && units[s[n-1]] > 0 {
		digits, factor = s[:n-1], units[s[n-1]]
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("%q is not a size: write 180M or 2G", s)
	}
	return int64(v * factor), nil
}

// parseSpan reads Go's durations, and days: "9d".
func parseSpan(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a length of time: write 3m, 2h or 9d", s)
		}
		return time.Duration(n * float64(24*time.Hour)), nil
	}
	return time.ParseDuration(s)
}

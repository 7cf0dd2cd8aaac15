package ssh

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Compose is one Compose project whose files lie on the machine itself: Compose reads files where it runs, so it runs there.
type Compose struct {
	Docker  string   // the path of the engine's socket there; "" is /var/run/docker.sock
	Project string   // its name, always said: files never guess it
	Dir     string   // its directory there, where .env is
	Files   []string // absolute paths there, each laid over those before it
}

// The verbs are all that Compose is ever told to do there, with what each comes to. There is no down among them, and nothing that
// removes volumes or orphans can be said.
var verbs = map[string]struct {
	argv     []string
	services bool          // it takes the names of services
	limit    time.Duration // that both ends give it
}{
	"version":  {[]string{"version", "--short"}, false, time.Minute},
	"config":   {[]string{"--profile", "*", "config", "--format", "json", "--no-env-resolution"}, false, time.Minute},
	"up":       {[]string{"up", "-d", "--no-build", "--pull", "never", "--no-deps", "--"}, true, 10 * time.Minute},
	"recreate": {[]string{"up", "-d", "--no-build", "--pull", "never", "--force-recreate", "--no-deps", "--"}, true, 10 * time.Minute},
	"stop":     {[]string{"stop", "--"}, true, 10 * time.Minute},
	"pull":     {[]string{"pull", "--"}, true, 45 * time.Minute},
	"build":    {[]string{"build", "--"}, true, 45 * time.Minute},
}

var (
	composeProject = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	composeService = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)
)

// Check says what is wrong with p, if something is.
func (p Compose) Check() error {
	for _, file := range append([]string{p.Dir}, p.Files...) {
		if !path.IsAbs(file) || path.Clean(file) != file {
			return fmt.Errorf("%q is no absolute path", file)
		}
	}
	switch {
	case !composeProject.MatchString(p.Project):
		return fmt.Errorf("%q is no Compose project", p.Project)
	case len(p.Files) == 0:
		return fmt.Errorf("the Compose project %s names no files", p.Project)
	}
	return nil
}

// Argv is what does verb with services. The socket is always said: the machine may have a Docker context that leads elsewhere. An
// .env file may ask for orphans to be removed; what env sets wins over it, and Compose refuses to do both.
func (p Compose) Argv(verb string, services []string) ([]string, error) {
	v, known := verbs[verb]
	if err := p.Check(); err != nil {
		return nil, err
	}
	if !known || v.services == (len(services) == 0) {
		return nil, fmt.Errorf("docker compose is not told to %s %q", verb, services)
	}
	for _, s := range services {
		if !composeService.MatchString(s) {
			return nil, fmt.Errorf("%q is no service", s)
		}
	}
	socket := p.Docker
	if socket == "" {
		socket = "/var/run/docker.sock"
	}
	argv := []string{"env", "COMPOSE_REMOVE_ORPHANS=false", "COMPOSE_IGNORE_ORPHANS=true", "docker", "-H", "unix://" + socket,
		"compose", "--ansi", "never", "--progress", "plain", "-p", p.Project, "--project-directory", p.Dir}
	for _, file := range p.Files {
		argv = append(argv, "-f", file)
	}
	return append(append(argv, v.argv...), services...), nil
}

// Reads is the other way round: which verb argv is, if it is to the letter what [Compose.Argv] writes for p.
func (p Compose) Reads(argv []string) (verb string, ok bool) {
	var services []string
	if at := slices.Index(argv, "--"); at >= 0 {
		services = argv[at+1:]
	}
	for verb, v := range verbs {
		given := services
		if !v.services {
			given = nil
		}
		if same, err := p.Argv(verb, given); err == nil && slices.Equal(same, argv) {
			return verb, true
		}
	}
	return "", false
}

// ComposeLimit is how long a verb may take, at both ends.
func ComposeLimit(verb string) time.Duration { return verbs[verb].limit }

// Compose has `docker compose` do verb on the machine, and tells each line that it says. out is what it printed, exit its code. Errors:
// Unavailable if nothing was run, Denied where the guard does not allow it, Unknown if it was sent and its end was not heard of.
func (c *Client) Compose(ctx context.Context, p Compose, verb string, services []string, tell func(line string)) (out []byte, exit int, err error) {
	p.Docker = c.o.Docker
	argv, err := p.Argv(verb, services)
	if err != nil {
		return nil, 0, ops.Fail(ops.Invalid, ops.T("This is nothing that I tell Compose.", "Ce n’est rien que je dise à Compose."), err)
	}
	ctx, cancel := context.WithTimeout(ctx, ComposeLimit(verb)+10*time.Second) // the other end gives up first, and says so
	defer cancel()
	r, err := c.RunTelling(ctx, argv, largestAnswer, tell)
	if looks := verb == "version" || verb == "config"; looks && ops.KindOf(err) == ops.Unknown {
		return nil, 0, c.away(err)
	}
	switch {
	case err != nil:
		return nil, 0, err
	case r.Exit == refusedByGuard && c.o.Guard:
		return nil, 0, ops.Fail(ops.Denied, ops.T("The guard of %s does not let %s through. Allow it there: %s in its file.", "Le garde de %s ne laisse pas passer %s. Autorise-le là-bas : %s dans son fichier.",
			ops.Name(c.o.Name), ops.Name("docker compose "+verb), ops.Name("[[compose]]")), nil)
	case verb == "config" && r.Cut:
		return nil, 0, c.verdict(r, false)
	}
	return []byte(strings.TrimSpace(string(r.Out))), r.Exit, nil
}

package docker

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"vigie/ops"
)

// Far runs `docker compose` on another machine, where a project's files lie: main has it done over ssh. verb is one of version, config,
// up, recreate, stop, pull, build. out is what it printed, exit its code; say gets each line. Errors: Unavailable if nothing was run,
// Denied where the other end does not allow it, Unknown if it was sent and its end was not heard of.
type Far interface {
	Compose(ctx context.Context, verb string, services []string, say func(line string)) (out []byte, exit int, err error)
}

// A FarProject is the [Compose] of files that lie on another machine. It has one file, or several laid over each other.
type FarProject struct {
	far Far
	o   ComposeOptions

	mu    sync.Mutex // guards what follows
	ready time.Time  // when docker compose was last seen to work there
	files []File     // as they were read last
	read  time.Time
}

// farReread is how long a change in a file over there may go unseen: each reading costs a second or two of a small machine.
const farReread = 10 * time.Second

var _ interface {
	Compose
	Maker
} = (*FarProject)(nil)

// OpenFar checks the options. o.Files is one file, with those that it is laid over; paths are the other machine's.
func OpenFar(far Far, o ComposeOptions) (*FarProject, error) {
	if !projectName.MatchString(o.Project) {
		return nil, fmt.Errorf("the compose project name %q must be lower-case letters, digits, _ and -", o.Project)
	}
	if len(o.Files) != 1 {
		return nil, fmt.Errorf("the compose project %s is one file there, perhaps laid over others", o.Project)
	}
	return &FarProject{far: far, o: o}, nil
}

// Files implements [Compose]: the file as Compose itself reads it there, with every variable filled in. Of what it prints, only what
// [Service] holds is kept; environments are not.
func (p *FarProject) Files(ctx context.Context) ([]File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.files) > 0 && time.Since(p.read) < farReread {
		return p.files, nil
	}
	out, err := p.ask(ctx, "config")
	if err != nil {
		return nil, err
	}
	file := p.o.Files[0].Path
	project, err := loader.LoadWithContext(ctx, types.ConfigDetails{WorkingDir: path.Dir(file), ConfigFiles: []types.ConfigFile{{Filename: file, Content: out}}}, func(l *loader.Options) {
		l.SetProjectName(p.o.Project, true)
		l.SkipResolveEnvironment, l.SkipResolveLabels = true, true
		l.Profiles = []string{"*"}
	})
	if err != nil { // the cause could quote a secret
		return nil, unreadable(file, 0, fmt.Errorf("what docker compose config prints there cannot be read here"))
	}
	p.files, p.read = []File{{Path: file, Phase: p.o.Files[0].Phase, Services: p.o.services(project, nil)}}, time.Now()
	return p.files, nil
}

// Ready implements [Compose].
func (p *FarProject) Ready(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.ready) < reread {
		return nil
	}
	out, err := p.ask(ctx, "version")
	if err != nil {
		return err
	}
	if version := strings.TrimPrefix(strings.TrimSpace(string(out)), "v"); strings.HasPrefix(version, "1.") {
		return ops.Fail(ops.Unavailable, ops.T("docker compose over there is version %s; it takes 2 or newer.", "docker compose là-bas est en version %s ; il faut la 2 ou plus récente.", ops.Name(clip(version, 20))), nil)
	}
	p.ready = time.Now()
	return nil
}

// ask runs what only looks.
func (p *FarProject) ask(ctx context.Context, verb string) ([]byte, error) {
	errs := &lineWriter{}
	out, exit, err := p.far.Compose(ctx, verb, nil, func(line string) {
		if !strings.HasPrefix(strings.TrimSpace(line), `"`) { // what it prints of the file is no error
			errs.line(line)
		}
	})
	says := func(words string) bool {
		return slices.ContainsFunc(errs.lines, func(l string) bool { return strings.Contains(l, words) })
	}
	switch {
	case err != nil:
		return nil, err
	case exit == 127, exit != 0 && says("is not a docker command"):
		return nil, ops.Fail(ops.Unavailable, ops.T("docker compose does not work over there: install docker and its compose plugin, version 2 or newer.",
			"docker compose ne marche pas là-bas : installes-y docker et son greffon compose, version 2 ou plus récente."), fmt.Errorf("exit %d: %s", exit, composeSaid(errs.lines)))
	case exit != 0 && says("unknown flag"):
		return nil, ops.Fail(ops.Unavailable, ops.T("docker compose over there is too old: 2.32 or newer is needed.", "docker compose là-bas est trop ancien : il faut la 2.32 ou plus récente."), fmt.Errorf("exit %d: %s", exit, composeSaid(errs.lines)))
	case exit != 0:
		return nil, explainCompose(ctx, call{doing: doFiles}, p.o, errs.lines, fmt.Errorf("exit %d", exit))
	}
	return out, nil
}

// Up implements [Compose].
func (p *FarProject) Up(ctx context.Context, file string, services []string, recreate bool, progress func(string)) error {
	if recreate {
		return p.run(ctx, "recreate", file, services, progress)
	}
	return p.run(ctx, "up", file, services, progress)
}

// Stop implements [Compose].
func (p *FarProject) Stop(ctx context.Context, file string, services []string, progress func(string)) error {
	return p.run(ctx, "stop", file, services, progress)
}

// Down implements [Compose]. Over there nothing is ever removed.
func (p *FarProject) Down(context.Context, string, func(string)) error {
	return ops.Fail(ops.Invalid, ops.T("Containers of another machine's files are stopped, not removed.", "Les conteneurs dont les fichiers sont sur une autre machine s’arrêtent, sans être retirés."), nil)
}

// Pull implements [Maker].
func (p *FarProject) Pull(ctx context.Context, file string, services []string, progress func(string)) error {
	return p.run(ctx, "pull", file, services, progress)
}

// Build implements [Maker].
func (p *FarProject) Build(ctx context.Context, file string, services []string, progress func(string)) error {
	return p.run(ctx, "build", file, services, progress)
}

func (p *FarProject) run(ctx context.Context, verb, file string, services []string, progress func(string)) error {
	c := call{doing: doCompose, changes: true}
	if err := ctx.Err(); err != nil {
		return notSent(c, err)
	}
	if file != p.o.Files[0].Path {
		return noFile(file)
	}
	if len(services) == 0 { // all, by name, as the verbs take them
		files, err := p.Files(ctx)
		if err != nil {
			return err
		}
		for _, s := range files[0].Services {
			if len(s.Profiles) == 0 || verb == "stop" {
				services = append(services, s.Name)
			}
		}
		if len(services) == 0 {
			return nil
		}
	}
	out := &lineWriter{say: progress}
	_, exit, err := p.far.Compose(ctx, verb, slices.Clone(services), out.line)
	if err == nil && exit != 0 {
		err = explainCompose(ctx, c, p.o, out.lines, fmt.Errorf("exit %d", exit))
	}
	return err
}

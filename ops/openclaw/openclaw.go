// Package openclaw works on an OpenClaw: who waits to talk to it and letting them, the devices that may steer it, its agents,
// and what it has loaded.
//
// # What it holds to
//
// OpenClaw is asked through its own program, inside its container, and never through its files: where and how it keeps what
// it knows differs between versions (JSON files up to 2026.5, SQLite from 2026.9 on), what its program says does not. One call
// takes 2 to 22 s and 300 to 400 MB, so calls come one after the other, and the watcher makes few.
//
// The first sender who is let in becomes the owner of its commands if there is none, whoever it is: the plan says so, and is
// destructive then. A code's time is an hour, and the program says the same of a code that is over as of one that never was;
// what was seen before tells the two apart.
//
// A model is changed where the deployment sets it, in its file of variables, or else by OpenClaw's own program, which the next
// deployment takes back. Either is proved by what OpenClaw lists afterwards, with its gateway up and its channels loaded.
//
// Read openclaw.go (what can be asked for), cli.go (how), pairing.go (who waits), pair.go, devices.go, agents.go, loaded.go,
// settings.go, model.go and model_set.go (another model), variables.go, deploy.go and deploy_run.go (through the deployment), profile.go, proof.go, link.go, watch.go.
package openclaw

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

// A Container is where OpenClaw's program is.
type Container interface {
	// Exec runs a program and waits for its end. exit is -1 unless it is known; a nil error means that the output came whole.
	Exec(ctx context.Context, x Exec) (exit int, err error)
}

// An Exec is one program to run in a container.
type Exec struct {
	Argv           []string // no secret may stand here
	Env            []string
	User           string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Options say which OpenClaw. Zero values mean what each field says.
type Options struct {
	Container Container
	Service   string            // what people call it; "" is openclaw
	Program   []string          // the program before its own words; none is node /app/openclaw.mjs
	Channels  []string          // where people ask to be let in; none is telegram
	Personas  map[string]string // what people call an agent, by its id
	Every     time.Duration     // how often the watcher looks; 0 is every 5 min
	Deploy    *Deploy           // how the deployment sets models; nil: OpenClaw's own program does
	Link      Secret            // the bootstrap link; nil: nobody is given one
	// Restart plans to restart it, for versions that read their settings only then; nil: such a version's models stay.
	Restart func(context.Context) (Restart, error)
}

// A Secret is something that does not print, and has to be asked for.
type Secret interface{ Reveal() string }

// A System is what the ops and the watcher here work on. [New] makes one.
type System struct {
	o    Options
	turn chan struct{} // has room for the one who calls

	mu      sync.Mutex          // guards all below
	seen    map[string]sighting // codes that were pending once, by channel and code: a day's worth at most
	known   []model             // the models as they were listed last
	knownAt time.Time
}

// A sighting is a request as it was seen last.
type sighting struct {
	Created time.Time
	At      time.Time
}

var set ops.Set[*System]

// Bind returns every op in this package that s is configured for, working on s; of nil, every op.
func Bind(s *System) ops.Bound {
	b := set.Bind(s)
	if s == nil {
		return b
	}
	b.Ops = slices.DeleteFunc(b.Ops, func(op ops.Op) bool {
		return op.Name == linkOp && s.o.Link == nil || op.Name == "openclaw.profile" && (s.o.Deploy == nil || s.o.Deploy.Profile == "")
	})
	return b
}

var theme = ops.T("OpenClaw", "OpenClaw")

// word is what a channel and an agent may be called: it becomes an argument, so it begins with no dash.
var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// New makes a system of o; it asks nothing yet.
func New(o Options) (*System, error) {
	if o.Service == "" {
		o.Service = "openclaw"
	}
	if len(o.Program) == 0 {
		o.Program = []string{"node", "/app/openclaw.mjs"}
	}
	if len(o.Channels) == 0 {
		o.Channels = []string{"telegram"}
	}
	if o.Every == 0 {
		o.Every = 5 * time.Minute
	}
	s := &System{o: o, turn: make(chan struct{}, 1), seen: map[string]sighting{}}
	var wrong []error
	if o.Container == nil {
		wrong = append(wrong, errors.New("openclaw: there is no container to ask in"))
	}
	if i := slices.IndexFunc(o.Channels, func(c string) bool { return !word.MatchString(c) }); i >= 0 {
		wrong = append(wrong, errors.New("openclaw: a channel is one word, such as telegram"))
	}
	if o.Every < time.Minute {
		wrong = append(wrong, errors.New("openclaw: every is at least a minute: each look takes seconds of its processor"))
	}
	return s, errors.Join(append(wrong, o.Deploy.check())...)
}

// Package studio starts, stops, updates and looks at a creative studio: a Compose project that is started on demand, often on another
// machine, with the programs in it (ComfyUI, Remotion), the machine that it is on, and the proxy before it.
//
// # What it holds to
//
// A studio that is off is off, not broken: what is not started needs nobody, and a proxy that answers 502 for it is right. Broken is
// what ended by itself, or runs and does not answer.
//
// What was started is proved by its health check, and by what only the program itself can answer. An update that does not become
// healthy goes back to the images that it had. A machine that restarted between the plan and a step is told of, and the step is not taken.
//
// Jobs that would be lost are told before anything is stopped, and if one begins between the plan and the yes, nothing is stopped.
//
// Read studio.go (what it needs), service.go (what a state means), machine.go, show.go; then up.go, down.go, restart.go, update.go,
// proxy.go with the steps in steps.go; cert.go and tailnet.go; watch.go for what is told unasked.
package studio

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Options say what the studio is. Zero values mean what each field says.
type Options struct {
	Host       string // what the machine is called
	Containers Containers
	Machine    Machine
	Programs   []Program
	Services   []string // that /studio_up starts; nil: all that its files name, but those on demand
	Units      []string // systemd units that it needs
	Tailnet    string   // host:port in the private network where the machine must be reachable; "" is not looked at
	Proxy      Proxy
	Kept       Kept
	Zone       *time.Location // of its clock; nil is UTC
	Wait       time.Duration  // how long a program may take to answer once its container is healthy; 0 means 3 min
	Here       bool           // it is on the stack's own engine: plans of the stack and of the studio wait for each other

	Dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil: the network
	Roots *x509.CertPool                                                       // nil: the machine's
}

// Containers are those of the studio's project. Errors are [*ops.Error]s: Unknown where a change was sent and no answer came.
type Containers interface {
	// Look sees every service; measured, also what those that run use.
	Look(ctx context.Context, measured bool) ([]Service, error)
	// Raise starts services as their file says, and never gets an image; with anew, they are made anew. say gets what is being done.
	Raise(ctx context.Context, services []string, anew bool, say func(string)) error
	// Lower stops services and keeps their containers.
	Lower(ctx context.Context, services []string, say func(string)) error
	Restart(ctx context.Context, container string) error
	// Prove waits until all are up: healthy, or where nothing checks that, running for a while.
	Prove(ctx context.Context, rising []Rising) error
	// Make pulls the images of some services and builds those of others. What runs is not touched.
	Make(ctx context.Context, pulled, built []string, say func(string)) error
	// Keep makes an image stay for a day; Refer makes ref mean it; Meant is the id of what ref means, "" for nothing.
	Keep(ctx context.Context, service, image string) error
	Refer(ctx context.Context, ref, image string) error
	Meant(ctx context.Context, ref string) (string, error)
	// Offered is the digest that the registry has for ref, and whether that is what is here.
	Offered(ctx context.Context, ref string) (digest string, here bool, err error)
}

// A Machine is what the studio is on.
type Machine interface {
	Read(ctx context.Context) (Reading, error)
	// Unit reads a systemd unit, RestartUnit restarts it, ProveUnit waits until another start than was is up and stays up.
	Unit(ctx context.Context, unit string) Unit
	RestartUnit(ctx context.Context, unit string) error
	ProveUnit(ctx context.Context, unit, was string) error
	// UnitLock is what plans hold that work on a unit.
	UnitLock(unit string) string
	// Run runs an argument list that only looks there. said is what it printed.
	Run(ctx context.Context, argv []string) (exit int, said string, err error)
}

// A Program is what answers in one of the services.
type Program struct {
	Service string
	API     API
}

// An API is how a program is asked.
type API interface {
	// Answers asks for what only the program itself can say.
	Answers(ctx context.Context) (ops.Text, error)
	// Jobs is how much is under way and waits, as far as it can be seen.
	Jobs(ctx context.Context) (running, waiting int, err error)
}

// A Proxy is the unit before the programs, which holds the certificates.
type Proxy struct {
	Unit     string   // "caddy-workstation.service"; "" is none
	Validate []string // an argument list that ends with 0 if its configuration is right, and changes nothing; nil: it is not asked
	Names    []string // whose certificates are looked at: a name, perhaps with a port
	Address  string   // host:port where it is asked for them; "" is each name's own
}

// Kept keeps the studio's memory across restarts. Load returns nil where there is none.
type Kept interface {
	Load(ctx context.Context, id string) (json.RawMessage, error)
	Save(ctx context.Context, id string, body json.RawMessage) error
}

// A System is what the ops here work on. [New] makes one.
type System struct {
	o Options

	mu      sync.Mutex // guards what follows
	known   []ops.Choice
	knownAt time.Time
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s. /studio_proxy is among them only where there is a proxy.
func Bind(s *System) ops.Bound {
	b := set.Bind(s)
	if s != nil && s.o.Proxy.Unit == "" { // nil is bound to be read for, never asked
		b.Ops = slices.DeleteFunc(b.Ops, func(o ops.Op) bool { return o.Name == "studio.proxy" })
	}
	return b
}

var theme = ops.T("Studio", "Studio")

// New makes a system of o; it asks nothing yet.
func New(o Options) (*System, error) {
	if o.Host == "" || o.Containers == nil || o.Machine == nil || o.Kept == nil {
		return nil, errors.New("a studio needs a machine, containers, and a place to keep what it saw")
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Wait <= 0 {
		o.Wait = 3 * time.Minute
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return &System{o: o}, nil
}

func (s *System) host() ops.Name { return ops.Name(s.o.Host) }

// lock is what every plan that works on the studio holds.
func (s *System) lock() string { return "studio:" + s.o.Host }

// program is what answers in a service, nil if that is not known.
func (s *System) program(service string) API {
	if at := slices.IndexFunc(s.o.Programs, func(p Program) bool { return p.Service == service }); at >= 0 {
		return s.o.Programs[at].API
	}
	return nil
}

// namesFor is how long the names of services are as they were: Compose over there takes a second or two, and words are read meanwhile.
const namesFor = 5 * time.Minute

var _ = ops.Names(&set, "studio_service", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	s.mu.Lock()
	known, at := s.known, s.knownAt
	s.mu.Unlock()
	if len(known) > 0 && time.Since(at) < namesFor {
		return known, nil
	}
	all, err := s.o.Containers.Look(ctx, false)
	if err != nil {
		return nil, err
	}
	var list []ops.Choice
	for _, o := range all {
		if !o.Orphan {
			list = append(list, ops.Choice{Value: o.Name, Also: []string{o.Container}})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.knownAt = list, time.Now()
	return list, nil
})

// clip cuts foreign text to n characters, on one line.
func clip(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(ops.Clean(s)), " "))
	if len(r) > n {
		r = append(r[:n-1], '…')
	}
	return string(r)
}

// names puts names in a row.
func names(list []string) ops.Text {
	var texts []ops.Text
	for _, n := range list[:min(len(list), 6)] {
		texts = append(texts, ops.Raw(ops.Name(n).String()))
	}
	if more := len(list) - 6; more > 0 {
		texts = append(texts, ops.T("%d more", "%d autres", more))
	}
	return ops.Join(", ", texts...)
}

// Package checks asks endpoints whether they answer, as their users would: pages, ports, names, certificates. It says what
// the answer means: 401 is alive, 403 is being off the VPN, 502 is a dead service behind a live proxy.
package checks

import (
	"cmp"
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

// Options says what is checked.
type Options struct {
	Checks   []Check
	Parallel int // how many are under way at once, at most; 0 means 16
}

// A Check is one endpoint. Exactly one of URL, TCP, DNS and TLS is given.
type Check struct {
	Name string
	URL  string // http or https
	TCP  string // host:port: alive if it takes a connection
	TLS  string // host:port: alive if it greets with a certificate that is good for host
	DNS  string // a name: alive if it resolves

	Answers []string // DNS: the addresses that it must resolve to, all of them and no others of their family; nil is any
	Server  string   // DNS: the server to ask, host or host:port; "" asks as this machine does

	Every   time.Duration // 0 means 60 s; at least 5 s
	Timeout time.Duration // 0 means 10 s
	Fails   int           // failures in a row before it counts as failing; 0 means 2
	Passes  int           // successes in a row before it counts as fine again; 0 means 2
	MaxTime time.Duration // slower than this is a trouble too; 0 is never

	Expect      []int  // URL: the statuses that are alive; nil means 200 to 399 and 401
	Body        string // URL: what the first MiB of the body must hold
	BodyMatches string // URL: a regular expression that it must match
	Method      string // URL: GET or HEAD; "" means GET
	Header      map[string]Secret
	Resolve     string // the IP address to connect to instead of asking DNS; or as for curl --resolve: "host:443:100.64.0.14"

	Insecure bool   // any certificate will do
	CA       []byte // certificates in PEM that are trusted too, for a private authority
	NoCert   bool   // do not watch when the certificate ends
	// Days are how long before its end a certificate warns, and is critical. nil means 21, 7; less for one that lives less than 90
	// days, since it is renewed later too.
	Days []int

	Severity ops.Severity // of failing; "" means critical
	Needs    []string     // subjects whose trouble explains a failure: "container:n8n"
}

// String is the name: the rest may hold secrets.
func (c Check) String() string { return "check " + c.Name }

// GoString is the name too.
func (c Check) GoString() string { return c.String() }

// A Secret is a value that is written into a request and shown nowhere.
type Secret interface{ Reveal() string }

// A System is what the ops here show, and what its watcher watches.
type System struct {
	checks []*check
	slots  chan struct{} // one for each that may be under way

	mu sync.Mutex // guards the record and the state of every check
}

// A check is a Check ready to run, with what is known of it.
type check struct {
	Check
	probe probe
	extra chan Result // results that somebody asked for, for the watcher to judge

	record record
	state  state
}

var set ops.Set[*System]

// Bind returns every op in this package, on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a system of o. The error names everything that is wrong with o, one mistake a line.
func New(o Options) (*System, error) { return build(o, (&net.Dialer{}).DialContext) }

func build(o Options, dial dialFunc) (*System, error) {
	s := &System{slots: make(chan struct{}, cmp.Or(max(o.Parallel, 0), 16))}
	var wrong mistakes
	for i, c := range o.Checks {
		if slices.ContainsFunc(o.Checks[:i], func(other Check) bool { return other.Name == c.Name }) {
			wrong.add(c.Name, "the name is taken by another check")
		}
		c = c.defaults()
		p := wrong.ready(c)
		p.dial = dial
		s.checks = append(s.checks, &check{Check: c, probe: p, extra: make(chan Result, 1)})
	}
	return s, wrong.err()
}

func (c Check) defaults() Check {
	c.Every, c.Timeout = cmp.Or(c.Every, time.Minute), cmp.Or(c.Timeout, 10*time.Second)
	c.Fails, c.Passes = cmp.Or(c.Fails, 2), cmp.Or(c.Passes, 2)
	c.Method, c.Severity = cmp.Or(c.Method, "GET"), cmp.Or(c.Severity, ops.Critical)
	return c
}

// run runs c now, once there is a slot. ok is false if ctx ended first.
func (s *System) run(ctx context.Context, c *check) (r Result, ok bool) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return Result{}, false
	}
	defer func() { <-s.slots }()
	r = c.probe.run(ctx)
	if ctx.Err() != nil {
		return Result{}, false // we stopped: what failed then, failed because of it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.record.add(r)
	return r, true
}

func (s *System) find(name string) (*check, error) {
	if i := slices.IndexFunc(s.checks, func(c *check) bool { return c.Name == name }); i >= 0 {
		return s.checks[i], nil
	}
	return nil, &ops.Error{Kind: ops.NotFound, Param: "check", Choices: s.choices(),
		Say: ops.T("There is no check %s in the configuration.", "Il n’y a pas de contrôle %s dans la configuration.", ops.Name(clip(name, 40)))}
}

func (s *System) choices() (list []ops.Choice) {
	for _, c := range s.checks {
		list = append(list, ops.Choice{Value: c.Name, Hint: ops.Raw(c.probe.target())})
	}
	return list
}

var _ = ops.Names(&set, "check", func(_ context.Context, s *System) ([]ops.Choice, error) { return s.choices(), nil })

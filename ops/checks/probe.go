package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"sync"
	"time"

	"vigie/ops"
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// A probe is a check that is ready to ask.
type probe struct {
	Check
	dial       dialFunc
	url        *url.URL
	host, port string
	resolve    string // what to connect to instead of host:port
	server     string
	answers    []netip.Addr
	matches    *regexp.Regexp
	roots      *x509.CertPool // nil: the machine's
}

// A Result is one run of a check.
type Result struct {
	At      time.Time
	Fault   string   // "" is fine; else the kind of trouble it makes: "down", "dns", "tls"
	Say     ops.Text // what the answer means
	Code    string   // it in a word, the same in both languages: "200", "timeout"
	Reached bool     // something out there answered, if only to refuse
	Times   Times
	Cert    *Cert
	Addr    string   // what was connected to
	Final   string   // the host that redirects led to, if it is another
	Answers []string // DNS
	Quote   string   // the beginning of a body that is not as it should be
}

// Times are how long the parts of an answer took; 0 is a part that was not there. With redirects they are sums.
type Times struct{ Lookup, Connect, TLS, First, Total time.Duration }

// run asks once. It returns at the latest when the check's time is over.
func (p *probe) run(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	c := &clock{start: time.Now()}
	var r Result
	switch {
	case p.URL != "":
		r = p.page(ctx, c)
	case p.DNS != "":
		r = p.name(ctx, c)
	default:
		r = p.connect(ctx, c)
	}
	r.At, r.Times = c.start, c.read()
	r.Addr = c.at()
	return r
}

// target is what is asked, without what may be secret.
func (p *probe) target() string {
	switch {
	case p.url != nil:
		return ops.Clean((&url.URL{Scheme: p.url.Scheme, Host: p.url.Host, Path: p.url.Path}).String())
	case p.DNS != "":
		return "dns " + ops.Clean(p.DNS)
	case p.TLS != "":
		return "tls " + ops.Clean(p.TLS)
	}
	return "tcp " + ops.Clean(p.TCP)
}

// open connects to address, or to where the check says that it is.
func (p *probe) open(ctx context.Context, network, address string) (net.Conn, error) {
	if p.resolve != "" && address == net.JoinHostPort(p.host, p.port) {
		address = p.resolve
	}
	return p.dial(ctx, network, address)
}

// trust is how certificates are judged.
func (p *probe) trust() *tls.Config {
	return &tls.Config{RootCAs: p.roots, InsecureSkipVerify: p.Insecure, MinVersion: tls.VersionTLS12}
}

// A phase is how far an attempt came.
type phase int

const (
	lookingUp phase = iota
	connecting
	greeting  // TLS
	waiting   // asked, and nothing came yet
	answering // something came
)

// A clock takes the times of one run. What the network calls back may come from several goroutines, and late.
type clock struct {
	start time.Time

	mu      sync.Mutex // guards what follows
	phase   phase
	since   time.Time // of the part that is under way
	times   Times
	address string
	cert    *Cert // of the first that greeted: the check is about that one, wherever it redirects to
}

// begin says that a part of the run begins.
func (c *clock) begin(p phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.since = p, time.Now()
}

// end adds the part that is under way to a sum.
func (c *clock) end(sum func(*Times) *time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*sum(&c.times) += time.Since(c.since)
}

func (c *clock) first() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phase, c.times.First = answering, time.Since(c.start)
}

func (c *clock) connected(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.address, c.phase = address, waiting
}

func (c *clock) greeted(s tls.ConnectionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cert == nil {
		c.cert = certOf(s.PeerCertificates)
	}
}

func (c *clock) certificate() *Cert {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cert
}

func (c *clock) reached() phase {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase
}

func (c *clock) at() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.address
}

func (c *clock) read() Times {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.times
	t.Total = time.Since(c.start)
	return t
}

func lookupTime(t *Times) *time.Duration  { return &t.Lookup }
func connectTime(t *Times) *time.Duration { return &t.Connect }
func tlsTime(t *Times) *time.Duration     { return &t.TLS }

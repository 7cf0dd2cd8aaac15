package checks

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// mistakes gathers what is wrong with the options. None of them repeats an address, which may hold a password.
type mistakes struct{ list []error }

func (m *mistakes) add(name, format string, args ...any) {
	m.list = append(m.list, fmt.Errorf("check %q: "+format, append([]any{name}, args...)...))
}

func (m *mistakes) err() error { return errors.Join(m.list...) }

// ready makes a probe of c.
func (m *mistakes) ready(c Check) probe {
	p := probe{Check: c}
	if c.Name == "" || strings.ContainsAny(c.Name, ": \t\n") {
		m.add(c.Name, "a name is needed, without colons and spaces")
	}
	given := 0
	for _, target := range []string{c.URL, c.TCP, c.TLS, c.DNS} {
		if target != "" {
			given++
		}
	}
	if given != 1 {
		m.add(c.Name, "give one of url, tcp, tls and dns, not %d", given)
	}
	m.numbers(c)
	m.page(c, &p)
	m.address(c, &p)
	if len(c.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool() // a machine without any
		}
		if !pool.AppendCertsFromPEM(c.CA) {
			m.add(c.Name, "its authority holds no certificate in PEM")
		}
		p.roots = pool
	}
	return p
}

func (m *mistakes) numbers(c Check) {
	if c.Every < 5*time.Second {
		m.add(c.Name, "every %v is too often: at least every 5s", c.Every)
	}
	if c.Timeout < 0 || c.Timeout > 5*time.Minute || c.MaxTime < 0 || c.MaxTime > c.Timeout {
		m.add(c.Name, "a timeout is at most 5m, and no shorter than the longest time that is fine")
	}
	if c.Fails < 1 || c.Passes < 1 {
		m.add(c.Name, "failures and successes in a row are at least 1")
	}
	if n := len(c.Days); n > 2 || n > 0 && slices.Min(c.Days) < 0 || n == 2 && c.Days[0] < c.Days[1] {
		m.add(c.Name, "days before a certificate ends are such as 21 and 7, not %v", c.Days)
	}
	if !slices.Contains([]ops.Severity{ops.Notice, ops.Warning, ops.Critical}, c.Severity) {
		m.add(c.Name, "a severity is notice, warning or critical, not %q", c.Severity)
	}
	for _, status := range c.Expect {
		if status < 100 || status > 599 {
			m.add(c.Name, "%d is no HTTP status", status)
		}
	}
}

// page reads what only goes with a URL.
func (m *mistakes) page(c Check, p *probe) {
	if c.URL == "" {
		if len(c.Expect)+len(c.Body)+len(c.BodyMatches)+len(c.Header) > 0 || c.Method != http.MethodGet {
			m.add(c.Name, "expect, body, method and headers are for a url")
		}
		return
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		m.add(c.Name, "its url is no address such as https://n8n.example.org/healthz")
		return
	}
	p.url, p.host, p.port = u, u.Hostname(), portOf(u)
	if c.Method != http.MethodGet && c.Method != http.MethodHead {
		m.add(c.Name, "a check only looks: the method is GET or HEAD, not %s", c.Method)
	}
	if c.Method == http.MethodHead && c.Body+c.BodyMatches != "" {
		m.add(c.Name, "an answer to HEAD has no body")
	}
	if c.BodyMatches != "" {
		if p.matches, err = regexp.Compile(c.BodyMatches); err != nil {
			m.add(c.Name, "body_matches: %v", err)
		}
	}
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// address reads where to connect to.
func (m *mistakes) address(c Check, p *probe) {
	var err error
	if at := c.TCP + c.TLS; at != "" {
		if p.host, p.port, err = net.SplitHostPort(at); err != nil || p.host == "" || p.port == "" {
			m.add(c.Name, "%s is no host:port", at)
		}
	}
	if c.DNS != "" {
		p.host = c.DNS
	} else if len(c.Answers) > 0 || c.Server != "" {
		m.add(c.Name, "answers and server are for dns")
	}
	for _, a := range c.Answers {
		ip, err := netip.ParseAddr(a)
		if err != nil {
			m.add(c.Name, "%s is no IP address", a)
		}
		p.answers = append(p.answers, ip.Unmap())
	}
	if c.Server != "" {
		p.server = c.Server
		if _, _, err := net.SplitHostPort(c.Server); err != nil {
			p.server = net.JoinHostPort(strings.Trim(c.Server, "[]"), "53")
		}
		_, p.port, _ = net.SplitHostPort(p.server) // just made, or just found good
	}
	if c.Resolve == "" {
		return
	}
	if c.DNS != "" {
		m.add(c.Name, "resolve is for a url, tcp or tls")
		return
	}
	to := c.Resolve
	if parts := strings.SplitN(to, ":", 3); len(parts) == 3 && parts[0] == p.host && parts[1] == p.port {
		to = parts[2]
	}
	ip, err := netip.ParseAddr(strings.Trim(to, "[]"))
	if err != nil {
		m.add(c.Name, "resolve is an IP address, or %s:%s:address", p.host, p.port)
	}
	p.resolve = net.JoinHostPort(ip.String(), p.port)
}

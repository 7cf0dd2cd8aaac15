package config

import (
	"encoding/base64"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

// fitting says which keys go with which ways of asking; those that it does not list go with all.
var fitting = []struct {
	key, with string // with: the ways, as people write them
	ways      []string
}{
	{"expect", "url", []string{"http", "https"}},
	{"body", "url", []string{"http", "https"}},
	{"header_file", "url", []string{"http", "https"}},
	{"days", "url = \"https://…\", tls", []string{"https", "tls"}},
	{"insecure", "url = \"https://…\", tls", []string{"https", "tls"}},
	{"resolve", "url, tcp, tls", []string{"http", "https", "tcp", "tls"}},
	{"answer", "dns", []string{"dns"}},
	{"server", "dns", []string{"dns"}},
}

// checkFitting reports keys that would have no effect.
func (l *loader) checkFitting(at, how string) {
	for _, f := range fitting {
		if key := child(at, f.key); l.doc.has(key) && !slices.Contains(f.ways, how) {
			l.add(key, ops.T("it has no effect on this check; it goes with %s; remove it", "elle n’a pas d’effet sur ce contrôle ; elle va avec %s ; enlève-la", f.with))
		}
	}
}

// checkAnswer is about what the answer must be.
func (l *loader) checkAnswer(at, how string, c *Check) {
	l.checkPair(child(at, "days"), &c.Days, nil, falling)
	for i, status := range c.Expect {
		if key := element(child(at, "expect"), i); status < 100 || status > 599 {
			l.add(key, ops.T("%d is no status of HTTP; write 200 for all is well, 401 for alive and closed; from 100 to 599", "%d n’est pas un statut HTTP ; écris 200 pour tout va bien, 401 pour vivant et fermé ; de 100 à 599", status))
		}
	}
	for i, a := range c.Answer {
		if _, err := netip.ParseAddr(a); err != nil {
			l.add(element(child(at, "answer"), i), ops.T(`%s is no address that a name can have; write "100.64.0.14"`, `%s n’est pas une adresse que peut avoir un nom ; écris "100.64.0.14"`, quoted(a)))
		}
	}
	if c.Server = withPort(c.Server, "53"); c.Server != "" && !hostPort(c.Server) {
		l.add(child(at, "server"), ops.T(`%s is no name server; write "100.100.100.100:53"`, `%s n’est pas un serveur de noms ; écris "100.100.100.100:53"`, quoted(c.Server)))
	}
	if c.Resolve != "" {
		c.Pin = c.pin()
	}
	if _, err := netip.ParseAddr(c.Resolve); c.Resolve != "" && err != nil {
		l.add(child(at, "resolve"), ops.T(`%s is no address to connect to in place of what the name says; write "100.64.0.14"`, `%s n’est pas une adresse où se connecter au lieu de ce que dit le nom ; écris "100.64.0.14"`, quoted(c.Resolve)))
	}
	key := child(at, "max_time")
	l.checkSpanIn(key, &c.MaxTime, 0, leastTime, mostTimeout)
	if c.MaxTime > c.Timeout && !l.told(child(at, "timeout")) {
		l.add(key, ops.T("it is longer than timeout, after which nobody waits for the answer; shorten it", "c’est plus long que timeout, après quoi personne n’attend la réponse ; raccourcis-le"))
	}
	if c.HeaderFile != "" && how != "" {
		c.HeaderFile = abs(l.dir, c.HeaderFile)
		c.Header = l.readHeader(child(at, "header_file"), c.HeaderFile)
	}
}

// pin is Resolve in the notation of curl.
func (c *Check) pin() string {
	host, port, _ := net.SplitHostPort(c.TCP + c.TLS)
	if u, err := url.Parse(c.URL); err == nil && c.URL != "" {
		if host, port = u.Hostname(), u.Port(); port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
	}
	return host + ":" + port + ":" + c.Resolve
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // RFC 9110, section 5.6.2

// readHeader reads "Name: value" from a secret's file. What stands after a scheme, and what Basic encodes, is a secret, too.
func (l *loader) readHeader(key, path string) Header {
	s := l.readSecret(key, path)
	if s.IsZero() {
		return Header{}
	}
	name, value, ok := strings.Cut(s.Reveal(), ":")
	value = strings.TrimSpace(value)
	l.keepParts(value)
	if !ok || value == "" || !headerName.MatchString(name) {
		l.add(key, ops.T(`what %s holds is no header; write one line into it: "Authorization: Bearer …"`, `ce que contient %s n’est pas un en-tête ; écris-y une ligne : « Authorization: Bearer … »`, path))
		return Header{}
	}
	if scheme, rest, ok := strings.Cut(value, " "); ok {
		l.keepParts(rest)
		if plain, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
			_, word, _ := strings.Cut(string(plain), ":")
			l.keepParts(word)
		}
	}
	return Header{textproto.CanonicalMIMEHeaderKey(name), conceal(value)}
}

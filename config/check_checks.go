package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// How a check asks, where the file does not say.
const (
	defaultEvery   = Duration(time.Minute)
	defaultTimeout = Duration(10 * time.Second)
	mostTimeout    = Duration(time.Minute)
	leastTime      = Duration(10 * time.Millisecond)
	defaultFails   = 2
	leastEvery     = Duration(5 * time.Second)
)

func (l *loader) checkChecks() {
	names := map[string]bool{}
	for i := range l.cfg.Checks {
		c, at := &l.cfg.Checks[i], element("checks", i)
		l.checkWord(child(at, "name"), c.Name, names)
		l.checkSpanIn(child(at, "every"), &c.Every, defaultEvery, leastEvery, mostSpan)
		l.checkSpanIn(child(at, "timeout"), &c.Timeout, min(defaultTimeout, max(c.Every, leastEvery)), leastSpan, mostTimeout)
		if key := child(at, "timeout"); c.Timeout > c.Every && !l.told(child(at, "every")) {
			l.add(key, ops.T("it is longer than every, so checks would pile up; shorten it", "c’est plus long que every, donc les contrôles s’empileraient ; raccourcis-le"))
		}
		l.checkNumber(child(at, "fails"), &c.Fails, defaultFails, 1, 100)
		l.checkSeverity(child(at, "severity"), &c.Severity, ops.Critical)
		l.checkNeeds(child(at, "needs"), c.Needs)
		if how := l.checkTarget(at, c); how != "" {
			l.checkFitting(at, how)
			l.checkAnswer(at, how, c)
		}
	}
}

var subjectShape = regexp.MustCompile(`^[a-z][a-z0-9-]*:\S.*$`)

func (l *loader) checkNeeds(key string, needs []string) {
	for i, s := range needs {
		if !subjectShape.MatchString(s) || strings.ContainsAny(s, "*?") {
			l.add(element(key, i), ops.T(`%s is no subject; write a sort, a colon and one exact name, such as "container:postgresql"`, `%s n’est pas un objet d’alerte ; écris une sorte, deux-points et un nom exact, comme "container:postgresql"`, quoted(s)))
		}
	}
}

// checkTarget wants one thing to ask, and returns how it is asked: "http", "https", "tcp", "dns" or "tls"; "" after a problem.
func (l *loader) checkTarget(at string, c *Check) (how string) {
	var given []string
	for _, t := range []struct{ key, value string }{{"url", c.URL}, {"tcp", c.TCP}, {"dns", c.DNS}, {"tls", c.TLS}} {
		if l.told(child(at, t.key)) {
			return ""
		}
		if t.value != "" {
			given = append(given, t.key)
		}
	}
	switch {
	case len(given) == 0:
		l.add(at, ops.T(`it does not say what to ask; write url = "https://n8n.example.org/healthz", or tcp = "host:port", dns = "name" or tls = "host:443"`,
			`on ne sait pas quoi demander ; écris url = "https://n8n.example.org/healthz", ou tcp = "hote:port", dns = "nom" ou tls = "hote:443"`))
		return ""
	case len(given) > 1:
		l.add(child(at, given[1]), ops.T("%s is there as well, and a check asks one thing; make another [[checks]] for one of the two", "%s est là aussi, et un contrôle ne demande qu’une chose ; fais un autre [[checks]] de l’un des deux", given[0]))
		return ""
	}
	how, key := given[0], child(at, given[0])
	switch how {
	case "url":
		if how = l.checkPage(key, c.URL); how == "" {
			return ""
		}
	case "tcp":
		if !hostPort(c.TCP) {
			l.add(key, ops.T(`%s is no host and port; write "postgresql:5432"`, `%s n’est pas un hôte et un port ; écris "postgresql:5432"`, quoted(c.TCP)))
		}
	case "dns":
		if !domain.MatchString(strings.TrimSuffix(c.DNS, ".")) {
			l.add(key, ops.T(`%s is no name to look up; write it bare: "n8n.example.org"`, `%s n’est pas un nom à chercher ; écris-le seul : "n8n.example.org"`, quoted(c.DNS)))
		}
	case "tls":
		if c.TLS = withPort(c.TLS, "443"); !hostPort(c.TLS) {
			l.add(key, ops.T(`%s is no host and port; write "n8n.example.org:443"`, `%s n’est pas un hôte et un port ; écris "n8n.example.org:443"`, quoted(c.TLS)))
		}
	}
	return how
}

// checkPage wants a web address without a secret in it, and returns its scheme, or "" after a problem.
func (l *loader) checkPage(key, s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		l.add(key, ops.T("this is no web address; write https://host or https://host:port/path", "ce n’est pas une adresse web ; écris https://hote ou https://hote:port/chemin"))
	case u.User != nil:
		p, _ := u.User.Password()
		l.keepParts(p)
		l.add(key, ops.T(`no user or password stands in this address; put "Authorization: Basic …" into a file (chmod 600) and name it: header_file = "…"`,
			`ni utilisateur ni mot de passe dans cette adresse ; mets « Authorization: Basic … » dans un fichier (chmod 600) et nomme-le : header_file = "…"`))
	case u.Fragment != "":
		l.add(key, ops.T("what follows # is never sent; leave it out", "ce qui suit # n’est jamais envoyé ; enlève-le"))
	case l.keepSecretValues(u):
		l.add(key, ops.T(`there seems to be a secret after the ?, and %s; send it as a header instead: header_file = "…"`, `il semble y avoir un secret après le ?, et %s ; envoie-le plutôt en en-tête : header_file = "…"`, inline))
	default:
		return u.Scheme
	}
	return ""
}

// keepSecretValues says whether the query holds what looks like a secret.
func (l *loader) keepSecretValues(u *url.URL) (found bool) {
	for key, values := range u.Query() {
		if slices.Contains(secretWords, strings.ToLower(key)) || strings.EqualFold(key, "key") {
			l.keepParts(slices.Clone(values)...)
			found = true
		}
	}
	return found
}

func hostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	_, notIP := netip.ParseAddr(host)
	return err == nil && isPort(port) && (notIP == nil || domainOrService.MatchString(host))
}

// domainOrService takes the underscores of Compose's container names, too.
var domainOrService = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

// withPort adds the usual port where none is given.
func withPort(s, port string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return net.JoinHostPort(a.String(), port)
	}
	if s != "" && !strings.Contains(s, ":") {
		return net.JoinHostPort(s, port)
	}
	return s
}

package checks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

// status says what a status means for somebody who runs the service.
func (p *probe) status(code int) ops.Text {
	if p.alive(code) {
		switch {
		case code == http.StatusUnauthorized:
			return ops.T("401, alive: it asks who is there", "401, vivant : il demande une identification")
		case len(p.Expect) > 0:
			return ops.T("%d, as it should", "%d, comme prévu", code)
		}
		return ops.T("%d", "%d", code)
	}
	switch code {
	case 403:
		return ops.T("403, not on the VPN, or an access rule forbids it", "403, hors du VPN, ou interdit par une règle d’accès")
	case 404:
		return ops.T("404, it answers, but has no such page: wrong route or path", "404, il répond, mais n’a pas cette page : route ou chemin faux")
	case 429:
		return ops.T("429, it answers, but gets too many requests", "429, il répond, mais reçoit trop de requêtes")
	case 500:
		return ops.T("500, it runs, and fails inside", "500, il tourne, mais échoue en interne")
	case 502, 503, 504:
		return ops.T("%d, the proxy answers, the service behind it does not", "%d, le proxy répond, pas le service derrière", code)
	}
	switch {
	case code >= 500:
		return ops.T("%d, it answers with an error of its own", "%d, il répond par une erreur de son fait", code)
	case code >= 400:
		return ops.T("%d, it answers, and refuses the request", "%d, il répond, et refuse la requête", code)
	}
	return ops.T("%d, which is not what it should answer", "%d, ce qui n’est pas la réponse prévue", code)
}

var closes = ops.T("it closes the connection without an answer", "il ferme la connexion sans répondre")

// A meaning is what an error comes to.
type meaning struct {
	code    string
	reached bool
	say     ops.Text
}

// failed makes a result of an error. The error itself may hold the address with its secrets: only what is known of its kind is said.
func (p *probe) failed(err error, c *clock) Result {
	r := Result{Fault: "down", Cert: c.certificate()}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		r.Cert = certOf(bad.UnverifiedCertificates)
		if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired && r.Cert != nil && time.Now().After(r.Cert.To) {
			r.Fault = "tls"
		}
	}
	m := p.meaning(err, c.reached(), r.Cert)
	r.Code, r.Reached, r.Say = m.code, m.reached, m.say
	return r
}

func (p *probe) meaning(err error, at phase, cert *Cert) meaning {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return p.late(at)
	}
	if m, ok := p.network(err); ok {
		return m
	}
	if m, ok := p.secure(err, cert); ok {
		return m
	}
	switch {
	case errors.Is(err, errCircle):
		return meaning{"circle", true, ops.T("it redirects in a circle", "il redirige en boucle")}
	// What follows has no type of its own in net/http, only words.
	case strings.Contains(err.Error(), "server closed idle connection"):
		return meaning{"closed", true, closes}
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFail"): // the latter speaks before it is asked
		return meaning{"no http", true, ops.T("it answers, but not in HTTP", "il répond, mais pas en HTTP")}
	case strings.Contains(err.Error(), "exceeded") && strings.Contains(err.Error(), "bytes"):
		return meaning{"headers", true, ops.T("its headers are larger than 256 kB", "ses en-têtes dépassent 256 ko")}
	}
	return meaning{"error", at > connecting, ops.T("it fails: %s", "échec : %s", last(err))}
}

// late says what did not come in time.
func (p *probe) late(at phase) meaning {
	limit := ops.Span(p.Timeout)
	switch at {
	case lookingUp:
		if p.resolve == "" && net.ParseIP(p.host) == nil {
			return meaning{"dns timeout", false, ops.T("DNS says nothing of it within %s", "le DNS n’en dit rien en %s", limit)}
		}
		fallthrough
	case connecting:
		return meaning{"timeout", false, ops.T("nobody takes the connection within %s: the machine is off, or a firewall or the VPN is in the way", "personne ne prend la connexion en %s : machine éteinte, ou pare-feu ou VPN en travers", limit)}
	case greeting:
		return meaning{"timeout", true, ops.T("it takes the connection and does not finish TLS within %s", "il prend la connexion et ne termine pas TLS en %s", limit)}
	case answering:
		return meaning{"timeout", true, ops.T("it begins to answer and does not finish within %s", "il commence à répondre et ne finit pas en %s", limit)}
	}
	return meaning{"timeout", true, ops.T("it takes the request and says nothing for %s", "il prend la requête et ne dit rien pendant %s", limit)}
}

// network tells the errors of names, ways and connections.
func (p *probe) network(err error) (meaning, bool) {
	name := ops.Name(clip(p.host, 80))
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return meaning{"nxdomain", true, ops.T("DNS knows no %s", "le DNS ne connaît pas %s", ops.Name(clip(dns.Name, 80)))}, true
		}
		return meaning{"dns", false, ops.T("DNS cannot say where %s is", "le DNS ne sait pas dire où est %s", ops.Name(clip(dns.Name, 80)))}, true
	}
	for _, e := range []error{syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN} {
		if errors.Is(err, e) {
			return meaning{"no route", false, ops.T("there is no way to %s: the network or the VPN is down", "aucun chemin vers %s : le réseau ou le VPN est coupé", name)}, true
		}
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return meaning{"refused", true, ops.T("connection refused: nothing listens on port %s", "connexion refusée : rien n’écoute sur le port %s", p.port)}, true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return meaning{"closed", true, closes}, true
	}
	return meaning{}, false
}

// secure tells the errors of TLS.
func (p *probe) secure(err error, cert *Cert) (meaning, bool) {
	said := ops.T("its certificate is good for nothing", "son certificat ne vaut rien")
	if cert != nil {
		said = cert.whose()
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return meaning{"name", true, ops.T("wrong name: %s", "mauvais nom : %s", said)}, true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return meaning{"authority", true, ops.T("signed by nobody who is trusted here: %s", "signé par personne de confiance ici : %s", said)}, true
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch {
		case invalid.Reason == x509.Expired && cert != nil && time.Now().Before(cert.From):
			return meaning{"not yet", true, ops.T("its certificate is not valid yet: one of the clocks is wrong", "son certificat n’est pas encore valable : une des horloges est fausse")}, true
		case invalid.Reason == x509.Expired && cert != nil && time.Now().After(cert.To):
			return meaning{"expired", true, cert.says(time.Now())}, true
		case invalid.Reason == x509.Expired:
			return meaning{"chain", true, ops.T("a certificate above its own has expired", "un certificat au-dessus du sien a expiré")}, true
		}
		return meaning{"certificate", true, said}, true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return meaning{"no tls", true, ops.T("it does not speak TLS on port %s", "il ne parle pas TLS sur le port %s", p.port)}, true
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" { // as crypto/tls tells what the other side said
		return meaning{"tls", true, ops.T("it refuses TLS (%s): often it has no certificate for this name yet", "il refuse TLS (%s) : souvent, il n’a pas encore de certificat pour ce nom", last(err))}, true
	}
	return meaning{}, false
}

// last is the innermost cause of err, without the address.
func last(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	if strings.Contains(err.Error(), "://") {
		return "?" // it holds an address
	}
	return clip(ops.Clean(err.Error()), 120)
}

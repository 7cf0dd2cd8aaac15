package studio

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"time"

	"vigie/ops"
)

// A certificate is what the proxy shows for a name.
type certificate struct {
	name string
	ends time.Time // zero if it shows none
	err  ops.Text  // why it is not to be trusted, or cannot be seen
}

// certLimit is how long a certificate may take to be seen.
const certLimit = 10 * time.Second

// certificates looks at those of all names, at the same time.
func (s *System) certificates(ctx context.Context) []certificate {
	list := make([]certificate, len(s.o.Proxy.Names))
	var all sync.WaitGroup
	for i, name := range s.o.Proxy.Names {
		all.Go(func() { list[i] = s.certificate(ctx, name) })
	}
	all.Wait()
	return list
}

func (s *System) certificate(ctx context.Context, name string) certificate {
	ctx, cancel := context.WithTimeout(ctx, certLimit)
	defer cancel()
	host, port := name, "443"
	if h, p, err := net.SplitHostPort(name); err == nil {
		host, port = h, p
	}
	address := s.o.Proxy.Address
	if address == "" {
		address = net.JoinHostPort(host, port)
	}
	c := certificate{name: host}
	wire, err := s.o.Dial(ctx, "tcp", address)
	if err != nil {
		c.err = ops.T("nobody answers at %s", "personne ne répond à %s", ops.Name(address))
		return c
	}
	defer wire.Close()
	conn := tls.Client(wire, &tls.Config{ServerName: host, InsecureSkipVerify: true}) // what it shows is judged below, and told either way
	if err := conn.HandshakeContext(ctx); err != nil {
		c.err = ops.T("no certificate is shown (%s)", "aucun certificat n’est présenté (%s)", clip(err.Error(), 80))
		return c
	}
	chain := conn.ConnectionState().PeerCertificates
	c.ends, c.err = chain[0].NotAfter, s.distrusts(host, chain)
	return c
}

// distrusts says why a chain is not good for a name, if it is not.
func (s *System) distrusts(host string, chain []*x509.Certificate) ops.Text {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: s.o.Roots, Intermediates: between, CurrentTime: time.Now()})
	var other x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return ops.Text{}
	case errors.As(err, &other):
		return ops.T("it is for another name", "il est pour un autre nom")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return ops.T("it has expired", "il a expiré")
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return ops.T("nobody known here signed it", "personne de connu ici ne l’a signé")
	}
	return ops.Raw(clip(err.Error(), 80))
}

// soon is from how little left a certificate is at risk: what renews them does so at a third of their life, 30 days.
const soon = 21 * 24 * time.Hour

func (c certificate) mark() string {
	switch {
	case c.ends.IsZero() || !c.err.IsZero():
		return ops.Broken
	case time.Until(c.ends) < soon:
		return ops.AtRisk
	}
	return ops.Fine
}

func (c certificate) says() ops.Text {
	left := ops.Span(time.Until(c.ends))
	switch {
	case c.ends.IsZero():
		return ops.T("%s: %s", "%s : %s", ops.Name(c.name), c.err)
	case !c.err.IsZero():
		return ops.T("%s: certificate, but %s", "%s : certificat, mais %s", ops.Name(c.name), c.err)
	}
	return ops.T("%s: certificate good for %s", "%s : certificat bon pour %s", ops.Name(c.name), left)
}

// fact is what a decision about it rests on.
func (c certificate) fact() ops.Fact {
	value := "none"
	switch {
	case c.ends.IsZero():
	case !c.err.IsZero():
		value = "bad, " + c.ends.UTC().Format("2006-01-02")
	default:
		value = "good until " + c.ends.UTC().Format("2006-01-02")
	}
	return ops.Fact{Name: "certificate " + c.name, Value: value, Label: ops.T("certificate of %s", "certificat de %s", ops.Name(c.name))}
}

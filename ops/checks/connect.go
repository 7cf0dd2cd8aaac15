package checks

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"

	"vigie/ops"
)

// connect asks a port for a connection, and for a greeting with a certificate if the check is for TLS.
func (p *probe) connect(ctx context.Context, c *clock) Result {
	conn, err := p.open(httptrace.WithClientTrace(ctx, c.trace()), "tcp", net.JoinHostPort(p.host, p.port))
	if err != nil {
		return p.failed(err, c)
	}
	defer conn.Close()
	c.connected(conn.RemoteAddr().String())
	if p.TLS == "" {
		return Result{Reached: true, Code: "open", Say: ops.T("takes connections", "accepte les connexions")}
	}
	config := p.trust()
	config.ServerName = p.host
	secure := tls.Client(conn, config)
	c.begin(greeting)
	err = secure.HandshakeContext(ctx)
	c.end(tlsTime)
	if err != nil {
		return p.failed(err, c)
	}
	return Result{Reached: true, Code: "tls", Cert: certOf(secure.ConnectionState().PeerCertificates),
		Say: ops.T("greets with a good certificate", "présente un bon certificat")}
}

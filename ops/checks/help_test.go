package checks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// An authority signs certificates for the tests.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"Test"}, CommonName: "CA"},
		NotBefore: time.Now().Add(-10 * 365 * day), NotAfter: time.Now().Add(365 * day), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// signs makes a certificate for a name, good from and until so long from now.
func (a *authority) signs(name string, from, to time.Duration) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to)}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serve starts a real server, over TLS if there is a certificate, and returns its address.
func serve(t *testing.T, h http.HandlerFunc, certs ...tls.Certificate) string {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = quiet
	if len(certs) > 0 {
		srv.TLS = &tls.Config{Certificates: certs}
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// listen takes connections and hands each to do.
func listen(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			do(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String()
}

// refused is an address where nothing listens.
func refused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client may have gone
	}
}

func system(t *testing.T, list ...Check) *System {
	t.Helper()
	s, err := New(Options{Checks: list})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// once runs one check.
func once(t *testing.T, c Check) Result {
	t.Helper()
	if c.Name == "" {
		c.Name = "it"
	}
	s := system(t, c)
	r, ok := s.run(t.Context(), s.checks[0])
	if !ok {
		t.Fatalf("%s was not run", c.Name)
	}
	return r
}

type everything struct{}

func (everything) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// ask asks as ann would, and returns what she reads.
func ask(ctx context.Context, t *testing.T, s *System, lang ops.Lang, pairs ...string) (string, error) {
	t.Helper()
	g := &ops.Gate{Policy: everything{}}
	if err := g.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	_, a, err := g.Preview(ctx, ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, *ops.AskFor(ops.Text{}, "checks.list", pairs...).Ask)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, block := range a.Blocks {
		b.WriteString(block.Line.In(lang) + block.Code)
		for i, row := range block.Table {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(strings.Join(row, " "))
		}
		b.WriteByte('\n')
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			b.WriteString("[" + button.Label.In(lang) + "]")
		}
		b.WriteByte('\n')
	}
	return ops.Unmark(b.String()), nil
}

// newHop is a server for 127.0.0.1 that sends everybody elsewhere.
func newHop(t *testing.T, ca *authority, to string) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }, ca.signs("127.0.0.1", -day, 80*day))
}

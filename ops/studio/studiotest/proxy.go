// Package studiotest is a stand-in for the network round a studio: a proxy that shows certificates by name, as Caddy does, and an
// address in a private network. Connections are in memory, so it lives in a bubble of testing/synctest.
package studiotest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"syscall"
	"time"
)

// A Network is the stand-in. The zero value is none: see [New].
type Network struct {
	Roots *x509.CertPool // who signed what its proxy shows

	ca  *x509.Certificate
	key *ecdsa.PrivateKey

	mu    sync.Mutex // guards what follows
	certs map[string]*tls.Certificate
	fate  map[string]string // of addresses: "gone", "refuses"; else they answer
}

// New makes a network with a proxy that shows a certificate for each name, good for that long.
func New(good time.Duration, names ...string) (*Network, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	n := &Network{key: key, certs: map[string]*tls.Certificate{}, fate: map[string]string{}, Roots: x509.NewCertPool()}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "studiotest"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if n.ca, err = x509.ParseCertificate(raw); err != nil {
		return nil, err
	}
	n.Roots.AddCert(n.ca)
	for _, name := range names {
		if err := n.Certify(name, name, good); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Certify makes the proxy show, where name is asked for, a certificate that is for another name or the same, good for that long.
func (n *Network) Certify(name, of string, good time.Duration) error {
	leaf := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: of}, DNSNames: []string{of},
		NotBefore: time.Now().Add(min(good, 0) - time.Hour), NotAfter: time.Now().Add(good)}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, n.ca, &n.key.PublicKey, n.key)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.certs[name] = &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: n.key}
	return nil
}

// Fate says what becomes of connections to an address: "gone" (no answer), "refuses" (nobody listens there), "" (it answers).
func (n *Network) Fate(address, fate string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fate[address] = fate
}

// latency is how far away everything is.
const latency = 14 * time.Millisecond

// Dial connects to an address, as [net.Dialer] does. Whoever answers speaks TLS, if it is spoken to.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	fate := n.fate[address]
	n.mu.Unlock()
	switch fate {
	case "gone":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: context.Cause(ctx)}
	case "refuses":
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	time.Sleep(latency)
	near, far := net.Pipe()
	go func() { // ends when near is closed
		defer far.Close()
		server := tls.Server(far, &tls.Config{GetCertificate: n.certificate})
		if server.Handshake() == nil {
			_, _ = server.Read(make([]byte, 1)) // until it is closed
		}
	}()
	return near, nil
}

func (n *Network) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.certs[hello.ServerName]; c != nil {
		return c, nil
	}
	return nil, errors.Join(fmt.Errorf("no certificate for %q", hello.ServerName), net.ErrClosed)
}

package comfytest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// Pipe serves handler to the client that it returns, in memory: in a bubble of testing/synctest time passes as if there were a
// network. end ends it and waits for nothing.
func Pipe(handler http.Handler) (client *http.Client, end func()) {
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() { // waited for in end
		defer close(done)
		_ = server.Serve(l) // it ends with ErrServerClosed
	}()
	transport := &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
	return &http.Client{Transport: transport}, func() {
		_ = server.Close()
		transport.CloseIdleConnections()
		<-done
	}
}

// pipes is a listener of [net.Pipe]s.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (l *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: errors.New("connection refused")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

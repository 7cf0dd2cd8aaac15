package dockertest_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A wire is a way to the engine that can be cut, byte by byte as a network would.
type wire struct {
	host string
	gone atomic.Bool // nobody answers any more

	mu   sync.Mutex // guards open
	open []net.Conn
}

func newWire(t *testing.T) *wire {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &wire{host: "tcp://" + listen.Addr().String()}
	var group sync.WaitGroup
	group.Go(func() { // waited for in the cleanup
		for {
			near, err := listen.Accept()
			if err != nil {
				return
			}
			if l.gone.Load() {
				near.Close()
				continue
			}
			group.Go(func() { l.carry(near) })
		}
	})
	t.Cleanup(func() {
		listen.Close()
		l.hangUp()
		group.Wait()
	})
	return l
}

// carry passes on what both sides say, and each side's end.
func (l *wire) carry(near net.Conn) {
	far, err := net.Dial("unix", "/var/run/docker.sock")
	if err != nil {
		near.Close()
		return
	}
	l.mu.Lock()
	l.open = append(l.open, near, far)
	l.mu.Unlock()
	var group sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		group.Go(func() {
			io.Copy(way[1], way[0])
			way[1].(interface{ CloseWrite() error }).CloseWrite()
		})
	}
	group.Wait()
	near.Close()
	far.Close()
}

// hangUp cuts everything under way.
func (l *wire) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		c.Close()
	}
	l.open = nil
}

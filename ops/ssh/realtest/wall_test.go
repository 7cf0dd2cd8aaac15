package realtest

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// A wall is a TCP proxy that can swallow everything without hanging up.
type wall struct {
	l    net.Listener
	dead atomic.Bool
}

func newWall(t *testing.T, to string) *wall {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wall{l: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			go w.carry(near, far)
			go w.carry(far, near)
		}
	}()
	return w
}

func (w *wall) addr() string      { return w.l.Addr().String() }
func (w *wall) swallow(dead bool) { w.dead.Store(dead) }

func (w *wall) carry(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !w.dead.Load() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		} else if n > 0 {
			io.Discard.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// A Socket stands on this machine for the Docker Engine of another, for programs that want one: `docker compose`. What they
// say goes over the one connection. It lies in a directory of its own that nobody else may enter.
type Socket struct {
	dir  string
	l    net.Listener
	c    *Client
	stop context.CancelFunc
	all  sync.WaitGroup
}

// Listen makes the socket below dir ("" is the system's for temporary files).
func (c *Client) Listen(dir string) (*Socket, error) {
	own, err := os.MkdirTemp(dir, "vigie-docker-") // 0700
	if err != nil {
		return nil, fmt.Errorf("making a directory for the Docker socket of %s: %w", c.o.Name, err)
	}
	l, err := net.Listen("unix", filepath.Join(own, "docker.sock"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the Docker socket of %s: %w", c.o.Name, err), os.RemoveAll(own))
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Socket{dir: own, l: l, c: c, stop: stop}
	s.all.Go(func() { s.serve(ctx) })
	return s, nil
}

// Address is the socket's, as DOCKER_HOST takes it.
func (s *Socket) Address() string { return "unix://" + s.l.Addr().String() }

// Close ends what goes over it and removes it.
func (s *Socket) Close() error {
	s.stop()
	err := s.l.Close()
	s.all.Wait()
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *Socket) serve(ctx context.Context) {
	for {
		near, err := s.l.Accept()
		if err != nil {
			return // it was closed
		}
		s.all.Go(func() {
			defer near.Close()
			far, err := s.c.DialDocker(ctx)
			if err != nil {
				return // the caller finds that it hung up; what is wrong is told by whoever looks at the engine
			}
			defer far.Close()
			pipe(ctx, near, far)
		})
	}
}

// pipe carries bytes both ways until both have ended, or ctx has.
func pipe(ctx context.Context, near, far net.Conn) {
	stop := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
	defer stop()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			to, from := way[1], way[0]
			if _, err := io.Copy(to, from); err != nil {
				to.Close()
				from.Close()
				return
			}
			closeWrite(to) // it may be gone already
		})
	}
	both.Wait()
}

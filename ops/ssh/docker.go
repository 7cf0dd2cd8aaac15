package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"vigie/ops"
)

// DialDocker opens a connection to the Docker Engine of the machine: through sshd's own forwarding to its socket, or
// where there is a guard, with the guard's leave, as `docker system dial-stdio`.
func (c *Client) DialDocker(ctx context.Context) (net.Conn, error) {
	if c.o.Guard {
		return c.dialStdio(ctx)
	}
	conn, err := c.connection(ctx)
	if err != nil {
		return nil, err
	}
	wire, err := conn.DialContext(ctx, "unix", c.o.Docker)
	if err == nil {
		return &stream{Reader: wire, Writer: wire, end: wire.Close, half: func() error { return closeWrite(wire) }}, nil
	}
	var no *xssh.OpenChannelError
	if errors.As(err, &no) && no.Reason == xssh.Prohibited {
		return nil, ops.Fail(ops.Unavailable, ops.T("The sshd of %s does not let me through to Docker's socket. Allow it (%s), or use %s there and say %s.",
			"Le sshd de %s ne me laisse pas passer jusqu’au socket de Docker. Autorise-le (%s), ou utilise %s là-bas et écris %s.",
			ops.Name(c.o.Name), ops.Name("AllowStreamLocalForwarding yes"), ops.Name("vigie guard"), ops.Name("guard = true")), err)
	}
	if errors.As(err, &no) {
		return nil, ops.Fail(ops.Unavailable, ops.T("%s answers, but Docker's socket %s there does not open: the engine is stopped, or %s is not in its group, or my key may forward nothing (with a guard there, say %s).",
			"%s répond, mais le socket de Docker %s n’y ouvre pas : le moteur est arrêté, ou %s n’est pas de son groupe, ou ma clé ne peut rien relayer (avec un garde là-bas, écris %s).",
			ops.Name(c.o.Name), ops.Name(c.o.Docker), ops.Name(c.o.User), ops.Name("guard = true")), err)
	}
	return nil, c.away(err)
}

func closeWrite(wire net.Conn) error {
	if half, ok := wire.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// dialArgv is what asks the other end for a connection to its engine.
func (c *Client) dialArgv() []string {
	return []string{"docker", "-H", "unix://" + c.o.Docker, "system", "dial-stdio"}
}

func (c *Client) dialStdio(ctx context.Context) (net.Conn, error) {
	line, err := Quote(c.dialArgv())
	if err != nil {
		return nil, fmt.Errorf("asking for Docker: %w", err)
	}
	session, leave, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	in, err1 := session.StdinPipe()
	out, err2 := session.StdoutPipe()
	said := &capped{left: 500}
	session.Stderr = said
	stop := context.AfterFunc(ctx, func() { session.Close() })
	err = errors.Join(err1, err2)
	if err == nil {
		err = session.Start(line)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		leave()
		return nil, c.away(err)
	}
	var once sync.Once
	end := func() error { once.Do(leave); return nil }
	return &stream{Reader: &told{out, session, said, c}, Writer: in, end: end, half: in.Close}, nil
}

// told reads from a program. At its end, what it said of why is the error.
type told struct {
	io.Reader
	session *xssh.Session
	said    *capped
	c       *Client
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	var exit *xssh.ExitError
	if n == 0 && errors.Is(err, io.EOF) && errors.As(t.session.Wait(), &exit) {
		return 0, ops.Fail(ops.Unavailable, ops.T("%s does not let me through to Docker: %s", "%s ne me laisse pas passer jusqu’à Docker : %s",
			ops.Name(t.c.o.Name), ops.Clean(strings.TrimSpace(string(t.said.kept)))), exit)
	}
	return n, err
}

// A stream is a channel as a [net.Conn]. A deadline ends it for good: SSH has none for a channel.
type stream struct {
	io.Reader
	io.Writer
	end, half func() error

	mu    sync.Mutex // guards timer
	timer *time.Timer
}

func (s *stream) Close() error      { s.SetDeadline(time.Time{}); return s.end() }
func (s *stream) CloseWrite() error { return s.half() }

func (s *stream) LocalAddr() net.Addr  { return &net.UnixAddr{Name: "ssh", Net: "unix"} }
func (s *stream) RemoteAddr() net.Addr { return s.LocalAddr() }

// SetDeadline implements [net.Conn].
func (s *stream) SetDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if !t.IsZero() {
		s.timer = time.AfterFunc(time.Until(t), func() { s.end() })
	}
	return nil
}

func (s *stream) SetReadDeadline(t time.Time) error  { return s.SetDeadline(t) }
func (s *stream) SetWriteDeadline(t time.Time) error { return s.SetDeadline(t) }

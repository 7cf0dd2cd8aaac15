package ssh

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"vigie/ops"
)

// attemptLimit ends one attempt to connect, from the first packet to the login.
const attemptLimit = 20 * time.Second

// connection is the one connection, made if there is none. While an attempt is under way others wait for it; between two
// attempts everybody is told why the last one failed.
func (c *Client) connection(ctx context.Context) (*xssh.Client, error) {
	for {
		c.mu.Lock()
		switch {
		case c.closed:
			c.mu.Unlock()
			return nil, ops.Fail(ops.Unavailable, ops.T("I am stopping.", "Je m’arrête."), nil)
		case c.conn != nil:
			defer c.mu.Unlock()
			return c.conn, nil
		case c.making == nil && time.Now().Before(c.notUntil):
			defer c.mu.Unlock()
			return nil, c.later()
		case c.making == nil:
			c.making = make(chan struct{})
			go c.attempt(c.making) // not with ctx: others wait for it too
		}
		making := c.making
		c.mu.Unlock()
		select {
		case <-making:
			c.mu.Lock()
			conn, err := c.conn, c.last
			c.mu.Unlock()
			if conn == nil && err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ops.Fail(ops.Unavailable, ops.T("%s did not answer in time over ssh.", "%s n’a pas répondu à temps par ssh.", ops.Name(c.o.Name)), ctx.Err())
		}
	}
}

// later is the last failure, with when the next attempt may be.
func (c *Client) later() error {
	wait := time.Until(c.notUntil).Round(time.Second)
	return ops.Fail(ops.Unavailable, ops.T("%s Next attempt in %s.", "%s Prochain essai dans %s.", ops.SayOf(c.last), ops.Span(max(wait, time.Second))), c.last)
}

func (c *Client) attempt(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), attemptLimit)
	defer cancel()
	conn, err := c.dial(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(done)
	c.making = nil
	if err == nil && c.closed {
		conn.Close() // nobody waits for it any more
		return
	}
	if err != nil {
		c.failed(err)
		return
	}
	c.conn, c.last = conn, nil
	go c.keep(conn, time.Now())
}

// failed takes note of a failure, and of when the next attempt may be. c.mu is held.
func (c *Client) failed(err error) {
	c.last = err
	first, longest := c.o.Waits.Away, c.o.Waits.LongestAway
	if errors.As(err, new(*refusal)) {
		first, longest = c.o.Waits.Refused, c.o.Waits.LongestRefused
	}
	wait := min(first<<min(c.failures, 16), longest)
	c.failures++
	c.notUntil = time.Now().Add(wait - time.Duration(rand.Int64N(int64(wait)/5+1)))
	if c.o.Failed != nil {
		go c.o.Failed(err)
	}
}

// keep asks for signs of life until the connection is over.
func (c *Client) keep(conn *xssh.Client, since time.Time) {
	over := make(chan error, 1)
	go func() { over <- conn.Wait() }()
	tick := time.NewTicker(c.o.Waits.Alive)
	defer tick.Stop()
	var asked chan struct{}
	missed := 0
	for {
		select {
		case err := <-over:
			c.ended(conn, since, err)
			return
		case <-asked:
			asked, missed = nil, 0
		case <-tick.C:
			if asked == nil {
				asked = make(chan struct{})
				go func(answered chan struct{}) {
					if _, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); err == nil {
						close(answered)
					}
				}(asked)
			} else if missed++; missed >= 2 {
				conn.Close() // Wait returns
			}
		}
	}
}

// ended forgets a connection. One that lasted proves that the way is good; one that did not counts as a failure, since a server that
// accepts and hangs up must not be asked all the time either.
func (c *Client) ended(conn *xssh.Client, since time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != conn {
		return
	}
	c.conn = nil
	if time.Since(since) > 2*c.o.Waits.Alive {
		c.failures = 0
	}
	c.failed(ops.Fail(ops.Unavailable, ops.T("The ssh connection to %s was lost.", "La connexion ssh avec %s est perdue.", ops.Name(c.o.Name)), err))
}

// dial makes one attempt.
func (c *Client) dial(ctx context.Context) (*xssh.Client, error) {
	callback, algorithms, err := c.hostKeys()
	if err != nil {
		return nil, err
	}
	signers, closeAgent, err := c.signers(ctx)
	if err != nil {
		return nil, err
	}
	defer closeAgent()
	wire, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	conn, channels, requests, err := xssh.NewClientConn(wire, c.o.Addr, &xssh.ClientConfig{
		User: c.o.User, Auth: []xssh.AuthMethod{xssh.PublicKeys(signers...)},
		HostKeyCallback: callback, HostKeyAlgorithms: algorithms, ClientVersion: "SSH-2.0-vigie",
	})
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		wire.Close() // the error is told already
		return nil, c.explain(err)
	}
	return xssh.NewClient(conn, channels, requests), nil
}

func (c *Client) reach(ctx context.Context) (net.Conn, error) {
	if c.o.Jump == nil {
		wire, err := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext(ctx, "tcp", c.o.Addr)
		if err != nil {
			return nil, c.away(err)
		}
		return wire, nil
	}
	through, err := c.o.Jump.connection(ctx)
	if err != nil {
		return nil, ops.Fail(ops.Unavailable, ops.T("%s is behind %s: %s", "%s est derrière %s : %s", ops.Name(c.o.Name), ops.Name(c.o.Jump.o.Name), ops.SayOf(err)), err)
	}
	wire, err := through.DialContext(ctx, "tcp", c.o.Addr)
	if err != nil {
		return nil, ops.Fail(ops.Unavailable, ops.T("%s answers, but from there %s cannot be reached (%s). Its sshd must allow it: %s.",
			"%s répond, mais de là %s est injoignable (%s). Son sshd doit le permettre : %s.",
			ops.Name(c.o.Jump.o.Name), ops.Name(c.o.Name), cause(err), ops.Name("AllowTcpForwarding yes")), err)
	}
	return wire, nil
}

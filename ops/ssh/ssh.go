// Package ssh keeps one connection to each other machine, and runs argument lists over it. Which machine answers is proved
// by its host key each time: an unknown key, or another one than is known, is never accepted.
package ssh

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// A Secret is a passphrase that does not print.
type Secret interface {
	Reveal() string
	IsZero() bool
}

// Options say how one machine is reached.
type Options struct {
	Name       string // what it is called in sentences
	User       string
	Addr       string      // host:port
	KnownHosts []string    // files in OpenSSH's format; all must be readable
	Identity   []string    // files of private keys, tried in this order; at most 4 keys are offered in all
	Passphrase Secret      // of those files; nil if they have none
	Agent      string      // the socket of an agent whose keys are offered too; "" for none
	Jump       *Client     // the machine that it is reached through; nil: directly
	Guard      bool        // the other end is `vigie guard`: nothing but argument lists, no forwarding
	Docker     string      // the path of its Docker socket; "" is /var/run/docker.sock
	Waits      Waits       // zero values take the defaults
	Failed     func(error) // told of each attempt that failed; nil for nobody
}

// Waits are the times between attempts. Each failure doubles the wait, up to the longest; a fifth of it is left to chance.
type Waits struct {
	Refused        time.Duration // after a refused login or host key: 5 min, so that fail2ban sees 2 in 10 min
	LongestRefused time.Duration // 1 h
	Away           time.Duration // after anything else: 2 s
	LongestAway    time.Duration // 2 min
	Alive          time.Duration // between two keep-alives: 15 s. Without an answer for twice as long, the connection is over
}

// A Client is one machine. Its methods may be called from several goroutines; however many call, there is one connection,
// and at most one attempt to make it.
type Client struct {
	o     Options
	rooms chan struct{} // sshd allows 10 sessions on a connection (MaxSessions)

	mu       sync.Mutex // guards what follows
	conn     *xssh.Client
	making   chan struct{} // closed when the attempt under way has ended; nil without one
	failures int           // in a row
	notUntil time.Time     // no attempt before
	last     error         // why the last one failed
	closed   bool
}

// sessionsAtOnce leaves one of sshd's 10 to a person who shares the connection's limit with nobody else.
const sessionsAtOnce = 9

// New prepares the way to a machine. It does not connect.
func New(o Options) (*Client, error) {
	if o.Name == "" || o.User == "" {
		return nil, errors.New("a machine needs a name and a user")
	}
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return nil, errors.New("the address is host:port")
	}
	if len(o.KnownHosts) == 0 {
		return nil, errors.New("no known_hosts file: nothing would prove which machine answers")
	}
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	set(&o.Waits.Refused, 5*time.Minute)
	set(&o.Waits.LongestRefused, time.Hour)
	set(&o.Waits.Away, 2*time.Second)
	set(&o.Waits.LongestAway, 2*time.Minute)
	set(&o.Waits.Alive, 15*time.Second)
	if o.Docker == "" {
		o.Docker = "/var/run/docker.sock"
	}
	return &Client{o: o, rooms: make(chan struct{}, sessionsAtOnce)}, nil
}

// Name is what the machine is called.
func (c *Client) Name() string { return c.o.Name }

// Close ends the connection; nothing connects again.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn != nil {
		c.conn.Close() // it may be broken already
		c.conn = nil
	}
	return nil
}

// Ping asks the machine for a sign of life and tells how long it took.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	conn, err := c.connection(ctx)
	if err != nil {
		return 0, err
	}
	started := time.Now()
	answered := make(chan error, 1)
	go func() { _, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); answered <- err }()
	select {
	case err := <-answered:
		if err != nil {
			return 0, c.lost(err)
		}
		return time.Since(started), nil
	case <-ctx.Done():
		return 0, c.lost(ctx.Err())
	}
}

package ssh

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"vigie/ops"
)

// A Result is what a program said, and how it ended.
type Result struct {
	Out, Err []byte
	Cut      bool // it said more than was asked for
	Exit     int
}

// Run runs one argument list on the machine, and keeps at most limit bytes of each of its outputs. A program that ends with
// another code than 0 is no error. Errors: Unavailable if nothing was run, Unknown if it was sent and its end was not heard of.
func (c *Client) Run(ctx context.Context, argv []string, limit int) (Result, error) {
	return c.RunTelling(ctx, argv, limit, nil)
}

// RunTelling is Run, and hands each line of either output to tell as it comes; never two at the same time.
func (c *Client) RunTelling(ctx context.Context, argv []string, limit int, tell func(line string)) (Result, error) {
	line, err := Quote(argv)
	if err != nil {
		return Result{}, ops.Fail(ops.Invalid, ops.T("This cannot be run over ssh.", "Ceci ne peut pas être lancé par ssh."), err)
	}
	session, leave, err := c.session(ctx)
	if err != nil {
		return Result{}, err
	}
	defer leave()
	var one sync.Mutex // the two outputs are read by a goroutine each
	out, errs := &capped{left: limit, tell: tell, one: &one}, &capped{left: limit, tell: tell, one: &one}
	session.Stdout, session.Stderr = out, errs
	ended := make(chan error, 1)
	go func() {
		if err := session.Start(line); err != nil {
			ended <- started{err}
			return
		}
		ended <- session.Wait()
	}()
	select {
	case err = <-ended:
	case <-ctx.Done():
		session.Signal(xssh.SIGTERM) // sshd does not pass it on for root, and not to a forced command
		session.Close()              // it answers when the program has ended, which is not waited for: so the outputs are not read
		return Result{}, c.lost(ctx.Err())
	}
	out.end()
	errs.end()
	r := Result{Out: out.kept, Err: errs.kept, Cut: out.cut || errs.cut}
	var exit *xssh.ExitError
	var start started
	switch {
	case err == nil:
		return r, nil
	case errors.As(err, &exit):
		r.Exit = exit.ExitStatus()
		return r, nil
	case errors.As(err, &start) && c.alive():
		return r, ops.Fail(ops.Unavailable, ops.T("%s does not run commands for me (its sshd refused).", "%s ne lance pas de commande pour moi (refus de son sshd).", ops.Name(c.o.Name)), err)
	}
	return r, c.lost(err)
}

// started is the error of a program that was asked for and perhaps not begun.
type started struct{ error }

func (s started) Unwrap() error { return s.error }

// lost is for what was sent and not answered.
func (c *Client) lost(err error) error {
	return ops.Fail(ops.Unknown, ops.T("%s was asked over ssh and did not answer: it may or may not have happened. Look before you ask again.",
		"%s a reçu la demande par ssh et n’a pas répondu : c’est peut-être fait, peut-être pas. Regarde avant de redemander.", ops.Name(c.o.Name)), err)
}

func (c *Client) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn != nil
}

const (
	roomTries = 5
	roomPause = 30 * time.Millisecond // doubled each time: 1 s in all
)

// session opens one of the few sessions that a connection may have, waiting for a free one.
func (c *Client) session(ctx context.Context) (*xssh.Session, func(), error) {
	conn, err := c.connection(ctx)
	if err != nil {
		return nil, nil, err
	}
	busy := func(err error) error {
		return ops.Fail(ops.Unavailable, ops.T("Too much is going on with %s over ssh at the same time. Try again in a moment.", "Trop de choses en même temps avec %s par ssh. Réessaie dans un instant.",
			ops.Name(c.o.Name)), err)
	}
	select {
	case c.rooms <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, busy(ctx.Err())
	}
	type opened struct {
		*xssh.Session
		err error
	}
	got := make(chan opened, 1)
	go func() {
		s, err := conn.NewSession()
		for try := range roomTries { // sshd may not have noticed yet that another session ended; nothing was run, so asking again is safe
			if !errors.As(err, new(*xssh.OpenChannelError)) || ctx.Err() != nil {
				break
			}
			time.Sleep(roomPause << try)
			s, err = conn.NewSession()
		}
		got <- opened{s, err}
	}()
	select {
	case o := <-got:
		if o.err != nil {
			<-c.rooms
			if errors.As(o.err, new(*xssh.OpenChannelError)) {
				return nil, nil, busy(o.err)
			}
			return nil, nil, c.away(o.err)
		}
		return o.Session, func() { o.Close(); <-c.rooms }, nil
	case <-ctx.Done():
		go func() {
			if o := <-got; o.err == nil { // it comes too late, or with the end of the connection
				o.Close()
			}
			<-c.rooms
		}()
		return nil, nil, c.away(ctx.Err())
	}
}

// capped keeps the first bytes and lets the rest pass, so that the program at the other end does not stand still. It tells all lines.
type capped struct {
	kept []byte
	left int
	cut  bool

	tell func(string) // nil for nobody
	one  *sync.Mutex
	part []byte // of a line
}

// longestLine is what is told of one line, in bytes.
const longestLine = 4 << 10

func (w *capped) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.kept, w.left, w.cut = append(w.kept, p[:n]...), w.left-n, w.cut || n < len(p)
	if w.tell == nil {
		return len(p), nil
	}
	w.part = append(w.part, p...)
	for {
		line, rest, whole := bytes.Cut(w.part, []byte("\n"))
		if !whole {
			w.part = w.part[:min(len(w.part), longestLine)]
			return len(p), nil
		}
		w.part = rest
		w.say(line)
	}
}

func (w *capped) say(line []byte) {
	w.one.Lock()
	defer w.one.Unlock()
	w.tell(string(line[:min(len(line), longestLine)]))
}

// end tells a last line that nothing ended.
func (w *capped) end() {
	if w.tell != nil && len(w.part) > 0 {
		w.say(w.part)
		w.part = nil
	}
}

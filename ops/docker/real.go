package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/client"

	"vigie/ops"
)

// readLimit ends a look at an engine that accepts calls and never answers them.
const readLimit = 30 * time.Second

// An Engine is the [Host] behind a Docker socket, Engine 20.10 or newer, or behind a socket proxy.
// It survives restarts and upgrades of the engine. Follow ends with nil when its context does, and with
// NotFound when the container is gone. Stats of no ids is empty.
type Engine struct {
	host string
	dial Dialer // nil: host is dialled

	mu  sync.Mutex     // guards api
	api *client.Client // nil after a failed call: the next one negotiates the API version anew
}

var _ Host = (*Engine)(nil)

// DefaultHost is where an engine listens unless somebody moved it.
const DefaultHost = "unix:///var/run/docker.sock"

// Dial prepares to talk to the engine at host (unix:///path or tcp://host:port; "" is [DefaultHost]).
// It does not connect: an engine that is down now may be up when it is needed.
func Dial(host string) (*Engine, error) {
	if host == "" {
		host = DefaultHost
	}
	u, err := url.Parse(host)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the Docker address %q: %w", host, err)
	case u.Scheme == "unix" && u.Path == "":
		return nil, fmt.Errorf("the Docker address %q names no socket: write unix:///var/run/docker.sock", host)
	case u.Scheme == "unix" && u.Host != "":
		return nil, fmt.Errorf("the Docker address %q is not an absolute path: write unix:///%s%s", host, u.Host, u.Path)
	case u.Scheme == "tcp" && (u.Hostname() == "" || u.Port() == ""):
		return nil, fmt.Errorf("the Docker address %q needs a host and a port: write tcp://socket-proxy:2375", host)
	case u.Scheme != "unix" && u.Scheme != "tcp":
		return nil, fmt.Errorf("the Docker address %q must begin with unix:// or tcp://", host)
	}
	e := &Engine{host: host}
	_, err = e.client()
	return e, err
}

// A Dialer opens a connection to an engine. Its errors are [*ops.Error]s.
type Dialer func(ctx context.Context) (net.Conn, error)

// DialThrough prepares to talk to the engine that dial leads to; name is what sentences call it. Like [Dial], it does not connect.
func DialThrough(name string, dial Dialer) (*Engine, error) {
	e := &Engine{host: name, dial: dial}
	_, err := e.client()
	return e, err
}

// Close drops idle connections.
func (e *Engine) Close() error {
	e.drop(nil)
	return nil
}

// address is what the client is told; one that a dialer leads to is never dialled.
func (e *Engine) address() string {
	if e.dial != nil {
		return "tcp://docker:2375"
	}
	return e.host
}

// connect opens one connection to the engine.
func (e *Engine) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	if e.dial != nil {
		return e.dial(ctx)
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

func (e *Engine) client() (*client.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.api == nil {
		options := []client.Opt{client.WithHost(e.address()), client.WithAPIVersionNegotiation()}
		if e.dial != nil {
			options = append(options, client.WithDialContext(e.connect))
		}
		api, err := client.NewClientWithOpts(options...)
		if err != nil {
			return nil, fmt.Errorf("preparing the Docker client for %s: %w", e.host, err)
		}
		e.api = api
	}
	return e.api, nil
}

// drop forgets api, if it is still the one in use, with the API version that it negotiated. Calls under way on it go on.
func (e *Engine) drop(api *client.Client) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.api != nil && (api == nil || e.api == api) {
		e.api.Close()
		e.api = nil
	}
}

// A call is one request to the engine, as its errors tell of it.
type call struct {
	doing   string        // "listing the containers", for the bot's operator
	needs   string        // what a socket proxy must allow: "CONTAINERS=1"
	what    ops.Text      // the sort of object: "container"
	object  string        // its name
	changes bool          // it is no mere look
	limit   time.Duration // 0 is readLimit for a look, none for a change
}

// ask makes one call, with every error told as an [ops.Error].
func ask[T any](ctx context.Context, e *Engine, c call, send func(context.Context, *client.Client) (T, error)) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, notSent(c, err)
	}
	if c.limit == 0 && !c.changes {
		c.limit = readLimit
	}
	if c.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.limit)
		defer cancel()
	}
	for try := 0; ; try++ {
		api, err := e.client()
		if err != nil {
			return zero, ops.Fail(ops.Unavailable, ops.T("Docker’s address is wrong: %s", "L’adresse de Docker est fausse : %s", err), err)
		}
		w := &wire{}
		v, err := send(w.watch(ctx), api)
		if err == nil {
			return v, nil
		}
		if wrongVersion(err) && try == 0 {
			e.drop(api) // the engine was replaced by another version; it refused before it did anything
			continue
		}
		if client.IsErrConnectionFailed(err) {
			e.drop(api)
		}
		return zero, e.explain(c, w, err)
	}
}

func wrongVersion(err error) bool {
	s := err.Error()
	return strings.Contains(s, "client version") && (strings.Contains(s, "is too new") || strings.Contains(s, "is too old"))
}

// A wire remembers how far the last request of a call got.
type wire struct {
	mu   sync.Mutex // the transport dials on goroutines of its own
	sent bool       // headers were written: the engine may have acted
	dial error      // why there was no connection
}

func (w *wire) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			w.mu.Lock()
			w.sent = false
			w.mu.Unlock()
		},
		WroteHeaders: func() {
			w.mu.Lock()
			w.sent = true
			w.mu.Unlock()
		},
		ConnectDone: func(_, _ string, err error) {
			w.mu.Lock()
			w.dial = err
			w.mu.Unlock()
		},
	})
}

func (w *wire) state() (sent bool, dial error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent, w.dial
}

// lost reports whether err left open what the engine did.
func (w *wire) lost(err error) bool {
	sent, _ := w.state()
	return sent && (client.IsErrConnectionFailed(err) || ended(err) || isNet(err))
}

func isNet(err error) bool {
	var n net.Error
	return errors.As(err, &n)
}

func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A proxy stands before the engine's socket and writes down when it was busy. It can go away, and come back.
type proxy struct {
	socket  string
	pass    http.Handler
	engine  *http.Client
	web     *http.Server // nil while it is away
	served  chan error
	extra   chan []byte    // events that the engine does not know of, for one stream
	follows chan time.Time // when streams of events began

	mu      sync.Mutex // guards what follows
	list    []span
	cutting chan struct{} // closed to break the streams of events that there are
}

// A span is one call to the engine.
type span struct {
	from, to time.Time
	restart  bool
	proof    bool // a close look at a container by its name: the watch looks by id
}

func openProxy(dir string) (*proxy, error) {
	own, err := os.MkdirTemp(dir, "proxy-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	pass.Transport = &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	pass.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) } // who asked has gone, or we have
	p := &proxy{socket: filepath.Join(own, "docker.sock"), pass: pass, engine: overSocket(socket),
		extra: make(chan []byte), follows: make(chan time.Time, 1<<10), cutting: make(chan struct{})}
	return p, p.comeBack()
}

// comeBack listens.
func (p *proxy) comeBack() error {
	l, err := net.Listen("unix", p.socket)
	if err != nil {
		return fmt.Errorf("listening before the engine: %w", err)
	}
	p.web, p.served = &http.Server{Handler: p}, make(chan error, 1)
	go func() { p.served <- p.web.Serve(l) }() // leave waits for it
	return nil
}

// leave ends all that goes on, and listens no more.
func (p *proxy) leave() {
	if p.web == nil {
		return
	}
	if err := p.web.Close(); err != nil {
		say("closing the proxy: " + err.Error())
	}
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) {
		say("the proxy ended: " + err.Error())
	}
	p.web = nil
}

func (p *proxy) close() {
	p.leave()
	p.engine.CloseIdleConnections()
}

// ServeHTTP hands one call on.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/events") {
		p.events(w, r)
		return
	}
	_, about, _ := strings.Cut(r.URL.Path, "/containers/")
	s := span{from: time.Now(), restart: r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/restart"),
		proof: r.Method == http.MethodGet && strings.HasSuffix(about, "/json") && strings.Contains(about, "_")}
	p.pass.ServeHTTP(w, r)
	s.to = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, s)
}

func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = nil
}

func (p *proxy) spans() []span {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list)
}

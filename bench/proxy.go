package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A proxy stands before the engine's socket and writes down when it was busy.
type proxy struct {
	socket string
	web    *http.Server
	served chan error

	mu   sync.Mutex // guards list
	list []span
}

// A span is one call to the engine.
type span struct {
	from, to         time.Time
	restart, inspect bool
}

func openProxy(dir string) (*proxy, error) {
	p := &proxy{socket: filepath.Join(dir, "docker.sock"), served: make(chan error, 1)}
	l, err := net.Listen("unix", p.socket)
	if err != nil {
		return nil, fmt.Errorf("listening before the engine: %w", err)
	}
	engine := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	engine.Transport = &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	p.web = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := span{from: time.Now(), restart: r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/restart"),
			inspect: r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/containers/") && strings.HasSuffix(r.URL.Path, "/json") &&
				!strings.HasSuffix(r.URL.Path, "/containers/json")}
		engine.ServeHTTP(w, r)
		s.to = time.Now()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.list = append(p.list, s)
	})}
	go func() { p.served <- p.web.Serve(l) }() // close waits for it
	return p, nil
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

func (p *proxy) close() {
	if err := p.web.Close(); err != nil {
		say("closing the proxy: " + err.Error())
	}
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) {
		say("the proxy ended: " + err.Error())
	}
}

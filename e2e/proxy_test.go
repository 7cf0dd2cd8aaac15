package e2e

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
)

const engineSocket = "/var/run/docker.sock"

// A proxy stands between a bot (and the Compose that it runs) and the engine. It can hold single calls, refuse to
// change anything, or be gone.
type proxy struct {
	socket string
	pass   *httputil.ReverseProxy

	mu       sync.Mutex // guards what follows; held for moments only
	server   *httptest.Server
	holds    []*hold
	readOnly bool
}

func newProxy(t testing.TB, dir string) *proxy {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", engineSocket)
	}}
	p := &proxy{socket: filepath.Join(dir, "docker.sock"), pass: &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "docker"}) },
		FlushInterval: -1, Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
	}}
	p.up(t)
	t.Cleanup(func() {
		p.down()
		transport.CloseIdleConnections()
	})
	return p
}

func (p *proxy) up(t testing.TB) {
	t.Helper()
	l, err := net.Listen("unix", p.socket)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(p)
	s.Listener.Close()
	s.Listener, s.Config.ErrorLog = l, log.New(io.Discard, "", 0)
	s.Start()
	p.mu.Lock()
	p.server = s
	p.mu.Unlock()
}

// down takes the socket away and cuts every call in the middle. The engine goes on with what it was told.
func (p *proxy) down() {
	p.mu.Lock()
	s := p.server
	p.server = nil
	p.mu.Unlock()
	if s == nil {
		return
	}
	s.Listener.Close()
	os.Remove(p.socket)
	s.CloseClientConnections()
	s.Close()
}

// forbidChanges makes it refuse all but reads, in the words of the usual socket proxy with POST=0.
func (p *proxy) forbidChanges() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readOnly = true
}

// A hold catches the first call that matches.
type hold struct {
	method  string
	path    *regexp.Regexp
	after   bool // the engine has done it, and its answer is held
	reached chan struct{}
	release chan struct{}
}

// hold keeps the next such call from the engine until it is let go, or its caller is gone.
func (p *proxy) hold(method, path string) *hold { return p.catch(method, path, false) }

// holdAnswer lets the next such call through, and keeps the answer.
func (p *proxy) holdAnswer(method, path string) *hold { return p.catch(method, path, true) }

func (p *proxy) catch(method, path string, after bool) *hold {
	h := &hold{method: method, path: regexp.MustCompile(path), after: after, reached: make(chan struct{}), release: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds = append(p.holds, h)
	return h
}

func (p *proxy) held(r *http.Request) (h *hold, readOnly bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.holds, func(h *hold) bool { return h.method == r.Method && h.path.MatchString(r.URL.Path) })
	if i < 0 {
		return nil, p.readOnly
	}
	h = p.holds[i]
	p.holds = slices.Delete(p.holds, i, i+1)
	return h, p.readOnly
}

// wait returns when the call is there.
func (h *hold) wait(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-h.reached:
	case <-ctx.Done():
		t.Fatalf("nobody called %s %s", h.method, h.path)
	}
}

func (h *hold) pass() { close(h.release) }

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, readOnly := p.held(r)
	if readOnly && r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n")
		return
	}
	if h == nil {
		p.pass.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body) // so that the server notices when the caller hangs up
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if len(body) > 0 {
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	answer := httptest.NewRecorder()
	if h.after {
		p.pass.ServeHTTP(answer, r.Clone(context.WithoutCancel(r.Context())))
	}
	close(h.reached)
	select {
	case <-h.release:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
	if !h.after {
		p.pass.ServeHTTP(w, r)
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

package dockertest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forbidden is what haproxy says, as HTML and with a status of 403.
const forbidden = "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"

// sections are the parts of the API that a socket proxy opens one by one.
var sections = regexp.MustCompile(`^(?:/v[\d.]+)?/(_ping|version|info|events|auth|build|commit|configs|containers|distribution|exec|grpc|images|networks|nodes|plugins|secrets|services|session|swarm|system|tasks|volumes)`)

var action = regexp.MustCompile(`^(?:/v[\d.]+)?/containers/[a-zA-Z0-9_.-]+/(start|stop|restart|kill)$`)

// NewProxy stands a strict socket proxy before the engine and returns its address, tcp://127.0.0.1:port. It lets
// through what allow names in the way of the usual one ("CONTAINERS=1", "POST=1", "ALLOW_RESTARTS=1"; PING and
// VERSION are open unless "PING=0"), and refuses the rest as haproxy does.
func NewProxy(t testing.TB, allow ...string) string {
	t.Helper()
	has := func(what string) bool { return slices.Contains(allow, what+"=1") }
	return relay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if !allowed(r, has, slices.Contains(allow, "PING=0")) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Cache-Control", "no-cache")
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, forbidden)
			return
		}
		pass.ServeHTTP(w, r)
	})
}

func allowed(r *http.Request, has func(string) bool, noPing bool) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !has("POST") {
		return false
	}
	if m := action.FindStringSubmatch(r.URL.Path); m != nil && r.Method == http.MethodPost {
		switch {
		case has("ALLOW_RESTARTS") && m[1] != "start", has("ALLOW_START") && m[1] == "start", has("ALLOW_STOP") && m[1] == "stop":
			return true
		}
	}
	m := sections.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return false
	}
	switch m[1] {
	case "_ping":
		return !noPing
	case "version":
		return true
	}
	return has(strings.ToUpper(m[1]))
}

// A filter decides what becomes of a request before it reaches the engine.
type filter func(w http.ResponseWriter, r *http.Request, pass http.Handler)

// relay stands between a client and the engine.
func relay(t testing.TB, through filter) string {
	t.Helper()
	pass := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "docker"}) },
		FlushInterval: -1,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", "/var/run/docker.sock")
		}},
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { through(w, r, pass) }))
	s.Config.ErrorLog = nil
	s.Start()
	t.Cleanup(s.CloseClientConnections)
	t.Cleanup(s.Close)
	return "tcp://" + s.Listener.Addr().String()
}

// NewRelay stands a filter of the test's own before the engine: for answers that get lost, and for versions that change.
func NewRelay(t testing.TB, through func(w http.ResponseWriter, r *http.Request, pass http.Handler)) string {
	t.Helper()
	return relay(t, through)
}

package guard

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"
)

// dials reports whether argv asks for a connection to the engine that this machine's file names, and the file allows one.
func (r Rules) dials(argv []string) bool {
	return r.Docker != "" && (slices.Equal(argv, []string{"docker", "system", "dial-stdio"}) ||
		slices.Equal(argv, []string{"docker", "-H", "unix://" + r.socket(), "system", "dial-stdio"}))
}

func (r Rules) socket() string {
	if r.DockerSocket == "" {
		return "/var/run/docker.sock"
	}
	return r.DockerSocket
}

func (r Rules) docker(ctx context.Context, c Call) int {
	far, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "unix", r.socket())
	if err != nil {
		fmt.Fprintln(c.Err, "vigie guard: Docker's socket does not open:", err)
		return ExitFailed
	}
	if r.Docker == "full" {
		carry(c, far.(*net.UnixConn))
		return 0
	}
	far.Close() // each question gets its own
	r.readOnly(c)
	return 0
}

// carry passes bytes both ways until the engine has nothing more to say.
func carry(c Call, far *net.UnixConn) {
	defer far.Close()
	go func() {
		io.Copy(far, c.In) // its end, good or bad, is passed on
		far.CloseWrite()
	}()
	io.Copy(c.Out, far) // likewise
}

// looks are the questions to an engine that change nothing and lead into no container: no files, no archives, no attaching.
var looks = regexp.MustCompile(`^(/v1\.[0-9]{1,3})?/(_ping|version|info|events|system/df|containers/json|containers/[A-Za-z0-9_.-]+/(json|logs|stats|top)` +
	`|images/json|images/[A-Za-z0-9_.:/@-]+/(json|history)|distribution/[A-Za-z0-9_.:/@-]+/json|networks|networks/[A-Za-z0-9_.-]+|volumes|volumes/[A-Za-z0-9_.-]+)$`)

// Looks reports whether a question to an engine only looks. path is as it came, still escaped.
func Looks(method, path string) bool {
	return (method == http.MethodGet || method == http.MethodHead) && looks.MatchString(path) && !regexp.MustCompile(`(^|/)\.\.?(/|$)`).MatchString(path)
}

// readOnly answers the questions on one connection.
func (r Rules) readOnly(c Call) {
	engine := &httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(&url.URL{Scheme: "http", Host: "docker"}) },
		FlushInterval: -1, // events and logs come as they happen
		ErrorLog:      log.New(io.Discard, "", 0),
		Transport: &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", r.socket())
		}},
	}
	one := newOnce(c.In, c.Out)
	server := &http.Server{ReadHeaderTimeout: time.Hour, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !Looks(q.Method, q.URL.EscapedPath()) || q.Header.Get("Upgrade") != "" {
			c.Log(true, fmt.Sprintf("docker %s %.200q", q.Method, q.URL.EscapedPath()))
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"message":"vigie guard lets only look: docker = \"read\" in its file"}`)
			return
		}
		engine.ServeHTTP(w, q)
	})}
	server.Serve(one) // returns when the one connection is over, with an error that says so
}

// once is a listener that has one connection: the program's own input and output. It is over when all is written.
type once struct {
	conns chan net.Conn
	over  chan struct{}
	end   sync.Once
}

func newOnce(in io.Reader, out io.Writer) *once {
	o := &once{conns: make(chan net.Conn, 1), over: make(chan struct{})}
	near, far := net.Pipe()
	o.conns <- near
	go func() { io.Copy(far, in); far.Close() }()
	go func() { io.Copy(out, far); far.Close(); o.finish() }()
	return o
}

func (o *once) finish() { o.end.Do(func() { close(o.over) }) }

func (o *once) Accept() (net.Conn, error) {
	select {
	case c := <-o.conns:
		return c, nil
	case <-o.over:
		return nil, net.ErrClosed
	}
}

func (o *once) Close() error   { o.finish(); return nil }
func (o *once) Addr() net.Addr { return &net.UnixAddr{Name: "stdio", Net: "unix"} }

package realtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigie/alerts/hooks"
	"vigie/ops"
)

const secret = "the-secret-of-a-real-test"

// patience is how long a real program may take for anything. Both answer within seconds on an idle machine, but Uptime Kuma
// looks every 20 s at most often, and builds its database at its first start.
const patience = 2 * time.Minute

// A post is Vigie's door for webhooks, open on a port of the loopback interface.
type post struct {
	*hooks.Hooks
	URL   string
	told  chan ops.Trouble
	asked chan struct{} // somebody was answered 503
}

func open(t *testing.T, kind hooks.Kind) *post {
	t.Helper()
	h, err := hooks.New(hooks.Options{
		Sources: []hooks.Source{{Name: "real", Kind: kind, Secret: secret}},
		Service: func(name string) (string, bool) { return strings.CutPrefix(name, "javisi_") },
		Broken:  func(err error) { t.Errorf("reported: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &post{Hooks: h, told: make(chan ops.Trouble, 100), asked: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	for pattern, handler := range h.Handlers() {
		mux.Handle(pattern, handler)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		if answer.Code == http.StatusServiceUnavailable {
			select {
			case p.asked <- struct{}{}:
			default:
			}
		}
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL + "/hooks/real"
	return p
}

// watch lets the door tell from now to the end of the test.
func (p *post) watch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { // waited for in the cleanup
		defer close(ended)
		p.Watch(ctx, nil, func(s ops.Sighting) {
			for _, trouble := range s.Troubles {
				p.told <- trouble
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

// next is the next trouble that is told.
func (p *post) next(t *testing.T) ops.Trouble {
	t.Helper()
	select {
	case trouble := <-p.told:
		return trouble
	case <-time.After(patience):
		t.Fatal("nothing was told")
		return ops.Trouble{}
	}
}

// A noise is what a program wrote. Its parts come from several goroutines.
type noise struct {
	mu  sync.Mutex // guards all
	all strings.Builder
}

func (n *noise) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all.Write(p)
}

func (n *noise) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all.String()
}

// start runs cmd until the test ends, and waits until its address answers. What it wrote is shown if the test fails.
func start(t *testing.T, cmd *exec.Cmd, url string) *noise {
	t.Helper()
	said := &noise{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	ended := make(chan struct{})
	go func() { // waited for in the cleanup
		defer close(ended)
		_ = cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with its children
		<-ended
		if t.Failed() {
			t.Logf("%s wrote:\n%s", cmd.Path, said)
		}
	})
	for deadline := time.Now().Add(patience); ; {
		response, err := http.Get(url)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode < 500 {
				return said
			}
		}
		select {
		case <-ended:
			t.Fatalf("%s ended at once", cmd.Path)
		case <-time.After(50 * time.Millisecond): // a real process: nothing tells when it listens
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer at %s: %v", cmd.Path, url, err)
		}
	}
}

// freePort is a port of the loopback interface that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

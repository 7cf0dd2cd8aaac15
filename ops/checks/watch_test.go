package checks

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// A wire is a network in memory: real HTTP over pipes, so that its time is the bubble's.
type wire struct {
	mu    sync.Mutex // guards all below
	state map[string]string
	calls []call
	open  int // connections
}

type call struct {
	host string
	at   time.Time
}

// set says how a host answers: a status, "refused", "away" (no route), "silent", or "slow" (3 s).
func (w *wire) set(host, how string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state[host] = how
}

func (w *wire) dial(_ context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	w.mu.Lock()
	how := w.state[host]
	w.calls = append(w.calls, call{host, time.Now()})
	w.open++
	w.mu.Unlock()
	switch how {
	case "refused":
		w.closed()
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case "away":
		w.closed()
		return nil, &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}
	}
	ours, theirs := net.Pipe()
	l := &oneConn{conn: make(chan net.Conn, 1)}
	l.conn <- &watched{theirs, sync.OnceFunc(func() { w.closed(); close(l.conn) })}
	go func() { // ends when the client closes the connection, which each run of a check does
		_ = http.Serve(l, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			status := 200
			switch how {
			case "", "slow", "silent":
				wait := map[string]time.Duration{"slow": 3 * time.Second, "silent": time.Hour}[how]
				select {
				case <-time.After(wait):
				case <-r.Context().Done():
				}
			default:
				fmt.Sscan(how, &status)
			}
			rw.WriteHeader(status)
		}))
	}()
	return ours, nil
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}

func (w *wire) closed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
}

type watched struct {
	net.Conn
	done func()
}

func (c *watched) Close() error { defer c.done(); return c.Conn.Close() }

// oneConn is a listener that takes one connection.
type oneConn struct{ conn chan net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	c, ok := <-l.conn
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "wire"} }

// A board is what the troubles come to for whoever hears them.
type board struct {
	mu    sync.Mutex // guards all below
	start time.Time
	open  map[string]ops.Trouble
	log   []string
	mark  json.RawMessage
}

func (b *board) hear(s ops.Sighting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	told := map[string]bool{}
	for _, t := range s.Troubles {
		b.change(t)
		told[t.Subject+" "+t.Kind] = !t.Over
	}
	for k, t := range b.open {
		if s.Whole != "" && strings.HasPrefix(k, s.Whole) && !told[k] {
			t.Over = true
			b.change(t)
		}
	}
	if s.Mark != nil {
		b.mark = s.Mark
	}
}

func (b *board) change(t ops.Trouble) {
	k := t.Subject + " " + t.Kind
	old, was := b.open[k]
	at := time.Since(b.start).Round(time.Second)
	switch {
	case t.Over && was:
		delete(b.open, k)
		b.log = append(b.log, fmt.Sprintf("%v over %s", at, k))
	case !t.Over:
		if b.open[k] = t; !was || old.Title != t.Title || old.Severity != t.Severity {
			b.log = append(b.log, fmt.Sprintf("%v %s %s: %s", at, t.Severity, k, plain(t.Title.En)))
		}
	}
}

// expect compares what was told with lines that begin as given, but for the time, which chance moves a little.
func (b *board) expect(t *testing.T, want ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ok := len(b.log) == len(want)
	for i := range min(len(b.log), len(want)) {
		_, line, _ := strings.Cut(b.log[i], " ")
		ok = ok && strings.HasPrefix(line, want[i])
	}
	if !ok {
		t.Errorf("it told\n%s\nnot\n%s", strings.Join(b.log, "\n"), strings.Join(want, "\n"))
	}
	b.log = nil
}

func (b *board) get(k string) ops.Trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[k]
}

// watch starts the watcher of a system on w; stop ends it and waits.
func watch(t *testing.T, w *wire, b *board, o Options) (s *System, stop func()) {
	t.Helper()
	s, err := build(o, w.dial)
	if err != nil {
		t.Fatal(err)
	}
	if b.open == nil {
		b.open, b.start = map[string]ops.Trouble{}, time.Now()
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Watcher().Watch(ctx, b.mark, b.hear)
	}()
	return s, func() { cancel(); <-ended }
}

func site(name string) Check { return Check{Name: name, URL: "http://" + name + "/"} }

func TestWatchNeedsSeveralInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{}}, &board{}
		c := site("n8n")
		c.Needs = []string{"container:n8n"}
		_, stop := watch(t, w, b, Options{Checks: []Check{c}})
		defer stop()
		time.Sleep(5 * time.Minute)
		b.expect(t)

		for range 30 { // a failure now and then is nobody's trouble
			w.set("n8n", "502")
			for n := w.count(); w.count() == n; {
				time.Sleep(time.Second)
			}
			w.set("n8n", "")
			time.Sleep(4 * time.Minute)
		}
		b.expect(t)

		down := time.Now()
		w.set("n8n", "502")
		time.Sleep(3 * time.Minute)
		b.expect(t, "critical check:n8n down: n8n: 502, the proxy answers, the service behind it does not")
		tr := b.get("check:n8n down")
		if since := tr.At.Sub(down); since < 0 || since > 64*time.Second {
			t.Errorf("it is so since %v after it was", since)
		}
		if !slices.Equal(tr.Needs, []string{"container:n8n", "watch:checks"}) || len(tr.Offers) != 2 || tr.Offers[1].Ask.Op != "docker.inspect" {
			t.Errorf("it needs %v and offers %v", tr.Needs, tr.Offers)
		}
		w.set("n8n", "silent")
		time.Sleep(2 * time.Minute)
		b.expect(t, "critical check:n8n down: n8n: it takes the request and says nothing for 10 s")
		w.set("n8n", "401")
		time.Sleep(3 * time.Minute)
		b.expect(t, "over check:n8n down")
	})
}

func TestOneFailureIsFollowedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{}}, &board{}
		c := site("n8n")
		c.Every = 10 * time.Minute
		_, stop := watch(t, w, b, Options{Checks: []Check{c}})
		defer stop()
		time.Sleep(time.Minute)
		w.set("n8n", "refused")
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := len(w.calls); n < 3 || w.calls[2].at.Sub(w.calls[1].at) > 11*time.Second {
			t.Errorf("a failure is followed by the next run %v later", w.calls)
		}
		b.expect(t, "critical check:n8n down: n8n: connection refused: nothing listens on port 80")
	})
}

func TestWatchSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{"n8n": "slow"}}, &board{}
		c := site("n8n")
		c.MaxTime = 2 * time.Second
		_, stop := watch(t, w, b, Options{Checks: []Check{c}})
		defer stop()
		time.Sleep(10 * time.Minute)
		b.expect(t, "warning check:n8n slow: n8n takes longer than 2 s")
		if lines := b.get("check:n8n slow").Lines; len(lines) != 2 || !contains(lines[1].En, "3 s: name") {
			t.Errorf("it tells %v", lines)
		}
		w.set("n8n", "500") // then nobody knows how fast it would be
		time.Sleep(3 * time.Minute)
		b.expect(t, "critical check:n8n down")
		w.set("n8n", "")
		time.Sleep(3 * time.Minute)
		b.mu.Lock()
		slices.Sort(b.log)
		b.mu.Unlock()
		if b.get("check:n8n slow").Kind != "" || b.get("check:n8n down").Kind != "" {
			t.Error("it is not over")
		}
	})
}

func TestWatchGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{"n8n": "500", "gone": "500"}}, &board{}
		_, stop := watch(t, w, b, Options{Checks: []Check{site("n8n"), site("gone"), site("fine")}})
		time.Sleep(3 * time.Minute)
		stop()
		began := b.get("check:n8n down").At
		b.expect(t, "critical check:n8n down", "critical check:gone down")
		time.Sleep(time.Hour)
		_, stop = watch(t, w, b, Options{Checks: []Check{site("n8n"), site("fine")}})
		time.Sleep(time.Second)
		synctest.Wait()
		if at := b.get("check:n8n down").At; !at.Equal(began) {
			t.Errorf("it began at %v, not %v", at, began)
		}
		time.Sleep(time.Minute)
		b.expect(t, "over check:gone down")
		stop()
		w.set("n8n", "")
		_, stop = watch(t, w, b, Options{Checks: []Check{site("n8n"), site("fine")}})
		time.Sleep(9 * time.Second) // one success is not enough after a restart either
		synctest.Wait()
		b.expect(t)
		time.Sleep(time.Minute)
		b.expect(t, "over check:n8n down")
		stop()
		_, stop = watch(t, w, b, Options{})
		synctest.Wait()
		stop()
		b.expect(t)
	})
}

func TestWatchIsBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{}}, &board{}
		_, stop := watch(t, w, b, Options{Checks: []Check{site("a"), site("b"), site("c")}})
		defer stop()
		time.Sleep(2 * time.Minute)
		for _, host := range []string{"a", "b"} {
			w.set(host, "away")
		}
		time.Sleep(2 * time.Minute)
		if b.get("watch:checks blind").Kind != "" {
			t.Error("one of three answers, and it calls itself blind")
		}
		w.set("c", "away")
		time.Sleep(2 * time.Minute)
		tr := b.get("watch:checks blind")
		if tr.Wait != time.Minute || !contains(plain(tr.Title.Fr), "mon propre réseau") || b.get("check:a down").Needs[0] != "watch:checks" {
			t.Errorf("it tells %+v", tr)
		}
		w.set("b", "refused") // something out there answers
		time.Sleep(2 * time.Minute)
		if b.get("watch:checks blind").Kind != "" || b.get("check:b down").Kind == "" {
			t.Error("it is refused, and still blind")
		}
	})
}

func TestFiftyChecksAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{}}, &board{}
		var list []Check
		for i := range 50 {
			name := fmt.Sprintf("s%02d", i)
			if w.state[name] = "slow"; i%2 == 0 {
				w.state[name] = "silent"
			}
			c := site(name)
			c.Fails = 1
			list = append(list, c)
		}
		_, stop := watch(t, w, b, Options{Checks: list, Parallel: 8})
		for range 10 * 60 * 4 {
			time.Sleep(time.Second / 4)
			synctest.Wait()
			w.mu.Lock()
			if w.open > 8 {
				t.Errorf("%d are under way at once", w.open)
			}
			w.mu.Unlock()
		}
		stop()
		at, hosts := map[time.Time]int{}, map[string]int{}
		for _, c := range w.calls {
			at[c.at]++
			hosts[c.host]++
		}
		for moment, n := range at {
			if n > 8 {
				t.Errorf("%d checks went out at %v", n, moment)
			}
		}
		for host, n := range hosts {
			if n < 5 {
				t.Errorf("%s was asked %d times in 10 min", host, n)
			}
		}
		if len(hosts) != 50 {
			t.Errorf("%d were asked", len(hosts))
		}
	})
}

func TestACertificateIsOneTrouble(t *testing.T) {
	c := &check{Check: Check{Name: "n8n", URL: "https://n8n/"}.defaults(), probe: probe{Check: Check{TLS: "n8n:443"}}}
	now := time.Now()
	cert := &Cert{Names: []string{"n8n"}, Issuer: "CA", From: now.Add(-60 * day), To: now.Add(30 * day)}
	say := ops.T("200", "200")
	var told []string
	for i := range 24 * 40 { // an hour each
		at := now.Add(time.Duration(i) * time.Hour)
		fault := ""
		if at.After(cert.To) {
			fault = "tls"
		}
		for _, tr := range c.judge(Result{At: at, Cert: cert, Fault: fault, Say: say, Reached: true}) {
			if tr.Kind == "tls" && !tr.Over {
				told = append(told, string(tr.Severity)+" "+plain(tr.Title.En))
			}
			if tr.Kind == "down" && !tr.Over {
				t.Errorf("it is told twice: %s", tr.Title.En)
			}
		}
	}
	all := strings.Join(told, "\n")
	if !strings.HasPrefix(all, "warning n8n: certificate ends in 21 d") || !contains(all, "critical n8n: certificate ends in 7 d") || !contains(all, "critical n8n: certificate expired") {
		t.Errorf("it told\n%s", all)
	}
	if len(told) > 21+48+48+10 {
		t.Errorf("it was told %d times", len(told))
	}
	cert.To = now.Add(100 * day)
	news := c.judge(Result{At: now.Add(41 * day), Cert: cert, Say: say})
	if i := slices.IndexFunc(news, func(tr ops.Trouble) bool { return tr.Kind == "tls" }); i < 0 || !news[i].Over {
		t.Errorf("renewed, it tells %v", news)
	}
}

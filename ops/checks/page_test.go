package checks

import (
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
)

var quiet = log.New(io.Discard, "", 0) // servers complain of the clients that these tests are

const brief = 600 * time.Millisecond // long enough for a busy machine to come as far as the case wants

func TestWhatAPageMeans(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drip := func(w http.ResponseWriter, r *http.Request) { // a body that never ends
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(200)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for _, c := range []struct {
		name  string
		at    string
		check Check
		fault string
		code  string
		say   string // part of it
	}{
		{"fine", serve(t, answer(200, "")), Check{}, "", "200", "200"},
		{"no content", serve(t, answer(204, "")), Check{}, "", "204", "204"},
		{"asks who", serve(t, answer(401, "")), Check{}, "", "401", "alive: it asks who is there"},
		{"not on the VPN", serve(t, answer(403, "")), Check{}, "down", "403", "not on the VPN"},
		{"no such page", serve(t, answer(404, "")), Check{}, "down", "404", "no such page"},
		{"too many", serve(t, answer(429, "")), Check{}, "down", "429", "too many requests"},
		{"fails inside", serve(t, answer(500, "")), Check{}, "down", "500", "fails inside"},
		{"backend dead", serve(t, answer(502, "")), Check{}, "down", "502", "502, the proxy answers, the service behind it does not"},
		{"backend away", serve(t, answer(503, "")), Check{}, "down", "503", "the proxy answers"},
		{"backend slow", serve(t, answer(504, "")), Check{}, "down", "504", "the proxy answers"},
		{"odd", serve(t, answer(418, "")), Check{}, "down", "418", "refuses the request"},
		{"odder", serve(t, answer(520, "")), Check{}, "down", "520", "an error of its own"},
		{"a standby page that is meant", serve(t, answer(503, "standby")), Check{Expect: []int{200, 503}}, "", "503", "as it should"},
		{"fine, but should not be", serve(t, answer(200, "")), Check{Expect: []int{401}}, "down", "200", "not what it should answer"},
		{"401 is not what was expected", serve(t, answer(401, "")), Check{Expect: []int{200}}, "down", "401", "refuses the request"},
		{"the body holds it", serve(t, answer(200, "all OK here")), Check{Body: "OK"}, "", "200", ""},
		{"the body does not", serve(t, answer(200, "maintenance")), Check{Body: "OK"}, "down", "200 body", "does not say what it should"},
		{"the body matches", serve(t, answer(200, `{"status" : "ok"}`)), Check{BodyMatches: `"status"\s*:\s*"ok"`}, "", "200", ""},
		{"a good body does not excuse the status", serve(t, answer(502, "OK")), Check{Body: "OK"}, "down", "502", ""},
		{"silent", serve(t, silent), Check{Timeout: brief}, "down", "timeout", "takes the request and says nothing for 600 ms"},
		{"a body that drips", serve(t, drip), Check{Timeout: brief, Body: "OK"}, "down", "timeout", "begins to answer and does not finish"},
		{"a body that drips, and nobody asked for", serve(t, drip), Check{Timeout: brief}, "", "200", ""},
		{"headers that drip", listen(t, slowloris), Check{Timeout: brief}, "down", "timeout", "begins to answer and does not finish"},
		{"refused", refused(t), Check{}, "down", "refused", "nothing listens on port"},
		{"closed", listen(t, func(net.Conn) {}), Check{}, "down", "closed", "closes the connection without an answer"},
		{"no HTTP", listen(t, func(c net.Conn) { fmt.Fprint(c, "220 mail ESMTP\r\n"); _, _ = io.ReadAll(c) }), Check{}, "down", "no http", "not in HTTP"},
		{"endless headers", serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 400<<10)) }), Check{}, "down", "headers", "256 kB"},
		{"nobody takes it", deaf(t), Check{Timeout: brief}, "down", "timeout", "nobody takes the connection within 600 ms"},
		{"HEAD", serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodHead {
				w.WriteHeader(500)
			}
		}), Check{Method: "HEAD"}, "", "200", ""},
	} {
		c.check.URL = "http://" + c.at + "/x"
		r := once(t, c.check)
		if r.Fault != c.fault || r.Code != c.code || !contains(r.Say.En, c.say) || r.Say.Fr == "" {
			t.Errorf("%s: fault %q, %q: %s", c.name, r.Fault, r.Code, r.Say.En)
		}
		if unreached := c.name == "nobody takes it"; r.Reached == unreached {
			t.Errorf("%s: reached: %v", c.name, r.Reached)
		}
	}
}

// slowloris reads the request and sends a header a byte at a time, until the client gives up.
func slowloris(c net.Conn) {
	if _, err := c.Read(make([]byte, 4096)); err != nil {
		return
	}
	for _, b := range []byte("HTTP/1.1 200 OK\r\nX-Slow: " + strings.Repeat("z", 1000)) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		for buf := make([]byte, 4096); ; {
			if _, err := c.Read(buf); err == io.EOF {
				return
			} else if err != nil {
				break
			}
		}
	}
}

// deaf is a port whose queue of connections is full: the kernel drops what comes, as a firewall does.
func deaf(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 20 {
		conn, err := net.DialTimeout("tcp", at, brief)
		if err != nil {
			return at
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue does not fill")
	return ""
}

func TestRedirects(t *testing.T) {
	var got http.Header
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header.Clone(); w.WriteHeader(200) })
	elsewhere = strings.Replace(elsewhere, "127.0.0.1", "localhost", 1)
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/away":
			http.Redirect(w, r, "http://"+elsewhere+"/login?state=t0ps3cret", 302)
		case path == "/circle":
			http.Redirect(w, r, "/circle", 302)
		case path == "/pingpong":
			http.Redirect(w, r, "/gnopgnip", 302)
		case path == "/gnopgnip":
			http.Redirect(w, r, "/pingpong", 302)
		case strings.HasPrefix(path, "/far"):
			http.Redirect(w, r, path+"r", 302)
		case path == "/near":
			http.Redirect(w, r, "/fine", 302)
		case path == "/broken":
			http.Redirect(w, r, "/500", 302)
		case path == "/500":
			w.WriteHeader(500)
		}
	})
	for _, c := range []struct {
		path   string
		expect []int
		fault  string
		code   string
		final  string
	}{
		{"/near", nil, "", "200", ""},
		{"/away", nil, "", "200", elsewhere},
		{"/circle", nil, "down", "circle", ""},
		{"/pingpong", nil, "down", "circle", ""},
		{"/far", nil, "", "302", ""},
		{"/broken", nil, "down", "500", ""},
		{"/away", []int{302}, "", "302", ""},
	} {
		r := once(t, Check{URL: "http://ann:pa55word@" + at + c.path + "?token=t0ps3cret", Expect: c.expect,
			Header: map[string]Secret{"X-Api-Key": word("k3yk3yk3y")}})
		if r.Fault != c.fault || r.Code != c.code || r.Final != c.final {
			t.Errorf("%s: fault %q, %q, at %q: %s", c.path, r.Fault, r.Code, r.Final, r.Say.En)
		}
		noSecrets(t, r)
	}
	if got.Get("X-Api-Key") != "" || got.Get("Authorization") != "" || contains(got.Get("Referer"), "t0ps3cret") {
		t.Errorf("another host was handed %v", got)
	}
}

type word string

func (w word) Reveal() string { return string(w) }

// noSecrets looks for what the tests' addresses and headers hold in anything that could be shown.
func noSecrets(t *testing.T, shown ...any) {
	t.Helper()
	for _, s := range []string{"pa55word", "t0ps3cret", "k3yk3yk3y"} {
		if all := fmt.Sprintf("%+v %#v", shown, shown); contains(all, s) {
			t.Errorf("%s shows in %s", s, all)
		}
	}
}

func TestHeadersAreSent(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer k3yk3yk3y" || r.Host != "n8n.example" {
			w.WriteHeader(401)
		}
	})
	c := Check{Name: "it", URL: "http://" + at, Expect: []int{200}, Header: map[string]Secret{"Authorization": word("Bearer k3yk3yk3y"), "host": word("n8n.example")}}
	if r := once(t, c); r.Fault != "" {
		t.Errorf("without its headers: %s", r.Say.En)
	}
	noSecrets(t, c)
}

func TestHugeBodies(t *testing.T) {
	huge := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		filler := strings.Repeat("x", 64<<10)
		for range 64 {
			fmt.Fprint(w, filler)
		}
		fmt.Fprint(w, "NEEDLE")
	})
	bomb := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 256 {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
		_ = z.Close()
	})
	if r := once(t, Check{URL: "http://" + huge, Body: "NEEDLE"}); r.Fault != "down" || !contains(r.Say.En, "in its first MiB") || len([]rune(r.Quote)) > 300 {
		t.Errorf("beyond 1 MiB: %q: %s (%d quoted)", r.Fault, r.Say.En, len(r.Quote))
	}
	if r := once(t, Check{URL: "http://" + huge, Body: "xxx"}); r.Fault != "" {
		t.Errorf("within 1 MiB: %s", r.Say.En)
	}
	if r := once(t, Check{URL: "http://" + bomb, Body: "NEEDLE"}); r.Fault != "down" {
		t.Errorf("256 MB in a few: %s", r.Say.En)
	}
}

func TestTimesAreTaken(t *testing.T) {
	ca := newAuthority(t)
	at := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(30 * time.Millisecond) }, ca.signs("127.0.0.1", -day, 60*day))
	r := once(t, Check{URL: "https://" + at, CA: ca.pem})
	sum := r.Times.Connect + r.Times.TLS
	if r.Fault != "" || r.Addr != at || r.Times.Connect <= 0 || r.Times.TLS <= 0 || r.Times.First < 30*time.Millisecond+sum || r.Times.Total < r.Times.First {
		t.Errorf("%s: %+v at %s", r.Say.En, r.Times, r.Addr)
	}
	for _, lang := range []ops.Lang{ops.English, ops.French} {
		if said := parts(r.Times).In(lang); !contains(said, "TLS") || !contains(said, "ms") {
			t.Errorf("it says %q", said)
		}
	}
}

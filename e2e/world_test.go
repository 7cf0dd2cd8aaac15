package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/data"
	"vigie/data/datatest"
)

// patience is how long anything may take on a slow machine that does other things as well.
const patience = 90 * time.Second

// A world is a stack, a proxy before its engine, a Telegram of its own with its rates, and the bot between them.
type world struct {
	*stack
	proxy  *proxy
	tg     *botapi.Server
	url    string // of tg
	token  string
	config string // its path
	http   string // host:port of the bot's own pages
	store  data.Options
	bot    *process

	reader *data.Store // see journal
	bots   []*process  // all that ever ran
	starts int         // of the bot itself
}

// A setup says what is special about a world.
type setup struct {
	services []string
	postgres bool
	wait     string // [stack] wait; "60s" when empty
	more     string // of the config
	watched  bool   // people are told of what goes wrong; otherwise nobody is
	users    string // more [[users]]
	people   []botapi.User
}

const group = -1_000_500

var names = map[string]int64{"ann": 1001, "bob": 1002, "cat": 1003, "eve": 1009}

// newWorld makes everything but the bot itself, which start does.
func newWorld(t *testing.T, o setup) *world {
	t.Helper()
	w := &world{stack: newStack(t, o.services...), token: fmt.Sprintf("%d:%s", 100_000_000+time.Now().UnixNano()%800_000_000, tokenSecret)}
	sockets, err := os.MkdirTemp("", "s") // short: a socket's path is 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	w.proxy = newProxy(t, sockets)
	people := append([]botapi.User{
		{ID: names["ann"], FirstName: "Ann", LanguageCode: "en"}, {ID: names["bob"], FirstName: "Bob", LanguageCode: "en"},
		{ID: names["cat"], FirstName: "Cat", LanguageCode: "en"}, {ID: names["eve"], FirstName: "Eve", LanguageCode: "en"}}, o.people...)
	w.tg = botapi.New(botapi.Options{
		Bots: []botapi.Bot{{Token: w.token, Username: "vigie_bot"}}, Users: people, Limits: botapi.RealLimits(),
		Groups: []botapi.Group{{ID: group, Title: "Ops", Members: []int64{1001, 1002, 1003, 1009}}},
	})
	server := httptest.NewServer(w.tg)
	t.Cleanup(func() { w.tg.Close(); server.CloseClientConnections(); server.Close() })
	w.url = server.URL
	if w.store = (data.Options{Path: filepath.Join(w.dir, "vigie.db")}); o.postgres {
		w.store = datatest.Postgres(t)
	}
	w.configure(o)
	t.Cleanup(func() {
		if w.reader != nil {
			w.reader.Close()
		}
	})
	t.Cleanup(w.inquest)
	return w
}

// configure writes the configuration and the files that it names.
func (w *world) configure(o setup) {
	w.http = freePort(w.t)
	if !o.watched { // kept and shown by /alerts, but no message comes between those that a test is about
		o.more += "\n[[alerts.route]]\nsubject = [\"*\"]\nto = []\n"
	} else { // this machine is busy, and other tests fill disks on it
		o.more += "\n[[alerts.route]]\nsubject = [\"disk:*\", \"memory:*\", \"load:*\", \"host:*\"]\nto = []\n"
	}
	store := "path = \"vigie.db\""
	if o.postgres {
		store = "dsn_file = \"store.dsn\""
		w.write("store.dsn", w.store.DSN)
	}
	if o.wait == "" {
		o.wait = "60s"
	}
	w.write("telegram.token", w.token)
	w.config = w.write("vigie.toml", fmt.Sprintf(`
[telegram]
token_file = "telegram.token"
api_url = %q
[[users]]
id = 1001
name = "ann"
role = "admin"
[[users]]
id = 1002
name = "bob"
role = "operator"
[[users]]
id = 1003
name = "cat"
role = "viewer"
%s
[store]
%s
[http]
listen = %q
[hosts.here]
docker = "unix://%s"
[stack]
project = %q
host = "here"
files = ["docker-compose-infra.yml", "docker-compose.yml"]
wait = %q
%s
`, w.url, o.users, store, w.http, w.proxy.socket, w.project, o.wait, o.more))
}

func (w *world) write(name, text string) (path string) {
	w.t.Helper()
	path = filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// ports are given out once each, from below those that the kernel gives out: a bot that is started again finds its own free.
var ports atomic.Int32

func freePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+(os.Getpid()*50+int(ports.Add(1)))%10000)
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

// until looks again and again until it is so.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); <-time.After(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to this in %s: %s", patience, what)
		}
	}
}

// inquest ends the bot, and fails the test for what no bot may ever do.
func (w *world) inquest() {
	for _, p := range w.bots {
		if !p.ended() {
			_ = p.cmd.Process.Kill() // it may end meanwhile
			<-p.done
		}
		said := p.said()
		for _, bad := range []string{"DATA RACE", "panic", "goroutine "} {
			if strings.Contains(said, bad) {
				w.t.Errorf("the bot said %q", bad)
			}
		}
		if w.t.Failed() {
			w.t.Logf("process %d %q said:\n%s", p.cmd.Process.Pid, p.cmd.Args[1:], tail(said, 4000))
		}
	}
	for _, c := range w.tg.Calls() {
		switch {
		case c.Code == http.StatusOK, c.Code == http.StatusConflict, c.Code == 0, c.Fault != "":
		case strings.Contains(c.Description, "message is not modified"), strings.Contains(c.Description, "query is too old"):
		case c.Code == http.StatusTooManyRequests && w.starts > 1: // a new process does not know what the old one has just sent
		default:
			w.t.Errorf("telegram refused %s with %d %s: %.300v", c.Method, c.Code, c.Description, c.Params)
		}
	}
	if w.t.Failed() {
		for name, id := range names {
			if said := w.tg.Transcript(id); said != "" {
				w.t.Logf("%s's chat:\n%s", name, said)
			}
		}
		for _, e := range w.journal() {
			w.t.Logf("journal %d %s %s %s %s %s", e.Seq, e.Time.Format("05.000"), e.Name, e.What, e.Op, e.Note)
		}
		w.t.Logf("containers: %q", w.containers())
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, m := range w.events {
			if action := string(m.Action); !strings.HasPrefix(action, "exec_") && !strings.HasPrefix(action, "health_") {
				w.t.Logf("engine %s %s %s", time.Unix(0, m.TimeNano).Format("05.000"), action, m.Actor.Attributes["name"])
			}
		}
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// get asks one of the bot's own pages.
func (w *world) get(path string) (code int, body string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.http+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func compile(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?s)` + pattern) }

func (w *world) read(name string) string {
	w.t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// telegram calls the Bot API as another program with the same token.
func (w *world) telegram(call string) string {
	w.t.Helper()
	resp, err := http.Get(w.url + "/bot" + w.token + "/" + call)
	if err != nil {
		w.t.Fatal(err)
	}
	return body(w.t, resp)
}

// body is what was answered, with a 200.
func body(t testing.TB, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v %s", resp.Status, err, raw)
	}
	return string(raw)
}

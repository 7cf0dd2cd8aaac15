package bots

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

type secret string

func (s secret) Reveal() string { return string(s) }

const (
	memory  = "7000001:AAmemoryBotTokenThatNobodyMaySee0123456"
	claw    = "7000002:AAclawBotTokenThatNobodyMaySee012345678"
	revoked = "7000009:AArevokedTokenThatNobodyMaySee012345678"
)

// A world is a strict stand-in for Telegram, with two bots and one person.
type world struct {
	*botapi.Server
	web *httptest.Server
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{Server: botapi.New(botapi.Options{
		Bots:  []botapi.Bot{{Token: memory, Username: "memory_bot"}, {Token: claw, Username: "claw_bot"}},
		Users: []botapi.User{{ID: 1001, FirstName: "Ann"}},
	})}
	w.web = httptest.NewServer(w.Server)
	t.Cleanup(func() { w.web.Close(); w.Close() })
	return w
}

func (w world) call(t *testing.T, token, method string, args url.Values) {
	t.Helper()
	answer, err := http.PostForm(w.web.URL+"/bot"+token+"/"+method, args)
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", method, answer.Status)
	}
}

// methods are all that was called, each once.
func (w world) methods() (list []string) {
	for _, c := range w.Calls() {
		if !slices.Contains(list, c.Method) {
			list = append(list, c.Method)
		}
	}
	return list
}

func (w world) system(t *testing.T, o Options) *System {
	t.Helper()
	o.APIURL = w.web.URL + "/"
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wrong is everything that is wrong now, as «subject kind severity: title».
func wrong(t *testing.T, s *System, at time.Time) (list []string) {
	t.Helper()
	for _, x := range s.note(s.look(t.Context()), at) {
		list = append(list, x.Subject+" "+x.Kind+" "+string(x.Severity)+": "+ops.Unmark(x.Title.En))
		for _, text := range append(x.Lines, x.Title, ops.Raw(x.Quote)) {
			if all := text.En + text.Fr; strings.Contains(all, "%!") || strings.Contains(all, "NobodyMaySee") || text.En != "" && text.Fr == "" {
				t.Errorf("%+v", text)
			}
		}
	}
	return list
}

// One token for two programs: the webhook that n8n set makes whoever polls deaf. It is seen, and left alone.
func TestWebhooks(t *testing.T) {
	w := newWorld(t)
	taker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	defer taker.Close()
	host := strings.TrimPrefix(taker.URL, "http://")
	hook := taker.URL + "/webhook/memory-bot-5ecret"
	s := w.system(t, Options{Bots: []Bot{{"memory", secret(memory), hook}, {"claw", secret(claw), ""}}})
	want := func(want ...string) {
		t.Helper()
		if got := wrong(t, s, time.Now()); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	want("bot:memory webhook critical: memory has lost its webhook")
	w.call(t, memory, "setWebhook", url.Values{"url": {hook}})
	want()
	w.call(t, memory, "setWebhook", url.Values{"url": {taker.URL + "/webhook-test/5ecret"}})
	want("bot:memory webhook critical: memory sends its messages to " + host + "/webhook-test/…")
	w.call(t, claw, "setWebhook", url.Values{"url": {taker.URL + "/5ecret"}})
	want("bot:memory webhook critical: memory sends its messages to "+host+"/webhook-test/…",
		"bot:claw webhook critical: claw has a webhook that it should not have: "+host+"/…")
	if got := say(t, s, ops.French); got[0] != "🔴 2 bots sur 2 à voir : memory, claw" || got[2] != "🔴 claw a un webhook qu’il ne devrait pas avoir : "+host+"/…" {
		t.Errorf("%q", got)
	}
	if got := w.methods(); !slices.Equal(got, []string{"getWebhookInfo", "setWebhook"}) {
		t.Errorf("called %q", got)
	}
	others := w.system(t, Options{Bots: []Bot{{"memory", secret(memory), Anywhere}, {"gone", secret(revoked), ""}, {"odd", secret("nonsense"), ""}}})
	if got := wrong(t, others, time.Now()); !slices.Equal(got, []string{"bot:gone token critical: gone: Telegram does not know its token", "bot:odd token critical: odd: Telegram does not know its token"}) {
		t.Errorf("%q", got)
	}
}

// What the webhook of a bot refuses is told while it is fresh; so is what piles up.
func TestErrorsAndPending(t *testing.T) {
	w := newWorld(t)
	taker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer taker.Close()
	s := w.system(t, Options{Pending: 10, Bots: []Bot{{"memory", secret(memory), taker.URL + "/telegram"}}})
	w.call(t, memory, "setWebhook", url.Values{"url": {taker.URL + "/telegram"}})
	said := 0
	chat := func(n int) {
		for range n {
			said++
			w.Say(1001, 1001, fmt.Sprintf("message %d", said))
		}
	}
	chat(1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for s.look(ctx)[0].Error == "" { // the stand-in tries in its own time
		if ctx.Err() != nil {
			t.Fatal("no delivery was tried")
		}
		<-time.After(10 * time.Millisecond)
	}
	now := time.Now()
	got := wrong(t, s, now)
	if len(got) != 1 || !strings.HasPrefix(got[0], "bot:memory error warning: memory: its webhook fails: Wrong response from the webhook: 502") {
		t.Errorf("%q", got)
	}
	later := now.Add(time.Hour) // then the error is old
	if got := wrong(t, s, later); len(got) != 0 {
		t.Errorf("%q", got)
	}
	steps := []struct {
		more int
		want string // 3 wait at first; at the fourth look it has grown for a quarter of an hour
	}{{2, ""}, {2, ""}, {2, "7 messages wait"}, {0, ""}, {2, ""}, {2, "11 messages wait"}, {0, "11 messages wait"}}
	for i, c := range steps {
		chat(c.more)
		got := strings.Join(wrong(t, s, later), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("step %d: %q, want %q", i, got, c.want)
		}
	}
	p := s.past["memory"]
	for waits, full := range map[int]bool{6: true, 5: false} { // fewer than half of the limit are few
		q := past{full: true}
		if q.see(look{info: info{Pending: waits}}, 10); q.full != full {
			t.Errorf("%d of 10: %v", waits, q.full)
		}
	}
	if len(p.waiting) != growth {
		t.Errorf("%v is remembered", p.waiting)
	}
}

// What cannot be asked stays as it was, and says so without the token; and nothing is taken for an answer that is none.
func TestTelegramAway(t *testing.T) {
	w := newWorld(t)
	s := w.system(t, Options{Bots: []Bot{{"memory", secret(memory), ""}, {"gone", secret(revoked), ""}}})
	before := wrong(t, s, time.Now())
	if len(before) != 1 {
		t.Fatalf("%q", before)
	}
	for _, f := range []botapi.Fault{{Kind: botapi.FloodWait}, {Kind: botapi.ServerError}, {Kind: botapi.BadGateway}, {Kind: botapi.HalfAnswer}, {Kind: botapi.Torn, Times: 9}} {
		w.Heal()
		f.Method = "getWebhookInfo"
		f.Times = max(f.Times, 2)
		w.Inject(f)
		list := s.look(t.Context())
		if list[0].err == nil || strings.Contains(list[0].err.Error(), "NobodyMaySee") || strings.Contains(fmt.Sprintf("%v %+v %s", list, list[0], list[0]), "NobodyMaySee") {
			t.Errorf("%s: %v", f.Kind, list[0].err)
		}
		if f.Kind != botapi.Torn {
			continue
		}
		if got := unseen(list); len(got) != 1 || ops.Unmark(got[0].Title.En) != "I cannot see how these bots are: memory, gone" || got[0].Lines[0].En != "Telegram cannot be reached" {
			t.Errorf("%+v", got)
		}
		if all := s.note(list, time.Now()); len(all) != 1 || all[0].Subject != "bot:gone" {
			t.Errorf("%+v", all)
		}
	}
	w.Heal()
	if got := wrong(t, s, time.Now()); !slices.Equal(got, before) {
		t.Errorf("%q", got)
	}
	w.web.Close()
	if got := say(t, s, ops.English); got[0] != "⚪ 2 of 2 bots cannot be seen" || got[1] != "⚪ memory: Telegram cannot be reached" {
		t.Errorf("%q", got)
	}
}

// say is what /bots answers, as lines.
func say(t *testing.T, s *System, lang ops.Lang) (lines []string) {
	t.Helper()
	g := &ops.Gate{Policy: everybody{}, Store: forgetful{}}
	if err := g.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	a, _, err := g.Ask(t.Context(), ops.Caller{ID: 1, Role: ops.Viewer}, ops.Ask{Op: "bots.list"}, "here")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range a.Blocks {
		lines = append(lines, ops.Unmark(b.Line.In(lang)))
	}
	return lines
}

type everybody struct{}

func (everybody) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

func TestList(t *testing.T) {
	w := newWorld(t)
	if got := say(t, w.system(t, Options{}), ops.English); len(got) != 1 || !strings.HasPrefix(got[0], "⚪ no other bot") {
		t.Errorf("%q", got)
	}
	w.Say(1001, 1001, "hello")
	if got := say(t, w.system(t, Options{Bots: []Bot{{"memory", secret(memory), ""}}}), ops.English); !slices.Equal(got, []string{"🟢 memory polls · 1 message waits"}) {
		t.Errorf("%q", got)
	}
	if got := say(t, w.system(t, Options{Bots: []Bot{{"memory", secret(memory), ""}, {"claw", secret(claw), Anywhere}}}), ops.French); !slices.Equal(got,
		[]string{"🟢 les 2 bots reçoivent leurs messages", "🟢 memory interroge · 1 message attend", "🟢 claw interroge · 0 message attend"}) {
		t.Errorf("%q", got)
	}
	for _, op := range Bind(w.system(t, Options{})).Ops {
		if op.Risk != ops.Reads || len(op.Examples) == 0 || len(op.Phrases) == 0 || op.Doc.Fr == "" || op.Theme.Fr == "" {
			t.Errorf("%+v", op.Spec)
		}
	}
}

func TestShown(t *testing.T) {
	for address, want := range map[string]string{
		"https://mayi.example.org/webhook/memory-telegram-bot": "mayi.example.org/webhook/…", "https://a.example.org": "a.example.org", "https://a.example.org/": "a.example.org",
		"https://a.example.org/telegram": "a.example.org/telegram", "https://a.example.org/telegram/": "a.example.org/telegram", "https://a.example.org:8443/n8n/x": "a.example.org:8443/n8n/…",
		"https://a.example.org/hook?token=x": "a.example.org/hook/…", "https://a.example.org/?token=x": "a.example.org/…", "https://u:p@a.example.org/x": "a.example.org/x",
		"https://a.example.org/7000001:AAx/y": "a.example.org/…", "https://a.example.org/9f86d081884c7d65": "a.example.org/…", "https://a.example.org/AbCdEfGh": "a.example.org/…",
		"https://a.example.org/averylongfirstpartofapath/x": "a.example.org/…", "%": "?", "": "?",
	} {
		if got := string(shown(address)); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

// FuzzShown: an address never shows more than its host and one plain word.
func FuzzShown(f *testing.F) {
	f.Add("https://u:p@a.example.org/webhook/5ecret?x=5ecret#5ecret")
	f.Add("//a/b/c")
	f.Fuzz(func(t *testing.T, address string) {
		got := string(shown(address))
		host, path, _ := strings.Cut(got, "/")
		if u, err := url.Parse(address); err == nil && u.Host != "" && !strings.Contains(u.Host, "/") {
			if host != u.Host || path != "" && path != "…" && !plain.MatchString(strings.TrimSuffix(path, "/…")) {
				t.Errorf("%q is shown as %q", address, got)
			}
		}
	})
}

func TestNew(t *testing.T) {
	_, err := New(Options{APIURL: "telegram.org", Pending: -1, Bots: []Bot{{Name: "a b", Token: secret("x")}, {Name: "c"}, {Name: "d", Token: secret("x/" + memory)}, {Name: "e", Token: secret("x")}, {Name: "e", Token: secret("x")}}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"the address", "pending", `"a b": the name`, `"c": its token is missing`, `"d": its token`, `"e": the name is taken`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "NobodyMaySee") {
		t.Error("a token is shown")
	}
}

// telegram answers without a network, so that its time is the bubble's.
type telegram struct {
	t    *testing.T
	hook func() string
	n    int
}

func (a *telegram) RoundTrip(r *http.Request) (*http.Response, error) {
	a.n++
	w := httptest.NewRecorder()
	fmt.Fprintf(w, `{"ok":true,"result":{"url":%q,"has_custom_certificate":false,"pending_update_count":0}}`, a.hook())
	return w.Result(), nil
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Bots: []Bot{{"claw", secret(claw), ""}}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		web := &telegram{t: t, hook: func() string {
			if d := time.Since(began); d > 9*time.Minute && d < 21*time.Minute {
				return "https://n8n.example.org/webhook/x"
			}
			return ""
		}}
		s.client.Transport = web
		ctx, cancel := context.WithCancel(t.Context())
		var told []string
		done := make(chan struct{})
		go func() { // waited for below
			defer close(done)
			s.Watcher().Watch(ctx, nil, func(x ops.Sighting) {
				for _, t := range x.Troubles {
					told = append(told, fmt.Sprintf("%d min %s %s over=%v since %d min: %s", int(time.Since(began).Minutes()), x.Whole, t.Kind, t.Over, int(t.At.Sub(began).Minutes()), ops.Unmark(t.Title.En)))
				}
			})
		}()
		time.Sleep(time.Hour + time.Second)
		cancel()
		<-done
		says := ": claw has a webhook that it should not have: n8n.example.org/webhook/…"
		want := []string{"10 min bot: webhook over=false since 10 min" + says, "15 min bot: webhook over=false since 10 min" + says, "20 min bot: webhook over=false since 10 min" + says}
		if web.n != 13 || len(told) != 4 || !slices.Equal(told[:3], want) || !strings.HasPrefix(told[3], "25 min bot: webhook over=true") || !strings.HasSuffix(told[3], ": claw polls · 0 messages wait") {
			t.Errorf("%d asks, told %q", web.n, told)
		}
	})
}

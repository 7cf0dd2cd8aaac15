package hooks

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// sign256 signs r as GitHub does.
func sign256(r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err) // a reader of bytes
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(raw)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// every is one source of each kind, named after it.
func every() (sources []Source) {
	for _, k := range Kinds {
		sources = append(sources, Source{Name: string(k), Kind: k, Secret: secret})
	}
	return sources
}

const (
	job     = `{"subject":"job:x","title":"x failed","state":"event"}`
	failing = `{"action":"completed","repository":{"full_name":"o/r","default_branch":"main"},"workflow_run":{"name":"ci","head_branch":"main","conclusion":"failure"}}`
	beat    = `{"monitorID":7,"status":0,"msg":"no"}`
)

func TestAnswers(t *testing.T) {
	kuma := `{"heartbeat":` + beat + `,"monitor":{"id":7,"name":"shop"},"msg":"x"}`
	bearer := http.Header{"Authorization": {"Bearer " + secret}}
	form, formType := multipartForm(t, "data", kuma)
	wrongForm, wrongType := multipartForm(t, "file", kuma)
	for _, c := range []struct {
		name, method, target, body string
		header                     http.Header
		status                     int
		says                       string // in the answer
		told                       int
	}{
		{"bearer", "POST", "/hooks/json", job, bearer, 200, "ok", 1},
		{"bearer in another case", "POST", "/hooks/json", job, http.Header{"Authorization": {"bearer  " + secret}}, 200, "ok", 1},
		{"header", "POST", "/hooks/json", job, http.Header{"X-Vigie-Secret": {secret}}, 200, "ok", 1},
		{"basic auth", "POST", "/hooks/json", job, http.Header{"Authorization": {"Basic YW55Ym9keTphLXNlY3JldC1vZi10aGUtdGVzdHM="}}, 200, "ok", 1},
		{"in the URL", "POST", "/hooks/json?secret=" + secret, job, nil, 200, "ok", 1},
		{"in the URL of who can send a header", "POST", "/hooks/kuma?secret=" + secret, kuma, nil, 401, "unauthorized\n", 0},
		{"none", "POST", "/hooks/json", job, nil, 401, "unauthorized\n", 0},
		{"wrong", "POST", "/hooks/json", job, http.Header{"Authorization": {"Bearer " + secret + "x"}}, 401, "unauthorized\n", 0},
		{"empty", "POST", "/hooks/json?secret=", job, http.Header{"Authorization": {"Bearer "}, "X-Vigie-Secret": {""}}, 401, "unauthorized\n", 0},
		{"one of two is right", "POST", "/hooks/json", job, http.Header{"X-Vigie-Secret": {"no", secret}}, 200, "ok", 1},
		{"a wrong secret and a wrong body", "POST", "/hooks/json", "{", nil, 401, "unauthorized\n", 0},

		{"get", "GET", "/hooks/json", job, bearer, 405, "use POST\n", 0},
		{"put", "PUT", "/hooks/diun", `{"image":"a","status":"update"}`, bearer, 405, "use POST, GET\n", 0},
		{"get without the secret", "GET", "/hooks/json", "", nil, 405, "use POST\n", 0},
		{"no such source", "POST", "/hooks/none", job, bearer, 404, "no such source", 0},
		{"below a source", "POST", "/hooks/json/x", job, bearer, 404, "no such source", 0},

		{"too large", "POST", "/hooks/json", `{"title":"` + strings.Repeat("x", 1<<20) + `"}`, bearer, 413, "at most 1048576 bytes", 1},
		{"just small enough", "POST", "/hooks/json", job + strings.Repeat(" ", 1<<20-len(job)), bearer, 200, "ok", 1},
		{"too large, and a stranger's", "POST", "/hooks/json", strings.Repeat("x", 2<<20), nil, 401, "unauthorized", 0},
		{"no JSON", "POST", "/hooks/alertmanager", "alert!", bearer, 400, "not the JSON that is expected", 1},
		{"nothing", "POST", "/hooks/alertmanager", "", bearer, 400, "not the JSON that is expected", 1},
		{"JSON of something else", "POST", "/hooks/alertmanager", `{"version":"7"}`, bearer, 400, `"version" is "7"`, 1},
		{"another shape", "POST", "/hooks/grafana", `{"version":"1","alerts":{}}`, bearer, 400, "alerts", 1},

		{"what curl says when nobody told it better", "POST", "/hooks/json", job, with(bearer, "Content-Type", "application/x-www-form-urlencoded"), 200, "ok", 1},
		{"diun's default", "GET", "/hooks/diun", `{"image":"a","status":"update"}`, bearer, 200, "ok", 1},
		{"kuma by get", "GET", "/hooks/kuma?" + url.Values{"msg": {"x"}, "heartbeat": {beat}, "monitor": {`{"id":7}`}}.Encode(), "", bearer, 200, "ok", 1},
		{"kuma's test by get", "GET", "/hooks/kuma?msg=bot+Testing", "", bearer, 200, "ok", 1},
		{"kuma by get, broken", "GET", "/hooks/kuma?msg=x&heartbeat={", "", bearer, 400, `"heartbeat" in the query is not JSON`, 1},
		{"kuma by get, empty", "GET", "/hooks/kuma", "", bearer, 400, `"msg" is missing`, 1},
		{"kuma by form", "POST", "/hooks/kuma", form, with(bearer, "Content-Type", formType), 200, "ok", 1},
		{"kuma by form without the field", "POST", "/hooks/kuma", wrongForm, with(bearer, "Content-Type", wrongType), 400, `no field "data"`, 1},
		{"kuma by half a form", "POST", "/hooks/kuma", form[:len(form)/2], with(bearer, "Content-Type", formType), 400, "form cannot be read", 1},
		{"kuma without a status", "POST", "/hooks/kuma", `{"heartbeat":{"monitorID":1}}`, bearer, 400, `"heartbeat.status" is missing`, 1},
		{"kuma says nothing", "POST", "/hooks/kuma", `{"heartbeat":null}`, bearer, 400, `neither "heartbeat" nor "msg"`, 1},
		{"diun without an image", "POST", "/hooks/diun", `{"status":"new"}`, bearer, 400, `"image" is missing`, 1},
		{"litellm, nothing", "POST", "/hooks/litellm", `{}`, bearer, 400, `neither "event"`, 1},
		{"litellm, nothing to say: still 200", "POST", "/hooks/litellm?secret=" + secret, `{"event":"spend_tracked","spend":1}`, nil, 200, "ok", 0},
		{"github with a bearer and no signature", "POST", "/hooks/github", failing, bearer, 401, "unauthorized", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := 0
			d := newDesk(t, Options{Sources: every()}, func(s ops.Sighting) { told += len(s.Troubles) })
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
			for name, values := range c.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			d.mux.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || told != c.told {
				t.Errorf("%d %q, %d told; want %d %q, %d", w.Code, w.Body, told, c.status, c.says, c.told)
			}
			if allow := w.Header().Get("Allow"); (c.status == 405) != (allow != "") {
				t.Errorf("Allow is %q", allow)
			}
			for _, b := range append(d.broken, w.Body.String()) {
				if strings.Contains(b, secret) {
					t.Errorf("the secret is in %q", b)
				}
			}
		})
	}
}

func with(h http.Header, name, value string) http.Header {
	h = h.Clone()
	h.Set(name, value)
	return h
}

func multipartForm(t *testing.T, field, value string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("other", "1"); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteField(field, value); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestGitHubSignsWhatItSends(t *testing.T) {
	form := "payload=" + url.QueryEscape(failing)
	for _, c := range []struct {
		name, event, contentType, body string
		change                         func(*http.Request)
		status, told                   int
	}{
		{"json", "workflow_run", "application/json", failing, nil, 200, 1},
		{"form", "workflow_run", "application/x-www-form-urlencoded", form, nil, 200, 1},
		{"a form without a payload", "workflow_run", "application/x-www-form-urlencoded", "a=b", nil, 400, 1},
		{"push", "push", "application/json", `{"ref":"refs/heads/main"}`, nil, 204, 0},
		{"no event", "workflow_run", "application/json", failing, func(r *http.Request) { r.Header.Del("X-GitHub-Event") }, 400, 1},
		{"another body", "workflow_run", "application/json", failing, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(failing + " ")) }, 401, 0},
		{"no signature", "workflow_run", "application/json", failing, func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, 401, 0},
		{"the old signature", "workflow_run", "application/json", failing, func(r *http.Request) {
			r.Header.Set("X-Hub-Signature-256", strings.Replace(r.Header.Get("X-Hub-Signature-256"), "sha256=", "sha1=", 1))
		}, 401, 0},
		{"half a signature", "workflow_run", "application/json", failing, func(r *http.Request) {
			r.Header.Set("X-Hub-Signature-256", r.Header.Get("X-Hub-Signature-256")[:40])
		}, 401, 0},
		{"no hexadecimals", "workflow_run", "application/json", failing, func(r *http.Request) { r.Header.Set("X-Hub-Signature-256", "sha256=zz") }, 401, 0},
		{"large", "workflow_run", "application/json", failing + strings.Repeat(" ", 3<<20), nil, 200, 1},
		{"too large to prove anything", "workflow_run", "application/json", failing + strings.Repeat(" ", 5<<20), nil, 413, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := 0
			d := newDesk(t, Options{Sources: every()}, func(s ops.Sighting) { told += len(s.Troubles) })
			r := httptest.NewRequest("POST", "/hooks/github", strings.NewReader(c.body))
			r.Header.Set("X-GitHub-Event", c.event)
			r.Header.Set("Content-Type", c.contentType)
			sign256(r)
			if c.change != nil {
				c.change(r)
			}
			w := httptest.NewRecorder()
			d.mux.ServeHTTP(w, r)
			if w.Code != c.status || told != c.told {
				t.Errorf("%d %q, %d told; want %d, %d", w.Code, w.Body, told, c.status, c.told)
			}
		})
	}
}

// A delivery is told once, and remembered only when it was told.
func TestReplays(t *testing.T) {
	told := 0
	d := newDesk(t, Options{Sources: every()}, func(ops.Sighting) { told++ })
	deliver := func(id string) int {
		r := httptest.NewRequest("POST", "/hooks/github", strings.NewReader(failing))
		r.Header.Set("X-GitHub-Event", "workflow_run")
		r.Header.Set("X-GitHub-Delivery", id)
		return d.send(r).Code
	}
	for i, id := range []string{"a", "a", "b", "a", ""} {
		if code := deliver(id); code != 200 {
			t.Errorf("delivery %d was answered %d", i, code)
		}
	}
	if told != 3 {
		t.Errorf("%d were told; want a, b and the one without a name", told)
	}
	d.stop()
	if code := deliver("c"); code != 503 {
		t.Errorf("nobody watches, and the answer is %d", code)
	}
	d.set(func(ops.Sighting) { told++ })
	if code := deliver("c"); code != 200 || told != 4 {
		t.Errorf("sent again after a 503: %d, %d told", code, told)
	}
	for i := range mostSeen + 10 {
		deliver(fmt.Sprint(i))
	}
	if n := len(d.sources[5].seen.ids); n > mostSeen+1 {
		t.Errorf("%d deliveries are remembered", n)
	}
	before := told
	if deliver(fmt.Sprint(mostSeen + 9)); told != before {
		t.Error("the newest delivery was forgotten")
	}
}

// Nothing is accepted that nobody would hear of.
func TestNobodyWatches(t *testing.T) {
	told := 0
	h, err := New(Options{Sources: every()})
	if err != nil {
		t.Fatal(err)
	}
	post := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/hooks/json", strings.NewReader(body))
		r.Header.Set("X-Vigie-Secret", secret)
		w := httptest.NewRecorder()
		h.Handlers()["/hooks/json"].ServeHTTP(w, r)
		return w
	}
	for _, body := range []string{job, "{"} {
		if w := post(body); w.Code != 503 || w.Header().Get("Retry-After") != "10" {
			t.Errorf("before Watch: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
	}
	d := newDesk(t, Options{Sources: every()}, func(ops.Sighting) { told++ })
	h = d.Hooks
	if w := post(job); w.Code != 200 || told != 1 {
		t.Errorf("while it watches: %d, %d told", w.Code, told)
	}
	d.stop()
	if w := post(job); w.Code != 503 || told != 1 {
		t.Errorf("after Watch: %d, %d told", w.Code, told)
	}
}

// Watch does not return while something is told, and nothing is told afterwards.
func TestWatchWaitsForWhatIsTold(t *testing.T) {
	var d *desk
	stopped := make(chan struct{})
	d = newDesk(t, Options{Sources: every()}, func(ops.Sighting) {
		go func() { // waited for below
			d.stop()
			close(stopped)
		}()
		for d.mu.TryRLock() { // it fails as soon as Watch wants to take tell away
			d.mu.RUnlock()
			runtime.Gosched()
		}
		select {
		case <-stopped:
			t.Error("Watch returned in the middle of a sighting")
		default:
		}
	})
	if w := d.send(httptest.NewRequest("POST", "/hooks/json", strings.NewReader(job))); w.Code != 200 {
		t.Errorf("what was told is answered %d", w.Code)
	}
	<-stopped
}

// A thousand guesses a second must not fill the log.
func TestComplaintsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, Options{Sources: every()}, func(ops.Sighting) {})
		guess := func() {
			d.mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/hooks/json?secret=guessed-by-somebody", nil))
		}
		for range 1000 {
			guess()
		}
		if len(d.broken) != 1 || !strings.Contains(d.broken[0], "webhook json: refused a request from 192.0.2.1") {
			t.Errorf("reported: %q", d.broken)
		}
		time.Sleep(61 * time.Second)
		guess()
		if len(d.broken) != 2 || !strings.Contains(d.broken[1], "999 more") || strings.Contains(strings.Join(d.broken, ""), "guessed") {
			t.Errorf("reported: %q", d.broken)
		}
	})
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		source Source
		says   string
	}{
		{Source{Name: "No Name", Kind: JSON, Secret: secret}, "lower-case letters"},
		{Source{Name: "heartbeat", Kind: JSON, Secret: secret}, "heartbeats are received there"},
		{Source{Name: "a", Kind: "nagios", Secret: secret}, `"nagios"`},
		{Source{Name: "a", Kind: JSON, Secret: "short-secret"}, "at least 16 characters"},
		{Source{Name: "a", Kind: JSON, Secret: secret, Severity: "urgent"}, `"urgent"`},
		{Source{Name: "a", Kind: JSON, Secret: secret, MaxBytes: -1}, "negative"},
		{Source{Name: "a", Kind: JSON, Secret: secret, Rules: []Rule{{Severity: "bad"}}}, "rule 1"},
		{Source{Name: "a", Kind: JSON, Secret: secret, Rules: []Rule{{}, {Subject: "vps"}}}, "rule 2"},
		{Source{Name: "json", Kind: JSON, Secret: secret}, "twice"},
	} {
		_, err := New(Options{Sources: append(every(), c.source)})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v; want %q", c.source, err, c.says)
			continue
		}
		if strings.Contains(err.Error(), "secret-of") || strings.Contains(err.Error(), "short-secret") {
			t.Errorf("the secret is in %q", err)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", every()[0], every()[0], every(), &every()[0]); strings.Contains(s, secret) {
		t.Errorf("the secret is in %s", s)
	}
}

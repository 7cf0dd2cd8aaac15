package hooks

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"vigie/ops"
)

// What anybody sends: nothing panics, and what is told can be shown as it is.

func FuzzAlertmanager(f *testing.F) { fuzz(f, Alertmanager, Grafana) }
func FuzzGrafana(f *testing.F)      { fuzz(f, Grafana, Alertmanager) }
func FuzzKuma(f *testing.F)         { fuzz(f, Kuma) }
func FuzzDiun(f *testing.F)         { fuzz(f, Diun) }
func FuzzLiteLLM(f *testing.F)      { fuzz(f, LiteLLM) }
func FuzzGitHub(f *testing.F)       { fuzz(f, GitHub) }
func FuzzJSON(f *testing.F)         { fuzz(f, JSON) }

// fuzz reads bodies as kind does, beginning with those of the cases of kind and of the others that are like it.
func fuzz(f *testing.F, kind Kind, like ...Kind) {
	seeds := 0
	for _, k := range append(like, kind) {
		seeds += seed(f, k)
	}
	if seeds == 0 {
		f.Fatalf("testdata has nothing of %s", kind)
	}
	services := Options{Service: func(name string) (string, bool) { return strings.TrimPrefix(name, "javisi_"), len(name)%2 == 0 }}
	f.Fuzz(func(t *testing.T, header, body string) {
		services.Sources = []Source{{Name: "test", Kind: kind, Secret: secret, Rules: []Rule{{When: map[string]string{"severity": "*i*"}, Subject: "host:vps"}}}}
		h, err := New(services)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 11, 26, 6, 0, 0, 0, time.UTC)
		events, err := h.sources[0].read(request{source: "test", body: []byte(body), event: header, now: now, service: h.service})
		if err != nil && len(events) > 0 {
			t.Errorf("%d events and an error: %v", len(events), err)
		}
		for _, trouble := range h.settle(h.sources[0], events, now) {
			fit(t, trouble, now)
		}
	})
}

// seed adds the bodies of the cases of one kind.
func seed(f *testing.F, kind Kind) (n int) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for i, file := range txtar.Parse(src).Files {
			word, event, _ := strings.Cut(file.Name, " ")
			if i == 0 && !strings.HasPrefix(string(file.Data), string(kind)+"\n") {
				break
			}
			body := string(file.Data)
			if word == "captured" {
				caught, err := os.ReadFile(filepath.Join("testdata", strings.TrimSpace(body)))
				if err != nil {
					f.Fatal(err)
				}
				var c struct{ Body json.RawMessage }
				if err := json.Unmarshal(caught, &c); err != nil {
					f.Fatal(err)
				}
				body = string(c.Body)
			}
			if word == "captured" || word == "post" {
				f.Add(event, body)
				n++
			}
		}
	}
	return n
}

// fit checks what holds for every trouble from outside.
func fit(t *testing.T, is ops.Trouble, now time.Time) {
	t.Helper()
	plain := func(what, s string, most int, empty bool) {
		t.Helper()
		if strings.Count(s, ops.MarkOpen) != strings.Count(s, ops.MarkClose) {
			t.Errorf("%s has half a name: %q", what, s)
		}
		s = ops.Unmark(s)
		if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most || strings.ContainsFunc(s, unicode.IsControl) || !empty && strings.TrimSpace(s) == "" {
			t.Errorf("%s is %q", what, s)
		}
	}
	plain("subject", is.Subject, 250, false)
	plain("kind", is.Kind, 150, false)
	if strings.Contains(is.Subject+is.Kind, ops.MarkOpen) {
		t.Errorf("%q %q holds marks", is.Subject, is.Kind)
	}
	plain("title", is.Title.En, mostTitle, false)
	plain("title in French", is.Title.Fr, mostTitle, false)
	for _, l := range is.Lines {
		plain("line", l.En, mostLine, true)
		plain("line in French", l.Fr, mostLine, true)
	}
	plain("quote", strings.NewReplacer("\n", "", "\t", "").Replace(is.Quote), mostQuote, true)
	for _, o := range is.Offers {
		plain("button", o.Label.En, 60, false)
	}
	if !is.Severity.AtLeast(ops.Notice) || len(is.Lines) > mostLines || is.At.After(now) || is.Fades < 0 || utf8.RuneCountInString(is.Quote) > mostQuote {
		t.Errorf("%+v", is)
	}
}

// Wrappings: forms and query strings never panic, and give JSON or a sentence.
func FuzzWrapping(f *testing.F) {
	f.Add("msg=x&heartbeat="+url.QueryEscape(beat), "application/x-www-form-urlencoded", "data={}", false)
	f.Add("msg=x&heartbeat={", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{}\r\n--b--\r\n", true)
	f.Add("", "multipart/form-data", "", true)
	f.Fuzz(func(t *testing.T, query, contentType, body string, get bool) {
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{RawQuery: query}, Header: http.Header{"Content-Type": {contentType}}}
		if get {
			r.Method = http.MethodGet
		}
		for _, kind := range []Kind{Kuma, GitHub, JSON} {
			s := newSource(Source{Name: "test", Kind: kind, Secret: secret})
			got, err := s.unwrap(r, []byte(body))
			if err != nil && (len(got) > 0 || err.Error() == "") {
				t.Errorf("%q and %v", got, err)
			}
			if kind == Kuma && get && err == nil && !json.Valid(got) {
				t.Errorf("a query became %q", got)
			}
		}
	})
}

// Secrets: whatever is sent for one, only the right one is taken.
func FuzzSecret(f *testing.F) {
	f.Add("Bearer "+secret, "", "")
	f.Add("Basic OmEtc2VjcmV0", secret+"x", "secret="+secret[1:])
	f.Fuzz(func(t *testing.T, authorization, header, query string) {
		if strings.Contains(authorization+header+query, secret) || strings.Contains(authorization, "Basic ") {
			return // it may be right
		}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Vigie-Secret", header)
		if values, _ := url.ParseQuery(query); values.Get("secret") == secret {
			return // written in another way
		}
		if newSource(Source{Name: "test", Kind: JSON, Secret: secret}).knows(r) {
			t.Errorf("%q %q %q was taken", authorization, header, query)
		}
	})
}

package fresh

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vigie/ops"
	"vigie/ops/opstest"
)

func TestHook(t *testing.T) {
	s, err := New(Options{Kept: &opstest.Shelf{}, Beats: []Beat{{Name: "backup", Every: time.Hour, Secret: opstest.Secret(key)}, {Name: "other", Every: time.Hour, Secret: opstest.Secret("another")}}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(HookPath, s)
	web := httptest.NewServer(mux)
	defer web.Close()
	bearer, header, wrong := []string{"Authorization", "bearer " + key}, []string{"X-Vigie-Secret", key}, []string{"X-Vigie-Secret", key + "x"}
	for _, c := range []struct {
		method, path string
		header       []string
		code         int
		says         string
	}{
		{"POST", "backup", bearer, 200, ""}, {"GET", "backup", header, 200, ""}, {"HEAD", "backup", header, 200, ""},
		{"GET", "backup?secret=" + key, nil, 200, ""}, {"GET", "backup?status=up&msg=OK&ping=", header, 200, ""}, {"GET", "backup?status=UP", header, 200, ""},
		{"POST", "backup?status=down", bearer, 200, ""}, {"POST", "backup?status=255", bearer, 200, ""}, {"POST", "backup?status=00", bearer, 200, ""},
		{"POST", "backup", nil, 401, "secret"}, {"POST", "backup", wrong, 401, "secret"}, {"POST", "backup?secret=", nil, 401, "secret"}, {"POST", "other", bearer, 401, "secret"},
		{"POST", "backup?secret=" + key, wrong, 401, "secret"}, // the header counts
		{"POST", "backup", []string{"Authorization", "Basic " + key}, 401, "secret"},
		{"POST", "nothing", bearer, 404, "no heartbeat"}, {"POST", "", bearer, 404, "no heartbeat"}, {"POST", "backup/", bearer, 404, "no heartbeat"},
		{"POST", "backup?status=fine", bearer, 400, "exit code"}, {"POST", "backup?status=256", bearer, 400, "exit code"}, {"POST", "backup?status=-1", bearer, 400, "exit code"},
		{"POST", "backup?msg=%zz", bearer, 400, "query"},
		{"PUT", "backup", bearer, 405, "POST"}, {"DELETE", "backup", bearer, 405, "POST"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, web.URL+HookPath+c.path, strings.NewReader("what the job printed"))
		if err != nil {
			t.Fatal(err)
		}
		if c.header != nil {
			r.Header.Set(c.header[0], c.header[1])
		}
		answer, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != c.code || err != nil || !strings.Contains(string(body), c.says) || c.method != "HEAD" && strings.Contains(string(body), `"ok":true`) != (c.code == 200) {
			t.Errorf("%s %s %v: %d %s %v, want %d %q", c.method, c.path, c.header, answer.StatusCode, body, err, c.code, c.says)
		}
	}
	known := func() heard {
		s.mu.Lock()
		defer s.mu.Unlock()
		return *s.beats["backup"]
	}
	if h := known(); h.Runs != 9 {
		t.Errorf("%d beats were heard", h.Runs)
	}
	for _, args := range [][]string{{"-X", "POST"}, {"--head"}, {}} { // as cron does it
		args = append(args, "-fsS", "-m", "10", "--retry", "3", "-H", "X-Vigie-Secret: "+key, web.URL+HookPath+"backup?status=up")
		if out, err := exec.Command("curl", args...).CombinedOutput(); err != nil {
			t.Errorf("curl %v: %v: %s", args, err, out)
		}
	}
	if h := known(); h.Runs != 12 || h.Down {
		t.Errorf("%+v", h)
	}
}

// FuzzHook: whatever is sent, the handler answers JSON with one of its codes, and only the right secret makes a beat;
// what the job says is kept clean and short.
func FuzzHook(f *testing.F) {
	f.Add("GET", "backup", "status=up&msg=OK&ping=", "Bearer "+key, "")
	f.Add("POST", "backup", "status=down&msg=%00%1b[31m%e2%80%ae"+strings.Repeat("x", 600), "", key)
	f.Add("HEAD", "backup", "secret="+key, "", "")
	f.Add("PUT", "../backup", "%", "Basic x", "\xff")
	f.Fuzz(func(t *testing.T, method, name, query, auth, header string) {
		s, err := New(Options{Beats: []Beat{{Name: "backup", Every: time.Hour, Secret: opstest.Secret(key)}}})
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: method, URL: &url.URL{Path: HookPath + name, RawQuery: query}, Header: http.Header{"Authorization": {auth}, "X-Vigie-Secret": {header}}}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r.WithContext(t.Context()))
		var said struct{ OK *bool }
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || said.OK == nil || *said.OK != (w.Code == 200) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		h := s.beats["backup"]
		if heard := h != nil && h.Runs > 0; heard != (w.Code == 200) || heard && !strings.Contains(auth+header+query, key) && !strings.Contains(query, "%") {
			t.Fatalf("%d, heard %v", w.Code, heard)
		}
		if h != nil && (utf8.RuneCountInString(h.Msg) > mostMsg || !utf8.ValidString(h.Msg) || ops.Clean(h.Msg) != h.Msg || strings.ContainsAny(h.Msg, "\n\x00\x1b")) {
			t.Fatalf("kept %q", h.Msg)
		}
	})
}

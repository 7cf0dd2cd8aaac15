package zerobyte

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/zerobyte/zerobytetest"
)

// breaking lets requests through and loses the answers of those that change something.
type breaking struct{ http.RoundTripper }

func (b breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := b.RoundTripper.RoundTrip(r)
	if err == nil && r.Method == http.MethodPost {
		_ = a.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return a, err
}

// Options that cannot work are named, all at once, without their secrets.
func TestNew(t *testing.T) {
	fine := Options{URL: "https://seko:4096/", Key: opstest.Secret("zb_hidden-key"), Scratch: "/srv/restore"}
	if s, err := New(fine); err != nil || s.base != "https://seko:4096" || strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "hidden") {
		t.Errorf("%v %v", s, err)
	}
	for says, change := range map[string]func(*Options){
		"names a host":           func(o *Options) { o.URL = "seko:4096" },
		"without a password":     func(o *Options) { o.URL = "http://ann:hidden@seko" },
		"give an API key":        func(o *Options) { o.Key = nil },
		"a user and a password":  func(o *Options) { o.Key, o.User = opstest.Secret(""), "ann" },
		"holds a blank":          func(o *Options) { o.Key = opstest.Secret("zb_hidden\nX: y") },
		"and not /":              func(o *Options) { o.Scratch = "/" },
		"clean absolute path":    func(o *Options) { o.Scratch = "/srv/../etc" },
		"folder to restore into": func(o *Options) { o.Scratch = "restore" },
		"at least a minute":      func(o *Options) { o.Every = time.Second },
		"five fields":            func(o *Options) { o.Desired.Jobs = []DesiredJob{{Name: "a", Cron: "daily"}} },
		"no volume":              func(o *Options) { o.Desired = Runbook(); o.Desired.Jobs[0].Volume = "x" },
		"no repository":          func(o *Options) { o.Desired = Runbook(); o.Desired.Jobs[0].Repository = "x" },
		"a name of its own":      func(o *Options) { o.Desired = Runbook(); o.Desired.Jobs[1].Name = "db full" },
		"an absolute path":       func(o *Options) { o.Desired.Volumes = []DesiredVolume{{"v", "relative"}} },
		`repository ""`:          func(o *Options) { o.Desired.Repositories = []DesiredRepository{{}} },
	} {
		o := fine
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// A session that has expired is made again, once; a wrong password is not tried twice in a row; a key is never sent to sign in.
func TestSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V26)
		look := func() error { _, err := w.look(t.Context()); return err }
		if err := look(); err != nil {
			t.Fatal(err)
		}
		w.server.Expire()
		if err := look(); err != nil {
			t.Errorf("expired: %v", err)
		}
		if asked := w.server.Asked(); strings.Count(strings.Join(asked, " "), "sign-in") != 2 {
			t.Errorf("%q", asked)
		}
		w.server.Expire()
		all := make(chan error, 8)
		for range cap(all) { // waited for below
			go func() { _, err := w.jobs(t.Context()); all <- err }()
		}
		for range cap(all) {
			if err := <-all; err != nil {
				t.Errorf("together: %v", err)
			}
		}
		if asked := w.server.Asked(); strings.Count(strings.Join(asked, " "), "sign-in") != 1 {
			t.Errorf("%q", asked)
		}
		time.Sleep(time.Minute)
		w.server.Password = "changed"
		w.server.Expire()
		if err := look(); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "does not accept the password of ann") || strings.Contains(err.Error(), "correct-horse") {
			t.Errorf("%v", err)
		}
	})
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V41)
		w.server.Key = "another"
		if _, _, err := w.Ask("zerobyte.show"); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "does not accept the API key") || strings.Contains(err.Error(), "zb_") {
			t.Errorf("%v", err)
		}
		early := newWorld(t, zerobytetest.V26, func(o *Options) { o.Key = opstest.Secret("zb_key") })
		if _, _, err := early.Ask("zerobyte.show"); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "older than 0.40") {
			t.Errorf("%v", err)
		}
	})
}

// Once Zerobyte has had enough, nothing is asked until it wants to be asked again.
func TestLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V41)
		w.server.Limit = 4
		_, err := w.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, err = w.look(t.Context()); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "too many requests") {
				t.Errorf("%v", err)
			}
		}
		if asked := w.server.Asked(); len(asked) != 5 {
			t.Errorf("%q", asked)
		}
		time.Sleep(5*time.Minute + time.Second)
		if _, err := w.jobs(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Whatever else answers in Zerobyte's place is told in words, without the key.
func TestStrangers(t *testing.T) {
	key := "zb_" + strings.Repeat("x", 40)
	for says, handler := range map[string]http.HandlerFunc{
		"sends me elsewhere (302)": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.example/", http.StatusFound)
		},
		"nothing that I can read": func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>hello") },
		"Zerobyte fails (502)":    func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(502) },
		"Invalid organization context": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(403)
			fmt.Fprint(w, `{"message":"Invalid organization context"}`)
		},
		"Zerobyte refuses (400): «bad \u00ab": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"message":"bad «%s\u001b[31m"}`, r.Header.Get("x-api-key"))
		},
		"did not answer": func(w http.ResponseWriter, r *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = c.Close()
			}
		},
	} {
		web := httptest.NewServer(handler)
		s, err := New(Options{URL: web.URL, Key: opstest.Secret(key)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.jobs(t.Context())
		if err == nil || !strings.Contains(ops.Unmark(ops.SayOf(err).En), says) || strings.Contains(err.Error(), key) || strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%s: %v", says, err)
		}
		web.Close()
		if _, err = s.jobs(t.Context()); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "nothing answers where Zerobyte should be") {
			t.Errorf("gone: %v", err)
		}
	}
	s, err := New(Options{URL: "http://nowhere.invalid", Key: opstest.Secret(key)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.post(t.Context(), "/api/v1/x", struct{}{}, time.Second); ops.KindOf(err) == ops.Unknown || errors.Is(err, io.EOF) { // it never left
		t.Errorf("%v", err)
	}
}

// What Zerobyte sends never breaks its readers.
func FuzzJobs(f *testing.F) {
	f.Add(`[{"id":1,"shortId":"a","name":"DB\u0000 Full","enabled":true,"lastBackupAt":null,"lastBackupStatus":null,"nextBackupAt":1,"retentionPolicy":null,"volume":null}]`)
	f.Add(`[{"name":"x","lastBackupStatus":"error","lastBackupError":"\u001b[31m"}]`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, body string) {
		s := &System{}
		var jobs []job
		if decode(reply{body: []byte(body)}, &jobs) != nil {
			return
		}
		a := s.answer(look{now: time.Now(), jobs: jobs})
		for _, b := range a.Blocks {
			if strings.ContainsRune(b.Line.En+b.Code, 0x1b) {
				t.Errorf("%q", b.Line.En)
			}
		}
		for _, j := range jobs {
			_, _ = (&watcher{System: s, since: map[string]time.Time{}}).judge(j, time.Now())
		}
	})
}

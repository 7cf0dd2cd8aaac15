package restic

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// Everything that is wrong with the options is told at once, and no secret.
func TestNew(t *testing.T) {
	ok := Repository{Name: "a", URL: "/srv/repo", Password: opstest.Secret(password)}
	if _, err := New(Options{Repositories: []Repository{ok, {Name: "b", URL: "s3:s3.host/bucket", Password: opstest.Secret("x")}}}); err != nil {
		t.Errorf("fine options: %v", err)
	}
	for _, c := range []struct {
		change func(*Options, *Repository)
		says   string
	}{
		{func(o *Options, r *Repository) { r.URL = "local" }, "absolute path"}, // restic takes it for a backend's name
		{func(o *Options, r *Repository) { r.URL = "backups/repo" }, "absolute path"},
		{func(o *Options, r *Repository) { r.URL = "" }, "absolute path"},
		{func(o *Options, r *Repository) { r.URL = "-r" }, "absolute path"},
		{func(o *Options, r *Repository) { r.Name = "two words" }, "one word"},
		{func(o *Options, r *Repository) { r.Name = "../up" }, "one word"},
		{func(o *Options, r *Repository) { r.Password = opstest.Secret("") }, "password is missing"},
		{func(o *Options, r *Repository) { r.Env = map[string]Secret{"LD_PRELOAD": opstest.Secret("x")} }, "cannot set LD_PRELOAD"},
		{func(o *Options, r *Repository) { r.Env = map[string]Secret{"RESTIC_PASSWORD": opstest.Secret("x")} }, "cannot set"},
		{func(o *Options, r *Repository) { r.Env = map[string]Secret{"A": nil} }, "value of A is missing"},
		{func(o *Options, r *Repository) { r.Paths = []string{"relative"} }, "paths are absolute"},
		{func(o *Options, r *Repository) { r.Tags = []string{"a,b"} }, "a tag is one word"},
		{func(o *Options, r *Repository) { r.Host = "a b" }, "host is one word"},
		{func(o *Options, r *Repository) { r.Newest = -1 }, "not below 0"},
		{func(o *Options, r *Repository) { o.RestoreRoot = "/" }, "and not /"},
		{func(o *Options, r *Repository) { o.RestoreRoot = "restored" }, "absolute path"},
		{func(o *Options, r *Repository) { o.RestoreRoot, r.Paths = "/data/out", []string{"/data"} }, "backed up again"},
		{func(o *Options, r *Repository) { o.Every = time.Second }, "at least a minute"},
		{func(o *Options, r *Repository) { o.Repositories = append(o.Repositories, ok) }, "name is taken"},
	} {
		o, r := Options{}, ok
		r.Env = map[string]Secret{"AWS_SECRET_ACCESS_KEY": opstest.Secret("hidden-key")}
		o.Repositories = []Repository{{}}
		c.change(&o, &r)
		o.Repositories[0] = r
		_, err := New(o)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "hidden-key") {
			t.Errorf("%q: %v", c.says, err)
		}
	}
}

// A path with its own snapshots is stale by itself; a folder above it counts for it, one beside it does not.
func TestStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		at := func(ago time.Duration, paths ...string) Snapshot {
			return Snapshot{ID: "12345678", At: now.Add(-ago), Paths: paths, Host: "javisi"}
		}
		list := []Snapshot{at(72*time.Hour, "/opt/javisi/backups/pg_dump"), at(30*time.Hour, "/srv"), at(2*time.Hour, "/opt/javisi/configs", "/etc")}
		for _, c := range []struct {
			newest time.Duration
			paths  []string
			says   []string
		}{
			{0, []string{"/nowhere"}, nil},
			{26 * time.Hour, nil, nil},
			{time.Hour, nil, []string{"vpai: newest snapshot 2 h old, 1 h allowed"}},
			{26 * time.Hour, []string{"/etc", "/opt/javisi/configs/n8n"}, nil},
			{26 * time.Hour, []string{"/etc", "/srv", "/opt/javisi/backups/pg_dump", "/etcetera"},
				[]string{"vpai has no snapshot of /etcetera", "vpai: newest snapshot of /opt/javisi/backups/pg_dump 3 d old, 26 h allowed", "vpai: newest snapshot of /srv 30 h old, 26 h allowed"}},
			{26 * time.Hour, []string{"/opt/javisi"}, []string{"vpai has no snapshot of /opt/javisi"}},
		} {
			r := &Repository{Name: "vpai", Newest: c.newest, Paths: c.paths}
			var says []string
			for _, o := range r.stale(list, now) {
				says = append(says, ops.Unmark(o.says(r).En))
			}
			if strings.Join(says, "; ") != strings.Join(c.says, "; ") {
				t.Errorf("%v %v: %q", c.newest, c.paths, says)
			}
		}
		r := &Repository{Name: "vpai", Newest: time.Hour}
		if old := r.stale(nil, now); len(old) != 1 || ops.Unmark(old[0].says(r).En) != "vpai has no snapshot" {
			t.Errorf("%+v", old)
		}
	})
}

// A lock is given up for lost by its age, or at once when its process is gone from this machine.
func TestGone(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		l    Lock
		gone bool
	}{
		{Lock{At: now, Host: s.host, PID: os.Getpid()}, false},
		{Lock{At: now, Host: s.host, PID: 1 << 30}, true},
		{Lock{At: now, Host: "elsewhere", PID: 1 << 30}, false},
		{Lock{At: now.Add(-29 * time.Minute), Host: "elsewhere", PID: 5}, false},
		{Lock{At: now.Add(-31 * time.Minute), Host: "elsewhere", PID: 5}, true},
		{Lock{At: now.Add(-31 * time.Minute), Host: s.host, PID: os.Getpid()}, true}, // it would have renewed it
		{Lock{At: now.Add(time.Hour), Host: s.host}, false},
	} {
		if gone := s.gone(c.l, now); gone != c.gone {
			t.Errorf("%+v: %v", c.l, gone)
		}
	}
}

// Every op's words are there in both languages, and its examples are what a person would type.
func TestBound(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := Bind(s)
	if len(b.Ops) != 4 {
		t.Errorf("%d ops", len(b.Ops))
	}
	for _, op := range b.Ops {
		if op.Doc.En == "" || op.Doc.Fr == "" || len(op.Phrases) == 0 || len(op.Examples) == 0 {
			t.Errorf("%s lacks words", op.Name)
		}
	}
	if _, err := s.pick(""); ops.KindOf(err) != ops.Invalid {
		t.Errorf("no repositories: %v", err)
	}
}

// The watcher tells everything at once after a look at everything, and leaves alone what it could not see.
func TestWatchWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Repositories: []Repository{{Name: "vpai", URL: "/srv/repo", Password: opstest.Secret(password), Newest: time.Hour}}})
		if err != nil {
			t.Fatal(err)
		}
		w := s.Watcher().(*watcher)
		now := time.Now()
		r := &s.o.Repositories[0]
		list := w.judge(t.Context(), glance{r: r, now: now, list: []Snapshot{{ID: "12345678", At: now.Add(-3 * time.Hour)}}})
		if len(list) != 4 || list[1].Kind != "stale" || list[1].Over || list[1].Severity != ops.Critical || !list[1].At.Equal(now.Add(-2*time.Hour)) {
			t.Errorf("%+v", list)
		}
		for _, tr := range list {
			if tr.Subject != "restic:vpai" || tr.Title.En == "" || tr.Title.Fr == "" {
				t.Errorf("%+v", tr)
			}
		}
		no := ops.Fail(ops.Unavailable, ops.Raw("no"), nil)
		first := w.judge(t.Context(), glance{r: r, now: now, err: no})
		time.Sleep(time.Hour)
		again := w.judge(t.Context(), glance{r: r, now: time.Now(), err: no})
		if len(first) != 1 || len(again) != 1 || first[0].Kind != "unreadable" || !again[0].At.Equal(now) || again[0].Wait <= s.o.Every {
			t.Errorf("%+v %+v", first, again)
		}
		ctx, cancel := context.WithCancel(t.Context())
		s.o.Repositories = nil
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			w.Watch(ctx, nil, func(ops.Sighting) { t.Error("it tells something of nothing") })
		}()
		cancel()
		<-ended
	})
}

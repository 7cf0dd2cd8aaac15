package restic

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
)

func asError(err error, e **ops.Error) bool { return errors.As(err, e) }

// damage hurts the largest pack of a local repository: it cuts it, or changes a byte in the middle.
func damage(t *testing.T, w *world, cut bool) (mend func()) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(w.url, "data", "*", "*"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	var largest string
	var size int64
	for _, p := range packs {
		if info, err := os.Stat(p); err == nil && info.Size() > size {
			largest, size = p, info.Size()
		}
	}
	was, err := os.ReadFile(largest)
	if err != nil {
		t.Fatal(err)
	}
	write := func(body []byte) {
		t.Helper()
		if err := os.Chmod(largest, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(largest, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hurt := append([]byte(nil), was...)
	hurt[len(hurt)/3] ^= 1
	if cut {
		hurt = hurt[:len(hurt)-100]
	}
	write(hurt)
	return func() { write(was) }
}

// A check finds a pack that is cut at once, and a changed byte only by reading the data back; it hinders nobody meanwhile.
func TestCheck(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 3_000_000)
	w.backup()
	r := w.Do("restic.check", "repository", "vpai", "percent", "100")
	if r.State != ops.Succeeded || !strings.Contains(r.Steps[0].Note.En, "no errors in 1 snapshot; 100 % of the data read back") {
		t.Errorf("whole: %s %s %s", r.State, r.Why.En, r.Steps[0].Note.En)
	}
	end := w.holding()
	if r := w.Do("restic.check", "repository", "vpai"); r.State != ops.Succeeded {
		t.Errorf("beside a backup: %s %s", r.State, r.Why.En)
	}
	end(syscall.SIGINT)
	mend := damage(t, w, false)
	if r := w.Do("restic.check", "repository", "vpai"); r.State != ops.Succeeded || !strings.Contains(r.Steps[0].Note.En, "the data itself was not read") {
		t.Errorf("a changed byte without reading: %s %s", r.State, r.Why.En)
	}
	if r := w.Do("restic.check", "repository", "vpai", "percent", "100"); r.State != ops.Broke || !strings.Contains(r.Why.En, "is damaged, 1 faults: «Pack ID does not match") {
		t.Errorf("a changed byte: %s %s", r.State, r.Why.En)
	}
	mend()
	mend = damage(t, w, true)
	if r := w.Do("restic.check", "repository", "vpai"); r.State != ops.Broke || !strings.Contains(r.Why.En, "unexpected file size") {
		t.Errorf("a cut pack: %s %s", r.State, r.Why.En)
	}
	mend()
	if r := w.Do("restic.check", "repository", "vpai", "percent", "50"); r.State != ops.Succeeded {
		t.Errorf("mended: %s %s", r.State, r.Why.En)
	}
}

// What cannot be read, and what is not there, makes a backup partial; it is said, remembered, and over with the next whole one.
func TestPartial(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 1000)
	for _, bad := range []string{"/proc/self/mem", filepath.Join(w.src, "gone")} { // one fails to be read, restic skips the other with exit 0
		sum, err := w.Backup(t.Context(), "vpai", []string{w.src, bad}, nil, nil)
		if err != nil || !sum.Partial || sum.Lost != 1 || len(sum.Failed) != 1 || sum.Failed[0] != bad || sum.Snapshot.ID == "" {
			t.Fatalf("%s: %+v %v", bad, sum, err)
		}
		if tr := w.trouble("partial"); tr.Over || !strings.Contains(ops.Unmark(tr.Title.En), "vpai: the last backup lacks 1 file") || !strings.Contains(tr.Lines[0].En, bad) {
			t.Errorf("%+v", tr)
		}
		if other, err := New(w.o); err != nil || !find(look(t, other), "partial") {
			t.Error("a new process has forgotten it")
		}
		w.backup()
		if tr := w.trouble("partial"); !tr.Over {
			t.Errorf("after a whole one: %+v", tr)
		}
	}
	if _, err := w.Backup(t.Context(), "vpai", []string{"relative"}, nil, nil); ops.KindOf(err) != ops.Invalid {
		t.Error(err)
	}
	if _, err := w.Backup(t.Context(), "vpai", []string{filepath.Join(w.src, "gone")}, nil, nil); err == nil {
		t.Error("a backup of nothing is a success")
	}
}

// Whatever is wrong with the way to a repository is said in words, without its secrets.
func TestUnreadable(t *testing.T) {
	url, stop := serve(t)
	w := newWorld(t, url)
	w.file("a", 10)
	w.backup()
	for what, c := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"wrong password":    {func(o *Options) { o.Repositories[0].Password = opstest.Secret("another-password") }, "the password of vpai is wrong"},
		"no repository":     {func(o *Options) { o.Repositories[0].URL += "-not" }, "there is no repository where vpai should be"},
		"no such folder":    {func(o *Options) { o.Repositories[0].URL = w.src + "/nothing" }, "there is no repository where vpai should be"},
		"nobody listens":    {func(o *Options) { o.Repositories[0].URL = "rest:http://ann:hunter-two-two@127.0.0.1:1/vpai" }, "does not answer"},
		"wrong credentials": {func(o *Options) { o.Repositories[0].URL = strings.Replace(url, "two-two", "two-one", 1) }, "may not be read with these credentials"},
		"no such program":   {func(o *Options) { o.Binary = "/nothing/restic" }, "There is no program /nothing/restic"},
	} {
		o := w.o
		o.Repositories = []Repository{w.o.Repositories[0]}
		c.change(&o)
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Snapshots(t.Context(), "vpai")
		if ops.KindOf(err) != ops.Unavailable || !strings.Contains(ops.Unmark(ops.SayOf(err).En), c.says) {
			t.Errorf("%s: %v", what, err)
		}
		if _, other := s.Backup(t.Context(), "vpai", []string{w.src}, nil, nil); ops.KindOf(other) != ops.Unavailable {
			t.Errorf("%s: a backup says %v", what, other)
		}
		for _, hidden := range []string{password, "another-password", "hunter-two"} {
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("%s: it tells %s", what, hidden)
			}
		}
		troubles := look(t, s)
		if kind := "unreadable"; what != "no such program" && !find(troubles, kind) || what == "no such program" && !find(troubles, "blind") {
			t.Errorf("%s: %+v", what, troubles)
		}
	}
	stop()
	if tr := w.trouble("unreadable"); tr.Over || !strings.Contains(tr.Lines[0].En, "does not answer") {
		t.Errorf("%+v", tr)
	}
}

// Secrets are in restic's environment, and in none of its arguments; ours are in neither.
func TestArguments(t *testing.T) {
	t.Setenv("VIGIE_TELEGRAM_TOKEN", "1234:token")
	t.Setenv("RESTIC_REPOSITORY", "/somewhere/else")
	fake := filepath.Join(t.TempDir(), "restic") // shows what a program is started with
	if err := os.WriteFile(fake, []byte("#!/bin/sh\ntr '\\0' ' ' </proc/$$/cmdline >&2; env >&2; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Binary: fake, Repositories: []Repository{{Name: "a", URL: "rest:https://ann:in-the-url@host/", Password: opstest.Secret(password),
		Env: map[string]Secret{"AWS_SECRET_ACCESS_KEY": opstest.Secret("aws-secret")}}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.run(t.Context(), &s.o.Repositories[0], call{args: []string{"snapshots"}})
	if err != nil {
		t.Fatal(err)
	}
	args, env, _ := strings.Cut(got.said, "snapshots ")
	if strings.Contains(args, ops.Hidden) || strings.Contains(args, "host") {
		t.Errorf("arguments: %s", args)
	}
	for _, want := range []string{"RESTIC_PASSWORD=" + ops.Hidden, "AWS_SECRET_ACCESS_KEY=" + ops.Hidden, "RESTIC_REPOSITORY=rest:https://ann:" + ops.Hidden + "@host/"} {
		if !strings.Contains(env, want) {
			t.Errorf("it does not get %s", want)
		}
	}
	for _, secret := range []string{password, "aws-secret", "in-the-url", "1234:token", "somewhere"} {
		if strings.Contains(got.said, secret) || strings.Contains(s.String()+s.o.Repositories[0].place(), secret) {
			t.Errorf("%s is told", secret)
		}
	}
}

// look is one look of a new watcher.
func look(t *testing.T, s *System) (list []ops.Trouble) {
	t.Helper()
	w := s.Watcher().(*watcher)
	w.lookOnce(t.Context(), func(g ops.Sighting) { list = append(list, g.Troubles...) })
	return list
}

func find(list []ops.Trouble, kind string) bool {
	for _, tr := range list {
		if tr.Kind == kind && !tr.Over {
			return true
		}
	}
	return false
}

// trouble is what the watcher says now of one kind.
func (w *world) trouble(kind string) ops.Trouble {
	w.t.Helper()
	for _, tr := range look(w.t, w.System) {
		if tr.Kind == kind {
			return tr
		}
	}
	w.t.Fatalf("nothing is said of %s", kind)
	return ops.Trouble{}
}

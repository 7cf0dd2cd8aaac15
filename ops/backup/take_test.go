package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
)

const childEnv = "VIGIE_BACKUP_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		child(job)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A fuse is a real disk that takes the power away before its nth call.
type fuse struct {
	osDisk
	left *int
}

func (f fuse) burn() {
	if *f.left--; *f.left < 0 {
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			panic(err)
		}
		select {} // until it arrives
	}
}

func (f fuse) Mkdir(path string) error              { f.burn(); return f.osDisk.Mkdir(path) }
func (f fuse) Write(path string, body []byte) error { f.burn(); return f.osDisk.Write(path, body) }
func (f fuse) Sync(path string) error               { f.burn(); return f.osDisk.Sync(path) }
func (f fuse) Rename(from, to string) error         { f.burn(); return f.osDisk.Rename(from, to) }
func (f fuse) Remove(path string) error             { f.burn(); return f.osDisk.Remove(path) }

// child makes a backup, or removes one, and is killed at some point of it.
func child(job string) {
	words := strings.Fields(job) // what, root, and at which call of the disk, or at which byte, it dies
	h := newHouse("postgres:a", "postgres:b", "redis")
	s := must(New(options(words[1], h)))
	left := must(strconv.Atoi(words[2]))
	if words[0] != "bytes" {
		s.disk = fuse{left: &left}
	}
	switch words[0] {
	case "bytes":
		h.during = func(name, dir string) {
			if name != "redis" {
				return
			}
			f := must(os.Create(filepath.Join(dir, "x.dump")))
			for _, b := range []byte(h.text[name]) {
				fuse{left: &left}.burn()
				must(f.Write([]byte{b}))
			}
			must(0, f.Close())
		}
		must(s.take(context.Background(), "token", []string{"postgres:a", "postgres:b", "redis"}))
	case "take":
		must(s.take(context.Background(), "token", []string{"postgres:a", "postgres:b", "redis"}))
	case "remove":
		list := must(s.folders())
		if err := s.remove(list[len(list)-1]); err != nil {
			panic(err)
		}
	}
}

// kill runs a job in a child that dies at the disk's nth call, and reports whether it died of that.
func kill(t *testing.T, job, root string, n int) bool {
	t.Helper()
	cmd := exec.Command(must(os.Executable()))
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", childEnv, job, root, n))
	cmd.Stderr = os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
			return true
		}
		t.Fatalf("the child broke by itself: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return false
}

func options(root string, h *house) Options {
	return Options{Stack: "javisi", Root: root, Kept: &opstest.Shelf{}, Sources: []Supplier{{"postgres", h.list}}}
}

func newSystem(t *testing.T, o Options) *System {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBackupNow(t *testing.T) {
	root := filepath.Join(t.TempDir(), "deep", "backups")
	h := newHouse("postgres:n8n", "postgres:plane_production", "redis")
	s := newSystem(t, options(root, h))
	d := openDesk(t, s)
	r := d.do("backup.now")
	list := must(s.folders())
	if len(list) != 1 || !list[0].finished || !list[0].wrong.IsZero() {
		t.Fatalf("there are %+v after %s", list, says(r))
	}
	f := list[0]
	want(t, says(r), fmt.Sprintf("done: 3 of 3, %s, in %s, read back", ops.Size(f.size()).In(ops.English), f.stamp))
	want(t, names(t, f.path), "manifest.json postgres.n8n.dump postgres.plane_production.dump redis.dump")
	saved, _ := f.of("redis")
	if saved.Proof.En != "444 bytes of text" && saved.Proof.En == "" || saved.Versions["house"] != "1" || saved.Started.IsZero() || saved.Ended.Before(saved.Started) {
		t.Errorf("the manifest says %+v", saved)
	}
	has(t, strings.Join(d.notes, "\n"), "1/3 saved", "postgres:plane_production 50 %", "is read back")
	if info := must(os.Stat(f.path)); info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into the backup: %v", info.Mode())
	}

	one := d.do("backup.now", "what", "redis")
	has(t, says(one), "done: 1 of 1")
	if _, _, err := d.ask("backup.now", "what", "mysql"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("there is a mysql: %v", err)
	}
}

// What cannot be saved is named, the rest is kept, and the run does not call itself done.
func TestPartial(t *testing.T) {
	h := newHouse("postgres:a", "postgres:b", "redis")
	h.broken["postgres:b"] = ops.Fail(ops.Failed, ops.T("password authentication failed", "mot de passe refusé"), nil)
	s := newSystem(t, options(t.TempDir(), h))
	d := openDesk(t, s)
	r := d.do("backup.now")
	has(t, says(r), "failed: partial: 2 of 3 are saved and read back in", "not postgres:b (password authentication failed)")
	f := must(s.folders())[0]
	if !f.finished || len(f.Files) != 2 || len(f.Missing) != 1 || f.Missing[0].Artefact != "postgres:b" {
		t.Errorf("the manifest is %+v", f.Manifest)
	}
	has(t, strings.Join(d.look(ops.English, "backup.list"), "\n"), "the newest backup of mine is partial: postgres:b (password authentication failed)", "postgres:b has no backup yet")
}

// A source that lies is not believed.
func TestLies(t *testing.T) {
	for name, save := range map[string]func(dir string) File{
		"no file":    func(dir string) File { return File{Path: filepath.Join(dir, "x")} },
		"empty file": func(dir string) File { return File{Path: must(os.Create(filepath.Join(dir, "x"))).Name()} },
		"elsewhere":  func(string) File { return File{Path: "/etc/passwd"} },
		"a link": func(dir string) File {
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, "x")); err != nil {
				panic(err)
			}
			return File{Path: filepath.Join(dir, "x")}
		},
		"cut off": func(dir string) File {
			if err := os.WriteFile(filepath.Join(dir, "x"), []byte("<<half"), 0o600); err != nil {
				panic(err)
			}
			return File{Path: filepath.Join(dir, "x")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse("good")
			o := options(t.TempDir(), h)
			o.Sources = append(o.Sources, Supplier{"liar", func(context.Context) ([]Source, error) {
				return []Source{{Name: "liar", Verify: verifyText, Save: func(_ context.Context, dir string, _ func(ops.Text)) (File, error) { return save(dir), nil }}}, nil
			}})
			s := newSystem(t, o)
			f, err := s.take(t.Context(), "token", []string{"good", "liar"})
			if err != nil || len(f.Files) != 1 || len(f.Missing) != 1 {
				t.Errorf("%+v, %v", f.Manifest, err)
			}
			want(t, names(t, f.path), "good.dump manifest.json")
		})
	}
}

// The power goes at every call of the disk: what is there afterwards is no backup, or a whole one; done again, it ends well
// and leaves nothing behind.
func TestKilledAnywhere(t *testing.T) {
	for n := 0; ; n++ {
		root := filepath.Join(t.TempDir(), strconv.Itoa(n))
		died := kill(t, "take", root, n)
		s := newSystem(t, options(root, newHouse("postgres:a", "postgres:b", "redis")))
		for _, f := range must(s.folders()) {
			if f.finished && (!f.wrong.IsZero() || len(f.Files) != 3 || f.rereads(t.Context()) != nil) {
				t.Fatalf("killed at %d, it counts as a backup: %+v", n, f)
			}
		}
		if !died {
			if n < 20 {
				t.Errorf("only %d calls were met", n)
			}
			return
		}
		if _, err := s.take(t.Context(), "token", []string{"postgres:a", "postgres:b", "redis"}); err != nil {
			t.Fatalf("killed at %d, then: %v", n, err)
		}
		whole := 0
		for _, f := range must(s.folders()) {
			if strays := must(f.strays()); len(strays) > 0 {
				t.Errorf("killed at %d, %s holds %q", n, f.stamp, strays)
			}
			if f.finished && f.wrong.IsZero() && len(f.Files) == 3 && f.rereads(t.Context()) == nil {
				whole++
				got := names(t, f.path)
				if got != "manifest.json postgres.a.dump postgres.b.dump redis.dump" && got != "manifest.json postgres.a.dump postgres.b.dump redis.dump started.json" {
					t.Errorf("killed at %d, it holds %s", n, got)
				}
				continue
			}
			if len(f.Files) > 0 {
				t.Errorf("killed at %d, %s is left with %d files", n, f.stamp, len(f.Files))
			}
		}
		if whole == 0 || strings.Contains(names(t, root), removingName) {
			t.Errorf("killed at %d, then %d whole ones among %s", n, whole, names(t, root))
		}
	}
}

// The power goes while bytes are written: nothing of it counts, and what was saved before is not saved again.
func TestKilledAtAByte(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 100, 211, 212, 300, 419} {
		root := t.TempDir()
		if !kill(t, "bytes", root, n) {
			t.Fatalf("at byte %d it lived", n)
		}
		h := newHouse("postgres:a", "postgres:b", "redis")
		s := newSystem(t, options(root, h))
		if v := s.see(t.Context()); len(v.copies) > 0 || len(v.folders) != 1 || v.folders[0].finished || len(v.folders[0].Files) != 2 {
			t.Errorf("killed at byte %d there are %d copies in %+v", n, len(v.copies), v.folders)
		}
		f, err := s.take(t.Context(), "token", []string{"postgres:a", "postgres:b", "redis"})
		if err != nil || len(f.Files) != 3 || f.rereads(t.Context()) != nil {
			t.Errorf("killed at byte %d, then %+v, %v", n, f, err)
		}
		want(t, strings.Join(h.saves, " "), "redis")
		want(t, names(t, f.path), "manifest.json postgres.a.dump postgres.b.dump redis.dump")
	}
}

// Two at once: the second waits, and says so.
func TestTwoAtOnce(t *testing.T) {
	h := newHouse("redis")
	s := newSystem(t, options(t.TempDir(), h))
	if _, err := s.take(t.Context(), "one", []string{"redis"}); err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, s)
	leave, err := s.alone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, r, err := d.ask("backup.rehearse")
	if err != nil {
		t.Fatal(err)
	}
	d.yes(r)
	want(t, <-d.said, "waits until another backup is read or rehearsed")
	leave()
	has(t, says(d.wait(r.ID)), "done: redis.dump in")
}

// What was saved before a crash is not saved again, unless its bytes are no longer what they were.
func TestGoesOn(t *testing.T) {
	root := t.TempDir()
	h := newHouse("postgres:a", "postgres:b", "redis")
	s := newSystem(t, options(root, h))
	ctx, cancel := context.WithCancel(t.Context())
	h.during = func(name, _ string) {
		if name == "redis" {
			cancel()
		}
	}
	if _, err := s.take(ctx, "token", []string{"postgres:a", "postgres:b", "redis"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("it went on: %v", err)
	}
	f := must(s.folders())[0]
	if f.finished || len(f.Files) != 2 {
		t.Fatalf("it is finished, or holds %d files", len(f.Files))
	}
	has(t, strings.Join(openDesk(t, s).look(ops.English, "backup.list"), "\n"), "backup "+f.stamp+" is unfinished")
	if err := os.WriteFile(filepath.Join(f.path, "postgres.a.dump"), []byte("<<other>>"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.set(func() { h.during, h.saves = nil, nil })
	g, err := s.take(t.Context(), "token", []string{"postgres:a", "postgres:b", "redis"})
	if err != nil || g.stamp != f.stamp || len(g.Files) != 3 {
		t.Fatalf("%s after %s: %v", g.stamp, f.stamp, err)
	}
	want(t, strings.Join(h.saves, " "), "postgres:a redis")
	want(t, names(t, g.path), "manifest.json postgres.a.dump postgres.b.dump redis.dump")
}

// An unfinished backup is removed once newer copies of all that is in it are safe, and not before.
func TestTidy(t *testing.T) {
	root := t.TempDir()
	h := newHouse("postgres:a", "redis")
	s := newSystem(t, options(root, h))
	ctx, cancel := context.WithCancel(t.Context())
	h.during = func(name, _ string) {
		if name == "redis" {
			cancel()
		}
	}
	if _, err := s.take(ctx, "one", []string{"postgres:a", "redis"}); err == nil {
		t.Fatal("it went on")
	}
	h.set(func() { h.during = nil })
	if _, err := s.take(t.Context(), "two", []string{"redis"}); err != nil {
		t.Fatal(err)
	}
	if list := must(s.folders()); len(list) != 2 {
		t.Fatalf("the only copy of postgres:a is gone: %s", names(t, root))
	}
	if _, err := s.take(t.Context(), "three", []string{"postgres:a"}); err != nil {
		t.Fatal(err)
	}
	for _, f := range must(s.folders()) {
		if !f.finished {
			t.Errorf("%s is still there", f.stamp)
		}
	}
}

// A manifest that is cut off at any byte is none, and what it names does not count.
func TestManifestCutOff(t *testing.T) {
	s := newSystem(t, options(t.TempDir(), newHouse("redis")))
	f, err := s.take(t.Context(), "token", []string{"redis"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.path, manifestName)
	body := must(os.ReadFile(path))
	end := len(strings.TrimSpace(string(body)))
	for n := range end {
		if err := os.WriteFile(path, body[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if v := s.see(t.Context()); len(v.copies) > 0 || v.folders[0].wrong.IsZero() {
			t.Fatalf("cut off at %d of %d it counts", n, end)
		}
	}
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if v := s.see(t.Context()); len(v.copies) != 1 {
		t.Error("whole, it does not count")
	}
	if err := os.Truncate(filepath.Join(f.path, "redis.dump"), 3); err != nil {
		t.Fatal(err)
	}
	has(t, must(s.folders())[0].wrong.En, "is not what was saved")
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"version":1,"token":"t","started":"2026-08-14T02:55:00Z","files":[{"artefact":"redis","name":"redis.rdb","size":3,"sha256":"` + strings.Repeat("ab", 32) + `"}]}`))
	f.Add([]byte(`{"version":1,"token":"t","started":"2026-08-14T02:55:00Z","files":[{"artefact":"x","name":"../../etc/passwd","size":3,"sha256":"` + strings.Repeat("ab", 32) + `"}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := ParseManifest(body)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if filepath.Dir(filepath.Join("/root", file.Name)) != "/root" || file.Name == manifestName || file.Size <= 0 {
				t.Errorf("%q would be acted upon", file.Name)
			}
		}
		if again, err := ParseManifest(m.body()); err != nil || len(again.Files) != len(m.Files) {
			t.Errorf("written again it reads as %v", err)
		}
	})
}

// tmpfs mounts a real, small file system. It needs root.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mounting a small disk, as root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// On a disk that fills up in the middle, what fits is saved and what does not is named; nothing half written stays.
func TestDiskFull(t *testing.T) {
	dir := tmpfs(t, "1m")
	h := newHouse("postgres:a", "postgres:big", "redis")
	h.text["postgres:big"] = strings.Repeat("x", 3<<20)
	s := newSystem(t, options(filepath.Join(dir, "backups"), h))
	d := openDesk(t, s)
	r := d.do("backup.now")
	has(t, says(r), "failed: partial: 2 of 3", "postgres:big (the disk of", "is full")
	f := must(s.folders())[0]
	want(t, names(t, f.path), "manifest.json postgres.a.dump redis.dump")

	// Where nothing fits any more, there is no backup, and what was there stays.
	h.set(func() {
		delete(h.text, "postgres:big")
		h.during = func(name, _ string) { fill(t, dir) }
	})
	r = d.do("backup.now")
	has(t, says(r), "failed: nothing could be saved: postgres:a: the disk of", "is full")
	want(t, strconv.Itoa(len(must(s.folders()))), "1")
	if list := must(s.folders()); !list[len(list)-1].finished || list[len(list)-1].rereads(t.Context()) != nil {
		t.Errorf("the backup before is no longer whole")
	}
	if v := s.see(t.Context()); len(v.copies["redis"]) != 1 {
		t.Errorf("there are %d copies of redis", len(v.copies["redis"]))
	}
}

// Where there is clearly no room, nothing is begun.
func TestNoRoom(t *testing.T) {
	dir := tmpfs(t, "1m")
	h := newHouse("redis")
	h.text["redis"] = strings.Repeat("x", 600<<10)
	s := newSystem(t, options(filepath.Join(dir, "backups"), h))
	d := openDesk(t, s)
	has(t, says(d.do("backup.now")), "done: 1 of 1")
	_, _, err := d.ask("backup.now")
	has(t, ops.Unmark(ops.SayOf(err).En), "free, and a backup takes about 737 kB", "/backup_prune")
	want(t, strconv.Itoa(len(must(s.folders()))), "1")
}

// fill writes to the disk until it says that it is full.
func fill(t *testing.T, dir string) {
	t.Helper()
	f := must(os.Create(filepath.Join(dir, "filler")))
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// If another backup was made between the plan and its yes, the plan does not run.
func TestDrift(t *testing.T) {
	h := newHouse("redis")
	s := newSystem(t, options(t.TempDir(), h))
	d := openDesk(t, s)
	_, r, err := d.ask("backup.now")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.take(t.Context(), "other", []string{"redis"}); err != nil {
		t.Fatal(err)
	}
	d.yes(r)
	has(t, says(d.wait(r.ID)), "drifted: things changed since the plan was shown: the newest backup")
}

// An artefact's name as a file's is its own.
func TestSafe(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"redis", "postgres:n8n", "postgres.n8n", "postgres:plane_production", "postgres:../../etc", "postgres:é", "postgres:è", "a:b:c", "..", "x:", strings.Repeat("y", 200) + "é", strings.Repeat("y", 200) + "è", "manifest.json"} {
		got := safe(name)
		if !plain(got+".dump") || seen[got] != "" || len(got) > 200 {
			t.Errorf("%q becomes %q, as does %q", name, got, seen[got])
		}
		seen[got] = name
	}
	want(t, safe("postgres:n8n")+endings("/x/n8n-2026.01.sql.gz"), "postgres.n8n.sql.gz")
}

package fresh

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// A night of backups, on a real disk: the job stops, half of it comes back, one file is cut off.
func TestBackups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		dump, err := os.ReadFile("testdata/pg_dump-18-piped.dump")
		if err != nil {
			t.Fatal(err)
		}
		file := func(name, stamp string) string { return filepath.Join(dir, "pg_dump", name+"-"+stamp+".dump") }
		for _, n := range []string{"n8n", "litellm", "plane_production"} {
			put(t, file(n, "19991230_025501"), dump, 45*time.Hour)
			put(t, file(n, "19991231_025501"), dump, 21*time.Hour)
		}
		put(t, file("n8n-old", "20000101_000000"), nil, 0) // of somebody else
		o := Options{Kept: &opstest.Shelf{}, Files: []FileRule{{Name: "pg_dump", Pattern: dir + "/pg_dump/{name}-*.dump", EachOf: []string{"n8n", "litellm", "plane_production"},
			Newer: 26 * time.Hour, AtLeast: 1000, Band: 30, Format: PGDump, Severity: ops.Critical}}}
		s, w, stop := watch(t, o)
		time.Sleep(4 * time.Hour)
		w.want(t)
		if lines, err := ask(t, s, ops.English, ""); err != nil || lines[0] != "🟢 all 3 fresh" || lines[1] != "🟢 pg_dump/n8n 4.74 kB, 25 h ago" {
			t.Errorf("%q %v", lines, err)
		}

		time.Sleep(110 * time.Minute) // the job did not run
		w.want(t, "file:pg_dump several critical: pg_dump: 3 of 3 are not fresh: n8n, litellm, plane_production",
			"file:pg_dump/litellm old critical: pg_dump/litellm is over 26 h old",
			"file:pg_dump/n8n old critical: pg_dump/n8n is over 26 h old",
			"file:pg_dump/plane_production old critical: pg_dump/plane_production is over 26 h old")
		late := w.Trouble("file:pg_dump/n8n old")
		if !slices.Equal(late.Needs, []string{"file:pg_dump"}) || time.Since(late.At) != 50*time.Minute || len(late.Offers) != 1 {
			t.Errorf("%+v", late)
		}

		time.Sleep(10 * time.Second)                    // between two looks
		put(t, file("n8n", "20000101_030000"), dump, 0) // it runs by hand: one is whole, one is cut off, one fails
		put(t, file("litellm", "20000101_030000"), dump[:len(dump)*9/10], 0)
		put(t, file("plane_production", "20000101_030000"), nil, 0)
		time.Sleep(time.Minute - time.Millisecond)
		w.want(t) // nobody is accused while it may still be written
		time.Sleep(5 * time.Minute)
		w.want(t, "file:pg_dump several critical: pg_dump: 2 of 3 are not fresh: litellm, plane_production",
			"file:pg_dump/litellm broken critical: pg_dump/litellm is broken: it is cut off",
			"file:pg_dump/plane_production small critical: pg_dump/plane_production is empty")
		if over := w.Over(); !slices.Contains(over, "file:pg_dump/n8n old: pg_dump/n8n is there: 4.74 kB, 50 s ago") {
			t.Errorf("over: %q", over)
		}
		lines, err := ask(t, s, ops.French, "")
		if err != nil || lines[0] != "🔴 2 sur 3 pas à jour : pg_dump/litellm, pg_dump/plane_production" || lines[1] != "🔴 pg_dump/litellm est abîmé : il est tronqué" {
			t.Errorf("%q %v", lines, err)
		}

		stop() // a restart knows what was read, without reading it again
		s2, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		opened := &counting{Disk: osDisk{}}
		s2.disk = opened
		w, _ = run(t, s2)
		time.Sleep(5 * time.Minute)
		if n := opened.opens(); len(w.Says()) != 3 || n != 0 {
			t.Errorf("after a restart %d files were read, and %q", n, w.Says())
		}
		put(t, file("litellm", "20000101_040000"), dump, 2*time.Minute)
		put(t, file("plane_production", "20000101_040000"), dump, 2*time.Minute)
		time.Sleep(5 * time.Minute)
		if w.want(t); opened.opens() != 2 || !slices.Contains(w.Over(), "file:pg_dump several: pg_dump: all are fresh again") {
			t.Errorf("%d files were read, over: %q", opened.opens(), w.Over())
		}
	})
}

// counting counts the files that are opened.
type counting struct {
	Disk
	mu sync.Mutex // guards n
	n  int
}

func (c *counting) Open(file string) (io.ReadCloser, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.Disk.Open(file)
}

func (c *counting) opens() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// What is asked of one file in place, by each of its formats, as it changes.
func TestOneFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "workflows.json")
		_, w, _ := watch(t, Options{Files: []FileRule{
			{Name: "workflows", Pattern: file, Format: JSON, Band: 50},
			{Name: "marked", Pattern: dir + "/*.json", Inside: `"nodes"`, Severity: ops.Notice},
			{Name: "boards", Pattern: dir + "/boards-*/*.json", Count: 2},
		}})
		time.Sleep(time.Second)
		w.want(t, "file:boards missing warning: boards: there is no file", "file:marked missing notice: marked: there is no file", "file:workflows missing warning: workflows: there is no file")
		if first := w.Trouble("file:boards missing"); first.Wait != absentWait || first.At.IsZero() {
			t.Errorf("%+v", first)
		}
		since := w.Trouble("file:boards missing").At
		put(t, file, []byte(`[{"id":1,"nodes":[]}]`), 2*time.Minute)
		put(t, dir+"/boards-1/a.json", []byte(`{"a":1}`), 2*time.Minute)
		time.Sleep(3 * time.Minute)
		w.want(t, "file:boards missing warning: boards: 1 of at least 2 files are there")
		if !w.Trouble("file:boards missing").At.Equal(since) {
			t.Error("it is missing for longer than that")
		}
		put(t, dir+"/boards-2/b.json", []byte(`{"a":1}`), 2*time.Minute)
		put(t, file, []byte(`[]`), 2*time.Minute)
		time.Sleep(3 * time.Minute)
		w.want(t, `file:marked broken notice: marked is broken: "nodes" is not in its first bytes`, "file:workflows band warning: workflows has 2 B after 21 B (-90 %)", "file:workflows broken warning: workflows is broken: there is nothing inside")
	})
}

// A refusing disk says what a real one says where a test cannot make it, because root may read everything.
type refusing struct {
	Disk
	errs map[string]error // by path; for what is below it too, if it says that the folder may not be entered
	open error
	mode fs.FileMode
}

func (d refusing) at(op, path string) error {
	for p, err := range d.errs {
		if p == path || strings.HasPrefix(path, p+"/") {
			return &fs.PathError{Op: op, Path: path, Err: err}
		}
	}
	return nil
}

func (d refusing) ReadDir(folder string) ([]fs.DirEntry, error) {
	if err := d.at("open", folder); err != nil {
		return nil, err
	}
	return d.Disk.ReadDir(folder)
}

func (d refusing) Stat(file string) (fs.FileInfo, error) {
	for p, err := range d.errs {
		if strings.HasPrefix(file, p+"/") || p == file && !errors.Is(err, fs.ErrPermission) {
			return nil, &fs.PathError{Op: "stat", Path: file, Err: err}
		}
	}
	return d.Disk.Stat(file)
}

func (d refusing) Open(file string) (io.ReadCloser, error) {
	if d.open != nil {
		return nil, &fs.PathError{Op: "open", Path: file, Err: d.open}
	}
	return d.Disk.Open(file)
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	put(t, dir+"/redis/dump-20260814_025501.rdb", []byte("REDIS0011"), time.Hour)
	put(t, dir+"/lost/x", nil, 0)
	if err := os.MkdirAll(dir+"/empty", 0o755); err != nil {
		t.Fatal(err)
	}
	inRedis := dir + "/redis/dump-*.rdb"
	for _, c := range []struct {
		what, pattern string
		disk          refusing
		title         string
		lines         []string
	}{
		{"a folder that may not be listed", inRedis, refusing{errs: map[string]error{dir + "/redis": fs.ErrPermission}},
			"unreadable x: I may not read " + dir + "/redis", []string{"I run as ", "need r-x on it", "it belongs to root:root, drwxr-xr-x", "setfacl -m u:"}},
		{"a folder above it that may not be entered", dir + "/redis/deep/*.rdb", refusing{errs: map[string]error{dir + "/redis": fs.ErrPermission}},
			"unreadable x: I may not read " + dir + "/redis", []string{"need --x on it"}},
		{"a file that may not be opened", inRedis, refusing{open: syscall.EACCES},
			"unreadable x: I may not read " + dir + "/redis/dump-20260814_025501.rdb", []string{"need r-- on it", "-rw-r--r--"}},
		{"a folder that is not there", dir + "/nothing/*.rdb", refusing{}, "missing x: the folder " + dir + "/nothing is not there", []string{"volumes"}},
		{"a file where a folder should be", dir + "/lost/x/*.rdb", refusing{}, "missing x: the folder " + dir + "/lost/x is not there", nil},
		{"a stale handle", inRedis, refusing{errs: map[string]error{dir + "/redis": syscall.ESTALE}}, "unreadable x: the mount of " + dir + "/redis is dead", []string{"stale"}},
		{"a dead FUSE mount", inRedis, refusing{errs: map[string]error{dir + "/redis": syscall.ENOTCONN}}, "unreadable x: the mount of " + dir + "/redis is dead", []string{"not connected"}},
		{"a failing disk while reading", inRedis, refusing{open: syscall.EIO}, "unreadable x: the mount of " + dir, nil},
		{"something else", inRedis, refusing{errs: map[string]error{dir + "/redis": syscall.EMFILE}}, "unreadable x cannot be read: too many open files", nil},
		{"nothing in it", dir + "/empty/*.rdb", refusing{}, "missing x: there is no file", []string{"looked for"}},
		{"only a folder", dir + "/emp*", refusing{}, "missing x: there is no file", []string{"looked for", "add /*"}},
		{"one folder of many", dir + "/*/*.rdb", refusing{errs: map[string]error{dir + "/lost": fs.ErrPermission}}, "", nil},
		{"one folder of many, and none in the others", dir + "/*/*.zip", refusing{errs: map[string]error{dir + "/lost": fs.ErrPermission}}, "unreadable x: I may not read " + dir + "/lost", nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, err := New(Options{Files: []FileRule{{Name: "x", Pattern: c.pattern, Inside: "REDIS"}}})
			if err != nil {
				t.Fatal(err)
			}
			c.disk.Disk = osDisk{}
			s.disk = c.disk
			list := s.note(t.Context(), s.look(t.Context(), s.targets))
			if next, ok := s.unread(list); ok {
				s.learnt(t.Context(), s.open(t.Context(), next))
				list = s.note(t.Context(), s.look(t.Context(), s.targets))
			}
			if c.title == "" {
				if len(list[0].wrongs) != 0 {
					t.Errorf("%+v", list[0].wrongs)
				}
				return
			}
			if len(list[0].wrongs) != 1 {
				t.Fatalf("%+v", list[0].wrongs)
			}
			wr := list[0].wrongs[0]
			if got := wr.kind + " " + ops.Unmark(wr.title.En); !strings.HasPrefix(got, c.title) {
				t.Errorf("%q, want %q", got, c.title)
			}
			all := ""
			for _, l := range wr.lines {
				all += ops.Unmark(l.En) + "\n"
			}
			for _, l := range c.lines {
				if !strings.Contains(all, l) {
					t.Errorf("%q does not say %q", all, l)
				}
			}
		})
	}
}

// A mount whose other end is gone does not answer; the other rules are looked at all the same, and it recovers.
func TestStuckMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir+"/nas/a.gz", gzipped(t, "a"), 2*time.Minute)
		put(t, dir+"/here/b.gz", gzipped(t, "b"), 2*time.Minute)
		s, err := New(Options{Files: []FileRule{{Name: "nas", Pattern: dir + "/nas/*.gz"}, {Name: "here", Pattern: dir + "/here/*.gz", Newer: time.Hour}}})
		if err != nil {
			t.Fatal(err)
		}
		d := &stuck{Disk: osDisk{}, below: dir + "/nas", answers: make(chan struct{})}
		s.disk = d
		w, _ := run(t, s)
		time.Sleep(3 * time.Minute)
		w.want(t, "file:nas unreadable warning: nas: "+dir+"/nas does not answer for 20 s")
		time.Sleep(2 * time.Hour)
		w.want(t, "file:here old warning: here is over 2 h old", "file:nas unreadable warning: nas: "+dir+"/nas does not answer for 20 s")
		if n := d.waiting(); n != 1 {
			t.Errorf("%d looks wait for the mount", n)
		}
		close(d.answers)
		time.Sleep(10 * time.Minute)
		w.want(t, "file:here old warning: here is over 2 h 10 old")
	})
}

// stuck does not answer for what is in one folder, until it does.
type stuck struct {
	Disk
	below   string
	answers chan struct{}
	mu      sync.Mutex // guards n
	n       int
}

func (d *stuck) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.n
}

func (d *stuck) ReadDir(folder string) ([]fs.DirEntry, error) {
	if folder == d.below {
		d.mu.Lock()
		d.n++
		d.mu.Unlock()
		<-d.answers
	}
	return d.Disk.ReadDir(folder)
}

// mounted shows a folder as if it were on a file system of its own, while it is.
type mounted struct {
	Disk
	at string
	on *bool
}

func (d mounted) Stat(file string) (fs.FileInfo, error) {
	info, err := d.Disk.Stat(file)
	if err == nil && *d.on && (file == d.at || strings.HasPrefix(file, d.at+"/")) {
		st := *info.Sys().(*syscall.Stat_t)
		st.Dev ^= 1 << 20
		return onDevice{info, &st}, nil
	}
	return info, err
}

type onDevice struct {
	fs.FileInfo
	sys *syscall.Stat_t
}

func (i onDevice) Sys() any { return i.sys }

func TestMountGone(t *testing.T) {
	dir := t.TempDir()
	put(t, dir+"/nas/deep/a.gz", gzipped(t, "a"), 2*time.Minute)
	on := true
	kept := &opstest.Shelf{}
	look := func() string {
		s, err := New(Options{Kept: kept, Files: []FileRule{{Name: "nas", Pattern: dir + "/nas/deep/*.gz"}}})
		if err != nil {
			t.Fatal(err)
		}
		s.disk = mounted{osDisk{}, dir + "/nas", &on}
		s.recallFiles(t.Context())
		return fmt.Sprint(ops.Unmark(troublesEn(troubles(s.note(t.Context(), s.look(t.Context(), s.targets))))))
	}
	if got := look(); got != "" {
		t.Error(got)
	}
	on = false
	if err := os.Remove(dir + "/nas/deep/a.gz"); err != nil {
		t.Fatal(err)
	}
	if got, want := look(), "nas: nothing is mounted on "+dir+"/nas any more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func troublesEn(list []ops.Trouble) (s string) {
	for _, t := range list {
		s += t.Title.En
	}
	return s
}

// Reading takes at most a twentieth of the time, and stops when the bot does.
func TestReadingIsRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		file := dir + "/dump.rdb"
		put(t, file, []byte("REDIS0003\xff"), 2*time.Minute)
		s, err := New(Options{Files: []FileRule{{Name: "redis", Pattern: file, Format: RDB}}})
		if err != nil {
			t.Fatal(err)
		}
		d := &slow{counting: counting{Disk: osDisk{}}, takes: 30 * time.Second}
		s.disk = d
		_, stop := run(t, s)
		for range 60 { // it changes all the time
			time.Sleep(2*time.Minute + time.Second)
			touch(t, file, 90*time.Second)
		}
		if n := d.opens(); n < 9 || n > 13 {
			t.Errorf("it was read %d times in two hours, for half a minute each", n)
		}
		stop()
		time.Sleep(d.takes) // a read that hangs is left behind
	})
}

// slow takes its time to open a file.
type slow struct {
	counting
	takes time.Duration
}

func (d *slow) Open(file string) (io.ReadCloser, error) {
	time.Sleep(d.takes)
	return d.counting.Open(file)
}

// BenchmarkLook shows what a look at one folder costs.
func BenchmarkLook(b *testing.B) {
	dir := b.TempDir()
	for i := range 10_000 {
		if err := os.WriteFile(fmt.Sprintf("%s/n8n-%014d.dump", dir, 20260101000000+i), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	s, err := New(Options{Files: []FileRule{{Name: "pg", Pattern: dir + "/{name}-*.dump", EachOf: []string{"n8n", "litellm", "kitsu"}}}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if seen := s.look(b.Context(), s.targets)["pg/n8n"]; len(seen.matches) == 0 {
			b.Fatal("nothing was seen")
		}
	}
}

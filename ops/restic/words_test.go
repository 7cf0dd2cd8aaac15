package restic

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// What restic says, of 0.14 by its text and of 0.17 and later by its exit code, is told in words.
func TestExplain(t *testing.T) {
	s, err := New(Options{Repositories: []Repository{{Name: "vpai", URL: "/srv/repo", Password: opstest.Secret(password)}}})
	if err != nil {
		t.Fatal(err)
	}
	const locked = "unable to create lock in backend: repository is already locked by PID 28248 on seko by root (UID 0, GID 0)\n" +
		"lock was created at 2026-11-26 02:06:09 (17.936293815s ago)\nstorage ID 6216d14a\nthe `unlock` command can be used to remove stale locks\n"
	for _, c := range []struct {
		exit int
		said string
		kind ops.ErrorKind
		says string
	}{
		{1, "Fatal: wrong password or no key found\n", ops.Unavailable, "the password of vpai is wrong"},
		{12, `{"message_type":"exit_error","code":12,"message":"Fatal: other words"}`, ops.Unavailable, "the password of vpai is wrong"},
		{1, "Fatal: unable to open config file: stat /x/config: no such file or directory\nIs there a repository at the following location?\n/x\n", ops.Unavailable, "there is no repository"},
		{10, `{"message_type":"exit_error","code":10,"message":"Fatal: other words"}`, ops.Unavailable, "there is no repository"},
		{1, "Fatal: unable to open config file: client.Head: Head \"http://h/\": dial tcp: connect: connection refused\nIs there a repository at the following location?\n", ops.Unavailable, "does not answer"},
		{1, "Fatal: unable to open config file: Stat: Access Denied.\nIs there a repository at the following location?\n", ops.Unavailable, "may not be read with these credentials"},
		{1, locked, ops.Unavailable, "process 28248 on seko (root), which gave its last sign of life 17 s ago: wait"},
		{1, strings.Replace(locked, "17.9", "45m17.9", 1), ops.Unavailable, "which is gone (last sign of life 45 min ago). /restic_unlock vpai"},
		{1, strings.Replace(locked, "locked by", "locked exclusively by", 1), ops.Unavailable, "process 28248"},
		{11, `{"message_type":"exit_error","code":11,"message":"other words"}`, ops.Unavailable, "locked by somebody else"},
		{1, "Save(<data/1234>) returned error: write: no space left on device\n", ops.Unavailable, "no space is left"},
		{130, "", ops.Failed, "told to stop"},
		{-1, "", ops.Failed, "was killed"},
		{1, "\nFatal: There were 2 errors\n", ops.Failed, "«There were 2 errors»"},
		{2, "panic: \x1b[31moops " + password + "\x00\n", ops.Failed, "«panic: "},
		{1, `{"message_type":"exit_error","code":1,"message":"Fatal: it is Tuesday"}`, ops.Failed, "«it is Tuesday»"},
		{1, "", ops.Failed, "«…»"},
	} {
		e := s.explain(&s.o.Repositories[0], result{c.exit, s.hide.Replace(c.said)})
		if e.Kind != c.kind || !strings.Contains(ops.Unmark(e.Say.En), c.says) || e.Say.Fr == "" || strings.Contains(e.Error(), password) {
			t.Errorf("%d %q: %v", c.exit, c.said, e)
		}
	}
}

// What 0.17 and later say of a restore, of a backup, and of a listing is understood as well.
func TestNewerWords(t *testing.T) {
	p, ok := readStatus([]byte(`{"message_type":"status","seconds_elapsed":1,"percent_done":0.5,"total_files":4,"files_restored":2,"total_bytes":1000000,"bytes_restored":500000}`))
	if !ok || p.Text().En != "50 %, 500 kB of 1 MB" || p.Files != 2 {
		t.Errorf("%+v", p)
	}
	if text := (Progress{Done: -1, Bytes: 5, Files: 1}).Text().En; text != "5 B of 1 file" {
		t.Error(text)
	}
	a := &account{}
	a.line([]byte(`{"message_type":"error","error":{"message":"permission denied"},"during":"archival","item":"/etc/shadow"}`))
	a.complaint("/gone does not exist, skipping")
	a.complaint("Warning: at least one source file could not be read")
	a.line([]byte(`{"message_type":"summary","files_new":1,"total_bytes_processed":7,"total_duration":1.5,"snapshot_id":"abcd"}`))
	if sum := a.sum(true); sum.Lost != 2 || !sum.Partial || strings.Join(sum.Failed, " ") != "/etc/shadow /gone" || sum.Took != 1500*time.Millisecond || sum.Bytes != 7 {
		t.Errorf("%+v", sum)
	}
	list, err := readSnapshots([]byte(`[{"time":"2026-11-23T05:49:28Z","paths":["/a"],"hostname":"vm","id":"1a03","summary":{"total_files_processed":3,"total_bytes_processed":9}}]`))
	if err != nil || list[0].Bytes != 9 || list[0].Files != 3 {
		t.Errorf("%+v %v", list, err)
	}
	if list, err := readSnapshots([]byte("null")); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	for text, want := range map[string]int{"null\n": 0, "": 0, "[]\n{\"message_type\":\"status\"}\n{": 0, `[{"keep":null,"remove":[{"id":"1","time":"2026-11-23T05:49:28Z"}]}]` + "\n{\"more\":1}": 1} {
		f, err := readForget(strings.NewReader(text))
		if err != nil || len(f.Go) != want {
			t.Errorf("%q: %+v %v", text, f, err)
		}
		if want > 0 && f.safe() == nil {
			t.Error("the newest of a group may go")
		}
	}
}

// What comes from restic, in pieces of any size, never breaks its readers.
func FuzzWords(f *testing.F) {
	for _, file := range []string{
		`{"message_type":"status","percent_done":0.5,"total_bytes":1}` + "\n" + `{"message_type":"summary","snapshot_id":"1a038ec0"}`,
		"[0:00] 100.00%  2 / 2 packs\r\nread all data\n", `{"message_type":"error","item":"\u0000"}`,
		"repository is already locked by PID 28248 on vm by root (UID 0, GID 0)\nlock was created at 2026-11-26 02:06:09 (17.9s ago)\nstorage ID 6216d14a",
		`[{"keep":[{"time":"2026-11-23T05:49:28Z"}],"remove":null}]`, `null`, `{"struct_type":"node","type":"file","path":"/a","size":-1}`,
	} {
		f.Add(file, 3)
	}
	f.Fuzz(func(t *testing.T, text string, step int) {
		var whole strings.Builder
		seen := &inspection{tell: func(ops.Text) {}}
		a := &account{progress: func(Progress) {}}
		l := &lines{each: func(line []byte) {
			whole.Write(line)
			a.line(line)
			a.complaint(string(line))
			seen.line(line)
			seen.complaint(string(line))
		}}
		for rest := text; rest != ""; {
			n := min(max(step, 1), len(rest))
			if _, err := l.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		l.flush()
		if want := strings.NewReplacer("\n", "", "\r", "").Replace(text); whole.String() != want {
			t.Errorf("%q came as %q", want, whole.String())
		}
		_, _ = readSnapshots([]byte(text))
		if forgotten, err := readForget(strings.NewReader(text)); err == nil {
			_ = forgotten.safe()
		}
		if l, ok := lockIn(text, time.Now()); ok {
			_ = l.who()
		}
		if r := reason(text); len([]rune(r)) > 200 || r == "" {
			t.Errorf("%q is explained by %q", text, r)
		}
	})
}

// The first line says how the repository stands, what is stale comes first, and what can be done is offered.
func TestAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		one := func(id string, ago time.Duration, path string, bytes int64) Snapshot {
			return Snapshot{ID: id, At: now.Add(-ago), Paths: []string{path}, Host: "javisi", Tags: []string{"db"}, Bytes: bytes}
		}
		r := &Repository{Name: "vpai", Newest: 26 * time.Hour, Paths: []string{"/a", "/b"}}
		list := []Snapshot{one("aaaa0000aa", 72*time.Hour, "/a", 0), one("bbbb0000bb", 2*time.Hour, "/b", 412e6)}
		fine := glance{r: &Repository{Name: "nas", Newest: 26 * time.Hour}, list: list[1:], now: now}
		for want, a := range map[string]ops.Answer{
			`🔴 vpai: newest snapshot of /a 3 d old, 26 h allowed
🔴 /a: 3 d old · aaaa0000 · 1 snapshot · of javisi · db
🟢 /b: 2 h old · bbbb0000 · 412 MB · 1 snapshot · of javisi · db
[Restore files…] [Check vpai] [↻]`: glance{r: r, list: list, now: now}.answer(),
			`🟠 nas is locked by process 7 on seko (root), which is gone · newest snapshot 2 h old
🟠 locked by process 7 on seko (root), gone: last sign of life 60 min ago
⏳ in use by process 8 on seko (root)
🟢 /b: 2 h old · bbbb0000 · 412 MB · 1 snapshot · of javisi · db
[Unlock nas…] [Restore files…] [Check nas] [↻]`: glance{r: fine.r, list: fine.list, now: now,
				locks: []Lock{{Host: "seko", User: "root", PID: 7, At: now.Add(-time.Hour)}, {Host: "seko", User: "root", PID: 8, At: now}},
				gone:  []Lock{{Host: "seko", User: "root", PID: 7, At: now.Add(-time.Hour)}}}.answer(),
			"🟠 nas has no snapshot\n[Restore files…] [Check nas] [↻]": glance{r: &Repository{Name: "nas"}, now: now}.answer(),
			`🔴 2 of 3 repositories · vpai: newest snapshot of /a 3 d old, 26 h allowed
🟢 nas: newest snapshot 2 h old · 1 snapshot
🔴 vpai: newest snapshot of /a 3 d old, 26 h allowed
🔴 s3 cannot be read: the server of s3 does not answer
[nas ▸] [vpai ▸] [s3 ▸] [↻]`: (&System{}).overview([]glance{fine, {r: r, list: list, now: now}, {r: &Repository{Name: "s3"}, err: ops.Fail(ops.Unavailable, ops.Raw("the server of s3 does not answer"), nil)}}),
			"🟢 2 repositories, all fresh\n🟢 nas: newest snapshot 2 h old · 1 snapshot\n🟢 nas: newest snapshot 2 h old · 1 snapshot\n[nas ▸] [nas ▸] [↻]": (&System{}).overview([]glance{fine, fine}),
		} {
			if got := opstest.Words(&a); got != strings.ReplaceAll(want, "60 min", "1 h") {
				t.Errorf("said\n%s\nwant\n%s", got, want)
			}
			for _, b := range a.Blocks {
				if b.Line.Fr == "" {
					t.Errorf("%q has no French", b.Line.En)
				}
			}
		}
	})
}

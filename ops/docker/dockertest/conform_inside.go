package dockertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
)

// A Room is a container for the suite of what is done inside of containers. It has cat and a sh, and the directory /data.
type Room struct {
	Inside docker.Inside
	Name   string
	Change func(t *testing.T, what string) // one of stop, start, pause, unpause, remove
}

// The programs of the suite, for a [docker.Fake] to do: see [Script].
const (
	speaks = "echo out; echo err >&2; exit 7"
	whoami = `echo "$WHO"`
)

// Script does what the suite's programs do, for [docker.Fake.OnExec].
func Script(_ string, x docker.Exec) (int, error) {
	switch strings.Join(x.Argv, " ") {
	case "cat":
		_, err := io.Copy(x.Stdout, x.Stdin)
		return 0, err
	case "sh -c " + speaks:
		fmt.Fprintln(x.Stdout, "out")
		fmt.Fprintln(x.Stderr, "err")
		return 7, nil
	case "sh -c " + whoami:
		for _, e := range x.Env {
			if who, ok := strings.CutPrefix(e, "WHO="); ok {
				fmt.Fprintln(x.Stdout, who)
			}
		}
		return 0, nil
	}
	return -1, docker.ErrNoProgram
}

// ConformInside runs the suite in a room; in runs each test in its surroundings, such as a bubble.
func ConformInside(t *testing.T, room func(*testing.T) Room, in func(*testing.T, func(*testing.T))) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Room)
	}{
		{"exec", execs}, {"exec of nothing", execNothing}, {"exec elsewhere", execElsewhere}, {"exec with an ended context", execEnded},
		{"files", roundTrip}, {"files of one that is stopped", stoppedFiles}, {"files that are not", noFiles}, {"sizes that are not", wrongSizes}, {"links", links},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(t *testing.T) { test.run(t, room(t)) })
		})
	}
}

func execs(t *testing.T, r Room) {
	var out, errs bytes.Buffer
	run := func(x docker.Exec) int {
		t.Helper()
		out.Reset()
		errs.Reset()
		x.Stdout, x.Stderr = &out, &errs
		return must[int](t)(r.Inside.Exec(t.Context(), r.Name, x))
	}
	if exit := run(docker.Exec{Argv: []string{"sh", "-c", speaks}}); exit != 7 || out.String() != "out\n" || errs.String() != "err\n" {
		t.Errorf("exit %d, out %q, err %q", exit, &out, &errs)
	}
	if exit := run(docker.Exec{Argv: []string{"cat"}, Stdin: strings.NewReader("a\x00b\xff")}); exit != 0 || out.String() != "a\x00b\xff" {
		t.Errorf("exit %d, out %q", exit, &out)
	}
	if exit := run(docker.Exec{Argv: []string{"cat"}}); exit != 0 || out.Len() != 0 {
		t.Errorf("without an input: exit %d, out %q", exit, &out)
	}
	if exit := run(docker.Exec{Argv: []string{"sh", "-c", whoami}, Env: []string{"WHO=ann"}}); exit != 0 || out.String() != "ann\n" {
		t.Errorf("exit %d, out %q", exit, &out)
	}
	if exit := must[int](t)(r.Inside.Exec(t.Context(), r.Name, docker.Exec{Argv: []string{"sh", "-c", speaks}})); exit != 7 {
		t.Errorf("with nobody to hear it: exit %d", exit)
	}
}

func execNothing(t *testing.T, r Room) {
	var out bytes.Buffer
	for kind, argv := range map[ops.ErrorKind][]string{ops.Invalid: nil, ops.Failed: {"no-such-program", "geheim"}} {
		exit, err := r.Inside.Exec(t.Context(), r.Name, docker.Exec{Argv: argv, Stdout: &out, Stdin: strings.NewReader("x")})
		wants(t, err, kind)
		if exit != -1 || out.Len() > 0 || strings.Contains(fmt.Sprint(err), "geheim") {
			t.Errorf("%q: exit %d, out %q, %v", argv, exit, &out, err)
		}
	}
}

func execElsewhere(t *testing.T, r Room) {
	cat := docker.Exec{Argv: []string{"cat"}}
	for _, nobody := range []string{r.Name + "x", r.Name[:3], "", "../x"} {
		_, err := r.Inside.Exec(t.Context(), nobody, cat)
		wants(t, err, ops.NotFound, ops.Invalid)
	}
	for _, change := range [][2]string{{"stop", "start"}, {"pause", "unpause"}} {
		r.Change(t, change[0])
		_, err := r.Inside.Exec(t.Context(), r.Name, cat)
		wants(t, err, ops.Failed)
		r.Change(t, change[1])
		if exit, err := r.Inside.Exec(t.Context(), r.Name, cat); exit != 0 || err != nil {
			t.Errorf("after %s: %d, %v", change[1], exit, err)
		}
	}
	r.Change(t, "remove")
	_, err := r.Inside.Exec(t.Context(), r.Name, cat)
	wants(t, err, ops.NotFound)
	_, err = r.Inside.Stat(t.Context(), r.Name, "/data/x")
	wants(t, err, ops.NotFound)
}

func execEnded(t *testing.T, r Room) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Inside.Exec(ctx, r.Name, docker.Exec{Argv: []string{"cat"}})
	wants(t, err, ops.Unavailable)
	_, err = r.Inside.Stat(ctx, r.Name, "/data")
	wants(t, err, ops.Unavailable)
	wants(t, r.Inside.WriteFile(ctx, r.Name, "/data/x", docker.FileInfo{Mode: 0o600}, strings.NewReader("")), ops.Unavailable)
}

// write makes a file of the room's.
func (r Room) write(t *testing.T, path, data string, info docker.FileInfo) {
	t.Helper()
	info.Size = int64(len(data))
	ok(t, r.Inside.WriteFile(t.Context(), r.Name, path, info, strings.NewReader(data)))
}

func (r Room) read(t *testing.T, path string) (string, docker.FileInfo) {
	t.Helper()
	f, info, err := r.Inside.ReadFile(t.Context(), r.Name, path)
	ok(t, err)
	defer f.Close()
	return string(must[[]byte](t)(io.ReadAll(f))), info
}

func roundTrip(t *testing.T, r Room) {
	at := time.Date(2026, 6, 11, 2, 55, 1, 0, time.UTC)
	for name, data := range map[string]string{"empty": "", "plain": "a\x00b\xff\n", "höhe <1> $(x)": strings.Repeat("ab\r\n", 100_000)} {
		want := docker.FileInfo{Mode: 0o640, UID: 999, GID: 998, Modified: at}
		r.write(t, "/data/"+name, data, want)
		got, info := r.read(t, "/data/"+name)
		if got != data || info.Name != name || info.Mode != 0o640 || info.UID != 999 || info.GID != 998 || info.Size != int64(len(data)) || !info.Modified.Equal(at) {
			t.Errorf("%s came back as %d bytes, %+v", name, len(got), info)
		}
		if again := must[docker.FileInfo](t)(r.Inside.Stat(t.Context(), r.Name, "/data/"+name)); again != info {
			t.Errorf("looked at, %s is %+v", name, again)
		}
	}
	r.write(t, "/data/plain", "other", docker.FileInfo{Mode: 0o600, Replace: true})
	got, info := r.read(t, "/data/plain")
	if got != "other" || info.Mode != 0o600 || info.UID != 0 || time.Since(info.Modified).Abs() > time.Hour {
		t.Errorf("written over it is %q, %+v", got, info)
	}
	err := r.Inside.WriteFile(t.Context(), r.Name, "/data/plain", docker.FileInfo{Mode: 0o600, Size: 1}, strings.NewReader("x"))
	wants(t, err, ops.Denied)
	if got, _ := r.read(t, "/data/plain"); got != "other" {
		t.Errorf("refused, and it is %q", got)
	}
	dir := must[docker.FileInfo](t)(r.Inside.Stat(t.Context(), r.Name, "/data"))
	if dir.Mode.Type() != fs.ModeDir || dir.Name != "data" {
		t.Errorf("/data is %+v", dir)
	}
}

func stoppedFiles(t *testing.T, r Room) {
	r.Change(t, "stop")
	r.write(t, "/data/while-stopped", "new", docker.FileInfo{Mode: 0o600, UID: 70, GID: 70})
	if got, info := r.read(t, "/data/while-stopped"); got != "new" || info.UID != 70 {
		t.Errorf("it is %q, %+v", got, info)
	}
	r.Change(t, "start")
	if got, _ := r.read(t, "/data/while-stopped"); got != "new" {
		t.Errorf("started, it is %q", got)
	}
}

func noFiles(t *testing.T, r Room) {
	for _, path := range []string{"", "data/x", "/", "/data/", "/data/../etc/passwd", "/data/./x", "//data/x", "/data/a\nb", "/data/a\x00b",
		"/proc/self/mem", "/proc", "/sys/x", "/dev/sda", "/data/.wh.x", ".."} {
		_, _, err := r.Inside.ReadFile(t.Context(), r.Name, path)
		wants(t, err, ops.Invalid)
		_, err = r.Inside.Stat(t.Context(), r.Name, path)
		wants(t, err, ops.Invalid)
		wants(t, r.Inside.WriteFile(t.Context(), r.Name, path, docker.FileInfo{Replace: true}, strings.NewReader("")), ops.Invalid)
		wants(t, r.Inside.Link(t.Context(), r.Name, path, "/data/x"), ops.Invalid)
		wants(t, r.Inside.Link(t.Context(), r.Name, "/data/x", path), ops.Invalid)
	}
	_, _, err := r.Inside.ReadFile(t.Context(), r.Name, "/data/none")
	wants(t, err, ops.NotFound)
	_, err = r.Inside.Stat(t.Context(), r.Name, "/data/none")
	wants(t, err, ops.NotFound)
	wants(t, r.Inside.WriteFile(t.Context(), r.Name, "/none/x", docker.FileInfo{}, strings.NewReader("")), ops.NotFound)
	_, _, err = r.Inside.ReadFile(t.Context(), r.Name, "/data")
	wants(t, err, ops.Invalid)
	wants(t, r.Inside.WriteFile(t.Context(), r.Name, "/data", docker.FileInfo{Replace: true}, strings.NewReader("")), ops.Invalid)
}

func wrongSizes(t *testing.T, r Room) {
	for name, given := range map[string]io.Reader{"more": strings.NewReader("12345"), "less": strings.NewReader("123"),
		"broken": io.MultiReader(strings.NewReader("12"), failing{})} {
		wants(t, r.Inside.WriteFile(t.Context(), r.Name, "/data/"+name, docker.FileInfo{Mode: 0o600, Size: 4}, given), ops.Failed)
		r.write(t, "/data/"+name, "1234", docker.FileInfo{Mode: 0o600, Replace: true}) // whatever part was left
		if got, _ := r.read(t, "/data/"+name); got != "1234" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// links replaces a file in a way that keeps both, and takes it back.
func links(t *testing.T, r Room) {
	r.write(t, "/data/live", "old", docker.FileInfo{Mode: 0o640, UID: 999, GID: 999})
	r.write(t, "/data/fresh", "new", docker.FileInfo{Mode: 0o600, UID: 70, GID: 70})
	r.Change(t, "stop")
	link := func(from, to string) {
		t.Helper()
		for range 2 {
			ok(t, r.Inside.Link(t.Context(), r.Name, from, to))
		}
	}
	want := func(path, data string, uid int, mode fs.FileMode) {
		t.Helper()
		if got, info := r.read(t, path); got != data || info.UID != uid || info.Mode != mode {
			t.Errorf("%s is %q, %+v", path, got, info)
		}
	}
	link("/data/live", "/data/kept")
	link("/data/fresh", "/data/live")
	want("/data/live", "new", 70, 0o600)
	want("/data/kept", "old", 999, 0o640)
	link("/data/kept", "/data/live")
	want("/data/live", "old", 999, 0o640)
	want("/data/fresh", "new", 70, 0o600)
	wants(t, r.Inside.Link(t.Context(), r.Name, "/data/live", "/data/live"), ops.Invalid)
	wants(t, r.Inside.Link(t.Context(), r.Name, "/data/live", "/tmp/live"), ops.Invalid)
	wants(t, r.Inside.Link(t.Context(), r.Name, "/data/none", "/data/live"), ops.NotFound)
	wants(t, r.Inside.Link(t.Context(), r.Name, "/data/live", "/data"), ops.Invalid)
	want("/data/live", "old", 999, 0o640)
	r.Change(t, "start")
	want("/data/live", "old", 999, 0o640)
}

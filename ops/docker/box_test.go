package docker

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"vigie/ops"
)

func TestBox(t *testing.T) {
	f, err := NewFake("redis running\nservice metube off\nn8n exited 0")
	if err != nil {
		t.Fatal(err)
	}
	f.OnExec(func(container string, x Exec) (int, error) {
		if x.Argv[0] != "redis-cli" {
			return -1, ErrNoProgram
		}
		_, err := io.WriteString(x.Stdout, container+" says PONG")
		return 0, err
	})
	b := f.Stack().Box("redis")
	before, err := b.ID(t.Context())
	if err != nil || len(before) != 64 {
		t.Fatalf("%q, %v", before, err)
	}
	var out bytes.Buffer
	if exit, err := b.Exec(t.Context(), Exec{Argv: []string{"redis-cli", "PING"}, Stdout: &out}); exit != 0 || err != nil || out.String() != "javisi_redis says PONG" {
		t.Errorf("%d, %v, %q", exit, err, &out)
	}
	if err := b.WriteFile(t.Context(), "/data/dump.rdb", FileInfo{Mode: 0o600, Size: 5}, strings.NewReader("REDIS")); err != nil {
		t.Error(err)
	}
	if err := b.Link(t.Context(), "/data/dump.rdb", "/data/kept.rdb"); err != nil {
		t.Error(err)
	}
	if info, err := b.Stat(t.Context(), "/data/kept.rdb"); err != nil || info.Size != 5 || info.Name != "kept.rdb" {
		t.Errorf("%+v, %v", info, err)
	}
	if err := f.Do("redis replaced"); err != nil {
		t.Fatal(err)
	}
	after, err := b.ID(t.Context())
	if err != nil || after == before {
		t.Errorf("made anew it is still %s, %v", after, err)
	}
	r, info, err := b.ReadFile(t.Context(), "/data/kept.rdb")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(r); string(data) != "REDIS" || err != nil || info.Mode != 0o600 {
		t.Errorf("%q, %+v, %v", data, info, err)
	}
	if got := f.Calls(); len(got) != 1 || got[0] != "exec javisi_redis redis-cli PING" {
		t.Errorf("called %q", got)
	}
	for service, want := range map[string]bool{"redis": true, "n8n": false} {
		if runs, err := f.Stack().Box(service).Running(t.Context()); runs != want || err != nil {
			t.Errorf("%s runs: %v, %v", service, runs, err)
		}
	}
}

// TestBoxOfNone has services with no container, with two, and none at all.
func TestBoxOfNone(t *testing.T) {
	f, err := NewFake("service metube off\nweb running\ncontainer web2 running project=javisi")
	if err != nil {
		t.Fatal(err)
	}
	f.boxes[2].Service = "web"
	for service, want := range map[string]ops.ErrorKind{"metube": ops.NotFound, "nobody": ops.NotFound, "web": ops.Invalid} {
		b := f.Stack().Box(service)
		_, idErr := b.ID(t.Context())
		_, runErr := b.Running(t.Context())
		exit, execErr := b.Exec(t.Context(), Exec{Argv: []string{"true"}})
		_, _, readErr := b.ReadFile(t.Context(), "/data/x")
		_, statErr := b.Stat(t.Context(), "/data/x")
		for _, err := range []error{idErr, runErr, execErr, readErr, statErr, b.WriteFile(t.Context(), "/data/x", FileInfo{}, strings.NewReader("")), b.Link(t.Context(), "/data/x", "/data/y")} {
			if ops.KindOf(err) != want {
				t.Errorf("%s: %v, want %s", service, err, want)
			}
		}
		if exit != -1 {
			t.Errorf("%s: exit %d", service, exit)
		}
	}
	if _, err := f.Stack().Box("web2").ID(t.Context()); err != nil {
		t.Errorf("one of two, by its container: %v", err)
	}
	shut := &Stack{Host: struct{ Host }{f}}
	if _, err := shut.Box("web2").Stat(t.Context(), "/data/x"); ops.KindOf(err) != ops.Failed {
		t.Errorf("with a host that shows no insides: %v", err)
	}
}

func TestHear(t *testing.T) {
	frame := func(stream byte, text string) string {
		return string([]byte{stream, 0, 0, 0, 0, 0, 0, byte(len(text))}) + text
	}
	for name, test := range map[string]struct {
		in, out, err string
		bad          bool
	}{
		"nothing":          {},
		"both":             {in: frame(1, "a") + frame(2, "b") + frame(1, "c"), out: "ac", err: "b"},
		"empty frames":     {in: frame(1, "") + frame(2, "") + frame(1, "x"), out: "x"},
		"cut in a head":    {in: frame(1, "a") + "\x01\x00", out: "a", bad: true},
		"cut after a head": {in: frame(1, "a") + frame(1, "bc")[:8], out: "a", bad: true},
		"cut in a body":    {in: frame(1, "a") + frame(1, "bc")[:9], out: "ab", bad: true},
		"another stream":   {in: frame(3, "the engine's trouble"), bad: true},
		"no frames at all": {in: "plain text of a terminal", bad: true},
	} {
		var out, errs bytes.Buffer
		s := &speech{out: sink{w: &out}, err: sink{w: &errs}, begun: func() bool { return true }}
		if err := s.hear(strings.NewReader(test.in)); (err != nil) != test.bad || out.String() != test.out || errs.String() != test.err {
			t.Errorf("%s: %q, %q, %v", name, &out, &errs, err)
		}
	}
}

func FuzzHear(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x02ab\x02\x00\x00\x00\x00\x00\x00\x01c"))
	f.Add([]byte("\x01\x00\x00\x00\xff\xff\xff\xffab"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out, errs bytes.Buffer
		s := &speech{out: sink{w: &out}, err: sink{w: &errs}, begun: func() bool { return true }}
		err := s.hear(bytes.NewReader(in))
		said := out.Len() + errs.Len()
		if said > len(in) || err == nil && (len(in)-said)%8 != 0 {
			t.Errorf("of %d bytes it heard %d, %v", len(in), said, err)
		}
	})
}

func FuzzFilePath(f *testing.F) {
	for _, p := range []string{"/data/dump.rdb", "/", "/a/../b", "a", "/proc/1/mem", "/a\x00"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		dir, name, err := filePath(p)
		if err == nil && (strings.TrimSuffix(dir, "/")+"/"+name != p || strings.Contains(name, "/") || name == ".." || name == "" || strings.Contains(p, "/../")) {
			t.Errorf("%q is %q in %q", p, name, dir)
		}
	})
}

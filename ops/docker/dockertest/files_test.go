package dockertest_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// TestOddFiles has links, pipes, memory and what may not be written, in a container that runs.
func TestOddFiles(t *testing.T) {
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	name := l.Run(t, "web", func(c *container.Config, h *container.HostConfig) {
		alone(c, h)
		c.Volumes = map[string]struct{}{"/data": {}, "/memory/kept": {}}
		h.Tmpfs = map[string]string{"/memory": ""}
	})
	l.Exec(t, name, "sh", "-c", `cd /data; echo secret > /etc/shadow; ln=busybox; $ln ln -s /etc/shadow link; $ln ln -s nowhere dangling; $ln ln -s /etc out
		$ln mkfifo pipe; $ln mkdir dir; echo hi > dir/x; echo hi > /memory/x; echo hi > /memory/kept/x; $ln ln dir/x twin`)
	for path, want := range map[string]ops.ErrorKind{"link": ops.Invalid, "dangling": ops.Invalid, "out": ops.Invalid, "pipe": ops.Invalid, "dir": ops.Invalid, "twin": ""} {
		path = "/data/" + path
		f, _, err := e.ReadFile(t.Context(), name, path)
		if ops.KindOf(err) != want {
			t.Errorf("reading %s: %v, want %q", path, err, want)
		}
		if err == nil {
			f.Close()
		}
		if info, err := e.Stat(t.Context(), name, path); err != nil || info.Mode.IsRegular() != (want == "") {
			t.Errorf("%s is %+v, %v", path, info, err)
		}
		if want != "" {
			says(t, e.WriteFile(t.Context(), name, path, docker.FileInfo{Size: 1, Replace: true}, strings.NewReader("x")), ops.Invalid, "no regular file", "fichier ordinaire")
			says(t, e.Link(t.Context(), name, path, "/data/other"), ops.Invalid, "no regular file", "fichier ordinaire")
			says(t, e.Link(t.Context(), name, "/data/twin", path), ops.Invalid, "no regular file", "fichier ordinaire")
		}
	}
	if f, _, err := e.ReadFile(t.Context(), name, "/data/out/shadow"); err != nil { // the container's own, as its processes see it
		t.Error(err)
	} else if got, err := io.ReadAll(f); string(got) != "secret\n" || err != nil {
		t.Errorf("through a link to a directory: %q, %v", got, err)
	}
	says(t, second(e.Stat(t.Context(), name, "/memory/x")), ops.Invalid, "memory", "mémoire")
	if _, err := e.Stat(t.Context(), name, "/memory/kept/x"); err != nil {
		t.Errorf("a volume inside of memory: %v", err)
	}
	still := l.Run(t, "still", func(c *container.Config, h *container.HostConfig) {
		alone(c, h)
		h.ReadonlyRootfs = true
	})
	if err := e.WriteFile(t.Context(), still, "/tmp/x", docker.FileInfo{}, strings.NewReader("")); ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("into what is read-only: %v", err)
	}
}

// TestMuchFile carries 256 MB each way with flat memory, and stops in the middle of it.
func TestMuchFile(t *testing.T) {
	const size = 256 << 20
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	r := room(t, l, e)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := e.WriteFile(t.Context(), r.Name, "/data/much", docker.FileInfo{Mode: 0o600, Size: size}, noise(size)); err != nil {
		t.Fatal(err)
	}
	f, info, err := e.ReadFile(t.Context(), r.Name, "/data/much")
	if err != nil {
		t.Fatal(err)
	}
	got := sum(t, f)
	f.Close()
	runtime.ReadMemStats(&after)
	if want := sum(t, noise(size)); got != want || info.Size != size {
		t.Errorf("it came back as %s, %+v; want %s", got, info, want)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("carrying %d bytes there and back took %d of memory", size, used)
	}

	ctx, cancel := context.WithCancel(t.Context())
	f, _, err = e.ReadFile(ctx, r.Name, "/data/much")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, f, 1<<20); err != nil {
		t.Error(err)
	}
	cancel()
	says(t, second(io.Copy(io.Discard, f)), ops.Unavailable, "Stopped", "Arrêté")
	f.Close()

	way := newWire(t)
	f, _, err = dial(t, way.host).ReadFile(t.Context(), r.Name, "/data/much")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, f, 1<<20); err != nil {
		t.Error(err)
	}
	way.hangUp()
	says(t, second(io.Copy(io.Discard, f)), ops.Unavailable, "hung up in the middle of much", "a raccroché au milieu de much")
	f.Close()
}

// TestWriteCutOff loses the way to the engine while a file is written: what was there under other names is whole.
func TestWriteCutOff(t *testing.T) {
	const size = 16 << 20
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	r := room(t, l, e)
	if err := e.WriteFile(t.Context(), r.Name, "/data/live", docker.FileInfo{Mode: 0o600, Size: 3}, strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	for _, after := range []int64{0, 1 << 10, 1 << 20, size - 1} {
		way := newWire(t)
		in := io.MultiReader(noise(after), &call{do: way.hangUp}, noise(size-after))
		err := dial(t, way.host).WriteFile(t.Context(), r.Name, "/data/fresh", docker.FileInfo{Mode: 0o600, Size: size, Replace: true}, in)
		says(t, err, ops.Unknown, "may or may not", "peut-être")
		if got, err := e.Stat(t.Context(), r.Name, "/data/live"); err != nil || got.Size != 3 {
			t.Errorf("cut after %d bytes: the live one is %+v, %v", after, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	in := io.MultiReader(noise(1<<20), &call{do: cancel}, noise(size-1<<20))
	err := e.WriteFile(ctx, r.Name, "/data/fresh", docker.FileInfo{Mode: 0o600, Size: size, Replace: true}, in)
	says(t, err, ops.Unknown, "may or may not", "peut-être")
	if err := e.WriteFile(t.Context(), r.Name, "/data/fresh", docker.FileInfo{Mode: 0o600, Size: size, Replace: true}, noise(size)); err != nil {
		t.Errorf("written again: %v", err)
	}
	f, _, err := e.ReadFile(t.Context(), r.Name, "/data/fresh")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, want := sum(t, f), sum(t, noise(size)); got != want {
		t.Errorf("written again it is %s, want %s", got, want)
	}
}

// call is a reader of nothing that does something first.
type call struct{ do func() }

func (c *call) Read([]byte) (int, error) {
	c.do()
	return 0, io.EOF
}

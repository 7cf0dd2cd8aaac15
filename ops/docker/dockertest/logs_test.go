package dockertest_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/docker/docker/api/types/container"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

func TestLogShapes(t *testing.T) {
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	tty := func(c *container.Config, _ *container.HostConfig) { c.Tty = true }
	const megabyte = 1 << 20
	for _, test := range []struct {
		name    string
		change  func(*container.Config, *container.HostConfig)
		program string
		check   func(t *testing.T, lines []docker.Line)
	}{
		{"one_line", nil, "head -c 1048576 /dev/zero | tr '\\0' x; echo; echo after", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 2 || lines[0].Text != strings.Repeat("x", megabyte) || lines[1].Text != "after" {
				t.Errorf("%d lines, the first of %d bytes", len(lines), len(lines[0].Text))
			}
		}},
		{"one_line_tty", tty, "head -c 1048576 /dev/zero | tr '\\0' x; echo; echo after", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 2 || lines[0].Text != strings.Repeat("x", megabyte) || lines[1].Text != "after" || lines[1].At.IsZero() {
				t.Errorf("%d lines, the first of %d bytes", len(lines), len(lines[0].Text))
			}
		}},
		{"huge", nil, "head -c 12000000 /dev/zero | tr '\\0' y", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 1 || len(lines[0].Text) > 4<<20 || len(lines[0].Text) < 3<<20 {
				t.Errorf("%d lines, the first of %d bytes", len(lines), len(lines[0].Text))
			}
		}},
		{"many", nil, "yes 'a line of some length' | head -n 30000; echo last", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 200 || lines[199].Text != "last" {
				t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1].Text)
			}
		}},
		{"junk", nil, "head -c 300000 /version /bin/busybox | head -c 200000", func(t *testing.T, lines []docker.Line) {
			if len(lines) == 0 {
				t.Error("nothing was read")
			}
			for _, l := range lines {
				if !utf8.ValidString(l.Text) || strings.ContainsAny(l.Text, "\x1b\x00\r\x08") {
					t.Errorf("%q is not clean", l.Text)
				}
			}
		}},
		{"tty", tty, "printf 'one\\r\\n\\033[1mtwo\\033[0m\\n'; echo err >&2", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 3 || lines[0].Text != "one" || lines[1].Text != "two" || lines[2].Text != "err" || lines[0].At.IsZero() {
				t.Errorf("%+v", lines)
			}
		}},
		{"errors", nil, "echo bad >&2", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 1 || !lines[0].Err || lines[0].Text != "bad" {
				t.Errorf("%+v", lines)
			}
		}},
		{"silent", nil, "true", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 0 {
				t.Errorf("%+v", lines)
			}
		}},
		{"local_driver", func(_ *container.Config, h *container.HostConfig) { h.LogConfig.Type = "local" }, "echo kept", func(t *testing.T, lines []docker.Line) {
			if len(lines) != 1 || lines[0].Text != "kept" {
				t.Errorf("%+v", lines)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := l.Run(t, test.name, test.change, "sh", "-c", test.program)
			dockertest.Until(t, "it ends", func() bool {
				d, err := e.Inspect(t.Context(), name)
				return err == nil && d.State == "exited"
			})
			lines, err := e.Logs(t.Context(), name, docker.LogQuery{})
			if err != nil {
				t.Fatal(err)
			}
			test.check(t, lines)
		})
	}
}

func TestLogDriverWithoutReading(t *testing.T) {
	l := dockertest.NewLab(t)
	name := l.Run(t, "mute", func(_ *container.Config, h *container.HostConfig) { h.LogConfig.Type = "none" }, "echo", "lost")
	e := dial(t, docker.DefaultHost)
	says(t, second(e.Logs(t.Context(), name, docker.LogQuery{})), ops.Failed, "logging driver", "pilote de journal")
}

// TestRunsKeepTheirLines checks that a last line without an end is not glued to the first of the next run.
func TestRunsKeepTheirLines(t *testing.T) {
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	name := l.Run(t, "twice", nil, "printf", "first\nlast")
	ended := func() bool { d, err := e.Inspect(t.Context(), name); return err == nil && d.State == "exited" }
	dockertest.Until(t, "it ends", ended)
	if err := e.Start(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	dockertest.Until(t, "it ends again", ended)
	var got []string
	dockertest.Until(t, "all is written", func() bool {
		lines, err := e.Logs(t.Context(), name, docker.LogQuery{})
		got = nil
		for _, l := range lines {
			got = append(got, l.Text)
		}
		return err == nil && len(got) >= 4
	})
	if strings.Join(got, "|") != "first|last|first|last" {
		t.Errorf("it said %q", got)
	}
}

func TestFollowEnds(t *testing.T) {
	l := dockertest.NewLab(t)
	e := dial(t, docker.DefaultHost)
	name := l.Run(t, "brief", nil, "sh", "-c", "echo one; sleep 1; echo two")
	heard := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- e.Follow(t.Context(), name, time.Now().Add(-time.Hour), func(l docker.Line) { heard <- l.Text })
	}()
	for _, want := range []string{"one", "two"} {
		if got := <-heard; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	if err := l.API.ContainerRemove(t.Context(), name, container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	says(t, <-ended, ops.NotFound, "no container", "pas de conteneur")
}

package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/pkg/stdcopy"

	"vigie/ops"
)

func TestReadStatus(t *testing.T) {
	for status, want := range map[string]struct {
		health string
		exit   int
		since  string
	}{
		"Up 3 minutes (unhealthy)":            {"unhealthy", -1, "3 minutes"},
		"Up 2 days (healthy)":                 {"healthy", -1, "2 days"},
		"Up 4 seconds (health: starting)":     {"starting", -1, "4 seconds"},
		"Up About a minute":                   {"", -1, "About a minute"},
		"Up Less than a second":               {"", -1, "Less than a second"},
		"Up 2 hours (Paused)":                 {"", -1, "2 hours"},
		"Exited (137) 2 minutes ago":          {"", 137, "2 minutes"},
		"Exited (0) Less than a second ago":   {"", 0, "Less than a second"},
		"Restarting (1) 3 seconds ago":        {"", 1, "3 seconds"},
		"Created":                             {"", -1, ""},
		"Dead":                                {"", -1, ""},
		"Removal In Progress":                 {"", -1, ""},
		"":                                    {"", -1, ""},
		"Exited (x) ago":                      {"", -1, "ago"},
		"Up 5 minutes (starting)":             {"", -1, "5 minutes"},
		"Exited (-1) 30 years ago":            {"", -1, "30 years"},
		"Restarting (137) About a minute ago": {"", 137, "About a minute"},
	} {
		if health, exit, since := readStatus(status); health != want.health || exit != want.exit || since != want.since {
			t.Errorf("%q reads as %q, %d, %q; want %+v", status, health, exit, since, want)
		}
	}
}

func TestPorts(t *testing.T) {
	got := rowOf(container.Summary{Names: []string{"/other/alias", "/web"}, Ports: []container.Port{
		{IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp"}, {IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp"},
		{IP: "127.0.0.1", PrivatePort: 5432, PublicPort: 5432, Type: "tcp"}, {PrivatePort: 9000, Type: "udp"}, {IP: "::1", PrivatePort: 53, PublicPort: 53, Type: "udp"}}})
	want := []string{"0.0.0.0:8080→80/tcp", "127.0.0.1:5432→5432/tcp", "[::1]:53→53/udp"}
	if !slices.Equal(got.Ports, want) || got.Name != "web" {
		t.Errorf("%s has ports %q, want %q", got.Name, got.Ports, want)
	}
}

// TestInspectExhausted reads a container that its restart policy gave up on, as an engine told of it.
func TestInspectExhausted(t *testing.T) {
	raw, err := os.ReadFile("testdata/inspect-exhausted.json")
	if err != nil {
		t.Fatal(err)
	}
	var r container.InspectResponse
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	d := detailOf(r)
	if d.Name != "javisi_litellm" || d.State != "exited" || d.ExitCode != 1 || d.Restarts != 3 || d.Policy != "on-failure:3" || d.Health != "" || d.Memory != 67108864 ||
		len(d.HealthLog) != 2 || d.HealthLog[1].Output != "ok" || !d.Started.After(d.Finished) || !slices.Equal(d.Env, []string{"PATH", "PORT", "SVC"}) {
		t.Errorf("it is %+v", d)
	}
	if slices.ContainsFunc(r.Config.Env, func(s string) bool { return s != "" }) {
		t.Errorf("values were left: %q", r.Config.Env)
	}
}

func TestUsage(t *testing.T) {
	read := func(text string) Usage {
		var s container.StatsResponse
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		return usageOf(s)
	}
	const cpu = `"cpu_stats":{"cpu_usage":{"total_usage":300},"system_cpu_usage":2000,"online_cpus":2},"precpu_stats":{"cpu_usage":{"total_usage":100},"system_cpu_usage":1000}`
	v1 := read(`{` + cpu + `,"memory_stats":{"usage":1000,"limit":5000,"stats":{"total_inactive_file":300,"inactive_file":1}},"blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":7},{"op":"Write","value":8},{"op":"Total","value":15}]},"pids_stats":{"current":3}}`)
	if (v1 != Usage{CPU: 40, Memory: 700, Limit: 5000, Read: 7, Write: 8, PIDs: 3}) {
		t.Errorf("cgroup v1: %+v", v1)
	}
	v2 := read(`{` + cpu + `,"memory_stats":{"usage":1000,"limit":5000,"stats":{"inactive_file":400}},"networks":{"eth0":{"rx_bytes":1,"tx_bytes":2},"eth1":{"rx_bytes":10,"tx_bytes":20}},"blkio_stats":{"io_service_bytes_recursive":[{"op":"read","value":7}]}}`)
	if (v2 != Usage{CPU: 40, Memory: 600, Limit: 5000, Rx: 11, Tx: 22, Read: 7}) {
		t.Errorf("cgroup v2: %+v", v2)
	}
	old := read(`{"cpu_stats":{"cpu_usage":{"total_usage":300,"percpu_usage":[1,2,3,4]},"system_cpu_usage":2000},"precpu_stats":{"cpu_usage":{"total_usage":100},"system_cpu_usage":1000},"memory_stats":{"usage":10,"stats":{"inactive_file":400}}}`)
	if old.CPU != 80 || old.Memory != 10 {
		t.Errorf("without online_cpus: %+v", old)
	}
	if back := read(`{"cpu_stats":{"cpu_usage":{"total_usage":100},"system_cpu_usage":2000,"online_cpus":2},"precpu_stats":{"cpu_usage":{"total_usage":300},"system_cpu_usage":1000}}`); back.CPU != 0 {
		t.Errorf("a counter that went back gives %v %%", back.CPU)
	}
}

func TestEventOf(t *testing.T) {
	raw, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for in := json.NewDecoder(bytes.NewReader(raw)); in.More(); {
		var m events.Message
		if err := in.Decode(&m); err != nil {
			t.Fatal(err)
		}
		ev, ok := eventOf(m)
		said = append(said, fmt.Sprintf("%v %s %s %s %d %q %q", ok, ev.Kind, ev.Container, ev.Project, ev.ExitCode, ev.Health, ev.Signal))
	}
	want := []string{
		`true die javisi_grafana javisi 137 "" ""`, `true health javisi_grafana javisi -1 "healthy" ""`, `true health javisi_grafana javisi -1 "unhealthy" ""`,
		`true oom javisi_grafana javisi -1 "" ""`, `false    0 "" ""`, `false    0 "" ""`, `true kill javisi_grafana javisi -1 "" "15"`,
	}
	if !slices.Equal(said, want) {
		t.Errorf("read %q, want %q", said, want)
	}
}

// TestEngineAway says in three different ways why an engine is not there.
func TestEngineAway(t *testing.T) {
	seen := map[string]bool{}
	for dial, words := range map[error]string{fs.ErrNotExist: "does not exist", fs.ErrPermission: "permission denied", syscall.ECONNREFUSED: "not running", syscall.EHOSTUNREACH: "cannot be reached"} {
		e := unreachable(DefaultHost, dial, errors.New("cannot connect"))
		if e.Kind != ops.Unavailable || !strings.Contains(e.Say.En, words) || !strings.Contains(e.Say.Fr, "/var/run/docker.sock") || seen[e.Say.Fr] {
			t.Errorf("%v is told as %+v", dial, e.Say)
		}
		seen[e.Say.Fr] = true
	}
}

func TestKnownWords(t *testing.T) {
	for words, want := range map[string]string{
		"driver failed programming external connectivity on endpoint x (ab): Bind for 127.0.0.1:5432 failed: port is already allocated":                      "Port 127.0.0.1:5432 is taken",
		"driver failed programming external connectivity on endpoint x: Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use": "Port 0.0.0.0:80 is taken",
		"failed to set up container networking: driver failed: failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use":          "Port 0.0.0.0:8080",
		"failed to bind host port 127.0.0.1:8080/tcp: address already in use":                                                                                "Port 127.0.0.1:8080 is taken",
		"network javisi_backend declared as external, but could not be found":                                                                                "docker network create javisi_backend",
		"network " + strings.Repeat("5e", 32) + " not found":                                                                                                 "/recreate",
		"configured logging driver does not support reading":                                                                                                 "logging driver",
		"write /var/lib/docker/tmp/x: no space left on device":                                                                                               "disk is full",
		`failed to create task: OCI runtime create failed: runc create failed: exec: "/nothing": stat /nothing: no such file or directory: unknown`:          "program /nothing",
		`Cannot restart container x: tried to kill container, but did not receive an exit event`:                                                             "did not end even when it was killed",
		`invalid mount config for type "bind": bind source path does not exist: /opt/x`:                                                                      "The path /opt/x",
		`Cannot start: container abc is paused`:                                                                                                              "paused",
		`container abc is marked for removal and cannot be started`:                                                                                          "being removed",
	} {
		say, kind := known(words)
		if kind != ops.Failed || !strings.Contains(ops.Unmark(say.En), want) || say.Fr == "" || say.Fr == say.En {
			t.Errorf("%q is told as %q", words, ops.Unmark(say.En))
		}
	}
	if say, kind := known("something nobody has seen"); !say.IsZero() || kind != "" {
		t.Errorf("the unknown is told as %q", say)
	}
}

func TestReadPull(t *testing.T) {
	var told []string
	err := readPull(strings.NewReader(`{"status":"Pulling from x","id":"1"}
{"status":"Downloading","progressDetail":{"current":5,"total":10},"id":"a"}
{"status":"Already exists","id":"b"}
{"status":"Download complete","id":"a"}
{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}
`), func(done, total int64) { told = append(told, fmt.Sprintf("%d/%d", done, total)) })
	if err == nil || err.Error() != "unexpected EOF" {
		t.Errorf("got %v", err)
	}
	if len(told) == 0 || told[len(told)-1] != "10/10" {
		t.Errorf("told %q", told)
	}
	if err := readPull(strings.NewReader(`{"status":"x"`), nil); err == nil {
		t.Error("half a report is taken for whole")
	}
}

// TestLogMessages reads messages that carry one time each, however they are cut.
func TestLogMessages(t *testing.T) {
	const at = "2026-11-23T05:43:10.364151808Z "
	long := strings.Repeat("x", messageSize)
	frames := []string{at + "one\n", at + long, at + long, at + "end\n", at + "no end", at + "\n", "no time\n"}
	want := []string{"one", long + long + "end", "no end", "", "no time"}
	read := func(raw bool, write func(*lineReader)) (got []string) {
		r := &lineReader{raw: raw, limit: 1 << 20, each: func(l Line) { got = append(got, l.Text) }}
		write(r)
		r.end()
		return got
	}
	framed := read(false, func(r *lineReader) {
		for _, f := range frames {
			r.Write([]byte(f))
		}
	})
	if !slices.Equal(framed, want) {
		t.Errorf("in frames: %d lines %.60q", len(framed), framed)
	}
	stream := strings.Join(slices.Concat(frames[:4], []string{at + "\n", "no time\n", at + "no end"}), "")
	for _, size := range []int{1, 7, 4096, len(stream)} {
		raw := read(true, func(r *lineReader) {
			for chunk := range slices.Chunk([]byte(stream), size) {
				r.Write(chunk)
			}
		})
		if !slices.Equal(raw, []string{"one", long + long + "end", "", "no time", "no end"}) {
			t.Errorf("raw, %d at a time: %d lines %.60q", size, len(raw), raw)
		}
	}
}

func FuzzLogMessages(f *testing.F) {
	f.Add([]byte("2026-11-23T05:43:10.364151808Z hello\n"), false)
	f.Add([]byte("2026-11-23T05:43:10Z \x1b[31m\xff\r\n"), true)
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0}, false)
	f.Fuzz(func(t *testing.T, p []byte, raw bool) {
		total := 0
		r := &lineReader{raw: raw, limit: 64, each: func(l Line) {
			if l.Text != ops.Clean(l.Text) {
				t.Errorf("%q is not clean", l.Text)
			}
			total += len(l.Text)
		}}
		r.Write(p)
		r.end()
		if total > 3*len(p) { // a broken byte becomes three
			t.Errorf("%d bytes became %d", len(p), total)
		}
		stdcopy.StdCopy(&lineReader{limit: 64, each: func(Line) {}}, &lineReader{limit: 64, each: func(Line) {}}, bytes.NewReader(p))
	})
}

func TestLogTail(t *testing.T) {
	keep := &logTail{lines: 3, bytes: 10}
	for _, s := range []string{"aaaa", "bbbb", "cccc", "ééééééé"} {
		keep.add(Line{Text: s})
	}
	if len(keep.list) != 1 || keep.list[0].Text != "ééééé" {
		t.Errorf("kept %+v", keep.list)
	}
}

func TestUnneeded(t *testing.T) {
	all := []Image{
		{ID: "sha256:1", Tags: []string{"n8nio/n8n:2.30.7"}, Digests: []string{"n8nio/n8n@sha256:" + strings.Repeat("a", 64)}},
		{ID: "sha256:2", Tags: []string{"redis:latest"}}, {ID: "sha256:3", Tags: []string{"ghcr.io/x/y:1", "local:1"}}, {ID: "sha256:4"}, {ID: "sha256:5", Tags: []string{"n8nio/n8n:2.29"}},
	}
	for keep, left := range map[string]string{
		"n8nio/n8n:2.30.7": "2345", "docker.io/n8nio/n8n:2.30.7": "2345", "redis": "1345", "redis:7": "12345", "local:1": "1245", "sha256:4": "1235",
		"n8nio/n8n@sha256:" + strings.Repeat("a", 64): "2345", "": "12345", "BAD::": "12345",
	} {
		got := ""
		for _, i := range Unneeded(all, []string{keep}) {
			got += strings.TrimPrefix(i.ID, "sha256:")
		}
		if got != left {
			t.Errorf("keeping %q leaves %s, want %s", keep, got, left)
		}
	}
}

func TestRegistryAuth(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DOCKER_CONFIG", dir)
	if got := registryAuth("redis:7"); got != "" {
		t.Errorf("without a file: %q", got)
	}
	write(t, dir, "config.json", `{"auths":{"https://index.docker.io/v1/":{"auth":"YW5uOnMzY3JldA=="},"ghcr.io":{"auth":"!"}}}`)
	for ref, want := range map[string]bool{"redis:7": true, "docker.io/n8nio/n8n": true, "ghcr.io/x/y": false, "quay.io/x": false, "BAD::": false} {
		if got := registryAuth(ref); (got != "") != want {
			t.Errorf("%s: %q", ref, got)
		}
	}
}

// TestHostErrorsTold checks that each call has its name in both languages, for a proxy that forbids it.
func TestHostErrorsTold(t *testing.T) {
	for doing, say := range doings {
		if say.En == say.Fr || !strings.HasPrefix(say.Fr, "de ") && !strings.HasPrefix(say.Fr, "d’") {
			t.Errorf("%s is told as %+v", doing, say)
		}
	}
	e := (&Engine{host: DefaultHost}).explain(call{doing: doRestart, changes: true}, &wire{}, context.DeadlineExceeded)
	if e.Kind != ops.Unavailable { // it was never sent
		t.Errorf("got %v", e)
	}
	if since := spanSince(time.Now().Add(-3 * time.Minute)); since != "3 minutes" {
		t.Errorf("three minutes are %q", since)
	}
}

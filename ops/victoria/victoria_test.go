package victoria

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/chart"
)

type allow struct{}

func (allow) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

// look is what /metric says, and its picture.
func look(t *testing.T, base string, args ops.Args) (string, *ops.File) {
	t.Helper()
	s, err := New(Options{URL: base})
	if err != nil {
		t.Fatal(err)
	}
	gate := &ops.Gate{Policy: allow{}, Store: forgetful{}, TTL: time.Hour}
	if err := gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	a, _, err := gate.Ask(t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Viewer}, ops.Ask{Op: "victoria.metric", Args: args}, "here")
	if err != nil {
		return "error: " + ops.Unmark(ops.SayOf(err).En), nil
	}
	var b strings.Builder
	var picture *ops.File
	for _, block := range a.Blocks {
		for _, row := range block.Table {
			fmt.Fprintln(&b, "|", strings.Join(row, " | "))
		}
		if block.File != nil {
			picture = block.File
		}
		fmt.Fprintln(&b, ops.Unmark(block.Line.En))
	}
	return b.String(), picture
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

// start starts a real VictoriaMetrics, as Debian has it, with its 30 s of hidden samples, and returns its address.
func start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	cmd := exec.Command("victoria-metrics", "-httpListenAddr="+at, "-storageDataPath="+t.TempDir(), "-search.latencyOffset=30s", "-memory.allowedBytes=64MB")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: scripts/tools.sh installs it", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGINT); _ = cmd.Wait() })
	for deadline := time.Now().Add(time.Minute); ; {
		if answer, err := http.Get("http://" + at + "/health"); err == nil {
			answer.Body.Close()
			return "http://" + at
		}
		if time.Now().After(deadline) {
			t.Fatal("VictoriaMetrics does not answer")
		}
		<-time.After(20 * time.Millisecond)
	}
}

// load imports samples as node_exporter's would come, and waits until they can be asked for.
func load(t *testing.T, base, lines, probe string) {
	t.Helper()
	post := func(path, body string) string {
		answer, err := http.Post(base+path, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		said, _ := io.ReadAll(answer.Body) // a short one does not hold
		return string(said)
	}
	post("/api/v1/import/prometheus", lines)
	for deadline := time.Now().Add(time.Minute); ; {
		if got, _ := look(t, base, ops.Args{"query": probe}); strings.HasPrefix(got, ops.Fine) {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("it does not have the samples: %s", got)
		}
		post("/internal/force_flush", "")
		<-time.After(50 * time.Millisecond)
	}
}

func TestReal(t *testing.T) {
	base, now := start(t), time.Now()
	var lines strings.Builder
	for i := range 60 { // an hour, the newest sample a second old
		at := now.Add(-time.Second - time.Duration(i)*time.Minute).UnixMilli()
		fmt.Fprintf(&lines, "node_load1{instance=\"pi\"} %d %d\n", 60-i, at)
		fmt.Fprintf(&lines, "node_filesystem_avail_bytes{mountpoint=\"/\",instance=\"pi\"} %d %d\n", 40_000_000_000+i, at)
		fmt.Fprintf(&lines, "node_filesystem_avail_bytes{mountpoint=\"/data\",instance=\"pi\"} %d %d\n", 12_000_000_000+i, at)
	}
	for i := range 5 {
		fmt.Fprintf(&lines, "gone_metric 7 %d\n", now.Add(-40*time.Minute-time.Duration(i)*30*time.Second).UnixMilli())
	}
	load(t, base, lines.String(), `node_load1`)

	got, picture := look(t, base, ops.Args{"query": "node_load1"})
	holds(t, got, "🟢 60 now · from 1 to 60 in 1 h") // 60 is a second old: nocache shows it
	if picture == nil {
		t.Fatal("there is no picture")
	}
	if img, err := png.Decode(bytes.NewReader(picture.Data)); err != nil || img.Bounds().Dx() != chart.Width {
		t.Errorf("the picture: %v", err)
	}
	got, _ = look(t, base, ops.Args{"query": "node_filesystem_avail_bytes"})
	holds(t, got, "🟢 2 series in 1 h, the highest 40 G", "| / | 40 G | 40 G–40 G", "| /data | 12 G")
	got, _ = look(t, base, ops.Args{"query": "gone_metric"})
	holds(t, got, "🟠 nothing now; last 7, ")
	got, _ = look(t, base, ops.Args{"query": "no_such_metric"})
	holds(t, got, "⚪ no data for that in 1 h")
	got, _ = look(t, base, ops.Args{"query": "sum(("})
	holds(t, got, `error: VictoriaMetrics cannot answer that: singleExpr: unexpected token ""; want "("`)
	got, _ = look(t, base, ops.Args{"query": "1 / 0"})
	holds(t, got, "+Inf now")
	got, _ = look(t, base, ops.Args{"query": "node_load1", "since": "5000h"})
	holds(t, got, "90d at most")
}

func TestNotVictoria(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello") }))
	got, _ := look(t, page.URL, ops.Args{"query": "up"})
	holds(t, got, "does not speak its language")
	page.Close()
	got, _ = look(t, page.URL, ops.Args{"query": "up"})
	holds(t, got, "nothing answers where VictoriaMetrics should be")
	if _, err := New(Options{URL: "http://ann:word@x"}); err == nil || strings.Contains(err.Error(), "word@") {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1.5,"2"],[2,"NaN"]]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`))
	f.Add([]byte(`{"status":"error","errorType":"422","error":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := parse(200, body)
		if err != nil || len(list) == 0 {
			return
		}
		headline(list, time.Hour)
		if s, _ := New(Options{URL: "http://x"}); s != nil {
			if _, err := s.chart(list, time.Hour, ops.English); err != nil {
				t.Error(err)
			}
		}
	})
}

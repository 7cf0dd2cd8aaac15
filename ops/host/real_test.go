package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
)

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

// fill writes to the disk until it says that it is full.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLocalReadsThisMachine(t *testing.T) {
	r, err := newLocal("", nil).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Memory < 100e6 || r.Available <= 0 || r.Available > r.Memory || r.Cores < 1 || r.Uptime <= 0 || len(r.Boot) < 32 {
		t.Errorf("it reads %+v", r)
	}
	free, err := exec.Command("df", "--output=size,avail,pcent", "-B1", "/").Output()
	if err != nil {
		t.Fatal(err)
	}
	df := strings.Fields(strings.Split(string(free), "\n")[1])
	i := 0
	for r.Disks[i].Mount != "/" {
		i++
	}
	root := r.Disks[i]
	if strconv.FormatInt(root.Size, 10) != df[0] {
		t.Errorf("the disk has %d bytes; df says %s", root.Size, df[0])
	}
	if p, _ := strconv.ParseFloat(strings.TrimSuffix(df[2], "%"), 64); math.Abs(math.Ceil(root.Used())-p) > 1 { // others write meanwhile
		t.Errorf("%.2f %% used; df says %s", root.Used(), df[2])
	}
	for _, d := range r.Disks {
		if strings.HasPrefix(d.Mount, "/proc") || strings.HasPrefix(d.Mount, "/dev") || strings.Contains(d.Mount, "/merged") {
			t.Errorf("%s is not a disk", d.Mount)
		}
	}
}

func TestAFullDiskIsTold(t *testing.T) {
	dir := tmpfs(t, "1m")
	s, err := New(Options{Hosts: []Host{{Name: "here"}}, Every: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	heard, looked := make(chan ops.Trouble, 100), make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Watcher().Watch(ctx, nil, func(told ops.Sighting) {
			if told.Whole == "disk:here:" {
				close(looked) // once, at the first look
			}
			for _, tr := range told.Troubles {
				if tr.Subject == "disk:here:"+dir && tr.Kind == "full" {
					heard <- tr
				}
			}
		})
	}()
	next := func(over bool) ops.Trouble {
		t.Helper()
		for limit := time.After(20 * time.Second); ; {
			select {
			case tr := <-heard:
				if tr.Over == over {
					return tr
				}
			case <-limit:
				t.Fatalf("nothing was told of %s (over: %v)", dir, over)
			}
		}
	}
	<-looked
	fill(t, dir)
	tr := next(false)
	if tr.Severity != ops.Critical || !contains(tr.Title.En, "is 100 % full, 0 B left") {
		t.Errorf("%s: %s", tr.Severity, tr.Title.En)
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	if tr := next(true); !contains(tr.Title.En, "is 0 % full") {
		t.Errorf("the end is told as %s", tr.Title.En)
	}
	stop()
	<-ended
}

func TestLocalFromInsideAContainer(t *testing.T) {
	root := tmpfs(t, "1m") // what would be the machine's root, mounted at /host
	check := func(how string) {
		t.Helper()
		r, err := newLocal(root+"/", nil).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Disks) == 0 || r.Disks[0].Mount != "/" || r.Disks[0].Size != 1<<20 || r.Memory == 0 {
			t.Errorf("%s: the machine's root is not what was asked: %+v", how, r.Disks)
		}
	}
	check("the root alone")
	if err := os.Mkdir(root+"/proc", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("/proc", root+"/proc", "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	check("with the machine's own /proc")
}

// TestADiskThatHangs cannot make a real one hang; what it puts in its place blocks in the same call.
func TestADiskThatHangs(t *testing.T) {
	dir := tmpfs(t, "1m")
	l := newLocal("", nil)
	release := make(chan struct{})
	var asked atomic.Int32
	l.ask = func(path string, to *syscall.Statfs_t) error {
		if path == dir {
			asked.Add(1)
			<-release
		}
		return syscall.Statfs(path, to)
	}
	find := func() (d Disk) {
		r, err := l.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range r.Disks {
			if d.Mount == dir {
				return d
			}
		}
		t.Fatalf("%s is not among %d disks", dir, len(r.Disks))
		return d
	}
	if d := find(); !d.Stuck {
		t.Errorf("it hangs, and reads %+v", d)
	}
	began := time.Now()
	if d := find(); !d.Stuck || asked.Load() != 1 || time.Since(began) > patience {
		t.Errorf("it was asked %d times, %v the second time", asked.Load(), time.Since(began))
	}
	close(release)
	for limit := time.Now().Add(5 * time.Second); find().Stuck; {
		if time.Now().After(limit) {
			t.Fatal("it answers again, and is not asked")
		}
	}
}

func TestMeasureAsDuDoes(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, n int) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("snapshots/1/a", 1_000_000)
	write("snapshots/2/b", 10)
	if err := os.Link(filepath.Join(dir, "snapshots/1/a"), filepath.Join(dir, "snapshots/2/a")); err != nil {
		t.Fatal(err)
	}
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sparse.Truncate(1<<30), sparse.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("du", "-s", "-x", "-B1", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	l := newLocal("", nil)
	size, whole, err := l.Measure(t.Context(), dir)
	if err != nil || !whole || strconv.FormatInt(size, 10) != strings.Fields(string(out))[0] {
		t.Errorf("%d bytes, all of it: %v, %v; du says %s", size, whole, err, out)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, whole, err := l.Measure(late, dir); whole || err != nil {
		t.Errorf("out of time, it counted all: %v, %v", whole, err)
	}
	if _, _, err := l.Measure(t.Context(), dir+"/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
}

// exporter starts a real node_exporter and returns the address of its page.
func exporter(t *testing.T) string {
	t.Helper()
	binary, err := exec.LookPath("prometheus-node-exporter")
	if err != nil {
		t.Fatal("prometheus-node-exporter is needed: Debian's package of that name")
	}
	cmd := exec.Command(binary, "--web.listen-address=127.0.0.1:0", "--log.level=info")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, stderr)
		_ = cmd.Wait() // killed
	})
	listening := regexp.MustCompile(`[Ll]istening on"? ?(?:msg=)?.*?(127\.0\.0\.1:\d+)`)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			return "http://" + m[1] + "/metrics"
		}
	}
	t.Fatal("node_exporter did not say where it listens")
	return ""
}

func TestRemoteReadsARealNodeExporter(t *testing.T) {
	dir := tmpfs(t, "1m")
	fill(t, dir)
	far, err := newRemote(exporter(t), nil).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	near, err := newLocal("", nil).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if far.Memory != near.Memory || far.Cores != near.Cores || far.Swap != near.Swap || (far.Uptime-near.Uptime).Abs() > 5*time.Second {
		t.Errorf("far it reads %+v, near %+v", far, near)
	}
	if math.Abs(far.LeftMemory()-near.LeftMemory()) > 20 || math.Abs(far.CoreLoad()-near.CoreLoad()) > 3 {
		t.Errorf("far it reads %+v, near %+v", far, near)
	}
	at := map[string]Disk{}
	for _, d := range far.Disks {
		at[d.Mount] = d
	}
	left := regexp.MustCompile(`^/(run|mnt|media)/`) // Debian's node_exporter leaves them out
	for _, d := range near.Disks {
		if left.MatchString(d.Mount) {
			continue
		}
		if o := at[d.Mount]; o.Size != d.Size || o.Inodes != d.Inodes || o.Type != d.Type || math.Abs(o.Used()-d.Used()) > 1 {
			t.Errorf("far %s reads %+v, near %+v", d.Mount, o, d)
		}
	}
	if at[dir].Used() != 100 {
		t.Errorf("the full disk reads %+v", at[dir])
	}
}

func TestRemoteThatFails(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	serve := func(h http.HandlerFunc) string {
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		return srv.Listener.Addr().String()
	}
	for _, c := range []struct{ name, addr, want string }{
		{"refused", gone.Addr().String(), "its node_exporter cannot be read (connection refused)"},
		{"a login page", serve(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>please log in</html>") }), "what its node_exporter says makes no sense"},
		{"another exporter", serve(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "go_goroutines 3\n") }), "is it a node_exporter?"},
		{"forbidden", serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }), "it answers 403 Forbidden"},
		{"elsewhere", serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://evil.example/", 302) }), "it answers 302 Found"},
		{"endless", serve(func(w http.ResponseWriter, _ *http.Request) {
			for line := strings.Repeat("# nothing\n", 10_000); ; {
				if _, err := io.WriteString(w, line); err != nil {
					return
				}
			}
		}), "larger than 16 MB"},
		{"silent", serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "its node_exporter cannot be read (timeout)"},
	} {
		limit := time.Minute
		if c.name == "silent" {
			limit = 100 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		_, err := newRemote("http://ann:hunter2secret@"+c.addr+"/metrics?token=t0ps3cret", nil).Read(ctx)
		cancel()
		if err == nil || !contains(ops.SayOf(err).En, c.want) {
			t.Errorf("%s: %v, not %q", c.name, err, c.want)
			continue
		}
		if all := err.Error() + fmt.Sprintf("%+v", err) + ops.SayOf(err).Fr; contains(all, "hunter2") || contains(all, "t0ps3cret") {
			t.Errorf("%s: the error tells secrets: %s", c.name, all)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("node_memory_MemTotal_bytes 8e9\nnode_memory_MemAvailable_bytes 4e9\nnode_load5 0.5\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 1\n")
	f.Add("node_memory_MemTotal_bytes 1\nnode_filesystem_size_bytes{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} 1e11\nnode_filesystem_avail_bytes{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/\"} NaN\n")
	f.Add("node_memory_MemTotal_bytes +Inf\nnode_boot_time_seconds -1e300\nnode_time_seconds 1e300\nnode_vmstat_pswpin -5\n")
	f.Add("# TYPE node_load5 histogram\nnode_load5_bucket{le=\"+Inf\"} 3\nnode_memory_MemTotal_bytes 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse(text, nil)
		if err != nil {
			return
		}
		values := []float64{r.LeftMemory(), r.UsedSwap()}
		for _, d := range r.Disks {
			values = append(values, d.Used(), d.InodesUsed())
		}
		for _, v := range values {
			if !(v >= 0 && v <= 100) {
				t.Errorf("%v is no percentage: %+v", v, r)
			}
		}
		if r.Uptime < 0 || math.IsNaN(r.CoreLoad()) || math.IsInf(r.CoreLoad(), 0) {
			t.Errorf("it reads %+v", r)
		}
	})
}

func BenchmarkLocalRead(b *testing.B) {
	l := newLocal("", nil)
	for b.Loop() {
		if _, err := l.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

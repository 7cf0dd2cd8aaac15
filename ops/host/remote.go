package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"vigie/ops"
)

// remote reads another machine through the page of its node_exporter.
type remote struct {
	url    string
	named  []string
	client *http.Client
}

// largestPage bounds a metrics page, in bytes. A machine with 70 containers and textfile metrics has about 0.5 MB.
const largestPage = 16 << 20

func newRemote(address string, named []string) *remote {
	return &remote{url: address, named: named, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 1, IdleConnTimeout: 2 * time.Minute, ResponseHeaderTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Read implements [Source].
func (r *remote) Read(ctx context.Context) (Reading, error) {
	page, err := r.fetch(ctx)
	if err != nil {
		return Reading{}, ops.Fail(ops.Unavailable, ops.T("its node_exporter cannot be read (%s)", "son node_exporter est illisible (%s)", ops.Clean(reason(err))), err)
	}
	reading, err := parse(page, r.named)
	if err != nil {
		return Reading{}, ops.Fail(ops.Unavailable, ops.T("what its node_exporter says makes no sense (%s)", "ce que dit son node_exporter n’a pas de sens (%s)",
			clip(ops.Clean(err.Error()), 120)), err)
	}
	reading.At = time.Now()
	return reading, nil
}

func (r *remote) fetch(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return "", errors.New("the address cannot be used")
	}
	req.Header.Set("Accept", "text/plain;version=0.0.4")
	resp, err := r.client.Do(req)
	if err != nil {
		return "", bare(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestPage+1))
	if err != nil {
		return "", fmt.Errorf("reading the page: %w", bare(err))
	}
	if len(body) > largestPage {
		return "", errors.New("the page is larger than 16 MB")
	}
	return string(body), nil
}

// bare is err without the address, which may hold a password.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// reason is the last cause of err: it says what happened, not what was being done.
func reason(err error) string {
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return clip(err.Error(), 120)
		}
		err = next
	}
}

// A page is a metrics page, by metric.
type page map[string]*dto.MetricFamily

// parse makes a reading of a page in Prometheus' text format.
func parse(text string, named []string) (Reading, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return Reading{}, err
	}
	p := page(families)
	var r Reading
	r.Memory, r.Available = sized(p.one("node_memory_MemTotal_bytes")), sized(p.one("node_memory_MemAvailable_bytes"))
	r.Swap, r.SwapFree = sized(p.one("node_memory_SwapTotal_bytes")), sized(p.one("node_memory_SwapFree_bytes"))
	r.Load = [3]float64{finite(p.one("node_load1")), finite(p.one("node_load5")), finite(p.one("node_load15"))}
	r.Paged = sized(p.one("node_vmstat_pswpin")) + sized(p.one("node_vmstat_pswpout"))
	if up := finite(p.one("node_time_seconds")) - finite(p.one("node_boot_time_seconds")); up > 0 && up < math.MaxInt32 {
		r.Uptime = time.Duration(up * float64(time.Second))
	}
	cores := map[string]bool{}
	p.each("node_cpu_seconds_total", func(labels map[string]string, _ float64) { cores[labels["cpu"]] = true })
	r.Cores = len(cores)
	r.Disks = p.disks(named)
	if r.Memory == 0 {
		return Reading{}, errors.New("no node_memory_MemTotal_bytes: is it a node_exporter?")
	}
	return r, nil
}

// disks are the file systems that count, each device once, where it is mounted shortest.
func (p page) disks(named []string) (list []Disk) {
	where := map[string]string{} // by device
	p.each("node_filesystem_size_bytes", func(l map[string]string, v float64) {
		device, mount := l["device"], ops.Clean(l["mountpoint"])
		if !strings.HasPrefix(device, "/") {
			device = mount // "tmpfs", "overlay": a name that many share
		}
		if old, twice := where[device]; counts(l["fstype"], mount, named) && v > 0 && (!twice || len(mount) < len(old)) {
			where[device] = mount
		}
	})
	at := map[string]int{}
	for _, mount := range slices.Sorted(maps.Values(where)) {
		if _, twice := at[mount]; !twice {
			at[mount] = len(list)
			list = append(list, Disk{Mount: mount})
		}
	}
	for metric, put := range map[string]func(*Disk, float64){
		"node_filesystem_size_bytes":  func(d *Disk, v float64) { d.Size = sized(v) },
		"node_filesystem_free_bytes":  func(d *Disk, v float64) { d.Free = sized(v) },
		"node_filesystem_avail_bytes": func(d *Disk, v float64) { d.Avail = sized(v) },
		"node_filesystem_files":       func(d *Disk, v float64) { d.Inodes = sized(v) },
		"node_filesystem_files_free":  func(d *Disk, v float64) { d.InodesFree = sized(v) },
		"node_filesystem_readonly":    func(d *Disk, v float64) { d.ReadOnly = v == 1 },
	} {
		p.each(metric, func(l map[string]string, v float64) {
			if i, ok := at[ops.Clean(l["mountpoint"])]; ok && counts(l["fstype"], list[i].Mount, named) {
				list[i].Type = ops.Clean(l["fstype"])
				put(&list[i], v)
			}
		})
	}
	return list
}

// one is the value of a metric that has one; 0 if it is not there.
func (p page) one(metric string) (v float64) {
	p.each(metric, func(_ map[string]string, value float64) { v = value })
	return v
}

func (p page) each(metric string, do func(labels map[string]string, v float64)) {
	for _, m := range p[metric].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		switch {
		case m.Gauge != nil:
			do(labels, m.Gauge.GetValue())
		case m.Counter != nil:
			do(labels, m.Counter.GetValue())
		case m.Untyped != nil:
			do(labels, m.Untyped.GetValue())
		}
	}
}

// sized is a foreign number as bytes or a count: never negative, and small enough that a few can be added up.
func sized(f float64) int64 { return int64(min(max(finite(f), 0), 1<<60)) }

// finite is f, or 0 for what is no number.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

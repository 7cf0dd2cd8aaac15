package host

import (
	"math"
	"testing"
	"time"

	"vigie/ops"
)

func TestJudgeHasHysteresis(t *testing.T) {
	l := limits{80, 90, 3}
	for _, c := range []struct {
		value float64
		was   ops.Severity
		want  ops.Severity
	}{
		{79.9, "", ""}, {80, "", ops.Warning}, {89.9, "", ops.Warning}, {90, "", ops.Critical},
		{78, ops.Warning, ops.Warning}, {77, ops.Warning, ""}, {78, "", ""},
		{88, ops.Critical, ops.Critical}, {87, ops.Critical, ops.Warning}, {79, ops.Critical, ops.Warning}, {70, ops.Critical, ""},
		{95, ops.Warning, ops.Critical}, {math.NaN(), ops.Critical, ""},
	} {
		if got := l.judge(c.value, c.was); got != c.want {
			t.Errorf("%v after %q is %q, not %q", c.value, c.was, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	s := system(t, Host{Name: "vps", Mounts: map[string][]float64{"/cold": {95}, "/scratch": nil}})
	disk := func(mount string, percent int64) func(*Reading) {
		return func(r *Reading) {
			r.Disks = append(r.Disks, Disk{Mount: mount, Size: 100, Free: 100 - percent, Avail: 100 - percent})
		}
	}
	for _, c := range []struct {
		name   string
		now    func(*Reading)
		before func(*Reading) // 10 s earlier; nil is the first look
		was    ledger
		want   string
	}{
		{"all is well", func(*Reading) {}, nil, nil, ""},
		{"a disk fills", used(81), nil, nil, "warning disk:vps:/ full"},
		{"a disk is full", used(100), nil, nil, "critical disk:vps:/ full"},
		{"what only root may fill does not count as left", func(r *Reading) { r.Disks[0].Avail = 0 }, nil, nil, "critical disk:vps:/ full"},
		{"just below, after a warning", used(78), nil, ledger{"disk:vps:/ full": {Severity: ops.Warning}}, "warning disk:vps:/ full"},
		{"a mount with a threshold of its own", disk("/cold", 94), nil, nil, ""},
		{"and above it", disk("/cold", 96), nil, nil, "warning disk:vps:/cold full"},
		{"a mount that is left out", disk("/scratch", 100), nil, nil, ""},
		{"an image that is full by nature", func(r *Reading) {
			r.Disks = append(r.Disks, Disk{Mount: "/img", Size: 9, ReadOnly: true})
		}, nil, nil, ""},
		{"read-only from the start", func(r *Reading) { r.Disks[0].ReadOnly = true }, nil, nil, ""},
		{"turned read-only", func(r *Reading) { r.Disks[0].ReadOnly = true }, func(*Reading) {}, nil, "critical disk:vps:/ read-only"},
		{"still read-only", func(r *Reading) { r.Disks[0].ReadOnly = true }, func(r *Reading) { r.Disks[0].ReadOnly = true },
			ledger{"disk:vps:/ read-only": {Severity: ops.Critical}}, "critical disk:vps:/ read-only"},
		{"a disk that hangs keeps its other troubles", func(r *Reading) { r.Disks[0] = Disk{Mount: "/", Stuck: true} }, nil,
			ledger{"disk:vps:/ full": {Severity: ops.Warning}}, "critical disk:vps:/ stuck"},
		{"inodes run out", func(r *Reading) { r.Disks[0].InodesFree = 50_000 }, nil, nil, "critical disk:vps:/ inodes"},
		{"no inodes to count, as on btrfs", func(r *Reading) { r.Disks[0].Inodes, r.Disks[0].InodesFree = 0, 0 }, nil, nil, ""},
		{"little memory", func(r *Reading) { r.Available = r.Memory / 11 }, nil, nil, "warning memory:vps memory"},
		{"no memory", func(r *Reading) { r.Available = r.Memory / 25 }, nil, nil, "critical memory:vps memory"},
		{"a full swap that lies still", func(r *Reading) { r.SwapFree = 100_000_000 }, func(*Reading) {}, nil, ""},
		{"a full swap and little memory", func(r *Reading) { r.SwapFree, r.Available = 100_000_000, r.Memory/6 }, func(*Reading) {}, nil, "warning memory:vps swap"},
		{"a full swap that pages", func(r *Reading) { r.SwapFree, r.Paged = 100_000_000, 5000 }, func(r *Reading) { r.Paged = 1000 }, nil, "warning memory:vps swap"},
		{"no swap", func(r *Reading) { r.Swap, r.SwapFree, r.Available = 0, 0, r.Memory/6 }, nil, nil, ""},
		{"load", func(r *Reading) { r.Load[1] = 8.4 }, nil, nil, "warning load:vps load"},
		{"a short burst of load", func(r *Reading) { r.Load[0] = 30 }, nil, nil, ""},
		{"load that falls a little", func(r *Reading) { r.Load[1] = 7 }, nil, ledger{"load:vps load": {Severity: ops.Warning}}, "warning load:vps load"},
	} {
		o := judged(s.hosts[0], c.now, c.before, c.was)
		if got := open(o.list); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
		for _, tr := range o.list {
			if tr.Title.En == "" || tr.Title.Fr == "" || tr.At.IsZero() && c.was == nil {
				t.Errorf("%s: %s says %+v", c.name, key(tr), tr)
			}
		}
		if c.name == "a disk that hangs keeps its other troubles" && o.is["disk:vps:/ full"].Severity != ops.Warning {
			t.Errorf("%s: %v", c.name, o.is)
		}
	}
}

// judged changes a fine machine, and one of 10 s before it if there is one, and judges it.
func judged(m *machine, change, before func(*Reading), was ledger) *opinion {
	now := fine()
	change(&now)
	k := &known{growth: growth{}, Standing: was}
	if before != nil {
		k.last = fine()
		k.last.At = now.At.Add(-10 * time.Second)
		before(&k.last)
	}
	return m.judge(now, k)
}

func TestATroubleKeepsItsBeginning(t *testing.T) {
	s := system(t, Host{Name: "vps"})
	began := time.Now().Add(-3 * time.Hour)
	now := fine()
	used(95)(&now)
	o := s.hosts[0].judge(now, &known{growth: growth{}, Standing: ledger{"disk:vps:/ full": {ops.Warning, began}}})
	for _, tr := range o.list {
		if tr.Kind == "full" && (!tr.At.Equal(began) || tr.Title.En != ops.T("%s: %s is %d %% full, %s left", "", ops.Name("vps"), ops.Name("/"), 95, ops.Size(5e9)).En) {
			t.Errorf("since %v, not %v: %s", tr.At, began, tr.Title.En)
		}
	}
	if !o.is["disk:vps:/ full"].Since.Equal(began) {
		t.Error("the ledger forgot since when")
	}
}

func TestGrowth(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		name    string
		minutes int
		perMin  int64 // bytes
		want    string
	}{
		{"too short to tell", 9, 1e9, ""},
		{"ten minutes", 11, 5e8, "full in 1 h at this rate, 30 GB an hour"},
		{"more than the window: the last hour counts", 300, 1e8, "full in 1 h 40 at this rate, 6 GB an hour"},
		{"slow", 60, 1e6, ""},
		{"shrinks", 60, -1e6, ""},
		{"slow but in sight", 60, 1e7, "full in 2 d at this rate, 600 MB an hour"},
	} {
		g, r := growth{}, fine()
		d := &r.Disks[0]
		for i := range c.minutes + 1 {
			r.At = at.Add(time.Duration(i) * time.Minute)
			d.Free = d.Avail + 5e9
			g.add(r)
			d.Avail -= c.perMin
		}
		d.Avail += c.perMin
		got := ""
		if list := g.says(*d, r.At); len(list) > 0 {
			got = list[0].En
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q (%d bytes left)", c.name, got, c.want, d.Avail)
		}
		if len(g["/"]) > 62 {
			t.Errorf("%s: %d points are kept", c.name, len(g["/"]))
		}
	}
}

func TestRebooted(t *testing.T) {
	at := time.Now()
	for _, c := range []struct {
		name         string
		boot, before string
		upBefore, up time.Duration
		passed       time.Duration
		want         bool
	}{
		{"the first look", "b", "", 0, time.Hour, 0, false},
		{"nothing", "a", "a", time.Hour, time.Hour + 30*time.Second, 30 * time.Second, false},
		{"another boot id", "b", "a", time.Hour, 20 * time.Second, time.Minute, true},
		{"the uptime went back", "", "", time.Hour, 20 * time.Second, time.Minute, true},
		{"away for long, and up longer than before", "", "", 2 * time.Minute, 30 * time.Minute, time.Hour, true},
		{"paused for ten minutes, as a moved machine is", "", "", 5 * time.Hour, 5*time.Hour + time.Minute, 11 * time.Minute, false},
		{"our clock jumped", "", "", 5 * time.Hour, 5*time.Hour + 30*time.Second, 3 * time.Hour, false},
		{"young, and the same", "", "", time.Minute, 2 * time.Minute, time.Minute, false},
	} {
		k := &known{Boot: c.before, Uptime: c.upBefore}
		if c.upBefore > 0 {
			k.At = at.Add(-c.passed)
		}
		if got := k.rebooted(Reading{At: at, Boot: c.boot, Uptime: c.up}); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		h    Host
		want string
	}{
		{Host{Name: "a b"}, "a name is needed"},
		{Host{Name: "a", Disk: []float64{90, 80}}, "thresholds of disk"},
		{Host{Name: "a", Memory: []float64{10, 5}}, "thresholds of memory"},
		{Host{Name: "a", Inodes: []float64{1, 2, 3}}, "thresholds of inodes"},
		{Host{Name: "a", Mounts: map[string][]float64{"/x": {120}}}, "the disk of /x"},
		{Host{Name: "a", Metrics: "100.64.0.1:9100"}, "metrics is an address"},
		{Host{Name: "a", Metrics: "http://h:9100/metrics", Root: "/host"}, "give one of them"},
	} {
		_, err := New(Options{Hosts: []Host{c.h}})
		if err == nil || !contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, not %q", c.h, err, c.want)
		}
	}
	if _, err := New(Options{Every: time.Millisecond, Hosts: []Host{{Name: "a"}, {Name: "a"}}}); err == nil || !contains(err.Error(), "two hosts") || !contains(err.Error(), "too often") {
		t.Errorf("all mistakes are not told: %v", err)
	}
}

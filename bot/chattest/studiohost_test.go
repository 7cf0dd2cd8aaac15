package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/host"
	"vigie/ops/studio"
	"vigie/ops/studio/studiotest"
)

// A studioHost is the machine of a transcript's studio, if its world has lines «studio: …»: an engine of its own, written as any other
// (see [docker.NewFake]), and
//
//	studio: machine up=12d free=9000M       how long it is up, how much memory is free
//	studio: units caddy-workstation.service=active tailscaled.service=active
//	studio: certificates studio.example.org re.example.org     good for 61 days
type studioHost struct {
	engine  *docker.Fake
	pi      *pi
	network *studiotest.Network
	kept    kept
	wrong   string // what the check of the proxy's configuration says; "" is that it is right

	mu      sync.Mutex // guards started
	started map[string]time.Time
}

// A pi is a machine whose start and memory can be told.
type pi struct {
	*machine
	booted time.Time
	boot   int
	free   int64 // kB
}

func (p *pi) Kernel(context.Context) (string, error) {
	p.mu.Lock()
	boot, booted, free := p.boot, p.booted, p.free
	p.mu.Unlock()
	return fmt.Sprintf("/proc/sys/kernel/random/boot_id:%08x-8b1f-4c52-9a5e-0d2f2a7c9b11\n/proc/uptime:%.2f 2000000.00\n/proc/loadavg:0.42 0.38 0.31 1/210 4242\n"+
		"/proc/meminfo:MemTotal:        16000000 kB\n/proc/meminfo:MemAvailable:    %d kB\n/proc/stat:cpu0 1\n"+
		"/proc/self/mountinfo:36 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n", 0x5d2f0c1e+boot, time.Since(booted).Seconds(), free), p.err()
}

func openStudioHost(t *testing.T, lines []string) *studioHost {
	t.Helper()
	s := &studioHost{pi: &pi{machine: &machine{name: "pi", units: map[string]string{}, starts: map[string]int{}}, booted: time.Now().Add(-12 * 24 * time.Hour), free: 9_000_000}, kept: kept{}, started: map[string]time.Time{}}
	var engine []string
	names, good := []string{}, 61*24*time.Hour+time.Hour
	for _, line := range lines {
		w := strings.Fields(line)
		switch w[0] {
		case "machine":
			for _, word := range w[1:] {
				key, value, _ := strings.Cut(word, "=")
				days, _ := time.ParseDuration(value)
				switch key {
				case "up":
					s.pi.booted = time.Now().Add(-days)
				case "free":
					fmt.Sscanf(value, "%dM", &s.pi.free)
					s.pi.free *= 1000
				}
			}
		case "units":
			for _, word := range w[1:] {
				unit, state, _ := strings.Cut(word, "=")
				s.pi.units[unit] = state
			}
		case "certificates":
			names = w[1:]
		default:
			engine = append(engine, line)
		}
	}
	var err error
	if s.engine, err = docker.NewFake(strings.Join(engine, "\n")); err != nil {
		t.Fatal(err)
	}
	if s.network, err = studiotest.New(good, names...); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *studioHost) do(change string) error {
	w := strings.Fields(change)
	switch {
	case change == "restarts": // the machine: what ran is ended with it
		s.pi.mu.Lock()
		defer s.pi.mu.Unlock()
		s.pi.boot++
		s.pi.booted = time.Now()
	case change == "away", change == "back":
		s.pi.mu.Lock()
		s.pi.away = change == "away"
		s.pi.mu.Unlock()
		return s.engine.Do(map[string]string{"away": "engine gone", "back": "engine back"}[change])
	case change == "tailnet gone":
		s.network.Fate("100.64.0.1:22", "gone")
	case w[0] == "memory" && len(w) == 2:
		s.pi.mu.Lock()
		defer s.pi.mu.Unlock()
		_, err := fmt.Sscanf(w[1], "%dM", &s.pi.free)
		s.pi.free *= 1000
		return err
	case w[0] == "unit" && len(w) == 3:
		s.pi.mu.Lock()
		defer s.pi.mu.Unlock()
		s.pi.units[w[1]] = w[2]
	case len(w) > 1 && w[0] == "proxy" && w[1] == "says":
		s.wrong = strings.Join(w[2:], " ")
	case w[0] == "certificate" && len(w) == 2:
		return s.network.Certify(w[1], "other.example.org", 90*24*time.Hour)
	default:
		return s.engine.Do(change)
	}
	return nil
}

func (s *studioHost) systems(programs []studio.Program) (ops.Bound, []ops.Watcher) {
	units := slices.Sorted(maps.Keys(s.pi.units))
	machines, err := host.New(host.Options{Hosts: []host.Host{{Name: "pi", Over: s.pi, Units: units}}})
	if err != nil {
		panic(err) // the options are ours
	}
	o := studio.Options{Host: "pi", Containers: studioContainers{s.engine.Stack()}, Machine: studioMachine{machines, s}, Programs: programs, Units: units,
		Tailnet: "100.64.0.1:22", Kept: s.kept, Dial: s.network.Dial, Roots: s.network.Roots}
	if slices.Contains(units, "caddy-workstation.service") {
		o.Proxy = studio.Proxy{Unit: "caddy-workstation.service", Validate: []string{"/usr/bin/caddy", "validate"}, Names: []string{"studio.example.org", "re.example.org"}}
	}
	system, err := studio.New(o)
	if err != nil {
		panic(err) // the options are ours
	}
	return studio.Bind(system), []ops.Watcher{machines.Watcher(), system.Watcher()}
}

// through lets a program of a service answer only while its container is up; forget is called when it was started anew.
func (s *studioHost) through(service string, to http.RoundTripper, forget func()) http.RoundTripper {
	return trip(func(r *http.Request) (*http.Response, error) {
		d, err := s.engine.Inspect(r.Context(), "creative_"+service)
		if err == nil && d.State != "running" {
			forget() // what it kept in its memory is gone, and so are its connections
		}
		if err != nil || d.State != "running" || d.Health != "healthy" {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		s.mu.Lock()
		was, ok := s.started[service]
		s.started[service] = d.Started
		s.mu.Unlock()
		if ok && !was.Equal(d.Started) {
			forget()
		}
		return to.RoundTrip(r)
	})
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// studioContainers and studioMachine are what main wires, for the fake engine and the fake machine.
type studioContainers struct{ *docker.Stack }

func (c studioContainers) Look(ctx context.Context, measured bool) ([]studio.Service, error) {
	seen, err := c.Stack.Look(ctx, measured)
	list := make([]studio.Service, len(seen))
	for i, o := range seen {
		list[i] = studio.Service(o)
	}
	return list, err
}

func (c studioContainers) Prove(ctx context.Context, rising []studio.Rising) error {
	list := make([]docker.Rising, len(rising))
	for i, r := range rising {
		list[i] = docker.Rising(r)
	}
	return c.Stack.Prove(ctx, list)
}

type studioMachine struct {
	hosts *host.System
	s     *studioHost
}

func (m studioMachine) Read(ctx context.Context) (studio.Reading, error) {
	r, err := m.hosts.Read(ctx, "pi")
	o := studio.Reading{Boot: r.Boot, Uptime: r.Uptime, Memory: r.Memory, Available: r.Available}
	for _, d := range r.Disks {
		o.Disks = append(o.Disks, studio.Disk{Mount: d.Mount, Used: d.Used(), Avail: d.Avail})
	}
	return o, err
}

func (m studioMachine) Unit(ctx context.Context, unit string) studio.Unit {
	return studio.Unit(m.hosts.Unit(ctx, "pi", unit))
}

func (m studioMachine) RestartUnit(ctx context.Context, unit string) error {
	return m.hosts.RestartUnit(ctx, "pi", unit)
}

func (m studioMachine) ProveUnit(ctx context.Context, unit, was string) error {
	return m.hosts.ProveUnit(ctx, "pi", unit, was)
}

func (m studioMachine) UnitLock(unit string) string { return host.UnitLock("pi", unit) }

func (m studioMachine) Run(_ context.Context, argv []string) (int, string, error) {
	if strings.Join(argv, " ") != "/usr/bin/caddy validate" {
		return 0, "", errors.New("that is no check of the proxy's configuration")
	}
	if m.s.wrong != "" {
		return 1, "2026/11/26 using adjacent Caddyfile\n" + m.s.wrong + "\n", m.s.pi.err()
	}
	return 0, "Valid configuration\n", m.s.pi.err()
}

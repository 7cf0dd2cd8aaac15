package chattest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/host"
)

// openHosts makes machines of the lines of a world:
//
//	hosts: pi caddy.service=active tailscaled.service=denied ssh.service=breaks    a machine, and how its units are
//	hosts: nas away smb.service=active                                           one that does not answer
//
// A unit that is "denied" runs, and the guard there refuses its restart; one that "breaks" fails with the next restart.
func openHosts(t *testing.T, lines string) ops.Bound {
	t.Helper()
	var o host.Options
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		m := &machine{name: words[0], units: map[string]string{}, starts: map[string]int{}, says: map[string]string{}}
		h := host.Host{Name: m.name, Over: m, Runner: m, Commands: map[string]host.Command{}}
		for _, w := range words[1:] {
			unit, state, ok := strings.Cut(w, "=")
			switch {
			case w == "away":
				m.away = true
			case ok && strings.HasPrefix(unit, "probe:"), ok && strings.HasPrefix(unit, "run:"):
				sort, name, _ := strings.Cut(unit, ":")
				m.says[name] = strings.ReplaceAll(state, "_", " ")
				c := host.Command{Argv: []string{"/usr/local/bin/" + name, "--now"}}
				if sort == "run" {
					c.Risk, c.Doc, c.Check = ops.Disruptive, "what "+name+" is for", "ufw"
				}
				h.Commands[name] = c
			case ok:
				m.units[unit] = state
				h.Units = append(h.Units, unit)
			default:
				t.Fatalf("hosts: %q", line)
			}
		}
		o.Hosts = append(o.Hosts, h)
	}
	s, err := host.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return host.Bind(s)
}

// A machine answers as one over ssh does.
type machine struct {
	name string

	mu     sync.Mutex // guards what follows: a watcher reads while the transcript changes it
	away   bool
	units  map[string]string
	starts map[string]int
	says   map[string]string // by command; «1:…» is its exit code before it
}

// Command implements [host.Runner].
func (m *machine) Command(_ context.Context, argv []string) (out, errs string, code int, err error) {
	said := m.says[strings.TrimPrefix(argv[0], "/usr/local/bin/")]
	if rest, failed := strings.CutPrefix(said, "1:"); failed {
		return "", rest + "\n", 1, m.err()
	}
	return strings.ReplaceAll(said, "|", "\n") + "\n", "", 0, m.err()
}

func (m *machine) err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.away {
		return nil
	}
	return ops.Fail(ops.Unavailable, ops.T("%s cannot be reached over ssh (%s).", "%s est injoignable par ssh (%s).", ops.Name(m.name),
		ops.T("nobody listens there", "personne n’écoute là")), nil)
}

func (m *machine) Ping(context.Context) (time.Duration, error) { return 14 * time.Millisecond, m.err() }

func (m *machine) Kernel(context.Context) (string, error) {
	return "/proc/sys/kernel/random/boot_id:5d2f0c1e-8b1f-4c52-9a5e-0d2f2a7c9b11\n/proc/uptime:1036800.00 2000000.00\n" +
		"/proc/loadavg:0.42 0.38 0.31 1/210 4242\n/proc/meminfo:MemTotal:        8000000 kB\n/proc/meminfo:MemAvailable:    5200000 kB\n" +
		"/proc/stat:cpu0 1\n/proc/stat:cpu1 1\n/proc/stat:cpu2 1\n/proc/stat:cpu3 1\n" +
		"/proc/self/mountinfo:36 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n", m.err()
}

func (m *machine) Disks(_ context.Context, inodes bool, _ []string) (string, error) {
	if inodes {
		return "/dev/mmcblk0p2 7000000 350000 6650000 5% /\n", m.err()
	}
	return "/dev/mmcblk0p2 120000000 49000000 71000000 41% /\n", m.err()
}

func (m *machine) Unit(_ context.Context, unit string) (string, error) {
	m.mu.Lock()
	state, result, starts := m.units[unit], "success", m.starts[unit]
	m.mu.Unlock()
	switch {
	case state == "failed":
		result = "exit-code"
	case slices.Contains([]string{"denied", "breaks"}, state):
		state = "active"
	}
	sub := map[string]string{"active": "running", "failed": "failed", "inactive": "dead"}[state]
	return fmt.Sprintf("LoadState=loaded\nActiveState=%s\nSubState=%s\nResult=%s\nInvocationID=%032x\n", state, sub, result, starts+1), m.err()
}

func (m *machine) RestartUnit(_ context.Context, unit string) error {
	m.mu.Lock()
	was := m.units[unit]
	m.units[unit] = map[string]string{"denied": "denied", "breaks": "failed"}[was]
	if m.units[unit] == "" {
		m.units[unit] = "active"
	}
	if was != "denied" {
		m.starts[unit]++
	}
	m.mu.Unlock()
	if was == "denied" {
		return ops.Fail(ops.Denied, ops.T("The guard of %s does not allow this. Its own file says what it lets through.", "Le garde de %s ne permet pas cela. Son propre fichier dit ce qu’il laisse passer.",
			ops.Name(m.name)), nil)
	}
	return m.err()
}

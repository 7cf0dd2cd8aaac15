// Package host looks at the machines under the stack: disks, memory, swap, load, reboots. A machine is the one that the bot
// runs on, one whose node_exporter it can reach, or one that answers questions over ssh. What it changes there is on a list: systemd
// units that it may restart, and commands.
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Options says which machines there are.
type Options struct {
	Hosts []Host
	Every time.Duration // how often each is looked at; 0 means 30 s
}

// A Host is one machine. Zero thresholds take the defaults; percentages go from 0 to 100.
type Host struct {
	Name    string
	Metrics string   // the address of its node_exporter's page; "" is the machine that the bot runs on
	Root    string   // where the machine's root is mounted, if the bot runs in a container: "/host". Only without Metrics
	Docker  Docker   // the engine that runs there; nil if it is not to be asked
	Over    Machine  // it is another machine, and answers questions; nil if it does not
	Units   []string // systemd units that are meant to be up there, and may be restarted. Only with Over

	Commands map[string]Command // what may be run there, by name
	Runner   Runner             // runs them; nil if there are none

	Disk   []float64 // percent used that warns, and that is critical; nil means 80, 90. It is left 3 points lower
	Inodes []float64 // the same for inodes; nil means 80, 90
	Memory []float64 // percent of memory that is used and cannot be had back; nil means 90, 95
	Swap   float64   // percent of swap used that warns, if it also hurts; 0 means 80
	Load   float64   // load over 5 minutes for each core; 0 means 2
	// Mounts are thresholds as Disk for some mount points; an empty list leaves one out. A mount point that is named here
	// is looked at whatever its file system is.
	Mounts map[string][]float64
}

// A Docker tells what an engine keeps on the disk: in all, what nothing uses of it, and in which directory. It may take minutes.
type Docker interface {
	DockerDisk(ctx context.Context) (total, reclaimable int64, root string, err error)
}

// A System is what the ops here look at, and what its watcher watches.
type System struct {
	every time.Duration
	hosts []*machine

	mu    sync.Mutex        // guards known, which the watcher changes and the ops read
	known map[string]*known // by host
}

// A machine is a host with what reads it.
type machine struct {
	Host
	source Source
	limits limitsOf
}

var set ops.Set[*System]

// Bind returns the ops of this package that there is something for, looking at s. Of nil it is every op there could be.
func Bind(s *System) ops.Bound {
	b := set.Bind(s)
	if s == nil {
		return b
	}
	idle := map[string]bool{"host.probe": len(s.listCommands(true)) == 0, "host.run": len(s.listCommands(false)) == 0, "host.unit-restart": !s.hasUnits()}
	b.Ops = slices.DeleteFunc(b.Ops, func(op ops.Op) bool { return idle[op.Name] })
	return b
}

func (s *System) hasUnits() bool {
	return slices.ContainsFunc(s.hosts, func(m *machine) bool { return len(m.Units) > 0 })
}

// New makes a system of o. The error names everything that is wrong with o, one mistake a line.
func New(o Options) (*System, error) {
	s := &System{every: cmp.Or(o.Every, 30*time.Second), known: map[string]*known{}}
	var wrong []error
	if s.every < time.Second {
		wrong = append(wrong, fmt.Errorf("looking at the hosts every %v is too often: at least every second", s.every))
	}
	for _, h := range o.Hosts {
		m := &machine{Host: h}
		if _, twice := s.known[h.Name]; twice {
			wrong = append(wrong, fmt.Errorf("two hosts are called %q", h.Name))
		}
		s.known[h.Name] = &known{growth: growth{}}
		if err := m.complete(); err != nil {
			wrong = append(wrong, fmt.Errorf("host %q: %w", h.Name, err))
		}
		s.hosts = append(s.hosts, m)
	}
	return s, errors.Join(wrong...)
}

// complete checks the options and makes what they ask for.
func (m *machine) complete() error {
	var wrong []error
	add := func(err error) { wrong = append(wrong, err) }
	if m.Name == "" || strings.ContainsAny(m.Name, ": \t\n") {
		add(errors.New("a name is needed, without colons and spaces"))
	}
	m.limits = limitsOf{load: limits{cmp.Or(m.Load, 2), math.Inf(1), 0.5}, swap: limits{cmp.Or(m.Swap, 80), math.Inf(1), 10}, mounts: map[string]limits{}}
	var err error
	for _, share := range []struct {
		to             *limits
		what           string
		list           []float64
		warn, critical float64
	}{{&m.limits.disk, "disk", m.Disk, 80, 90}, {&m.limits.inodes, "inodes", m.Inodes, 80, 90}, {&m.limits.memory, "memory", m.Memory, 90, 95}} {
		if *share.to, err = read(share.what, share.list, share.warn, share.critical); err != nil {
			add(err)
		}
	}
	for mount, list := range m.Mounts {
		l := limits{math.Inf(1), math.Inf(1), 0}
		if len(list) > 0 {
			if l, err = read("the disk of "+mount, list, 0, 0); err != nil {
				add(err)
			}
		}
		m.limits.mounts[mount] = l
	}
	if len(m.Units) > 0 && m.Over == nil {
		add(errors.New("units are watched on a machine that is reached over ssh"))
	}
	if err := m.checkCommands(); err != nil {
		add(err)
	}
	if m.Over != nil && m.Metrics == "" {
		m.source = over{m.Over, m.named()}
		return errors.Join(wrong...)
	}
	if m.Metrics == "" {
		m.source = newLocal(m.Root, m.named())
		return errors.Join(wrong...)
	}
	u, err := url.Parse(m.Metrics)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		add(errors.New("metrics is an address such as http://100.64.0.1:9100/metrics"))
	}
	if m.Root != "" {
		add(errors.New("root is for the machine that the bot runs on, metrics for another: give one of them"))
	}
	m.source = newRemote(m.Metrics, m.named())
	return errors.Join(wrong...)
}

// named are the mount points that the options name, and want looked at.
func (m *machine) named() (list []string) {
	for mount, limits := range m.Mounts {
		if len(limits) > 0 {
			list = append(list, mount)
		}
	}
	return list
}

func (s *System) find(name string) (*machine, error) {
	if i := slices.IndexFunc(s.hosts, func(m *machine) bool { return m.Name == name }); i >= 0 {
		return s.hosts[i], nil
	}
	return nil, &ops.Error{Kind: ops.NotFound, Param: "host", Choices: s.choices(),
		Say: ops.T("There is no host %s in the configuration.", "Il n’y a pas de machine %s dans la configuration.", ops.Name(clip(name, 40)))}
}

func (s *System) choices() (list []ops.Choice) {
	for _, m := range s.hosts {
		list = append(list, ops.Choice{Value: m.Name})
	}
	return list
}

var _ = ops.Names(&set, "host", func(_ context.Context, s *System) ([]ops.Choice, error) { return s.choices(), nil })

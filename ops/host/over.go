package host

import (
	"bufio"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"vigie/ops"
)

// A Machine is another machine that answers questions. Its errors are [*ops.Error]s.
type Machine interface {
	// Ping tells how long a sign of life takes.
	Ping(ctx context.Context) (time.Duration, error)
	// Kernel is the text of the kernel's files, each line with the name of its file and a colon before it.
	Kernel(ctx context.Context) (string, error)
	// Disks is what df -P says of those file systems, in KiB; with inodes, of their inodes.
	Disks(ctx context.Context, inodes bool, mounts []string) (string, error)
	// Unit is what systemctl show says of a unit; RestartUnit restarts it.
	Unit(ctx context.Context, unit string) (string, error)
	RestartUnit(ctx context.Context, unit string) error
}

// over reads another machine by asking it.
type over struct {
	to    Machine
	named []string
}

// Read implements [Source].
func (o over) Read(ctx context.Context) (Reading, error) {
	text, err := o.to.Kernel(ctx)
	if err != nil {
		return Reading{}, err
	}
	r, mounts, err := parseKernel(text, o.named)
	if err != nil {
		return Reading{}, ops.Fail(ops.Unavailable, ops.T("what it says of itself makes no sense (%s)", "ce qu’elle dit d’elle-même n’a pas de sens (%s)", clip(ops.Clean(err.Error()), 120)), err)
	}
	if len(mounts) > 0 {
		space, err := o.to.Disks(ctx, false, mounts)
		if err != nil {
			return Reading{}, err
		}
		r.Disks = addSpace(r.Disks, space)
		if inodes, err := o.to.Disks(ctx, true, mounts); err == nil { // busybox may be built without
			addInodes(r.Disks, inodes)
		}
	}
	r.At = time.Now()
	return r, nil
}

// parseKernel makes a reading of the kernel's files, with the disks that there are, still without their figures.
func parseKernel(text string, named []string) (Reading, []string, error) {
	files := map[string][]string{}
	for line := range strings.Lines(text) {
		file, rest, ok := strings.Cut(strings.TrimRight(line, "\n"), ":")
		if ok && strings.HasPrefix(file, "/proc/") {
			files[file] = append(files[file], rest)
		}
	}
	var r Reading
	r.Boot = clip(ops.Clean(strings.Join(files["/proc/sys/kernel/random/boot_id"], "")), 40)
	if up := words(files["/proc/uptime"]); len(up) > 0 {
		r.Uptime = time.Duration(min(number(up[0]), 1<<31) * float64(time.Second))
	}
	for i, w := range words(files["/proc/loadavg"])[:min(3, len(words(files["/proc/loadavg"])))] {
		r.Load[i] = number(w)
	}
	sizes := map[string]int64{}
	for _, line := range files["/proc/meminfo"] {
		if f := strings.Fields(line); len(f) >= 2 {
			sizes[f[0]] = sized(number(f[1]) * 1024)
		}
	}
	r.Memory, r.Available, r.Swap, r.SwapFree = sizes["MemTotal:"], sizes["MemAvailable:"], sizes["SwapTotal:"], sizes["SwapFree:"]
	r.Paged = swapped(strings.Join(files["/proc/vmstat"], "\n"))
	for _, line := range files["/proc/stat"] {
		if strings.HasPrefix(line, "cpu") && !strings.HasPrefix(line, "cpu ") {
			r.Cores++
		}
	}
	if r.Memory == 0 {
		return r, nil, errors.New("no memory at all")
	}
	var mounts []string
	for _, m := range pick(parseMounts(files["/proc/self/mountinfo"]), "", named) {
		_, sealed := m.SuperOptions["ro"]
		r.Disks = append(r.Disks, Disk{Mount: m.MountPoint, Type: m.FSType, ReadOnly: sealed})
		mounts = append(mounts, m.MountPoint)
	}
	return r, mounts, nil
}

// parseMounts reads lines of /proc/self/mountinfo, and leaves out what it cannot read: 36 35 98:0 / /mnt rw - ext4 /dev/sda1 rw,…
func parseMounts(lines []string) (list []*procfs.MountInfo) {
	for _, line := range lines {
		left, right, ok := strings.Cut(line, " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 6 || len(r) < 3 || !strings.HasPrefix(l[4], "/") || strings.ContainsFunc(unescape(l[4]), func(c rune) bool { return c < ' ' }) {
			continue
		}
		id, _ := strconv.Atoi(l[0]) // 0 sorts last, which is all it is for
		options := map[string]string{}
		for o := range strings.SplitSeq(r[len(r)-1], ",") {
			options[o] = ""
		}
		list = append(list, &procfs.MountInfo{MountID: id, MajorMinorVer: l[2], MountPoint: l[4], FSType: ops.Clean(r[0]), SuperOptions: options})
	}
	return list
}

// df reads what df -P prints: NAME total used left share MOUNT, where a mount may hold spaces and a name too.
func df(text string, mounts []string) map[string][3]int64 {
	found := map[string][3]int64{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		longest := ""
		for _, m := range mounts {
			if strings.HasSuffix(line, " "+m) && len(m) > len(longest) {
				longest = m
			}
		}
		f := strings.Fields(strings.TrimSuffix(line, longest))
		if longest == "" || len(f) < 5 {
			continue
		}
		f = f[len(f)-4:]
		found[longest] = [3]int64{sized(number(f[0])), sized(number(f[1])), sized(number(f[2]))}
	}
	return found
}

func mountsOf(disks []Disk) (list []string) {
	for _, d := range disks {
		list = append(list, d.Mount)
	}
	return list
}

func addSpace(disks []Disk, text string) (list []Disk) {
	const KiB = 1024
	found := df(text, mountsOf(disks))
	for _, d := range disks {
		f, ok := found[d.Mount]
		if !ok || f[0] == 0 {
			continue // gone meanwhile, or without a size
		}
		d.Size, d.Free, d.Avail = sized(float64(f[0])*KiB), sized(float64(f[0]-f[1])*KiB), sized(float64(f[2])*KiB)
		list = append(list, d)
	}
	return list
}

func addInodes(disks []Disk, text string) {
	found := df(text, mountsOf(disks))
	for i := range disks {
		f := found[disks[i].Mount]
		disks[i].Inodes, disks[i].InodesFree = f[0], f[2]
	}
}

func words(lines []string) []string { return strings.Fields(strings.Join(lines, " ")) }

// number reads a figure; what is none is 0.
func number(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return max(finite(f), 0)
}

// A Unit is how a systemd unit is.
type Unit struct {
	Name       string
	State, Sub string // as systemd says it: active/running, failed/failed; "" if it could not be read
	Result     string // why it failed: "exit-code", "oom-kill"
	Invocation string // changes with each start
	Err        error
}

// read reads the machine, and its units.
func (m *machine) read(ctx context.Context) (Reading, error) {
	r, err := m.source.Read(ctx)
	if err == nil {
		r.Units = m.readUnits(ctx)
	}
	return r, err
}

// readUnits asks for all the units of m, one after the other: over one connection that is a few milliseconds each.
func (m *machine) readUnits(ctx context.Context) (list []Unit) {
	for _, name := range m.Units {
		list = append(list, m.readUnit(ctx, name))
	}
	return list
}

func (m *machine) readUnit(ctx context.Context, name string) Unit {
	u := Unit{Name: name}
	text, err := m.Over.Unit(ctx, name)
	if err != nil {
		u.Err = err
		return u
	}
	said := map[string]string{}
	for line := range strings.Lines(text) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		said[k] = clip(ops.Clean(v), 60)
	}
	switch {
	case said["LoadState"] == "not-found":
		u.Err = ops.Fail(ops.NotFound, ops.T("systemd knows no unit %s there", "systemd n’y connaît pas d’unité %s", ops.Name(name)), nil)
	case said["ActiveState"] == "":
		u.Err = ops.Fail(ops.Failed, ops.T("systemd says nothing of %s (%s)", "systemd ne dit rien de %s (%s)", ops.Name(name), ops.Raw(strings.Join(slices.Sorted(maps.Keys(said)), " "))), nil)
	}
	u.State, u.Sub, u.Result, u.Invocation = said["ActiveState"], said["SubState"], said["Result"], said["InvocationID"]
	return u
}

// troubled reports whether a unit is not as it should be: everything on the list is meant to be up.
func (u Unit) troubled() bool { return u.Err == nil && (u.State == "failed" || u.State == "inactive") }

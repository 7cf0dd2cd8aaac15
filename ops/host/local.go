package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"vigie/ops"
)

// local reads the machine that the bot runs on, from the kernel's own files.
type local struct {
	root  string // where the machine's root is mounted; "" if it is our own
	named []string
	ask   func(path string, to *syscall.Statfs_t) error

	mu    sync.Mutex      // guards stuck
	stuck map[string]bool // mounts that a question still hangs on: they get no second one
}

func newLocal(root string, named []string) *local {
	return &local{root: strings.TrimRight(root, "/"), named: named, ask: syscall.Statfs, stuck: map[string]bool{}}
}

// proc is the kernel's directory. A container's own tells of the whole machine too, but for its mounts.
func (l *local) proc() string {
	if _, err := os.Stat(l.root + "/proc/loadavg"); err == nil {
		return l.root + "/proc"
	}
	return "/proc"
}

// Read implements [Source].
func (l *local) Read(ctx context.Context) (Reading, error) {
	r, err := l.kernel(l.proc())
	if err == nil {
		err = l.disks(ctx, &r)
	}
	if err != nil {
		return Reading{}, ops.Fail(ops.Unavailable, ops.T("what the kernel says of this machine cannot be read (%s)", "ce que le noyau dit de cette machine est illisible (%s)",
			ops.Clean(reason(err))), err)
	}
	return r, nil
}

// kernel reads all but the disks.
func (l *local) kernel(proc string) (Reading, error) {
	r := Reading{At: time.Now()}
	p, err := procfs.NewFS(proc)
	if err != nil {
		return r, fmt.Errorf("opening %s: %w", proc, err)
	}
	memory, err := p.Meminfo()
	if err != nil {
		return r, fmt.Errorf("reading the memory: %w", err)
	}
	r.Memory, r.Available = bytesOf(memory.MemTotalBytes), bytesOf(memory.MemAvailableBytes)
	r.Swap, r.SwapFree = bytesOf(memory.SwapTotalBytes), bytesOf(memory.SwapFreeBytes)
	load, err := p.LoadAvg()
	if err != nil {
		return r, fmt.Errorf("reading the load: %w", err)
	}
	r.Load = [3]float64{load.Load1, load.Load5, load.Load15}
	stat, err := p.Stat()
	if err != nil {
		return r, fmt.Errorf("reading the processors: %w", err)
	}
	r.Cores = len(stat.CPU)
	boot, err := os.ReadFile(filepath.Join(proc, "sys/kernel/random/boot_id"))
	if err != nil {
		return r, fmt.Errorf("reading which boot this is: %w", err)
	}
	r.Boot = strings.TrimSpace(string(boot))
	up, err := os.ReadFile(filepath.Join(proc, "uptime"))
	if err != nil {
		return r, fmt.Errorf("reading the uptime: %w", err)
	}
	seconds, _, _ := strings.Cut(string(up), " ")
	if f, err := strconv.ParseFloat(seconds, 64); err == nil {
		r.Uptime = time.Duration(f * float64(time.Second))
	}
	if pages, err := os.ReadFile(filepath.Join(proc, "vmstat")); err == nil {
		r.Paged = swapped(string(pages))
	}
	return r, nil
}

// swapped adds up the pages that went in and out of swap, of /proc/vmstat.
func swapped(vmstat string) (n int64) {
	for line := range strings.Lines(vmstat) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "pswpin" || name == "pswpout" {
			v, _ := strconv.ParseInt(value, 10, 64)
			n += v
		}
	}
	return n
}

func bytesOf(n *uint64) int64 {
	if n == nil {
		return 0
	}
	return sized(float64(*n))
}

// disks adds the file systems to r. One that is gone meanwhile is left out.
func (l *local) disks(ctx context.Context, r *Reading) error {
	proc, prefix := l.proc(), ""
	p, err := procfs.NewFS(proc)
	if err != nil {
		return fmt.Errorf("opening %s: %w", proc, err)
	}
	mounts, err := p.GetProcMounts(1)                         // as the machine sees them
	if l.root == "" || proc != l.root+"/proc" || err != nil { // only root may read those of others
		prefix = l.root
		mounts, err = p.GetMounts()
	}
	if err != nil {
		return fmt.Errorf("reading the mounts: %w", err)
	}
	for _, m := range pick(mounts, prefix, l.named) {
		d := Disk{Mount: m.MountPoint, Type: m.FSType}
		_, d.ReadOnly = m.SuperOptions["ro"]
		switch err := l.fill(ctx, &d); {
		case errors.Is(err, context.DeadlineExceeded):
			d.Stuck = true
		case err != nil || d.Size == 0:
			continue
		}
		if !slices.ContainsFunc(r.Disks, func(o Disk) bool { return o.Type == "overlay" && o.same(d) }) {
			r.Disks = append(r.Disks, d)
		}
	}
	return nil
}

// same reports whether two mounts are one file system: a container's root, and a directory of its machine.
func (d Disk) same(o Disk) bool {
	return d.Size == o.Size && d.Free == o.Free && d.Inodes == o.Inodes && d.InodesFree == o.InodesFree
}

// patience is how long a file system may take to say how full it is. A local one needs no I/O for it.
const patience = 2 * time.Second

// fill asks a file system how full it is. One that hangs cannot be interrupted: its question goes on by itself, and while it
// does, no other is asked.
func (l *local) fill(ctx context.Context, d *Disk) error {
	path := l.root + d.Mount
	l.mu.Lock()
	hangs := l.stuck[path]
	l.stuck[path] = true
	l.mu.Unlock()
	if hangs {
		return context.DeadlineExceeded
	}
	type reply struct {
		syscall.Statfs_t
		err error
	}
	got := make(chan reply, 1)
	go func() {
		var r reply
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			r.err = fs.ErrNotExist // a file of the machine, shown inside a container
		} else {
			r.err = l.ask(path, &r.Statfs_t)
		}
		l.mu.Lock()
		delete(l.stuck, path)
		l.mu.Unlock()
		got <- r
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-ctx.Done():
		return context.DeadlineExceeded
	case r := <-got:
		unit := float64(r.Bsize)
		d.Size, d.Free, d.Avail = sized(float64(r.Blocks)*unit), sized(float64(r.Bfree)*unit), sized(float64(r.Bavail)*unit)
		d.Inodes, d.InodesFree = sized(float64(r.Files)), sized(float64(r.Ffree))
		return r.err
	}
}

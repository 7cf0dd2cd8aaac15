package host

import (
	"context"
	"time"
)

// A Source reads one machine. An error is an [*ops.Error] that says why it could not be read, without addresses' secrets.
type Source interface {
	Read(ctx context.Context) (Reading, error)
}

// A Measurer is a source that can also add up what a directory keeps on the disk, in bytes. It counts until ctx ends; whole is
// false if there was more than it could count.
type Measurer interface {
	Measure(ctx context.Context, dir string) (size int64, whole bool, err error)
}

// A Reading is a machine at one moment. Sizes are in bytes; what the source does not tell is zero.
type Reading struct {
	At                time.Time
	Boot              string // changes with each boot; "" if the source does not tell
	Uptime            time.Duration
	Cores             int
	Load              [3]float64 // over 1, 5 and 15 minutes
	Memory, Available int64
	Swap, SwapFree    int64
	Paged             int64 // pages swapped in or out since the machine started
	Disks             []Disk
	Units             []Unit // of those that are watched
}

// A Disk is one file system, where it is mounted.
type Disk struct {
	Mount, Type        string
	Size, Free, Avail  int64 // Free includes what only root may fill, Avail does not
	Inodes, InodesFree int64 // 0 and 0 where the file system has no such limit
	ReadOnly           bool
	Stuck              bool // it did not answer in time: nothing else is known
}

// Used is the share that is used in percent, as df counts it: what only root may fill is neither used nor free.
func (d Disk) Used() float64 { return percent(d.Size-d.Free, d.Size-d.Free+d.Avail) }

// InodesUsed is the share of the inodes that are used, in percent.
func (d Disk) InodesUsed() float64 { return percent(d.Inodes-d.InodesFree, d.Inodes) }

// LeftMemory is the share of the memory that is left, in percent.
func (r Reading) LeftMemory() float64 { return percent(r.Available, r.Memory) }

// UsedSwap is the share of the swap that is used, in percent; 0 without swap.
func (r Reading) UsedSwap() float64 { return percent(r.Swap-r.SwapFree, r.Swap) }

// CoreLoad is the load over 5 minutes for each core.
func (r Reading) CoreLoad() float64 { return r.Load[1] / float64(max(r.Cores, 1)) }

// fullest is the disk with the least left; ok is false if none is known.
func (r Reading) fullest() (full Disk, ok bool) {
	for _, d := range r.Disks {
		if !d.Stuck && !d.sealed() && (!ok || d.Used() > full.Used()) {
			full, ok = d, true
		}
	}
	return full, ok
}

// sealed reports whether it is full by nature: an image that nothing can be written to.
func (d Disk) sealed() bool { return d.ReadOnly && d.Avail <= 0 }

// percent is n of whole from 0 to 100, whatever nonsense a source tells.
func percent(n, whole int64) float64 {
	if whole <= 0 || n <= 0 {
		return 0
	}
	return min(100, float64(n)/float64(whole)*100)
}

// paging is how many pages a second were swapped in or out between two readings; 0 if that cannot be told.
func (r Reading) paging(before Reading) float64 {
	passed := r.At.Sub(before.At).Seconds()
	if before.At.IsZero() || passed <= 0 || r.Paged < before.Paged {
		return 0
	}
	return float64(r.Paged-before.Paged) / passed
}

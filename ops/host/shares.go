package host

import (
	"context"
	"time"

	"vigie/ops"
)

// The directory of containerd's snapshots: `docker system df` does not see those that a leftover lease pins.
const containerdDir = "/var/lib/containerd"

// Shares are what Docker and containerd keep on a machine's disk. Finding out is expensive: it is done while a disk is in
// trouble, once an hour, or when somebody asks.
type shares struct {
	at     time.Time
	walked time.Time // when containerd's directory was tried
	silent bool      // the engine was asked and did not say

	docker            bool // the next three are known
	total, unused     int64
	root              string
	containerd        bool // the next two are known
	containerdSize    int64
	containerdCounted bool // all of it
}

const (
	sharesAge   = time.Hour
	walkLimit   = 20 * time.Second // for a directory that may hold millions of files
	dockerLimit = 3 * time.Minute  // the engine walks every volume
	worthSaying = 1 << 30          // bytes of containerd's that are worth a line
	lookLimit   = 10 * time.Second // for one look at a machine
)

// measure finds out what can be found out. The two go on at once: both mostly wait for the disk.
func (m *machine) measure(ctx context.Context, walk bool) *shares {
	s := &shares{at: time.Now()}
	if walk {
		s.walked = s.at
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		source, ok := m.source.(Measurer)
		if !ok || !walk {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, walkLimit)
		defer cancel()
		size, whole, err := source.Measure(ctx, containerdDir)
		s.containerd, s.containerdSize, s.containerdCounted = err == nil, size, whole
	}()
	if m.Docker != nil {
		ctx, cancel := context.WithTimeout(ctx, dockerLimit)
		defer cancel()
		total, unused, root, err := m.Docker.DockerDisk(ctx)
		s.docker, s.silent, s.total, s.unused, s.root = err == nil, err != nil, total, unused, root
	}
	<-done
	return s
}

// after takes over from an older finding what s does not know.
func (s *shares) after(old *shares) *shares {
	if old == nil {
		return s
	}
	if s.walked.IsZero() {
		s.walked, s.containerd, s.containerdSize, s.containerdCounted = old.walked, old.containerd, old.containerdSize, old.containerdCounted
	}
	if s.silent && old.docker {
		s.docker, s.silent, s.total, s.unused, s.root = true, false, old.total, old.unused, old.root
	}
	return s
}

// on reports whether Docker may have to do with how full d is.
func (s *shares) on(disks []Disk, d Disk) bool {
	return s == nil || !s.docker || holds(disks, s.root) == d.Mount
}

// says tells what they keep on d.
func (s *shares) says(disks []Disk, d Disk) (lines []ops.Text) {
	if s == nil {
		return nil
	}
	if s.docker && holds(disks, s.root) == d.Mount {
		lines = append(lines, ops.T("Docker keeps %s there, %s of it unused", "Docker y garde %s, dont %s inutilisés", ops.Size(s.total), ops.Size(s.unused)))
	}
	if s.containerd && s.containerdSize >= worthSaying && holds(disks, containerdDir) == d.Mount {
		lines = append(lines, s.containerdSays(),
			ops.T("docker system df does not count all of that: ctr -n moby leases ls shows what pins it. Never restart containerd", "docker system df ne compte pas tout cela : ctr -n moby leases ls montre ce qui le retient. Ne jamais redémarrer containerd"))
	}
	return lines
}

func (s *shares) containerdSays() ops.Text {
	if !s.containerdCounted {
		return ops.T("containerd keeps at least %s in %s", "containerd garde au moins %s dans %s", ops.Size(s.containerdSize), ops.Name(containerdDir))
	}
	return ops.T("containerd keeps %s in %s", "containerd garde %s dans %s", ops.Size(s.containerdSize), ops.Name(containerdDir))
}

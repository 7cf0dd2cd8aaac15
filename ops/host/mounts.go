package host

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// realTypes are the file systems that keep something on this machine. Network file systems are left out, since asking one whose
// server is gone hangs, and so are those that only show the kernel's mind. Overlays show the disk under them.
var realTypes = []string{"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "nilfs2",
	"vfat", "exfat", "ntfs", "ntfs3", "fuseblk", "hfsplus", "ufs", "tmpfs"}

// passing are the places that programs make and fill as they please.
var passing = []string{"/dev", "/proc", "/sys", "/run/user", "/run/lock", "/run/credentials", "/run/docker", "/run/containerd",
	"/var/lib/docker", "/var/lib/containerd", "/var/lib/containers/storage", "/var/lib/kubelet"}

// counts reports whether a file system of that type, mounted there, is one to look at.
func counts(fstype, mount string, named []string) bool {
	if slices.Contains(named, mount) {
		return true
	}
	if mount == "/" {
		return fstype == "overlay" || slices.Contains(realTypes, fstype) // a container's root is its machine's disk
	}
	if !slices.Contains(realTypes, fstype) {
		return false
	}
	return !slices.ContainsFunc(passing, func(dir string) bool {
		in, ok := strings.CutPrefix(mount, dir)
		return ok && (strings.HasPrefix(in, "/") || in == "" && fstype == "tmpfs") // a disk of its own for Docker counts
	})
}

// pick sorts out the mounts to look at, each file system once, where it is mounted shortest. root is what stands before the
// machine's own paths, and is taken away.
func pick(all []*procfs.MountInfo, root string, named []string) (list []*procfs.MountInfo) {
	for _, m := range all {
		at, ok := under(unescape(m.MountPoint), root)
		if ok && counts(m.FSType, at, named) {
			m.MountPoint = at
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b *procfs.MountInfo) int {
		return cmp.Or(cmp.Compare(len(a.MountPoint), len(b.MountPoint)), cmp.Compare(a.MountPoint, b.MountPoint), cmp.Compare(b.MountID, a.MountID))
	})
	var once []*procfs.MountInfo
	for _, m := range list {
		if !slices.ContainsFunc(once, func(o *procfs.MountInfo) bool {
			return o.MajorMinorVer == m.MajorMinorVer || o.MountPoint == m.MountPoint // of two on one place, the later hides the other
		}) {
			once = append(once, m)
		}
	}
	return once
}

// under is path as seen from root.
func under(path, root string) (string, bool) {
	root = strings.TrimRight(root, "/")
	in, ok := strings.CutPrefix(path, root)
	if in == "" {
		in = "/"
	}
	return in, ok && strings.HasPrefix(in, "/")
}

// unescape undoes the kernel's \040 for spaces, tabs, line ends and backslashes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// holds is the mount point that dir lies on.
func holds(disks []Disk, dir string) string {
	best := ""
	for _, d := range disks {
		if in, ok := under(dir, d.Mount); ok && in != "" && len(d.Mount) > len(best) {
			best = d.Mount
		}
	}
	return best
}

package host

import (
	"strings"
	"testing"

	"github.com/prometheus/procfs"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestPick(t *testing.T) {
	m := func(device, root, at, fstype string) *procfs.MountInfo {
		return &procfs.MountInfo{MajorMinorVer: device, Root: root, MountPoint: at, FSType: fstype}
	}
	machine := func(prefix string) []*procfs.MountInfo {
		if prefix != "" {
			prefix = strings.TrimRight(prefix, "/")
		}
		return []*procfs.MountInfo{
			m("0:21", "/", prefix+"/proc", "proc"), m("8:1", "/", prefix+"/", "ext4"), m("8:1", "/data", prefix+"/srv/data", "ext4"),
			m("0:31", "/", prefix+"/run", "tmpfs"), m("0:32", "/", prefix+"/run/user/1000", "tmpfs"), m("0:33", "/", prefix+"/dev/shm", "tmpfs"),
			m("8:17", "/", prefix+`/mnt/my\040disk`, "xfs"), m("0:50", "/", prefix+"/var/lib/docker/overlay2/ab/merged", "overlay"),
			m("8:33", "/", prefix+"/var/lib/docker", "ext4"), m("0:60", "/", prefix+"/mnt/nas", "nfs4"), m("7:0", "/", prefix+"/snap/core", "squashfs"),
			m("0:70", "/", prefix+"/var/lib/docker/containers/1/mounts/shm", "tmpfs"),
		}
	}
	list := func(mounts []*procfs.MountInfo) string {
		var at []string
		for _, m := range mounts {
			at = append(at, m.MountPoint)
		}
		return strings.Join(at, " ")
	}
	const want = "/ /run /mnt/my disk /var/lib/docker"
	if got := list(pick(machine(""), "", nil)); got != want {
		t.Errorf("%q, not %q", got, want)
	}
	inContainer := append(machine("/host"), m("0:99", "/", "/", "overlay"), m("8:1", "/etc", "/etc/hosts", "ext4"))
	if got := list(pick(inContainer, "/host/", nil)); got != want {
		t.Errorf("in a container: %q, not %q", got, want)
	}
	if got := list(pick(machine(""), "", []string{"/mnt/nas"})); got != "/ /run /mnt/nas /mnt/my disk /var/lib/docker" {
		t.Errorf("with a name: %q", got)
	}
	if got := list(pick([]*procfs.MountInfo{m("0:99", "/", "/", "overlay")}, "", nil)); got != "/" {
		t.Errorf("a container's own root: %q", got)
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`/a`: "/a", `/a\040b`: "/a b", `/a\134b`: `/a\b`, `/a\04`: `/a\04`, `/a\999`: `/a\999`, `\011`: "\t"} {
		if got := unescape(in); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

func TestHolds(t *testing.T) {
	disks := []Disk{{Mount: "/"}, {Mount: "/var"}, {Mount: "/var/lib/docker"}}
	for dir, want := range map[string]string{"/var/lib/docker": "/var/lib/docker", "/var/lib/dockerish": "/var", "/srv": "/", "/var": "/var"} {
		if got := holds(disks, dir); got != want {
			t.Errorf("%s lies on %s, not %s", dir, got, want)
		}
	}
}

func TestAContainersRootIsItsMachinesDisk(t *testing.T) {
	root := Disk{Mount: "/", Type: "overlay", Size: 100, Free: 40, Inodes: 10, InodesFree: 5}
	if !root.same(Disk{Mount: "/data", Type: "ext4", Size: 100, Free: 40, Inodes: 10, InodesFree: 5}) || root.same(Disk{Mount: "/data", Type: "ext4", Size: 100, Free: 41, Inodes: 10, InodesFree: 5}) {
		t.Error("a directory of the same disk is not told from another disk")
	}
}

package dockertest_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"vigie/ops/docker/dockertest"
)

// clean takes everything away, also what an engine that was killed has left behind.
func (e *spare) clean() {
	select {
	case <-e.done:
	default:
		e.end(syscall.SIGTERM) // which ends the containers
	}
	if e.api != nil {
		e.api.Close()
	}
	ids, _ := filepath.Glob(filepath.Join(e.dir, "data/containers/*")) // no containers, no ids
	for i := range ids {
		ids[i] = filepath.Base(ids[i])
	}
	for _, pid := range e.leftOver(ids) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	dockertest.Until(e.t, "the end of all that the second engine started", func() bool { return len(e.leftOver(ids)) == 0 })
	for _, at := range e.mounts() {
		if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
			e.t.Errorf("unmounting %s: %v", at, err)
		}
	}
	address := filepath.Join(e.dir, "exec/containerd/containerd.sock")
	for _, id := range ids {
		for _, cgroup := range []string{"/sys/fs/cgroup/*/docker/", "/sys/fs/cgroup/docker/"} {
			groups, _ := filepath.Glob(cgroup + id) // the pattern is well formed
			for _, g := range groups {
				if err := os.Remove(g); err != nil {
					e.t.Error(err)
				}
			}
		}
		os.Remove(fmt.Sprintf("/run/containerd/s/%x", sha256.Sum256([]byte(filepath.Join(address, "moby", id))))) // the socket of a keeper that was killed
	}
	if err := os.RemoveAll(e.dir); err != nil {
		e.t.Error(err)
	}
	if now := bridge(); now != e.bridge {
		e.t.Errorf("docker0 of this machine was number %d, and is %d now", e.bridge, now)
	}
}

// bridge is the number of this machine's docker0; 0 if there is none.
func bridge() int {
	link, err := net.InterfaceByName("docker0")
	if err != nil {
		return 0
	}
	return link.Index
}

// leftOver are the processes of the engine that still live: those of its containers, and those that name its directory.
func (e *spare) leftOver(ids []string) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		e.t.Error(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		proc := filepath.Join("/proc", entry.Name())
		command, _ := os.ReadFile(filepath.Join(proc, "cmdline")) // one that is gone by now has neither
		groups, _ := os.ReadFile(filepath.Join(proc, "cgroup"))
		ours := bytes.Contains(command, []byte(e.dir+"/"))
		for _, id := range ids {
			ours = ours || len(command) > 0 && bytes.Contains(groups, []byte(id))
		}
		if ours {
			pids = append(pids, pid)
		}
	}
	return pids
}

// mounts are those under the engine's directory, the innermost first.
func (e *spare) mounts() (list []string) {
	raw, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		e.t.Error(err)
	}
	for line := range strings.Lines(string(raw)) {
		if w := strings.Fields(line); len(w) > 4 && strings.HasPrefix(w[4], e.dir+"/") {
			list = append(list, w[4])
		}
	}
	slices.Reverse(list)
	return list
}

package ssh

import (
	"path"
	"slices"
	"strings"
)

// What is asked of a machine, as argument lists. `vigie guard` compares with them to the letter, so a machine with a guard and one
// without are asked the same.

// KernelFiles are what the kernel says of a machine.
var KernelFiles = []string{"/proc/sys/kernel/random/boot_id", "/proc/uptime", "/proc/loadavg", "/proc/meminfo", "/proc/vmstat", "/proc/stat", "/proc/self/mountinfo"}

// KernelArgv prints [KernelFiles], each line with the name of its file and a colon before it.
var KernelArgv = append([]string{"grep", ""}, KernelFiles...)

// DiskArgv asks for the space on file systems, by mount point, in KiB; with inodes, for their inodes instead.
func DiskArgv(inodes bool, mounts []string) []string {
	unit := "-Pk"
	if inodes {
		unit = "-Pi"
	}
	return append([]string{"df", unit, "--"}, mounts...)
}

// IsDiskArgv reports whether argv could come from [DiskArgv].
func IsDiskArgv(argv []string) bool {
	return len(argv) > 3 && argv[0] == "df" && (argv[1] == "-Pk" || argv[1] == "-Pi") && argv[2] == "--" &&
		!slices.ContainsFunc(argv[3:], func(m string) bool { return !strings.HasPrefix(m, "/") || path.Clean(m) != m })
}

// UnitStatusArgv asks systemd how a unit is.
func UnitStatusArgv(unit string) []string {
	return []string{"systemctl", "show", "--property=LoadState,ActiveState,SubState,Result,InvocationID,ActiveEnterTimestampMonotonic", "--", unit}
}

// UnitRestartArgv has systemd restart a unit.
func UnitRestartArgv(unit string) []string { return []string{"systemctl", "restart", "--", unit} }

// FilesArgv asks the guard for the files that may be read, over SFTP. It is no program: where there is no guard, sshd's own subsystem is
// asked.
var FilesArgv = []string{"vigie", "files"}

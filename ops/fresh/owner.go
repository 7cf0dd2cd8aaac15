package fresh

import (
	"cmp"
	"errors"
	"io/fs"
	"os/user"
	"strconv"
	"syscall"
)

// owner names whom a file belongs to, "root:adm"; "" if that cannot be told.
func owner(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	uid, gid := strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10)
	var who, group string
	if u, err := user.LookupId(uid); err == nil {
		who = u.Username
	}
	if g, err := user.LookupGroupId(gid); err == nil {
		group = g.Name
	}
	return cmp.Or(who, uid) + ":" + cmp.Or(group, gid)
}

// device is the file system that a file is on.
func device(info fs.FileInfo) (uint64, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return st.Dev, true
}

func notFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// deadMount reports whether err is what a network or FUSE mount says whose other end is gone.
func deadMount(err error) bool {
	for _, e := range []error{syscall.ENOTCONN, syscall.ESTALE, syscall.EIO, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ETIMEDOUT, syscall.ENODEV, syscall.ENXIO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

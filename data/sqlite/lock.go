package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// A Locked error says that another process has the database.
type Locked struct {
	File   File
	Holder string // its process id
}

func (l *Locked) Error() string { return fmt.Sprintf("process %s has %s", l.Holder, l.File) }

// A Lock keeps a second Vigie away from a database. The kernel lets go of it when the process ends,
// however it ends.
type Lock struct{ file *os.File }

// Lock takes the database, or says who has it. The lock is on a file beside it, which stays: on the
// database itself, closing it would drop SQLite's own locks.
func (f File) Lock() (*Lock, error) {
	name := string(f) + ".lock"
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the database: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 32)) // only to be helpful
		_ = file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", name, err)
		}
		return nil, &Locked{f, strings.TrimSpace(string(holder))}
	}
	if err := file.Truncate(0); err == nil {
		_, _ = fmt.Fprintln(file, os.Getpid())
	}
	return &Lock{file}, nil
}

// Release lets go.
func (l *Lock) Release() error { return l.file.Close() }

// Package redis looks after one Redis in its container: what it holds, whether what it keeps on disk is whole, and putting
// an earlier dump in the place of today's data without ever holding less than today's data or the dump's.
//
// Three things about Redis shape all of this. A running server saves over whatever is put in the place of its dump.rdb, so
// files are changed only while it is stopped. With an append-only file on, dump.rdb is ignored and a missing
// append-only directory means an empty server, so the dump must become the base of a new append-only directory. And a
// damaged file does not load at all, so a dump is read from end to end, and loaded once for trial, before anything is stopped.
//
// Read state.go (what a server says of itself), rdb.go and dump.go (dumps), save.go and rehearse.go (making and proving
// them), files.go (the data directory), swap.go (what takes whose place, from every half state), restore.go (the plan).
package redis

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"sync"
	"time"

	"vigie/ops"
)

// An Exec is one program with its input, output and surroundings.
type Exec struct {
	Argv           []string
	Env            []string // NAME=value; secrets go here
	User           string   // "", "999" or "999:999"
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// A FileInfo is what a file has besides its content.
type FileInfo struct {
	Name     string
	Mode     fs.FileMode // permissions and type
	UID, GID int
	Size     int64
	Modified time.Time
	Replace  bool // for WriteFile: what is there already may be lost. Set for our own unfinished files only
}

// A Container is one container, found anew at each call by its service name. What concerns files works as well while it does
// not run; paths are absolute. Where there is no such file or container, errors are of kind NotFound.
type Container interface {
	// ID names the container that there is now.
	ID(ctx context.Context) (string, error)
	// Running reports whether it has a process that can act.
	Running(ctx context.Context) (bool, error)
	// Exec runs e in it. An error says that it could not be run, or that nobody knows; exit is what it ended with.
	Exec(ctx context.Context, e Exec) (exit int, err error)

	// Stat looks at a path, and not at what a link there leads to.
	Stat(ctx context.Context, path string) (FileInfo, error)
	ReadFile(ctx context.Context, path string) (io.ReadCloser, FileInfo, error)
	// WriteFile makes a new file of exactly info.Size bytes.
	WriteFile(ctx context.Context, path string, info FileInfo, r io.Reader) error
	// Link makes to another name of the file from, in place of whatever file had that name. Cut off, it may leave no to.
	Link(ctx context.Context, from, to string) error
}

// Apps stops and starts services around a change, as steps of the kinds of the system that runs them.
type Apps interface {
	Pausing(ctx context.Context, services []string) (Pause, error)
}

// A Pause is what stops services and what starts them again. Start ends with the check that each is healthy.
type Pause struct {
	Stop, Start []ops.Step
	Facts       []ops.Fact
	Locks       []string
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// Options say where a Redis is and what belongs to it.
type Options struct {
	Service  string    // its service: "redis" if empty
	Server   Container // required
	Apps     Apps      // stops and starts the service, and those that use it
	Password Secret    // nil: none is asked for

	// Data is the data directory as this machine sees it (the volume's host path): "/opt/javisi/data/redis". If it is empty or
	// not ours to change, the files are reached through the container.
	Data string
	// Dir is the data directory inside the container, for when the server cannot be asked: "/data" if empty.
	Dir string

	Dumps []string // absolute patterns of dumps on this machine, as in a shell: "/opt/javisi/backups/redis/dump-*.rdb"
	Users []string // the services that use it, stopped while its data is replaced

	// Port is where, in the server's container, a server listens that a dump is taken over from; if it is taken, one of the next.
	// 0 is one of 20000 to 31999 at random, which is below the ports that the kernel gives to connections.
	Port int
}

// A System is one Redis. [New] makes one.
type System struct {
	o Options

	mu      sync.Mutex // guards what follows; held for moments only
	known   map[seen]Info
	checked map[seen]bool // read by redis-check-rdb, and found good
}

// New looks after the Redis that o describes.
func New(o Options) *System {
	o.Service, o.Dir = cmp.Or(o.Service, "redis"), cmp.Or(o.Dir, "/data")
	return &System{o: o, known: map[seen]Info{}, checked: map[seen]bool{}}
}

var (
	set ops.Set[*System]

	theme = ops.T("Data", "Données")
)

// Bind returns every op and step of this package, on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

func (s *System) name() ops.Name { return ops.Name(s.o.Service) }

// Package postgres restores, dumps and rehearses the databases of one PostgreSQL server in a container.
//
// What it holds to: the live database is never written by a restore. A dump is read back whole before anything is done with it, goes
// into a scratch database beside the live one, is counted there, and takes the live one's name in a single transaction of the
// server: at every moment one whole database has the name. The one that had it is kept until /tidy is asked for.
//
// Everything goes through the container's own psql, pg_dump and pg_restore, so that their versions fit. Dump files are read by Vigie
// and streamed in; nothing is held in memory.
//
// Each program is run alone, never by a shell that waits for it: PostgreSQL is the container's first process, so it inherits whoever
// loses a parent there, and takes the end of one that was killed for the crash of its own, upon which it ends all connections.
//
// What is ours carries a mark: the setting vigie.mark of the database ([Mark]). What has no mark is not ours, and is left alone.
package postgres

import (
	"context"
	"io"
	"sync"
	"time"

	"vigie/ops"
)

// A Container is where the server runs: one container, found anew at each call.
type Container interface {
	// ID is the container's id; another one has another.
	ID(ctx context.Context) (string, error)
	// Exec runs a program in the container. An error means that it could not be run, or that nobody knows how it went.
	Exec(ctx context.Context, e Exec) (exit int, err error)
}

// An Exec is one program to run in a container.
type Exec struct {
	Argv           []string
	Env            []string // NAME=value. Secrets go here, never into Argv
	User           string
	Stdin          io.Reader
	Tail           bool // the program may leave the end of Stdin unread
	Stdout, Stderr io.Writer
}

// Apps stops and starts services around a change.
type Apps interface {
	// Pausing returns the steps that stop services, those that start them again and check that each is healthy, and what that
	// rests on, all in dependency order.
	Pausing(ctx context.Context, services []string) (Pause, error)
}

// A Pause is how services are stopped and started.
type Pause struct {
	Stop, Start []ops.Step
	Facts       []ops.Fact
	Locks       []string
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// Options are what a [System] is made with. Zero values mean what each field says.
type Options struct {
	Container Container
	Apps      Apps   // nil: nothing can be stopped here; whoever is connected is cut off
	Name      string // what people call the container, and what plans lock: "javisi_postgresql"; "" locks the databases only
	User      string // a superuser; "" is postgres
	Password  Secret // of User; nil where none is asked for
	// Dumps are where dump files are: patterns of paths on this machine, or in the container if they begin with "container:". A
	// file's name is its database, a hyphen and when it was made: plane_production-20260814_025501.dump.
	Dumps []string
	// Folder is where our own dumps go, on this machine; "" is the folder of the first pattern in Dumps that is on this machine.
	Folder    string
	Databases map[string]Known
	Zone      *time.Location // in which dump files are named and times are said; nil is UTC
}

// A Known is what the configuration says of one database. What it leaves out is found out.
type Known struct {
	Apps        []string // services that use it, stopped for a swap
	Owner       string   // if the database has to be made anew from nothing; otherwise it keeps the owner it has
	Probe       string   // SQL that must work as the app's own user after a restore
	AppUser     string   // "" is the owner
	AppPassword Secret   // nil: the probe takes AppUser's rights without its login
}

// A System is one server with its dumps, as the ops here operate it.
type System struct {
	Server
	o Options

	rehearsal chan struct{} // held by the one rehearsal that may run

	mu     sync.Mutex // guards what follows; held for moments only
	proofs map[proofKey]proof
	downed map[string]time.Time // by [Copy.Key]: when its copy was proved, which is just before the apps were stopped
}

var set ops.Set[*System]

// Bind returns every op in this package, operating s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a System of the server in o.Container. It does not connect.
func New(o Options) *System { return Over(&cluster{Options: o, placing: make(chan struct{}, 1)}, o) }

// Over makes a System of any server, such as a [Fake].
func Over(server Server, o Options) *System {
	return &System{Server: server, o: o, rehearsal: make(chan struct{}, 1),
		proofs: map[proofKey]proof{}, downed: map[string]time.Time{}}
}

var theme = ops.T("Databases and backups", "Bases et sauvegardes")

// keptFor is how long what a restore replaced can be put back with /undo, and how long /tidy leaves it alone.
const keptFor = 24 * time.Hour

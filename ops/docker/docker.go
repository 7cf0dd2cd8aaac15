// Package docker operates the containers of one Docker Engine, read against the compose files of one
// project. Each file named after a verb is one op. No other package imports Docker's or Compose's code.
package docker

import (
	"context"
	"iter"
	"time"

	"vigie/ops"
)

// A Stack is what the ops here operate.
type Stack struct {
	Host    Host
	Compose Compose // nil where no compose files are known: then everything that Docker alone can tell still works
	Project string  // only containers of this compose project are ours; "" means every container of the host
	// Self is the set of containers and services that are never stopped: Vigie itself, its journal's
	// database, its Docker proxy. Keys are "container:NAME", values say why.
	Self map[string]ops.Text
	// Off names the services that are absent or stopped on purpose.
	Off map[string]bool
	// Wait is how long a container may take to become healthy; 0 means 2 minutes.
	Wait time.Duration
	// Beyond is where /diagnose looks besides Docker; nil: nowhere.
	Beyond Beyond
}

var set ops.Set[*Stack]

// Bind returns every op in this package, operating s.
func Bind(s *Stack) ops.Bound { return set.Bind(s) }

// A Host is the little of Docker that the ops here need. Errors are [*ops.Error]s: NotFound where the
// object is gone, Denied where a socket proxy forbids the call (Say names the permission that is
// missing, such as CONTAINERS=1 or POST=1), Unavailable where the engine cannot be reached, Unknown where a
// change was sent and no answer came.
type Host interface {
	// List returns all containers, running or not, in one API call without inspecting each.
	List(ctx context.Context) ([]Container, error)
	// Inspect looks at one container by id or exact name.
	Inspect(ctx context.Context, id string) (Detail, error)
	// Image looks at a local image by id or reference.
	Image(ctx context.Context, ref string) (Image, error)
	// Logs returns lines, oldest first. Lines beyond q.Lines and bytes beyond q.Bytes are cut from the front.
	Logs(ctx context.Context, id string, q LogQuery) ([]Line, error)
	// Follow calls each for every new line from since on, until ctx ends or the container is gone.
	Follow(ctx context.Context, id string, since time.Time, each func(Line)) error
	// Events gives what happens to the containers of a project ("" is all), and what the engine still remembers since
	// then (zero is nothing), oldest first, until ctx ends. An error is the last thing it gives.
	Events(ctx context.Context, since time.Time, project string) iter.Seq2[Event, error]
	// Stats measures running containers, all at the same time (about 2 s), leaving out those that stopped meanwhile.
	Stats(ctx context.Context, ids ...string) (map[string]Usage, error)

	Start(ctx context.Context, id string) error
	Stop(ctx context.Context, id string) error
	Restart(ctx context.Context, id string) error

	// Discard removes a container that was never started, and none of its volumes. One that was started is refused.
	Discard(ctx context.Context, id string) error

	// Pull fetches ref and returns the id of the image it now names. progress gets done and total bytes as known so far.
	Pull(ctx context.Context, ref string, progress func(done, total int64)) (string, error)
	// Pullable asks the registry for ref without fetching it, and returns its digest ("sha256:…").
	Pullable(ctx context.Context, ref string) (string, error)
	// Tag makes ref name the image id.
	Tag(ctx context.Context, id, ref string) error

	// Disk measures what Docker keeps.
	Disk(ctx context.Context) (Disk, error)
	// Prune removes the given parts and returns the bytes freed. Images still needed by keep (references of the compose files) are left.
	Prune(ctx context.Context, part Part, keep []string) (freed int64, err error)

	// Info says which engine this is, and that it answers.
	Info(ctx context.Context) (Info, error)
}

// A Container is one row of the list.
type Container struct {
	ID       string
	Name     string // without the leading slash
	Service  string // of the compose project; "" if none
	Project  string
	OneOff   bool // made by `compose run`
	Image    string
	ImageID  string
	State    string // created, running, paused, restarting, removing, exited, dead
	Health   string // "", starting, healthy, unhealthy; meaningless unless running
	ExitCode int    // of the last end, if State is exited; -1 when the list does not say
	Since    string // as the engine says it: "3 minutes", "2 days"
	Created  time.Time
	Ports    []string // "127.0.0.1:5432→5432/tcp"
	File     string   // the compose file that made it, the last one if several
	Under    []string // the compose files that File was laid over, if several were
	Dir      string   // the directory of its compose project
	Replaces string   // the container whose place it was made to take, as Compose says it; "" if none
}

// A Detail is one container, looked at closely.
type Detail struct {
	Container
	Started                  time.Time
	Finished                 time.Time
	Restarts                 int    // by the engine's restart policy, since it was created
	Policy                   string // "unless-stopped", "on-failure:3", "no"
	OOM                      bool   // as the engine flags it; unreliable, see oom events
	Error                    string // why the engine could not start it
	Streak                   int    // failed health checks in a row
	HealthTest               []string
	HealthLog                []HealthResult // newest last
	HealthEvery, HealthStart time.Duration
	Memory                   int64 // limit in bytes; 0 is none
	CPUs                     float64
	Env                      []string // names only: values never leave the engine's client
	Mounts                   []string
	Networks                 []string
	Command                  []string
	ConfigHash               string // of the compose service that made it
	EnvFiles                 []string
	TTY                      bool
	User                     string
	DependsOn                []string      // services
	Grace                    time.Duration // how long a stop waits for it to end before it is killed
}

// A HealthResult is one run of a health check.
type HealthResult struct {
	At     time.Time
	Exit   int
	Output string
}

// An Image is a local image.
type Image struct {
	ID      string
	Tags    []string
	Digests []string // "repo@sha256:…"
	Created time.Time
	Size    int64
}

// An Event is something that happened to a container.
type Event struct {
	At        time.Time // by the engine's clock
	Kind      string    // create, start, oom, kill, die, stop, restart, pause, unpause, rename, destroy, health
	ID        string
	Container string
	Service   string
	Project   string
	OneOff    bool   // made by `compose run`
	Image     string // as it was asked for when the container was made
	Replaces  string // as in [Container]
	ExitCode  int    // of die; -1 otherwise
	Health    string // of health: healthy, unhealthy, starting
	Signal    string // of kill: "15"
}

// A LogQuery selects log lines.
type LogQuery struct {
	Lines int       // newest so many; 0 means 200
	Since time.Time // zero means from the beginning
	Until time.Time
	Find  string // only lines that hold this, without regard to case
	Bytes int    // at most so many; 0 means 4 MiB
}

// A Line is one line of a log, cleaned of terminal escapes.
type Line struct {
	At   time.Time
	Err  bool // from stderr
	Text string
}

// A Usage is one measurement.
type Usage struct {
	CPU           float64 // percent of one core
	Memory, Limit int64   // bytes, as `docker stats` counts them: without the file cache
	Rx, Tx        int64
	Read, Write   int64
	PIDs          int64
}

// A Disk is what Docker keeps, in bytes, with how much of it nothing uses.
type Disk map[Part]Share

// A Part of Docker's disk.
type Part string

const (
	Images     Part = "images"     // dangling images only
	AllImages  Part = "all-images" // every image that no container uses and no compose file names
	Containers Part = "containers" // stopped ones: never pruned by Vigie, only shown
	Volumes    Part = "volumes"    // never pruned by Vigie, only shown
	BuildCache Part = "build-cache"
)

// A Share is the disk used by a part.
type Share struct {
	Count       int
	Size        int64
	Reclaimable int64
	Items       []string // what would go, for Images and AllImages: "repo:tag" or a short id
	Left        []Image  // the images behind Items; Size is what removing this one alone frees. See [Unneeded]
}

// Info is which engine this is.
type Info struct {
	Version, API, OS string
	Host             string // the engine's own host name
	Proxy            bool   // it looks like a socket proxy
	Containers       int
	CPUs             int
	Memory           int64
	Root             string // where Docker keeps its data
}

// Compose reads the project's files and runs `docker compose` on them, one file at a time, with the
// project's name: two files of one directory are one project, and no call may ever treat the other
// file's services as orphans. There is no way to remove volumes or orphans through it.
type Compose interface {
	// Files are the compose files with their services, in the order they are brought up.
	Files(ctx context.Context) ([]File, error)
	// Ready says why `docker compose` cannot be run here, or nil.
	Ready(ctx context.Context) error
	// Up creates and starts services of one file (all if none) without touching what they depend on in other
	// files, and never pulls. With recreate, running containers are made anew. progress gets compose's own words.
	Up(ctx context.Context, file string, services []string, recreate bool, progress func(string)) error
	// Stop stops the services of one file (all if none), and keeps their containers.
	Stop(ctx context.Context, file string, services []string, progress func(string)) error
	// Down stops and removes the containers of one file's services; networks that others use, volumes and images stay.
	Down(ctx context.Context, file string, progress func(string)) error
}

// A Maker is a [Compose] that also gets the images of services anew, as their file says: from a registry, or by building them. What
// runs is not touched. [Project], [FarProject] and the fake are such.
type Maker interface {
	Pull(ctx context.Context, file string, services []string, progress func(string)) error
	Build(ctx context.Context, file string, services []string, progress func(string)) error
}

// A File is one compose file: one phase of the stack.
type File struct {
	Path     string
	Phase    string // "infra", "apps"
	Services []Service
	Modified time.Time
}

// A Service is what a compose file expects.
type Service struct {
	Name      string
	Container string // container_name, or the name that compose would give
	Image     string // "" if it is only built
	Build     bool
	Profiles  []string // with a profile it is absent on purpose unless asked for
	Restart   string   // "no", "unless-stopped", …
	Health    []string // its health test, if the file has one
	DependsOn []string
	EnvFiles  []string
	OneShot   bool // others wait for it to complete, or it never restarts: exited 0 is its healthy state
	Memory    int64
}

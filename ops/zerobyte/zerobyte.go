// Package zerobyte works on a Zerobyte server: what it backs up and how that went, starting a backup and proving it, getting
// a snapshot out into a folder of its own, and whether its jobs are as they are meant to be.
//
// # What it holds to
//
// A restore always names its target, a new folder under one root: Zerobyte takes a restore without a target for one over
// the live files. There is no way to ask for that here, nor for deleting what is in the target. A backup counts as made when
// its snapshot is in the repository, not when Zerobyte says yes: up to 0.41 it says yes to a run that it skips.
//
// Zerobyte lets 1000 requests through in five minutes, for all its clients together. A look takes three, the watcher two in
// five minutes, following a run four to twelve a minute.
//
// # Versions
//
// They differ, and Zerobyte does not say which one it is (its openapi.json says 1.0.0 always), so each answer tells:
//
//   - up to 0.39 there are no API keys, only a session with a user's password; early ones take a schedule's number in paths
//     where later ones take its short id, and restore within the one request;
//   - up to 0.41 a run answers 200 at once, whatever comes of it; its end is seen in the schedule;
//   - from 0.42 on it answers 202 with a task, or 409 if it runs already.
//
// Read zerobyte.go (what can be asked for), client.go (the wire), model.go (what it tells), judge.go (what that means), run.go
// and follow.go (a backup), restore.go, check.go (the desired state), watch.go.
package zerobyte

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Options say where the server is. Zero values mean what each field says.
type Options struct {
	URL string // "http://seko:4096"
	// Key is an API key (zb_…), from 0.40 on. For older ones User and Password of a person without a second factor.
	Key      Secret
	User     string
	Password Secret
	// Scratch is an absolute path on Zerobyte's machine, as Zerobyte sees it: restores go into new folders in it. It is in no
	// volume that is backed up. Without it nothing can be restored.
	Scratch string
	Desired Desired       // what should be there; empty asks for nothing
	Every   time.Duration // how often the watcher looks; 0 is every 5 min
	Client  *http.Client  // for tests and demos; nil is a new one
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// A System is what the ops and the watcher here work on. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
	door   chan struct{} // has room for the one who signs in

	mu      sync.Mutex // guards what follows; never held on the network
	cookies string     // the session's, as they are sent
	signed  int        // how many times we signed in
	quiet   time.Time  // until when Zerobyte wants no requests
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

var theme = ops.T("Backups", "Sauvegardes")

// New makes a system of o; it asks nothing yet. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: o.Client, door: make(chan struct{}, 1)}
	if s.o.Every == 0 {
		s.o.Every = 5 * time.Minute
	}
	if s.client == nil {
		s.client = &http.Client{}
	}
	own := *s.client // a redirect leads to a page for people, and would carry the key elsewhere
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &own
	var wrong []error
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		wrong = append(wrong, errors.New("zerobyte: url begins with http:// or https:// and names a host, without a password"))
	}
	key, password := o.Key != nil && o.Key.Reveal() != "", o.Password != nil && o.Password.Reveal() != ""
	switch {
	case !key && (o.User == "" || !password):
		wrong = append(wrong, errors.New("zerobyte: give an API key, or for a version before 0.40 a user and a password"))
	case key && strings.ContainsAny(o.Key.Reveal(), " \r\n"):
		wrong = append(wrong, errors.New("zerobyte: the API key holds a blank or a line break"))
	}
	if o.Scratch != "" && (!path.IsAbs(o.Scratch) || path.Clean(o.Scratch) != o.Scratch || o.Scratch == "/") {
		wrong = append(wrong, errors.New("zerobyte: the folder to restore into is a clean absolute path, and not /"))
	}
	if s.o.Every < time.Minute {
		wrong = append(wrong, errors.New("zerobyte: every is at least a minute: 1000 requests in 5 min are for all its clients"))
	}
	return s, errors.Join(append(wrong, o.Desired.problems()...)...)
}

// String says which server it is, and no secret.
func (s *System) String() string { return "zerobyte at " + s.base }

// GoString is String: printing a System in any way must not print its key.
func (s *System) GoString() string { return s.String() }

var _ = ops.Names(&set, "zerobyte_job", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	jobs, err := s.jobs(ctx)
	if err != nil {
		return nil, err
	}
	var list []ops.Choice
	for _, j := range jobs {
		list = append(list, ops.Choice{Value: j.Name, Also: []string{j.ShortID}, Hint: j.state(time.Now()).says})
	}
	return list, nil
})

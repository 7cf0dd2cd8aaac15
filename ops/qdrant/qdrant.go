// Package qdrant looks after the collections of one Qdrant: what they hold, which snapshots of them are really there, and putting one in
// a collection's place without ever leaving less than there was.
//
// Three things shape it. A snapshot of everything (POST /snapshots) can only be given back at the start of a server, so this package
// works collection by collection. A collection cannot be given another's name, so a restore first loads the snapshot into a
// collection beside, which proves that it loads and shows what is in it, then brings today's over to this machine, and only then has
// Qdrant recover the collection. And the file that the stack's script leaves may hold a snapshot's name and nothing of it.
//
// Read api.go (what is asked of a server), file.go (what a snapshot is on the disk), save.go, restore.go and steps.go, watch.go.
package qdrant

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"vigie/ops"
)

// Options say where a Qdrant is and what belongs to it.
type Options struct {
	URL string // "http://127.0.0.1:6333"
	Key Secret // nil: none is asked for
	// Folder is where snapshots are brought to on this machine; without it nothing is restored.
	Folder string
	// Names are patterns of files that should be copies of Qdrant, such as what a script leaves: "…/backups/qdrant/latest-snapshot-*.txt".
	Names  []string
	Every  time.Duration // how often the watcher looks; 0 is every 10 min
	Client *http.Client  // for tests; nil is a new one
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// A System is one Qdrant. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
}

// New looks after the Qdrant that o describes; it asks nothing yet.
func New(o Options) (*System, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "":
		return nil, errors.New("qdrant: url begins with http:// or https:// and names a host, without a password")
	case o.Folder != "" && !filepath.IsAbs(o.Folder):
		return nil, errors.New("qdrant: the folder for snapshots is an absolute path")
	}
	o.Every = cmp.Or(o.Every, 10*time.Minute)
	own := http.Client{}
	if o.Client != nil {
		own = *o.Client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // it would carry the key elsewhere
	return &System{o: o, base: strings.TrimRight(o.URL, "/"), client: &own}, nil
}

// String says which server it is, and no secret.
func (s *System) String() string { return "qdrant at " + s.base }

// GoString is String: printing a System in any way must not print its key.
func (s *System) GoString() string { return s.String() }

var (
	set ops.Set[*System]

	theme = ops.T("Data", "Données")
)

// Bind returns every op and step of this package, on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// Package restic works on restic repositories with the restic program of this machine: what is in them and how old, whether it
// can be read back, getting files out of them, and making, forgetting and checking snapshots for whoever keeps backups.
//
// # What it holds to
//
// Looking takes no lock in the repository, so it never stands in the way of a backup. Files are restored into a new folder
// under one root, never where they came from. A lock is removed only by restic's own judgement that nobody holds it. What is
// forgotten is exactly what was shown, by id. A program that is to stop is asked to first, so that it takes its lock away.
//
// Secrets go to restic through its environment, never through its arguments, and are cut out of all that it says.
//
// # Versions
//
// Everything here works with restic 0.14 (Debian 12), where every failure exits with 1, check and restore speak plain text,
// and a source that is missing is no failure; and with 0.17 and later, where exit codes and progress are told apart.
//
// Read restic.go (what can be asked for), run.go (how restic is run), error.go (what it complains of), snapshots.go, backup.go,
// forget.go, verify.go and locks.go (what others use), restore.go and target.go (the careful part), watch.go.
package restic

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Options say which repositories there are. Zero values mean what each field says.
type Options struct {
	Binary       string // the program; "restic" on the PATH if empty
	Repositories []Repository
	// RestoreRoot is an absolute path of a folder that exists: files are restored into new folders in it. It belongs to
	// nobody else, and is in none of the paths that are backed up. Without it nothing can be restored.
	RestoreRoot string
	Cache       string        // where restic keeps its cache; its own place if empty
	Every       time.Duration // how often the watcher looks; 0 is every 30 min
	Kept        Kept          // remembers which backups were partial; nil forgets at each start
}

// A Repository is one place with snapshots.
type Repository struct {
	Name string // what people call it, one word: "vpai-backups"
	// URL is an absolute path, or begins with the backend's name: rest:, s3:, sftp:, b2:, azure:, gs:, swift:, rclone:. A
	// password in it is never shown.
	URL      string
	Password Secret
	Env      map[string]Secret // what the backend needs: AWS_ACCESS_KEY_ID, …
	Host     string            // only snapshots of this host, and what backups are made as; empty is all, and this machine's name
	Tags     []string          // only snapshots with all of these tags
	Newest   time.Duration     // the newest snapshot may be so old; 0 does not ask
	Paths    []string          // absolute: each must have a snapshot that is new enough; none asks for the newest of all
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// Kept is where the little that must outlive a restart is kept. Load returns nil and no error for what was never saved.
type Kept interface {
	Load(ctx context.Context, id string) (json.RawMessage, error)
	Save(ctx context.Context, id string, body json.RawMessage) error
}

// A System is what the ops and the watcher here work on. [New] makes one.
type System struct {
	o    Options
	hide *strings.Replacer
	host string // this machine's name, as restic writes it into locks and snapshots

	patience time.Duration // stopTime; shorter in tests

	mu   sync.Mutex // guards last; never held while waiting
	last map[string]outcome
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// String names the repositories, and no secret.
func (s *System) String() string { return "restic: " + strings.Join(s.Repositories(), ", ") }

// GoString is String: printing a System in any way must not print its passwords.
func (s *System) GoString() string { return s.String() }

// Repositories are the names of the repositories, as configured.
func (s *System) Repositories() []string {
	list := make([]string, len(s.o.Repositories))
	for i, r := range s.o.Repositories {
		list[i] = r.Name
	}
	return list
}

var _ = ops.Names(&set, "restic", func(_ context.Context, s *System) ([]ops.Choice, error) {
	var list []ops.Choice
	for _, r := range s.o.Repositories {
		list = append(list, ops.Choice{Value: r.Name, Hint: ops.Raw(r.place())})
	}
	return list, nil
})

// pick finds a repository by its name; "" is the only one there is.
func (s *System) pick(name string) (*Repository, error) {
	switch {
	case len(s.o.Repositories) == 0:
		return nil, ops.Fail(ops.Invalid, ops.T("No restic repository is configured: add [[restic.repositories]] to the configuration.",
			"Aucun dépôt restic n’est configuré : ajoute [[restic.repositories]] à la configuration."), nil)
	case name == "" && len(s.o.Repositories) == 1:
		return &s.o.Repositories[0], nil
	}
	e := &ops.Error{Kind: ops.NotFound, Param: "repository", Say: ops.T("There is no repository %s. There are: %s.", "Il n’y a pas de dépôt %s. Il y a : %s.",
		ops.Name(name), strings.Join(s.Repositories(), ", "))}
	if name == "" {
		e.Kind, e.Say = ops.Invalid, ops.T("Which repository?", "Quel dépôt ?")
	}
	for i := range s.o.Repositories {
		r := &s.o.Repositories[i]
		if strings.EqualFold(r.Name, name) {
			return r, nil
		}
		e.Choices = append(e.Choices, ops.Choice{Value: r.Name})
	}
	return nil, e
}

// repo is pick for other packages: the name must be exact.
func (s *System) repo(name string) (*Repository, error) {
	for i := range s.o.Repositories {
		if s.o.Repositories[i].Name == name {
			return &s.o.Repositories[i], nil
		}
	}
	return s.pick(name)
}

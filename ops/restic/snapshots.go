package restic

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Snapshot is one backup in a repository.
type Snapshot struct {
	ID    string // 64 hex digits
	At    time.Time
	Host  string
	Paths []string
	Tags  []string
	Bytes int64 // of all its files; 0 where the restic that made it did not write it down (before 0.17)
	Files int   // likewise
}

// Short is the ID as people see it.
func (s Snapshot) Short() string { return s.ID[:min(8, len(s.ID))] }

// record is a snapshot as `restic snapshots --json` tells it.
type record struct {
	Time     time.Time `json:"time"`
	Paths    []string  `json:"paths"`
	Hostname string    `json:"hostname"`
	Tags     []string  `json:"tags"`
	ID       string    `json:"id"`
	Summary  *struct {
		Files int   `json:"total_files_processed"`
		Bytes int64 `json:"total_bytes_processed"`
	} `json:"summary"`
}

func (r record) snapshot() Snapshot {
	s := Snapshot{ID: r.ID, At: r.Time, Host: r.Hostname, Paths: r.Paths, Tags: r.Tags}
	if r.Summary != nil {
		s.Bytes, s.Files = r.Summary.Bytes, r.Summary.Files
	}
	return s
}

// Snapshots lists the snapshots of a repository that its filters let through, oldest first. It takes no lock.
func (s *System) Snapshots(ctx context.Context, repo string) ([]Snapshot, error) {
	r, err := s.repo(repo)
	if err != nil {
		return nil, err
	}
	return s.snapshots(ctx, r)
}

func (s *System) snapshots(ctx context.Context, r *Repository) ([]Snapshot, error) {
	var out bytes.Buffer
	if err := s.look(ctx, r, &out, append([]string{"snapshots", "--json"}, r.filters()...)...); err != nil {
		return nil, err
	}
	list, err := readSnapshots(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("reading the snapshots of %s: %w", r.Name, err)
	}
	return list, nil
}

// readSnapshots reads what `restic snapshots --json` prints; no snapshots may be null.
func readSnapshots(out []byte) ([]Snapshot, error) {
	var records []record
	if err := json.Unmarshal(out, &records); err != nil {
		return nil, err
	}
	list := make([]Snapshot, 0, len(records))
	for _, r := range records {
		list = append(list, r.snapshot())
	}
	slices.SortFunc(list, byAge)
	return list, nil
}

// byAge orders snapshots oldest first, those of one moment always alike.
func byAge(a, b Snapshot) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID)) }

// filters are the arguments that leave out what is somebody else's in the repository.
func (r *Repository) filters() (list []string) {
	if len(r.Tags) > 0 {
		list = append(list, "--tag", strings.Join(r.Tags, ",")) // with a comma: all of them
	}
	if r.Host != "" {
		list = append(list, "--host", r.Host)
	}
	return list
}

// A group is the snapshots of the same paths on the same host: what restic keeps and forgets by.
type group struct {
	newest Snapshot
	count  int
}

func (s Snapshot) line() string {
	return s.Host + "\x00" + strings.Join(slices.Sorted(slices.Values(s.Paths)), "\x00")
}

// groups sums snapshots up, the group whose newest is oldest first.
func groups(list []Snapshot) (sums []group) {
	at := map[string]int{}
	for _, s := range list {
		i, known := at[s.line()]
		if !known {
			i = len(sums)
			at[s.line()], sums = i, append(sums, group{})
		}
		sums[i].count++
		if byAge(s, sums[i].newest) >= 0 {
			sums[i].newest = s
		}
	}
	slices.SortFunc(sums, func(a, b group) int { return byAge(a.newest, b.newest) })
	return sums
}

// covers reports whether the snapshot is of path, or of a folder that it is in.
func (s Snapshot) covers(path string) bool {
	return slices.ContainsFunc(s.Paths, func(p string) bool { return within(path, p) })
}

// A stale is one thing whose newest snapshot is too old.
type stale struct {
	path   string // "" is the repository as a whole
	newest Snapshot
	none   bool
}

// stale says what of the repository is older than allowed, the worst first.
func (r *Repository) stale(list []Snapshot, now time.Time) (old []stale) {
	if r.Newest == 0 {
		return nil
	}
	ask := r.Paths
	if len(ask) == 0 {
		ask = []string{""}
	}
	for _, path := range ask {
		is := stale{path: path, none: true}
		for _, s := range list {
			if (path == "" || s.covers(path)) && (is.none || s.At.After(is.newest.At)) {
				is.newest, is.none = s, false
			}
		}
		if is.none || now.Sub(is.newest.At) > r.Newest {
			old = append(old, is)
		}
	}
	slices.SortStableFunc(old, func(a, b stale) int { return a.newest.At.Compare(b.newest.At) })
	return old
}

// says is one stale thing in words.
func (o stale) says(r *Repository) ops.Text {
	name := ops.Name(r.Name)
	switch {
	case o.none && o.path == "":
		return ops.T("%s has no snapshot", "%s n’a aucun cliché", name)
	case o.none:
		return ops.T("%s has no snapshot of %s", "%s n’a aucun cliché de %s", name, ops.Name(o.path))
	case o.path == "":
		return ops.T("%s: newest snapshot %s old, %s allowed", "%s : dernier cliché vieux de %s, %s admis", name, ops.Since(o.newest.At), ops.Span(r.Newest))
	}
	return ops.T("%s: newest snapshot of %s %s old, %s allowed", "%s : dernier cliché de %s vieux de %s, %s admis", name, ops.Name(o.path), ops.Since(o.newest.At), ops.Span(r.Newest))
}

// find resolves what a person calls a snapshot: "latest", or the beginning of an id, at least 4 digits.
func (s *System) find(ctx context.Context, r *Repository, word string) (Snapshot, error) {
	list, err := s.snapshots(ctx, r)
	if err != nil {
		return Snapshot{}, err
	}
	e := &ops.Error{Kind: ops.NotFound, Param: "snapshot", Say: ops.T("%s has no snapshot %s. /snapshots %s lists them.", "%s n’a pas de cliché %s. /snapshots %s les liste.",
		ops.Name(r.Name), ops.Name(word), r.Name)}
	if len(list) == 0 {
		e.Say = ops.T("%s has no snapshot at all", "%s n’a aucun cliché", ops.Name(r.Name))
		return Snapshot{}, e
	}
	if strings.EqualFold(word, "latest") {
		return list[len(list)-1], nil
	}
	var found []Snapshot
	for _, one := range slices.Backward(list) {
		if len(word) >= 4 && strings.HasPrefix(one.ID, strings.ToLower(word)) {
			found = append(found, one)
		}
		if len(e.Choices) < 6 {
			e.Choices = append(e.Choices, ops.Choice{Value: one.Short(), Hint: ops.T("%s old", "vieux de %s", ops.Since(one.At))})
		}
	}
	if len(found) > 1 {
		e.Say = ops.T("%s has several snapshots that begin with %s. Give more of the id.", "%s a plusieurs clichés qui commencent par %s. Donne plus de chiffres.", ops.Name(r.Name), ops.Name(word))
	}
	if len(found) != 1 {
		return Snapshot{}, e
	}
	return found[0], nil
}

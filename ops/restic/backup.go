package restic

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Progress is how far a backup or a restore is.
type Progress struct {
	Done              float64 // 0 to 1; -1 is not known yet
	Files, TotalFiles int
	Bytes, TotalBytes int64
}

// Text says it as people read it.
func (p Progress) Text() ops.Text {
	if p.Done < 0 || p.TotalBytes == 0 {
		return ops.T("%s of %s", "%s, %s", ops.Size(p.Bytes), filesOf(p.Files))
	}
	return ops.T("%d %%, %s of %s", "%d %%, %s sur %s", int(100*p.Done), ops.Size(p.Bytes), ops.Size(p.TotalBytes))
}

// A Summary is what a backup came to. The snapshot is there: it was looked for afterwards.
type Summary struct {
	Snapshot Snapshot
	Files    int           // looked at
	New      int           // of them, not in the snapshot before
	Changed  int           // of them
	Bytes    int64         // of all files
	Added    int64         // to the repository
	Took     time.Duration // by restic's clock
	// Partial says that the snapshot lacks files that could not be read: Failed are the first of them, Lost is how many.
	Partial bool
	Failed  []string
	Lost    int
}

// mostFailed is how many failed files are kept by name.
const mostFailed = 20

// Backup makes a snapshot of paths, which are absolute. That some of them could not be read is no error: the summary says
// so. If ctx ends, restic is asked to stop, and leaves neither a snapshot nor a lock. progress may be nil.
func (s *System) Backup(ctx context.Context, repo string, paths, tags []string, progress func(Progress)) (Summary, error) {
	r, err := s.repo(repo)
	if err != nil {
		return Summary{}, err
	}
	if bad := slices.IndexFunc(paths, func(p string) bool { return !filepath.IsAbs(p) }); bad >= 0 || len(paths) == 0 {
		return Summary{}, ops.Fail(ops.Invalid, ops.T("what is backed up is named by absolute paths", "ce qui est sauvegardé est désigné par des chemins absolus"), nil)
	}
	args := []string{"backup", "--json"}
	if r.Host != "" {
		args = append(args, "--host", r.Host)
	}
	for _, t := range append(slices.Clone(r.Tags), tags...) {
		args = append(args, "--tag", t)
	}
	args = append(append(args, "--"), paths...)
	said := &account{progress: progress}
	got, err := s.run(ctx, r, call{args: args, out: &lines{each: said.line}, heard: said.complaint})
	switch {
	case err != nil:
		return Summary{}, err
	case got.exit != 0 && got.exit != exitPartial:
		return Summary{}, s.explain(r, got)
	case said.summary.ID == "":
		return Summary{}, ops.Fail(ops.Failed, ops.T("restic ended on %s without a snapshot: «%s»", "restic a fini sur %s sans cliché : « %s »", ops.Name(r.Name), reason(got.said)), nil)
	}
	sum := said.sum(got.exit == exitPartial)
	if sum.Snapshot, err = s.made(ctx, r, said.summary.ID); err != nil {
		return Summary{}, err
	}
	s.remember(ctx, r, sum)
	return sum, nil
}

// made finds a snapshot that restic says it made.
func (s *System) made(ctx context.Context, r *Repository, id string) (Snapshot, error) {
	all, err := s.snapshots(ctx, r)
	if err != nil {
		return Snapshot{}, ops.Fail(ops.Unknown, ops.T("restic says that it made snapshot %s, and %s could not be looked at since", "restic dit avoir fait le cliché %s, et %s n’a pas pu être consulté depuis",
			ops.Name(clip(id, 8)), ops.Name(r.Name)), err)
	}
	for _, one := range slices.Backward(all) {
		if strings.HasPrefix(one.ID, id) {
			return one, nil
		}
	}
	return Snapshot{}, ops.Fail(ops.Failed, ops.T("restic says that it made snapshot %s, and %s has none of that name", "restic dit avoir fait le cliché %s, et %s n’en a pas de ce nom",
		ops.Name(clip(id, 8)), ops.Name(r.Name)), nil)
}

// An account is what a backup told.
type account struct {
	progress func(Progress)
	summary  struct {
		New     int     `json:"files_new"`
		Changed int     `json:"files_changed"`
		Files   int     `json:"total_files_processed"`
		Bytes   int64   `json:"total_bytes_processed"`
		Added   int64   `json:"data_added"`
		Took    float64 `json:"total_duration"` // seconds
		ID      string  `json:"snapshot_id"`
	}
	failed []string
	lost   int
}

// line reads one line of `restic backup --json`.
func (a *account) line(line []byte) {
	var kind struct {
		Type string `json:"message_type"`
	}
	if json.Unmarshal(line, &kind) != nil {
		return
	}
	switch kind.Type {
	case "status":
		if a.progress != nil {
			if p, ok := readStatus(line); ok {
				a.progress(p)
			}
		}
	case "summary":
		_ = json.Unmarshal(line, &a.summary) // without an id it counts as none
	case "error": // on standard error in most versions
		a.complaint(string(line))
	}
}

// readStatus reads a status line of a backup or, from 0.16 on, of a restore.
func readStatus(line []byte) (Progress, bool) {
	var s struct {
		Done     float64 `json:"percent_done"`
		Files    int     `json:"total_files"`
		Bytes    int64   `json:"total_bytes"`
		DoneF    int     `json:"files_done"`
		DoneB    int64   `json:"bytes_done"`
		Restored int     `json:"files_restored"`
		RestoreB int64   `json:"bytes_restored"`
	}
	if json.Unmarshal(line, &s) != nil {
		return Progress{}, false
	}
	return Progress{Done: min(max(s.Done, 0), 1), Files: max(s.DoneF, s.Restored), TotalFiles: s.Files, Bytes: max(s.DoneB, s.RestoreB), TotalBytes: s.Bytes}, true
}

// complaint reads one line of standard error. A source that is not there is skipped with exit 0 before 0.17, as if all were well.
func (a *account) complaint(line string) {
	var e struct {
		Type string `json:"message_type"`
		Item string `json:"item"`
	}
	what, missing := strings.CutSuffix(line, " does not exist, skipping")
	switch {
	case missing:
	case json.Unmarshal([]byte(line), &e) == nil && e.Type == "error":
		what = e.Item
	default:
		return
	}
	if a.lost++; len(a.failed) < mostFailed {
		a.failed = append(a.failed, ops.Clean(clip(what, 300)))
	}
}

func (a *account) sum(partial bool) Summary {
	u := a.summary
	return Summary{Files: u.Files, New: u.New, Changed: u.Changed, Bytes: u.Bytes, Added: u.Added, Took: time.Duration(u.Took * float64(time.Second)),
		Partial: partial || a.lost > 0, Failed: a.failed, Lost: a.lost}
}

package restic

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"vigie/ops"
)

// An entry is one file or folder in a snapshot.
type entry struct {
	Type string `json:"type"` // file, dir, symlink, dev, chardev, fifo, socket
	Path string `json:"path"`
	Size int64  `json:"size"` // of a file
	Node string `json:"struct_type"`
	Kind string `json:"message_type"` // takes the place of struct_type in 0.17
}

// list calls each for what path in a snapshot is and holds, in restic's order. A path that is not there gives nothing.
func (s *System) list(ctx context.Context, r *Repository, snapshot, path string, each func(entry)) error {
	var bad error
	out := &lines{each: func(line []byte) {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			bad = err
			return
		}
		if (e.Node == "node" || e.Kind == "node") && (path == "/" || e.Path == path || strings.HasPrefix(e.Path, path+"/")) {
			each(e)
		}
	}}
	if err := s.look(ctx, r, out, "ls", "--json", "--recursive", snapshot, path); err != nil {
		return err
	}
	if bad != nil {
		return fmt.Errorf("reading what is in snapshot %s of %s: %w", clip(snapshot, 8), r.Name, bad)
	}
	return nil
}

// A load is what would come out of a snapshot.
type load struct {
	files, others int
	bytes         int64
	dir           bool // the path is a folder
}

func (l *load) add(e entry) {
	if e.Type == "file" {
		l.files, l.bytes = l.files+1, l.bytes+e.Size
		return
	}
	l.others++
}

// weighPath adds up what is at p in the snapshot. Where nothing is, the error offers what is near.
func (s *System) weighPath(ctx context.Context, r *Repository, from Snapshot, p string) (load, error) {
	var l load
	err := s.list(ctx, r, from.ID, p, func(e entry) {
		if e.Path == p {
			l.dir = e.Type == "dir"
		}
		l.add(e)
	})
	if err != nil || l.files+l.others > 0 {
		l.dir = l.dir || p == "/"
		return l, err
	}
	e := &ops.Error{Kind: ops.NotFound, Param: "path", Say: ops.T("Snapshot %s of %s has no %s.", "Le cliché %s de %s n’a pas de %s.", ops.Name(from.Short()), ops.Name(r.Name), ops.Name(clip(p, 120)))}
	for up := path.Dir(p); len(e.Choices) == 0; up = path.Dir(up) {
		near := func(x entry) {
			if path.Dir(x.Path) == up && len(e.Choices) < 8 {
				hint := ops.T("folder", "dossier")
				if x.Type == "file" {
					hint = ops.T("%s", "%s", ops.Size(x.Size))
				}
				e.Choices = append(e.Choices, ops.Choice{Value: x.Path, Hint: hint})
			}
		}
		if err := s.list(ctx, r, from.ID, up, near); err != nil {
			return l, err
		}
		if up == "/" {
			break
		}
	}
	return l, e
}

// pattern is the --include that means p and what is in it, and nothing else, whatever p is called.
func pattern(p string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(p)
}

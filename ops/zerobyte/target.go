package zerobyte

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// within finds p in the snapshot: whether it is a file or a folder, and how large a file is.
func (s *System) within(ctx context.Context, r repository, from snapshot, p string) (kind string, size int64, err error) {
	var list struct {
		Files []struct {
			Type string `json:"type"`
			Path string `json:"path"`
			Size int64  `json:"size"`
		} `json:"files"`
	}
	at := "/api/v1/repositories/" + url.PathEscape(r.address()) + "/snapshots/" + url.PathEscape(from.ID) + "/files?limit=1000&path=" + url.QueryEscape(p)
	if err := s.get(ctx, at, &list); err != nil && ops.KindOf(err) != ops.NotFound {
		return "", 0, err
	}
	for _, f := range list.Files {
		switch {
		case f.Path == p && f.Type == "file":
			return "file", f.Size, nil
		case f.Path == p, strings.HasPrefix(f.Path, p+"/"):
			return "dir", 0, nil
		}
	}
	return "", 0, &ops.Error{Kind: ops.NotFound, Param: "path", Say: ops.T("Snapshot %s has no %s.", "Le cliché %s n’a pas de %s.", ops.Name(from.ID), ops.Name(clip(p, 120)))}
}

// target names a folder in the scratch root that is not there yet. The root may be in no volume: what was restored would be
// backed up again, or lie between live files.
func (s *System) target(ctx context.Context, a restoreArgs) (string, error) {
	all, err := s.volumes(ctx)
	if err != nil {
		return "", err
	}
	for _, v := range all {
		if v.Type == "directory" && v.Config.Path != "" && (inside(s.o.Scratch, v.Config.Path) || inside(v.Config.Path, s.o.Scratch)) {
			return "", ops.Fail(ops.Invalid, ops.T("I restore nothing into %s: volume %s (%s) is there, and what is restored would lie in what is backed up.", "Je ne restaure rien dans %s : le volume %s (%s) s’y trouve, et le restauré se mêlerait au sauvegardé.",
				ops.Name(s.o.Scratch), ops.Name(v.Name), ops.Name(v.Config.Path)), nil)
		}
	}
	taken, err := s.folders(ctx)
	if err != nil {
		return "", err
	}
	base := fmt.Sprintf("vigie-%s-%x", a.Snapshot, sha256.Sum256([]byte(a.Path)))[:len("vigie-")+len(a.Snapshot)+7]
	name := base
	for n := 2; slices.Contains(taken, name); n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return s.o.Scratch + "/" + name, nil
}

// folders lists what is in the scratch root. One that is not there yet holds nothing.
func (s *System) folders(ctx context.Context) ([]string, error) {
	var list struct {
		Directories []struct {
			Name string `json:"name"`
		} `json:"directories"`
	}
	got, err := s.send(ctx, http.MethodGet, "/api/v1/volumes/filesystem/browse?path="+url.QueryEscape(s.o.Scratch), nil, askTime)
	if err != nil {
		return nil, err
	}
	if got.code != http.StatusOK || json.Unmarshal(got.body, &list) != nil {
		return nil, nil
	}
	var names []string
	for _, d := range list.Directories {
		names = append(names, d.Name)
	}
	return names, nil
}

// inside reports whether p is dir, or in it.
func inside(p, dir string) bool {
	p, dir = path.Clean(p), path.Clean(dir)
	return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/")
}

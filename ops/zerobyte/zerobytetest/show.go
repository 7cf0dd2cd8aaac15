package zerobytetest

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// null is how JSON has what is not there.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func (s *Server) listJobs() []map[string]any {
	list := []map[string]any{}
	for _, j := range s.state.Jobs {
		list = append(list, s.showJob(j))
	}
	return list
}

func (s *Server) showJob(j *Job) map[string]any {
	v, r := s.state.Volume(j.Volume), s.repository(j.Repository)
	return map[string]any{
		"id": j.ID, "shortId": j.ShortID, "name": j.Name, "volumeId": v.ID, "repositoryId": r.ID, "enabled": j.Enabled, "cronExpression": j.Cron,
		"retentionPolicy": j.Keep, "excludePatterns": []string{}, "includePaths": nil, "maxRetries": 2, "retryDelay": 15,
		"lastBackupAt": millis(j.Last), "lastBackupStatus": null(j.Status), "lastBackupError": null(j.Error), "nextBackupAt": millis(j.Next),
		"volume": showVolume(v), "repository": showRepository(r),
	}
}

func (s *Server) listVolumes() []map[string]any {
	list := []map[string]any{}
	for _, v := range s.state.Volumes {
		list = append(list, showVolume(v))
	}
	return list
}

func showVolume(v *Volume) map[string]any {
	config := map[string]any{"backend": v.Type, "path": v.Path}
	if v.Type == "sftp" {
		config["password"], config["privateKey"] = "encv1:do-not-show", "encv1:do-not-show"
	}
	return map[string]any{"id": v.ID, "shortId": v.ShortID, "name": v.Name, "type": v.Type, "status": v.Status, "lastError": null(v.Error), "lastHealthCheck": 1, "config": config, "autoRemount": true}
}

func (s *Server) listRepositories() []map[string]any {
	list := []map[string]any{}
	for _, r := range s.state.Repositories {
		list = append(list, showRepository(r))
	}
	return list
}

func showRepository(r *Repository) map[string]any {
	return map[string]any{"id": r.ID, "shortId": r.ShortID, "name": r.Name, "type": r.Type, "status": r.Status, "lastError": null(r.Error), "compressionMode": "auto",
		"config": map[string]any{"backend": r.Type, "secretAccessKey": "encv1:do-not-show"}}
}

func (s *Server) repository(name string) *Repository {
	return s.state.Repositories[slices.IndexFunc(s.state.Repositories, func(r *Repository) bool { return r.Name == name })]
}

// listSnapshots takes a repository's id or short id, as all versions do.
func (s *Server) listSnapshots(at, job string) answer {
	i := slices.IndexFunc(s.state.Repositories, func(r *Repository) bool { return r.ID == at || r.ShortID == at })
	if i < 0 {
		return no(404, "Repository not found")
	}
	list := []map[string]any{}
	for _, n := range s.state.Snapshots {
		if n.Repository == s.state.Repositories[i].Name && (job == "" || slices.Contains(n.Tags, job)) {
			list = append(list, map[string]any{"short_id": n.ID, "time": n.At.UnixMilli(), "paths": []string{"/"}, "size": n.Bytes, "duration": 1000, "tags": n.Tags, "retentionCategories": []string{}})
		}
	}
	return ok(list)
}

func (s *Server) snapshotFiles(id, at string) answer {
	if !slices.ContainsFunc(s.state.Snapshots, func(n *Snapshot) bool { return n.ID == id }) {
		return no(404, "Snapshot not found or empty")
	}
	list := []map[string]any{}
	for name, size := range s.state.Files {
		if name == at {
			list = append(list, map[string]any{"name": name[strings.LastIndexByte(name, '/')+1:], "type": "file", "path": name, "size": size})
		} else if strings.HasPrefix(name, at+"/") && len(list) == 0 {
			list = append(list, map[string]any{"name": at[strings.LastIndexByte(at, '/')+1:], "type": "dir", "path": at})
		}
	}
	return ok(map[string]any{"snapshot": map[string]any{"id": id, "short_id": id}, "files": list, "offset": 0, "limit": 1000, "total": len(list), "hasMore": false})
}

// volumeFiles takes a volume's name in the early versions, its short id in the later ones.
func (s *Server) volumeFiles(at string) answer {
	name, _ := url.PathUnescape(at)
	i := slices.IndexFunc(s.state.Volumes, func(v *Volume) bool { return v.ShortID == name && s.Version >= 30 || v.Name == name && s.Version < 30 })
	if i < 0 {
		return no(404, "Volume not found")
	}
	list := []map[string]any{}
	for name, size := range s.state.Volumes[i].Files {
		list = append(list, map[string]any{"name": name, "path": "/" + name, "type": "file", "size": size, "modifiedAt": 1})
	}
	return ok(map[string]any{"files": list, "path": "/"})
}

package zerobytetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settle brings what is under way to its end, if that has come. Called with mu held.
func (s *Server) settle(now time.Time) {
	for _, j := range s.state.Jobs {
		if j.Status != "in_progress" || j.began.IsZero() || now.Before(j.began.Add(j.Takes)) {
			continue
		}
		end := j.began.Add(j.Takes)
		how, why, _ := strings.Cut(j.Ends, ": ")
		j.Status, j.Error, j.Last, j.Next = how, why, end, end.Add(24*time.Hour)
		if how != "error" && j.Bytes >= 0 {
			s.number++
			s.state.Snapshots = append(s.state.Snapshots, &Snapshot{ID: fmt.Sprintf("%08x", 0xabc00000+s.number), Repository: j.Repository, At: j.began, Bytes: j.Bytes, Tags: []string{j.ShortID}})
		}
		if j.task != nil {
			j.task.Status = map[string]string{"error": "failed"}[how]
			if j.task.Status == "" {
				j.task.Status = "succeeded"
			}
			if j.task.Error = why; how == "warning" {
				j.task.Error, j.task.Warning = "", why
			}
		}
		j.began, j.task = time.Time{}, nil
	}
	for _, t := range s.state.Tasks {
		if t.Kind == "restore" && t.Status == "running" && !now.Before(t.Began.Add(t.Takes)) {
			t.Status = "succeeded"
			if s.state.Restore != "" {
				t.Status, t.Error = "failed", s.state.Restore
			} else {
				s.state.Folders = append(s.state.Folders, t.target)
			}
		}
	}
}

// job finds a job by what stands for it in paths: its number before there were short ids there.
func (s *Server) job(at string) *Job {
	i := slices.IndexFunc(s.state.Jobs, func(j *Job) bool {
		if s.Version < 30 {
			return strconv.Itoa(j.ID) == at
		}
		return j.ShortID == at
	})
	if i < 0 {
		return nil
	}
	return s.state.Jobs[i]
}

func (s *Server) oneJob(at string) answer {
	j := s.job(at)
	if j == nil {
		return no(404, "Backup schedule not found")
	}
	return ok(s.showJob(j))
}

// run starts a job, or does not and says yes all the same, as the old versions do.
func (s *Server) run(at string, now time.Time) answer {
	j, old := s.job(at), s.Version < 42
	yes := ok(map[string]bool{"success": true})
	switch {
	case j == nil && s.Version < 30:
		return yes // it runs a job with the number NaN, and throws the error away
	case j == nil:
		return no(404, "Backup schedule not found")
	case j.Status == "in_progress" && old:
		return yes
	case j.Status == "in_progress":
		return no(409, "Backup is already in progress")
	case j.Ends == "never":
		if old {
			return yes
		}
		return no(409, "Backup is already in progress")
	}
	if v := s.state.Volume(j.Volume); v.Status != "mounted" {
		j.Status, j.Error, j.Last = "error", "Volume is not mounted", now
		if old {
			return yes
		}
		return answer{code: 202, body: map[string]string{"taskId": s.task("backup", "failed", "Volume is not mounted", now).ID, "status": "started"}}
	}
	j.Status, j.Error, j.began = "in_progress", "", now
	if old {
		return yes
	}
	j.task = s.task("backup", "running", "", now)
	j.task.Takes = j.Takes
	return answer{code: 202, body: map[string]string{"taskId": j.task.ID, "status": "started"}}
}

func (s *Server) task(kind, status, why string, now time.Time) *Task {
	s.number++
	t := &Task{ID: fmt.Sprintf("task-%d", s.number), Kind: kind, Status: status, Error: why, Began: now}
	s.state.Tasks = append(s.state.Tasks, t)
	return t
}

func (s *Server) oneTask(id string, now time.Time) answer {
	i := slices.IndexFunc(s.state.Tasks, func(t *Task) bool { return t.ID == id })
	if i < 0 {
		return no(404, "Task not found")
	}
	t := s.state.Tasks[i]
	body := map[string]any{"id": t.ID, "kind": t.Kind, "status": t.Status, "error": null(t.Error), "progress": nil, "result": nil, "cancellationRequested": false, "createdAt": t.Began.UnixMilli()}
	if t.Status == "running" && t.Takes > 0 {
		done := now.Sub(t.Began).Seconds() / t.Takes.Seconds()
		body["progress"] = map[string]any{"kind": t.Kind, "progress": map[string]any{"message_type": "status", "percent_done": done, "total_bytes": 1000000, "bytes_done": int(done * 1000000), "bytes_restored": int(done * 1000000)}}
	}
	if t.Status == "succeeded" && t.Kind == "backup" {
		body["result"] = map[string]any{"kind": "backup", "exitCode": map[bool]int{false: 0, true: 3}[t.Warning != ""], "result": nil, "warningDetails": null(t.Warning)}
	}
	if t.Status == "succeeded" && t.Kind == "restore" {
		body["result"] = map[string]any{"kind": "restore", "result": map[string]any{"message_type": "summary", "files_restored": t.files, "files_skipped": 0, "bytes_restored": 1000000}}
	}
	return ok(body)
}

// restore does what it is asked to, in the worst reading of it.
func (s *Server) restore(r *http.Request, now time.Time) (answer, time.Duration) {
	var o struct {
		Snapshot  string   `json:"snapshotId"`
		Include   []string `json:"include"`
		Target    string   `json:"targetPath"`
		Overwrite string   `json:"overwrite"`
		Delete    bool     `json:"delete"`
	}
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil || o.Snapshot == "" {
		return no(400, "Invalid body"), 0
	}
	if clean := path.Clean(o.Target); o.Target == "" || clean == "/" || !path.IsAbs(clean) {
		s.blame("a restore without a target: over the live files")
	}
	if o.Delete {
		s.blame("a restore that deletes what is in its target")
	}
	if o.Overwrite != "never" {
		s.blame("a restore that overwrites what is in its target")
	}
	if !slices.ContainsFunc(s.state.Snapshots, func(n *Snapshot) bool { return n.ID == o.Snapshot }) {
		return no(404, "Snapshot not found"), 0
	}
	files := 0
	for name := range s.state.Files {
		if len(o.Include) == 0 || slices.ContainsFunc(o.Include, func(p string) bool { return name == p || strings.HasPrefix(name, p+"/") }) {
			files++
		}
	}
	if s.Version < 41 {
		if s.state.Restore != "" {
			return no(500, s.state.Restore), s.state.RestoreTakes
		}
		s.state.Folders = append(s.state.Folders, o.Target)
		return ok(map[string]any{"success": true, "message": "Snapshot restored successfully", "filesRestored": files, "filesSkipped": 0}), s.state.RestoreTakes
	}
	t := s.task("restore", "running", "", now)
	t.Takes, t.target, t.files = s.state.RestoreTakes, o.Target, files
	return answer{code: 202, body: map[string]string{"restoreId": t.ID, "status": "started"}}, 0
}

func (s *Server) browse(at string) answer {
	list := []map[string]any{}
	for _, f := range s.state.Folders {
		if path.Dir(f) == path.Clean(at) {
			list = append(list, map[string]any{"name": path.Base(f), "path": f, "type": "directory"})
		}
	}
	if len(list) == 0 {
		return no(500, "Failed to browse filesystem: ENOENT: no such file or directory")
	}
	return ok(map[string]any{"directories": list, "path": at})
}

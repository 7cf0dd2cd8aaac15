package zerobyte

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// millis is a time as Zerobyte writes it, in Unix milliseconds; 0 and null are never.
type millis int64

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m))
}

// A job is a backup schedule. Only what is needed is read: volumes and repositories carry credentials.
type job struct {
	ID         int        `json:"id"`
	ShortID    string     `json:"shortId"`
	Name       string     `json:"name"`
	Enabled    bool       `json:"enabled"`
	Cron       string     `json:"cronExpression"`
	Keep       *Retention `json:"retentionPolicy"`
	LastAt     millis     `json:"lastBackupAt"`
	Status     string     `json:"lastBackupStatus"` // success, error, in_progress, warning; "" before the first
	Error      string     `json:"lastBackupError"`
	NextAt     millis     `json:"nextBackupAt"`
	Volume     volume     `json:"volume"`
	Repository repository `json:"repository"`
}

type volume struct {
	ID      int    `json:"id"`
	ShortID string `json:"shortId"`
	Name    string `json:"name"`
	Type    string `json:"type"`   // directory, nfs, smb, webdav, rclone, sftp
	Status  string `json:"status"` // mounted, unmounted, error
	Error   string `json:"lastError"`
	Config  struct {
		Path string `json:"path"` // of a directory, on Zerobyte's machine
	} `json:"config"`
}

type repository struct {
	ID      string `json:"id"`
	ShortID string `json:"shortId"`
	Name    string `json:"name"`
	Type    string `json:"type"`   // s3, local, rest, rclone, …
	Status  string `json:"status"` // healthy, error, unknown, doctor, cancelled
	Error   string `json:"lastError"`
}

// address is what stands for the repository in paths.
func (r repository) address() string {
	if r.ShortID != "" {
		return r.ShortID
	}
	return r.ID
}

// A snapshot is one backup in a repository.
type snapshot struct {
	ID    string   `json:"short_id"`
	At    millis   `json:"time"`
	Paths []string `json:"paths"`
	Bytes int64    `json:"size"` // 0 is not known
	Tags  []string `json:"tags"` // the short id of the job that made it is one of them
}

// A task is something that Zerobyte does for a while, from 0.41 on.
type task struct {
	Status   string `json:"status"`  // queued, running, cancelling, cancelled, succeeded, failed, stale
	Outcome  string `json:"outcome"` // success, warning, error, cancelled, stale; not in every version
	Error    string `json:"error"`
	Progress *struct {
		Progress struct {
			Done      float64 `json:"percent_done"`
			Bytes     int64   `json:"total_bytes"`
			DoneBytes int64   `json:"bytes_done"`
			Restored  int64   `json:"bytes_restored"`
		} `json:"progress"`
	} `json:"progress"`
	Result *struct {
		Exit    int     `json:"exitCode"`
		Warning *string `json:"warningDetails"`
		Result  *struct {
			Files    int   `json:"files_restored"`
			Skipped  int   `json:"files_skipped"`
			Restored int64 `json:"bytes_restored"`
		} `json:"result"`
	} `json:"result"`
}

func (s *System) jobs(ctx context.Context) (list []job, err error) {
	return list, s.get(ctx, "/api/v1/backups", &list)
}

func (s *System) volumes(ctx context.Context) (list []volume, err error) {
	return list, s.get(ctx, "/api/v1/volumes", &list)
}

func (s *System) repositories(ctx context.Context) (list []repository, err error) {
	return list, s.get(ctx, "/api/v1/repositories", &list)
}

// snapshots lists what is in a repository, newest first; of one job only, if that is not "".
func (s *System) snapshots(ctx context.Context, r repository, job string) (list []snapshot, err error) {
	path := "/api/v1/repositories/" + url.PathEscape(r.address()) + "/snapshots"
	if job != "" {
		path += "?backupId=" + url.QueryEscape(job)
	}
	err = s.get(ctx, path, &list)
	slices.SortStableFunc(list, func(a, b snapshot) int { return int(min(max(b.At-a.At, -1), 1)) })
	return list, err
}

// find finds a job by its name or short id, and what stands for it in paths. Early versions take its number there, and
// answer 200 to a run of something else, in which nothing runs.
func (s *System) find(ctx context.Context, name string) (job, string, error) {
	all, err := s.jobs(ctx)
	if err != nil {
		return job{}, "", err
	}
	e := &ops.Error{Kind: ops.NotFound, Param: "job", Say: ops.T("Zerobyte has no job %s.", "Zerobyte n’a pas de tâche %s.", ops.Name(clip(name, 60)))}
	for _, j := range all {
		if strings.EqualFold(j.Name, name) || j.ShortID != "" && j.ShortID == name {
			at, err := s.address(ctx, j)
			return j, at, err
		}
		e.Choices = append(e.Choices, ops.Choice{Value: j.Name})
	}
	return job{}, "", e
}

// address asks by the short id first, then by the number.
func (s *System) address(ctx context.Context, j job) (at string, err error) {
	for _, at := range []string{j.ShortID, strconv.Itoa(j.ID)} {
		if at == "" {
			continue
		}
		var same job
		if err = s.get(ctx, "/api/v1/backups/"+url.PathEscape(at), &same); err == nil && same.ID == j.ID {
			return at, nil
		}
	}
	if err != nil && ops.KindOf(err) != ops.NotFound {
		return "", err
	}
	return "", ops.Fail(ops.Unavailable, ops.T("Zerobyte lists the job %s and does not find it: it is just being changed, or this version is not known to me", "Zerobyte liste la tâche %s et ne la trouve pas : elle est en cours de modification, ou cette version m’est inconnue", ops.Name(j.Name)), nil)
}

// tag is what marks the job's snapshots.
func (j job) tag() string { return cmp.Or(j.ShortID, strconv.Itoa(j.ID)) }

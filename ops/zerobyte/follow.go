package zerobyte

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"vigie/ops"
)

const (
	// beginsIn is how long after its yes Zerobyte may take to begin: it mounts the volume first.
	beginsIn = 2 * time.Minute
	// lostFor is how long Zerobyte may not answer before nobody knows how a run goes: twice its window of too many requests.
	lostFor = 10 * time.Minute
)

// pace is how long apart looks are: close at first, then four a minute, for the sake of the limit that all clients share.
func pace(since time.Duration) time.Duration {
	if since < time.Minute {
		return 5 * time.Second
	}
	return 15 * time.Second
}

// run starts the job and follows it to its end. One that is running already is only followed: started again after a crash,
// it makes no second backup.
func (s *System) run(ctx context.Context, a runArgs) error {
	var now job
	if err := s.get(ctx, "/api/v1/backups/"+url.PathEscape(a.At), &now); err != nil {
		return err
	}
	if now.Status == "in_progress" {
		return s.followJob(ctx, a, now)
	}
	got, err := s.post(ctx, "/api/v1/backups/"+url.PathEscape(a.At)+"/run", struct{}{}, askTime)
	if err != nil {
		return err
	}
	switch got.code {
	case http.StatusConflict: // somebody else was faster
		return s.followJob(ctx, a, now)
	case http.StatusOK, http.StatusAccepted:
	default:
		return s.refusal(got)
	}
	var started struct {
		Task string `json:"taskId"`
	}
	if err := json.Unmarshal(got.body, &started); err == nil && started.Task != "" {
		return s.followTask(ctx, a, started.Task)
	}
	return s.followJob(ctx, a, now)
}

// followJob waits until the job has ended a run that had not ended at before: all that versions without tasks tell.
func (s *System) followJob(ctx context.Context, a runArgs, before job) error {
	begun, seen := time.Now(), before.Status == "in_progress"
	heard := begun
	for {
		if err := nap(ctx, pace(time.Since(begun))); err != nil {
			return err
		}
		var now job
		if err := s.get(ctx, "/api/v1/backups/"+url.PathEscape(a.At), &now); err != nil {
			if time.Since(heard) > lostFor || ops.KindOf(err) == ops.NotFound {
				return s.lostSight(a, err)
			}
			continue
		}
		heard = time.Now()
		switch {
		case now.Status == "in_progress":
			seen = true
			ops.Progress(ctx, ops.T("running for %s", "en cours depuis %s", ops.Since(begun)))
		case now.LastAt != before.LastAt || seen:
			return s.ended(ctx, now.Status, s.said(now), a)
		case time.Since(begun) > beginsIn:
			return ops.Fail(ops.Failed, ops.T("Zerobyte said yes and did not begin %s in %s: it skips a run where another is in the way. Its own log says more.", "Zerobyte a dit oui et n’a pas commencé %s en %s : il saute une exécution quand une autre gêne. Son journal en dit plus.",
				ops.Name(a.Job), ops.Span(beginsIn)), nil)
		default:
			ops.Progress(ctx, ops.T("waiting for it to begin", "en attente du début"))
		}
	}
}

// followTask waits until a task has ended.
func (s *System) followTask(ctx context.Context, a runArgs, id string) error {
	t, err := s.waitFor(ctx, id)
	if err != nil {
		if ops.KindOf(err) == ops.NotFound { // this version has no tasks after all
			return s.followJob(ctx, a, job{LastAt: a.LastAt})
		}
		return s.lostSight(a, err)
	}
	status, why := "error", clip(ops.Clean(s.hide(t.Error)), 600)
	switch {
	case t.Status == "succeeded" && t.Result != nil && t.Result.Warning != nil:
		status, why = "warning", clip(ops.Clean(s.hide(*t.Result.Warning)), 600)
	case t.Status == "succeeded" && (t.Outcome == "warning" || t.Result != nil && t.Result.Exit == 3):
		status = "warning"
	case t.Status == "succeeded" && (t.Outcome == "" || t.Outcome == "success"):
		status = "success"
	case t.Status == "cancelled":
		why = "cancelled"
	}
	return s.ended(ctx, status, why, a)
}

// waitFor looks at a task until it has ended.
func (s *System) waitFor(ctx context.Context, id string) (task, error) {
	begun := time.Now()
	for heard := begun; ; {
		if err := nap(ctx, pace(time.Since(begun))); err != nil {
			return task{}, err
		}
		var t task
		if err := s.get(ctx, "/api/v1/tasks/"+url.PathEscape(id), &t); err != nil {
			if time.Since(heard) > lostFor || ops.KindOf(err) == ops.NotFound {
				return t, err
			}
			continue
		}
		heard = time.Now()
		switch t.Status {
		case "succeeded", "failed", "cancelled", "stale":
			return t, nil
		case "queued":
			ops.Progress(ctx, ops.T("waiting for its turn", "en attente de son tour"))
		default:
			ops.Progress(ctx, t.progress(time.Since(begun)))
		}
	}
}

// progress says how far a task is.
func (t task) progress(since time.Duration) ops.Text {
	running := ops.T("running for %s", "en cours depuis %s", ops.Span(since))
	if t.Progress == nil || t.Progress.Progress.Bytes == 0 {
		return running
	}
	p := t.Progress.Progress
	return ops.T("%d %%, %s of %s", "%d %%, %s sur %s", int(100*min(max(p.Done, 0), 1)), ops.Size(max(p.DoneBytes, p.Restored)), ops.Size(p.Bytes))
}

// ended says how a run came out. A warning is a snapshot that lacks something: the run goes on to its proof, which says so.
func (s *System) ended(ctx context.Context, status, why string, a runArgs) error {
	switch status {
	case "success":
		ops.Progress(ctx, ops.T("Zerobyte calls it a success", "Zerobyte parle de succès"))
		return nil
	case "warning":
		ops.Progress(ctx, ops.T("%s partial: %s", "%s partielle : %s", ops.AtRisk, quoted(clip(why, 200))))
		return nil
	}
	return ops.Fail(ops.Failed, ops.T("%s failed: %s", "%s a échoué : %s", ops.Name(a.Job), quoted(clip(why, 300))), nil)
}

func (s *System) lostSight(a runArgs, err error) error {
	return ops.Fail(ops.Unknown, ops.T("%s was begun, and Zerobyte has not answered since: %s", "%s a commencé, et Zerobyte ne répond plus depuis : %s", ops.Name(a.Job), ops.SayOf(err)), err)
}

// prove looks for the snapshot in the repository, and says whether it is whole.
func (s *System) prove(ctx context.Context, a runArgs) error {
	repo := repository{ShortID: a.RepoAt}
	found, err := s.fresh(ctx, repo, a)
	if err == nil && found.ID == "" { // it keeps a list, perhaps from before
		if _, err = s.post(ctx, "/api/v1/repositories/"+url.PathEscape(a.RepoAt)+"/snapshots/refresh", struct{}{}, askTime); err == nil {
			found, err = s.fresh(ctx, repo, a)
		}
	}
	if err != nil {
		return err
	}
	if found.ID == "" {
		return ops.Fail(ops.Failed, ops.T("there is no new snapshot of %s in %s", "il n’y a pas de nouveau cliché de %s dans %s", ops.Name(a.Job), ops.Name(a.Repository)), nil)
	}
	var now job
	if err := s.get(ctx, "/api/v1/backups/"+url.PathEscape(a.At), &now); err != nil {
		return err
	}
	proof := ops.T("snapshot %s, %s old", "cliché %s, vieux de %s", ops.Name(found.ID), ops.Since(found.At.time()))
	if found.Bytes > 0 {
		proof = ops.Join(", ", proof, ops.T("%s", "%s", ops.Size(found.Bytes)))
	}
	if now.Status == "warning" {
		proof = ops.T("%s %s; it lacks something: %s", "%s %s ; il y manque quelque chose : %s", ops.AtRisk, proof, quoted(clip(s.said(now), 200)))
	}
	ops.Progress(ctx, proof)
	return nil
}

// fresh is the job's newest snapshot, if it was not there before.
func (s *System) fresh(ctx context.Context, r repository, a runArgs) (snapshot, error) {
	list, err := s.snapshots(ctx, r, a.Tag)
	if err != nil || len(list) == 0 || list[0].ID == a.Newest || list[0].At < a.NewestAt {
		return snapshot{}, err
	}
	return list[0], nil
}

func nap(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

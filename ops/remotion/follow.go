package remotion

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"vigie/ops"
)

const (
	lookEvery = 2 * time.Second
	lostFor   = 10 * time.Minute // how long Remotion may not answer before nobody knows how a render goes
	// stuckAfter is how long progress may stand still before it is said: at 1080p a render that runs out of memory stalls.
	stuckAfter = 5 * time.Minute
)

// A state is how a render goes.
type state struct {
	Status   string  `json:"status"`   // queued, in-progress, completed, failed, cancelled
	Progress float64 `json:"progress"` // 0 to 1
	Video    string  `json:"videoUrl"`
	Error    any     `json:"error"`
}

func (s *System) state(ctx context.Context, id string) (st state, err error) {
	got, err := s.send(ctx, http.MethodGet, "/renders/"+url.PathEscape(id), nil)
	if err != nil {
		return st, err
	}
	if got.code != http.StatusOK {
		return st, s.refusal(got)
	}
	if json.Unmarshal(got.body, &st) != nil {
		return st, ops.Fail(ops.Unavailable, ops.T("what answers in Remotion's place says nothing that I can read", "ce qui répond à la place de Remotion dit des choses illisibles"), nil)
	}
	return st, nil
}

// follow waits until the render is over, tells how it goes, and looks at the video.
func (s *System) follow(ctx context.Context, work string) error {
	id, err := s.named(ctx, work)
	if err != nil {
		return err
	}
	if id == "" {
		return ops.Fail(ops.Unavailable, ops.T("I do not know what Remotion calls it, so nobody can tell how it went", "je ne sais pas comment Remotion l’appelle, donc personne ne peut dire où il en est"), nil)
	}
	heard, moved, at := time.Now(), time.Now(), -1.0
	for {
		st, err := s.state(ctx, id)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case ops.KindOf(err) == ops.NotFound:
			return ops.Fail(ops.Failed, ops.T("Remotion no longer knows it: it was restarted, and keeps its queue in memory only. If that was for lack of memory (exit 137), render smaller.", "Remotion ne le connaît plus : il a redémarré, et ne garde sa file qu’en mémoire. Si c’était par manque de mémoire (code 137), rends plus petit."), nil)
		case err != nil && time.Since(heard) > lostFor:
			return ops.Fail(ops.Unavailable, ops.SayOf(err), err)
		case err != nil:
			ops.Progress(ctx, ops.T("Remotion does not answer; I keep asking", "Remotion ne répond pas ; j’insiste"))
		case st.Status == "completed":
			return s.proveVideo(ctx, st)
		case st.Status == "failed", st.Status == "cancelled":
			return st.failed()
		default:
			heard = time.Now()
			if st.Progress != at {
				at, moved = st.Progress, heard
			}
			ops.Progress(ctx, st.says(time.Since(moved)))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(lookEvery):
		}
	}
}

func (st state) says(still time.Duration) ops.Text {
	switch {
	case st.Status == "queued":
		return ops.T("waiting for its turn", "attend son tour")
	case still > stuckAfter:
		return ops.T("at %d %% for %s: a render that stands still has often run out of memory", "à %d %% depuis %s : un rendu qui n’avance plus manque souvent de mémoire", int(100*st.Progress), ops.Span(still))
	}
	return ops.T("%d %% rendered", "%d %% rendu", int(100*st.Progress))
}

var lacksMemory = regexp.MustCompile(`(?i)out of memory|heap limit|exit code 137|SIGKILL|Target closed`)

// failed says why a render is over without a video. Remotion calls one that was cancelled while it ran failed, too.
func (st state) failed() error {
	words, _ := st.Error.(string)
	if raw, err := json.Marshal(st.Error); words == "" && err == nil && st.Error != nil {
		words = string(raw)
	}
	switch {
	case st.Status == "cancelled":
		return ops.Fail(ops.Failed, ops.T("somebody cancelled it", "quelqu’un l’a annulé"), nil)
	case lacksMemory.MatchString(words):
		return ops.Fail(ops.Failed, ops.T("Remotion ran out of memory: render at a lower resolution, or give its container more. It said: %s", "Remotion a manqué de mémoire : rends en plus petite résolution, ou donne plus à son conteneur. Il a dit : %s", ops.Name(clip(ops.Clean(words), 160))), nil)
	}
	return ops.Fail(ops.Failed, ops.T("Remotion failed: %s", "Remotion a échoué : %s", ops.Name(clip(ops.Clean(words), 200))), nil)
}

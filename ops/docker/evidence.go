package docker

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// evidence looks closely enough to plan: the container and its image, not its log or use.
func (s *Stack) evidence(ctx context.Context, v view, r row) (evidence, error) {
	e := evidence{row: r, needs: v.needs(r), env: r.envWritten(), file: v.written(r.file)}
	if r.box == nil {
		return e, nil
	}
	d, err := s.Host.Inspect(ctx, r.id())
	if err != nil {
		return e, err
	}
	e.row, e.d = r.with(d), d
	if r.want == nil {
		e.env = lastWritten(d.EnvFiles)
	}
	if ref := r.ref(); ref != "" {
		if e.local, err = s.Host.Image(ctx, ref); err != nil && ops.KindOf(err) != ops.NotFound && ops.KindOf(err) != ops.Denied {
			return e, err
		}
	}
	return e, nil
}

// gather looks at one service from every side at the same time. Only the container itself must answer; the rest
// is left out where it does not come in time.
func (s *Stack) gather(ctx context.Context, v view, r row, measure bool) (evidence, error) {
	e, err := s.evidence(ctx, v, r)
	if err != nil || r.box == nil {
		return e, err
	}
	ctx, cancel := context.WithTimeout(ctx, closeLimit)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() {
		e.lines, _ = s.Host.Logs(ctx, r.id(), LogQuery{Lines: 200, Bytes: 256 << 10}) // no log, no quote
	})
	group.Go(func() { e.image, _ = s.Host.Image(ctx, e.d.ImageID) })
	if measure && e.d.State == "running" {
		group.Go(func() {
			use, err := s.Host.Stats(ctx, e.d.ID)
			if u, ok := use[e.d.ID]; ok && err == nil {
				e.usage, e.measured = u, true
			}
		})
	}
	group.Wait()
	return e, nil
}

// written is when the compose file at path was last written.
func (v view) written(path string) time.Time {
	if i := slices.IndexFunc(v.files, func(f File) bool { return f.Path == path && path != "" }); i >= 0 {
		return v.files[i].Modified
	}
	return time.Time{}
}

// envWritten is when the newest of the service's env files was last written; zero where none can be read.
func (r row) envWritten() time.Time {
	if r.want == nil {
		return time.Time{}
	}
	return lastWritten(r.want.EnvFiles)
}

func lastWritten(files []string) (at time.Time) {
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}

// moved reports whether its image's name stands for another image by now, or its file asks for another name.
func (e evidence) moved() bool {
	if e.box == nil {
		return false
	}
	renamed := e.want != nil && e.want.Image != "" && e.box.Image != e.want.Image && !strings.HasPrefix(e.box.Image, "sha256:")
	return renamed || e.local.ID != "" && e.d.ImageID != "" && e.local.ID != e.d.ImageID
}

// changed says what changed since the container was made that only a recreate applies; nothing if nothing did.
func (e evidence) changed() ops.Text {
	switch {
	case e.box == nil:
		return ops.Text{}
	case e.stale():
		return ops.T("its env file was changed %s ago, after the container was made", "son fichier env a changé il y a %s, après la création du conteneur", ops.Since(e.env))
	case e.moved():
		return ops.T("there is another image for it by now", "il y a maintenant une autre image pour lui")
	case e.file.After(e.d.Created) && e.file.Before(time.Now()):
		return ops.T("its compose file was changed %s ago, after the container was made", "son fichier compose a changé il y a %s, après la création du conteneur", ops.Since(e.file))
	}
	return ops.Text{}
}

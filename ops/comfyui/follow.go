package comfyui

import (
	"context"
	"time"

	"vigie/ops"
)

const (
	lookEvery = 2 * time.Second
	// settles is how long after it told of its end a job may take to come into the history.
	settles = 100 * time.Millisecond
	// lostFor is how long ComfyUI may not answer before nobody knows how a job goes: it starts in 2 min, and a Pi that swaps is slow.
	lostFor = 10 * time.Minute
	// goneAfter is how many looks on end a job must be missing from queue and history: between the two it is in neither.
	goneAfter = 3
)

// follow waits until job id is over, tells how it goes, and reads back what it made.
func (s *System) follow(ctx context.Context, id string, d drawing) error {
	listening, stop := context.WithCancel(ctx)
	events, ended := make(chan event), make(chan struct{})
	go func() { // waited for below
		defer close(ended)
		s.listen(listening, id, events)
	}()
	defer func() { stop(); <-ended; s.keepPreview(id, ops.File{}) }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	heard, missing, steps := time.Now(), 0, ops.Text{}
	for {
		over, place, err := s.look(ctx, id, d)
		switch {
		case over:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && time.Since(heard) > lostFor:
			return ops.Fail(ops.Unavailable, ops.T("ComfyUI has not answered for %s: %s", "ComfyUI ne répond plus depuis %s : %s", ops.Since(heard), ops.SayOf(err)), err)
		case err != nil:
			ops.Progress(ctx, ops.T("ComfyUI does not answer; I keep asking", "ComfyUI ne répond pas ; j’insiste"))
		default:
			heard = time.Now()
			if place.missing {
				missing++
			} else {
				missing = 0
				ops.Progress(ctx, place.says(steps))
			}
			if missing >= goneAfter {
				return errLost()
			}
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-tick.C:
				waiting = false
			case e := <-events:
				if steps, waiting = s.noteEvent(ctx, id, e, steps); !waiting {
					if err := pause(ctx, settles); err != nil {
						return err
					}
				}
			}
		}
	}
}

// noteEvent tells people what the websocket told; waiting is false when it is time to look.
func (s *System) noteEvent(ctx context.Context, id string, e event, steps ops.Text) (_ ops.Text, waiting bool) {
	switch e.Type {
	case "progress":
		if e.Max > 0 {
			steps = ops.T("step %d of %d (%d %%)", "pas %d sur %d (%d %%)", e.Value, e.Max, 100*e.Value/e.Max)
			ops.Progress(ctx, where{running: true}.says(steps))
		}
	case "preview":
		s.keepPreview(id, e.File)
		ops.Glimpse(ctx, e.File)
	case "execution_success", "execution_error", "execution_interrupted":
		return steps, false
	case "executing": // with no node, in older versions: the end
		return steps, e.Node != ""
	}
	return steps, true
}

// where is where a job is.
type where struct {
	missing, running bool
	place, of        int
}

func (w where) says(steps ops.Text) ops.Text {
	switch {
	case !w.running:
		return ops.T("waiting, %d before it", "en attente, %d avant elle", w.place)
	case steps.IsZero():
		return ops.T("drawing", "en train de dessiner")
	}
	return ops.T("drawing, %s", "en train de dessiner, %s", steps)
}

// look asks once: over tells that it ended, and err how.
func (s *System) look(ctx context.Context, id string, d drawing) (over bool, at where, err error) {
	// The queue before the history: a job leaves the one and enters the other.
	q, err := s.queue(ctx)
	if err != nil {
		return false, at, err
	}
	if j, ok := q.find(id); ok {
		return false, where{running: j.Running, place: j.Place}, nil
	}
	r, ok, err := s.over(ctx, id)
	if err != nil || !ok {
		return false, where{missing: true}, err
	}
	if r.Status.How == "error" {
		return true, at, r.failed()
	}
	return s.readBack(ctx, r, d)
}

// readBack fetches every picture of a job and holds it to what was asked for.
func (s *System) readBack(ctx context.Context, r record, d drawing) (over bool, at where, err error) {
	images := r.images()
	if len(images) == 0 {
		return true, at, r.empty()
	}
	bytes, empty := 0, false
	for _, i := range images {
		f, w, h, err := s.fetch(ctx, i)
		empty = empty || oneColour(f)
		if ops.KindOf(err) == ops.Unavailable || ctx.Err() != nil {
			return false, at, err
		}
		if err != nil {
			return true, at, err
		}
		if d.Width > 0 && d.Height > 0 && (int64(w) != d.Width || int64(h) != d.Height) {
			return true, at, ops.Fail(ops.Failed, ops.T("%s is %d×%d, not the %d×%d that was asked for", "%s fait %d×%d, pas les %d×%d demandés", ops.Name(clip(i.File, 60)), w, h, d.Width, d.Height), nil)
		}
		bytes += len(f.Data)
	}
	if int64(len(images)) < d.Count {
		return true, at, ops.Fail(ops.Failed, ops.T("%s came of the %d that were asked for", "%s sur les %d demandées", picturesOf(len(images)), d.Count), nil)
	}
	told := ops.T("%s, read back whole, %s", "%s en entier, %s", ops.Count{N: len(images), EnOne: "picture", EnMany: "pictures", FrOne: "image relue", FrMany: "images relues"}, ops.Size(bytes))
	if empty {
		told = ops.Join(" · ", told, allOneColour())
	}
	ops.Progress(ctx, told)
	return true, at, nil
}

// keepPreview keeps the newest preview of a job, for /queue; an empty one forgets it.
func (s *System) keepPreview(id string, f ops.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(f.Data) == 0 {
		delete(s.previews, id)
		return
	}
	s.previews[id] = f
}

func (s *System) preview(id string) (ops.File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.previews[id]
	return f, ok
}

package docker

import (
	"context"
	"crypto/rand"
	"sync"

	"github.com/docker/docker/api/types"

	"vigie/ops"
)

// markName is the variable by which a program is found again inside of its container, with all that it started.
const markName = "VIGIE_EXEC"

// A process is one program under way in a container.
type process struct {
	e    *Engine
	x    Exec
	box  Detail // the container
	id   string // Docker's, of this program
	mark string
}

func (p *process) call() call {
	return call{doing: doExec, needs: "POST=1 CONTAINERS=1 EXEC=1", what: containerNoun, object: p.box.Name}
}

// Exec implements [Inside].
func (e *Engine) Exec(ctx context.Context, container string, x Exec) (int, error) {
	if err := x.check(); err != nil {
		return -1, err
	}
	d, err := e.Inspect(ctx, container)
	if err != nil {
		return -1, err
	}
	p := &process{e: e, x: x, box: d, mark: rand.Text()}
	pipe, err := p.begin(ctx)
	if ops.KindOf(err) == ops.Unknown { // it may run, and nobody hears it
		p.end(ctx)
	}
	if err != nil {
		return -1, err
	}
	return p.attend(ctx, pipe)
}

// attend feeds and hears the program until it has ended. Whatever goes wrong on our side, the program is ended before the
// connection: it must not take that for the end of its input.
func (p *process) attend(ctx context.Context, pipe types.HijackedResponse) (int, error) {
	in, out := &source{r: p.x.Stdin}, p.speech(ctx)
	fed, heard := make(chan error, 1), make(chan error, 1)
	var group sync.WaitGroup
	group.Go(func() { fed <- sendAll(&pipe, in) }) // both waited for in hangUp
	group.Go(func() { heard <- out.hear(pipe.Reader) })
	hangUp := func() {
		pipe.Close()
		group.Wait()
	}
	for unfed, waiting := true, fed; ; {
		select {
		case err := <-waiting:
			unfed, waiting = err != nil, nil
			if in.err != nil {
				return -1, p.halfway(p.stop(ctx, hangUp), ourInput(in.err))
			}
		case err := <-heard:
			if cause := out.failed(); cause != nil {
				return -1, p.halfway(p.stop(ctx, hangUp), ourOutput(cause))
			}
			hangUp()
			if waiting != nil {
				unfed = <-waiting != nil
			}
			if in.err != nil {
				return -1, p.halfway(p.end(ctx), ourInput(in.err))
			}
			return p.outcome(ctx, err, out, unfed)
		case <-ctx.Done():
			return -1, p.halfway(p.stop(ctx, hangUp), ctx.Err())
		}
	}
}

// outcome says how it went once nothing more is heard: err is why.
func (p *process) outcome(ctx context.Context, err error, out *speech, unfed bool) (int, error) {
	if err != nil {
		return -1, p.cutOff(p.end(ctx), err)
	}
	s := p.over(ctx, endLimit)
	switch {
	case ctx.Err() != nil && s.still:
		return -1, p.halfway(p.end(ctx), ctx.Err())
	case s.still: // its streams ended and it did not: they were cut
		return -1, p.cutOff(p.end(ctx), s.err)
	case s.err != nil:
		return -1, p.cutOff(s, s.err)
	case out.refused() || s.unborn:
		return -1, p.noProgram(out.words(), s.exit)
	case unfed && s.exit == 0 && !p.x.Tail:
		return 0, ops.Fail(ops.Unknown, ops.T("%s in %s ended with 0 and had not taken all that it was given: its input may have been cut off.",
			"%s dans %s s’est terminé avec 0 sans avoir pris tout ce qu’on lui donnait : son entrée a peut-être été coupée.", p.x.program(), ops.Name(p.box.Name)), nil)
	}
	return s.exit, nil
}

package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"vigie/ops"
)

const (
	// endLimit is how long a program may take to end once its streams have.
	endLimit = 10 * time.Second
	// signalLimit is how long it has to end after a signal.
	signalLimit = 3 * time.Second
)

// ender sends the signal $1 to every process whose environment holds $2. It has the mark as an argument, so it never meets itself.
// What is killed may have started another one just before, which a look at what there was does not show: so it looks again until
// there is none.
const ender = `n=0
while :; do
	found=1
	for f in /proc/[0-9]*/environ; do
		case "$(cat "$f" 2>/dev/null)" in
		*"$2"*) f=${f#/proc/}; kill -"$1" "${f%/environ}" 2>/dev/null && found=0 ;;
		esac
	done
	n=$((n + 1))
	[ "$1" = KILL ] && [ $found = 0 ] && [ $n -lt 50 ] || exit 0
done`

// A state is what is known of a program by now.
type state struct {
	exit   int   // -1 unless it is known
	still  bool  // it may still run
	unborn bool  // it was never started
	err    error // why its exit is not known
}

// end ends the program, in a time of its own: ctx may be over. What it comes to says whether that worked.
func (p *process) end(ctx context.Context) state {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*endLimit)
	defer cancel()
	s := p.now(ctx)
	for _, name := range []string{"TERM", "KILL"} { // the second also for what it started and left behind
		sent := p.signal(ctx, name)
		if s.still {
			s = p.over(ctx, signalLimit)
		}
		if name == "KILL" && sent.id != "" {
			sent.over(ctx, signalLimit) // what it started and left behind is gone then, too
		}
	}
	return s
}

// stop ends the program and then the connection. Where nothing can end it, the connection's end may.
func (p *process) stop(ctx context.Context, hangUp func()) state {
	s := p.end(ctx)
	hangUp()
	if s.still {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
		defer cancel()
		s = p.over(ctx, signalLimit)
	}
	return s
}

// signal runs [ender] beside the program, and leaves that to itself: what it came to is seen in the program. It has no id if it was not
// begun.
func (p *process) signal(ctx context.Context, name string) process {
	id, err := ask(ctx, p.e, p.call(), func(ctx context.Context, api *client.Client) (string, error) {
		made, err := api.ContainerExecCreate(ctx, p.box.ID, container.ExecOptions{User: p.x.User,
			Cmd: []string{"sh", "-c", ender, "sh", name, markName + "=" + p.mark}})
		if err != nil {
			return "", err
		}
		return made.ID, api.ContainerExecStart(ctx, made.ID, container.ExecStartOptions{Detach: true})
	})
	if err != nil {
		id = ""
	}
	return process{e: p.e, box: p.box, x: p.x, id: id}
}

// over waits until the program does not run any more, for at most limit.
func (p *process) over(ctx context.Context, limit time.Duration) state {
	wait := 2 * time.Millisecond
	for begun := time.Now(); ; wait = min(2*wait, 200*time.Millisecond) {
		if s := p.now(ctx); !s.still || time.Since(begun) >= limit || !pause(ctx, wait) {
			return s
		}
	}
}

// now looks at the program once. The engine forgets it with the run of its container: then nobody ever knows its exit.
func (p *process) now(ctx context.Context) state {
	r, err := ask(ctx, p.e, p.call(), func(ctx context.Context, api *client.Client) (container.ExecInspect, error) {
		return api.ContainerExecInspect(ctx, p.id)
	})
	kind := ops.KindOf(err)
	switch {
	case err == nil && (r.Running || r.Pid == 0 && r.ExitCode == 0): // it runs, or is about to
		return state{exit: -1, still: true}
	case err == nil:
		return state{exit: r.ExitCode, unborn: r.Pid == 0}
	case strings.Contains(err.Error(), "is paused"):
		return state{exit: -1, still: true, err: err}
	case kind == ops.NotFound, kind == ops.Failed && strings.Contains(err.Error(), "is not running"):
		return state{exit: -1, err: err}
	}
	return state{exit: -1, still: true, err: err}
}

// halfway is for a program that was ended because of why.
func (p *process) halfway(s state, why error) error {
	name, box := p.x.program(), ops.Name(p.box.Name)
	err := fmt.Errorf("%s: %w", doExec, why)
	var ours *fault
	switch {
	case s.still:
		return ops.Fail(ops.Unknown, ops.T("%s was to be ended in %s and may still run. Look on the host: %s",
			"%s devait être arrêté dans %s et tourne peut-être encore. Regarde sur l’hôte : %s", name, box, ops.Name("docker top "+p.box.Name)), err)
	case s.exit <= 0:
		return ops.Fail(ops.Unknown, ops.T("%s in %s ended while it was being stopped: nobody knows how far it came.",
			"%s dans %s s’est terminé pendant qu’on l’arrêtait : on ne sait pas jusqu’où il est allé.", name, box), err)
	case errors.As(why, &ours):
		return ops.Fail(ops.Failed, ops.T("%s in %s was ended before it had finished: %s", "%s dans %s a été arrêté avant d’avoir fini : %s", name, box, ours.say), err)
	case errors.Is(why, context.DeadlineExceeded):
		return ops.Fail(ops.Failed, ops.T("%s in %s took too long and was ended before it had finished.",
			"%s dans %s a pris trop de temps et a été arrêté avant d’avoir fini.", name, box), err)
	}
	return ops.Fail(ops.Failed, ops.T("%s in %s was stopped before it had finished.", "%s dans %s a été arrêté avant d’avoir fini.", name, box), err)
}

// cutOff is for a program that we lost sight of.
func (p *process) cutOff(s state, err error) error {
	name, box := p.x.program(), ops.Name(p.box.Name)
	if err == nil {
		err = errors.New("its streams ended before it did")
	}
	err = fmt.Errorf("%s: %w", doExec, err)
	if s.still {
		return ops.Fail(ops.Unknown, ops.T("Docker hung up while %s ran in %s. It may still run: look on the host, %s",
			"Docker a raccroché pendant que %s tournait dans %s. Il tourne peut-être encore : regarde sur l’hôte, %s", name, box, ops.Name("docker top "+p.box.Name)), err)
	}
	return ops.Fail(ops.Unknown, ops.T("Docker hung up while %s ran in %s. It does not run any more; nobody knows how far it came.",
		"Docker a raccroché pendant que %s tournait dans %s. Il ne tourne plus ; on ne sait pas jusqu’où il est allé.", name, box), err)
}

// noProgram is for one that never began: words are the engine's.
func (p *process) noProgram(words string, exit int) error {
	name, box := p.x.program(), ops.Name(p.box.Name)
	err := fmt.Errorf("%s: exit %d: %s", doExec, exit, words)
	switch {
	case noExecFile.MatchString(words):
		return ops.Fail(ops.Failed, ops.T("%s has no program %s, or it may not be run there.", "%s n’a pas de programme %s, ou il ne peut pas y être lancé.", box, name), err)
	case strings.Contains(words, "unable to find user"), strings.Contains(words, "unable to find group"):
		return ops.Fail(ops.Failed, ops.T("%s knows no user %s.", "%s ne connaît pas l’utilisateur %s.", box, ops.Name(clip(p.x.User, 40))), err)
	}
	return ops.Fail(ops.Failed, ops.T("Docker could not run %s in %s: %s", "Docker n’a pas pu lancer %s dans %s : %s", name, box, clip(words, 200)), err)
}

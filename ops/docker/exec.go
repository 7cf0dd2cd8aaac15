package docker

import (
	"context"
	"io"
	"path"

	"vigie/ops"
)

// An Exec is a program to be run in a container that runs.
type Exec struct {
	// Argv is the program and its arguments. Docker's events and every list of processes show them: no secret may stand here.
	Argv []string
	Env  []string // NAME=value, over the container's own. Secrets go here
	User string   // "postgres", "999:999"; "" is the container's own
	// Stdin is read to its end, of which the program is then told; nil is none. Exec does not return while a Read is
	// under way, so it must end or fail when ctx ends. A program that ended with 0 and left some unread is
	// told as Unknown, because an input that was cut off looks the same; but see Tail.
	Stdin io.Reader
	// Tail says that the program may leave the end of Stdin unread, because it knows by what it read that it has all it
	// needs: pg_restore does not read what a tar holds after its last table.
	Tail bool
	// Stdout and Stderr get what it writes, from one goroutine; nil drops it. A slow one slows the program down, and
	// nothing is kept in between.
	Stdout, Stderr io.Writer
}

// Inside is what can be done inside of containers, named by id or exact name. [Engine] and [Fake] do it. Its errors are
// [*ops.Error]s, as those of [Host].
type Inside interface {
	// Exec runs a program and waits for its end. A nil error means that its output came whole and that exit is what it
	// ended with (128 and the number of the signal that killed it); with 0 it means that all of Stdin was sent, too. exit is -1
	// unless it is known. Otherwise:
	// NotFound, there is no such container; Invalid, x names no program; Denied, a proxy needs EXEC=1 and more;
	// Unavailable, it was not begun; Failed, the container does not run or has no such program or user, or the program was
	// ended before it had finished, because ctx ended or because Stdin, Stdout or Stderr failed; Unknown, nobody knows how far it
	// came, and Say tells whether it may still run.
	//
	// Docker cannot end what it runs so. The program is given a random mark in its environment, VIGIE_EXEC, and is ended
	// by a shell run beside it as the same user, which sends TERM and then KILL to every process with that mark. It takes
	// an image with sh and cat; in one without, Exec hangs up, which ends what reads its input, and says Unknown if that
	// did not help. The connection is cut only after that, so that no program takes a cut for the end of its input.
	//
	// A proxy between us and the engine that dies in the very last moments of a program can still cut its output or its
	// input unseen: whoever keeps either compares a checksum.
	Exec(ctx context.Context, container string, x Exec) (exit int, err error)

	// ReadFile opens one regular file. It is read as it is while it changes; a read ends with an error where the engine
	// hung up in the middle. It works on a container that does not run. The reader must be closed, and ends with ctx.
	ReadFile(ctx context.Context, container, path string) (io.ReadCloser, FileInfo, error)
	// WriteFile makes a regular file of exactly info.Size bytes from r, with info's permissions, owner and time, in a
	// directory that there is. It works on a container that does not run. What is there already is left alone, and the
	// error is Denied, unless info.Replace is set: then the old one is gone from the first byte on, and a write that
	// fails in the middle leaves a part of the new one. So write under a name of your own, and [Inside.Link] it.
	WriteFile(ctx context.Context, container, path string, info FileInfo, r io.Reader) error
	// Link makes to another name of the file from, in the same directory, in place of whatever file to named before,
	// whose bytes are lost unless they have another name. Nothing is copied: after Link(live, kept) and Link(fresh, live)
	// live is the new file and kept the old one. Linked again it is the same. An engine that dies in the middle may leave no to.
	Link(ctx context.Context, container, from, to string) error
	// Stat looks at a path without following a link at its end. Links to directories on the way are followed, inside of
	// the container. NotFound where there is nothing.
	Stat(ctx context.Context, container, path string) (FileInfo, error)
}

var (
	_ Inside = (*Engine)(nil)
	_ Inside = (*Fake)(nil)
)

// program is what errors call it: never its arguments.
func (x Exec) program() ops.Name {
	if len(x.Argv) == 0 {
		return ""
	}
	return ops.Name(clip(path.Base(x.Argv[0]), 40))
}

func (x Exec) check() error {
	if len(x.Argv) == 0 || x.Argv[0] == "" {
		return ops.Fail(ops.Invalid, ops.T("There is no program to run.", "Il n’y a pas de programme à lancer."), nil)
	}
	return nil
}

// runs says why nothing can be run in a container that does not run, or nil.
func (d Detail) runs() error {
	switch d.State {
	case "running":
		return nil
	case "paused":
		return ops.Fail(ops.Failed, ops.T("%s is paused, so nothing can be run in it. Unpause it on the host first: %s",
			"%s est en pause : rien ne peut y être lancé. Relance-le d’abord sur l’hôte : %s", ops.Name(d.Name), ops.Name("docker unpause "+d.Name)), nil)
	}
	return ops.Fail(ops.Failed, ops.T("%s does not run (%s), so nothing can be run in it. Start it first.",
		"%s ne tourne pas (%s) : rien ne peut y être lancé. Démarre-le d’abord.", ops.Name(d.Name), stateWord(d.State)), nil)
}

const doExec = "running a program in a container"

func init() {
	doings[doExec] = ops.T("running programs in containers", "de lancer des programmes dans des conteneurs")
}

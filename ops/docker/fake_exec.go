package docker

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"weak"
)

// A fakeInside is what is inside of a fake's containers.
type fakeInside struct {
	mu    sync.Mutex // guards all below; never held while a program runs or a reader is read
	run   func(container string, x Exec) (int, error)
	files map[string]map[string]fakeFile // by container, by path
}

type fakeFile struct {
	FileInfo
	data string
}

// insides are the insides of the fakes, for as long as each lives.
var insides struct {
	sync.Mutex // guards of
	of         map[weak.Pointer[Fake]]*fakeInside
}

func (f *Fake) inside() *fakeInside {
	insides.Lock()
	defer insides.Unlock()
	key := weak.Make(f)
	if insides.of[key] == nil {
		if insides.of == nil {
			insides.of = map[weak.Pointer[Fake]]*fakeInside{}
		}
		for old := range insides.of {
			if old.Value() == nil {
				delete(insides.of, old)
			}
		}
		insides.of[key] = &fakeInside{files: map[string]map[string]fakeFile{}}
	}
	return insides.of[key]
}

// ErrNoProgram is what a script given to [Fake.OnExec] returns for a program that its container does not have.
var ErrNoProgram = errors.New("no such program")

// OnExec sets what [Fake.Exec] does: run gets the container's name and the program, whose Stdin, Stdout and Stderr are never
// nil, and returns its exit code. It runs in the caller's goroutine, without a lock. An error of its own is returned as it is,
// with -1, but for [ErrNoProgram]. Without it no container has any program.
func (f *Fake) OnExec(run func(container string, x Exec) (int, error)) {
	in := f.inside()
	in.mu.Lock()
	defer in.mu.Unlock()
	in.run = run
}

// Exec implements [Inside]. The program is listed by [Fake.Calls] as «exec javisi_redis redis-cli PING»; a proxy can
// forbid «exec», «read» and «write».
func (f *Fake) Exec(ctx context.Context, container string, x Exec) (int, error) {
	if err := x.check(); err != nil {
		return -1, err
	}
	c := (&process{}).call()
	f.mu.Lock()
	err := f.enter(ctx, c, "exec")
	b := f.find(container)
	if err == nil && b == nil {
		err = noContainer(container)
	}
	if err != nil {
		f.mu.Unlock()
		return -1, err
	}
	d := b.now()
	if err = d.runs(); err == nil {
		f.calls = append(f.calls, "exec "+b.Name+" "+strings.Join(x.Argv, " "))
	}
	f.mu.Unlock()
	if err != nil {
		return -1, err
	}
	return f.inside().exec(ctx, &process{x: x, box: d})
}

func (in *fakeInside) exec(ctx context.Context, p *process) (int, error) {
	in.mu.Lock()
	run := in.run
	in.mu.Unlock()
	if run == nil {
		run = func(string, Exec) (int, error) { return -1, ErrNoProgram }
	}
	x := p.x
	if x.Stdin == nil {
		x.Stdin = strings.NewReader("")
	}
	for _, w := range []*io.Writer{&x.Stdout, &x.Stderr} {
		if *w == nil {
			*w = io.Discard
		}
	}
	exit, err := run(p.box.Name, x)
	switch {
	case errors.Is(err, ErrNoProgram):
		return -1, p.noProgram(`exec: "`+x.Argv[0]+`": executable file not found in $PATH`, 127)
	case ctx.Err() != nil:
		return -1, p.halfway(state{exit: 143}, ctx.Err())
	case err != nil:
		return -1, err
	}
	return exit, nil
}

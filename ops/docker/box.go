package docker

import (
	"context"
	"io"

	"vigie/ops"
)

// A Box is the one container of a service, found anew at each call: it may be made anew at any time. Every method's
// error is NotFound where the stack has no such service or the service no container, Invalid where it has several, and else
// as [Host] and [Inside] say. Starting and stopping it is for steps alone: see [Stack.Pausing].
type Box struct {
	stack   *Stack
	service string
}

// Box is the container of a service, or the one of that name. It looks at nothing yet.
func (s *Stack) Box(service string) *Box { return &Box{s, service} }

// find looks for the container.
func (b *Box) find(ctx context.Context) (Container, error) {
	_, r, err := b.stack.one(ctx, b.service)
	if err != nil {
		return Container{}, err
	}
	if r.box == nil {
		return Container{}, ops.Fail(ops.NotFound, ops.T("%s has no container. /start %s makes one.", "%s n’a pas de conteneur. /start %s en crée un.",
			ops.Name(r.name), r.name), nil)
	}
	return *r.box, nil
}

// inside is the container, and what can be done in it.
func (b *Box) inside(ctx context.Context) (Inside, string, error) {
	in, can := b.stack.Host.(Inside)
	if !can {
		return nil, "", ops.Fail(ops.Failed, ops.T("Nothing here can look into containers.", "Rien ici ne peut regarder dans les conteneurs."), nil)
	}
	c, err := b.find(ctx)
	return in, c.ID, err
}

// ID is the container's id, in full.
func (b *Box) ID(ctx context.Context) (string, error) {
	c, err := b.find(ctx)
	return c.ID, err
}

// Running reports whether the container has a process that can act: one that is paused or between two starts cannot.
func (b *Box) Running(ctx context.Context) (bool, error) {
	c, err := b.find(ctx)
	return c.State == "running", err
}

// Exec runs a program in it, as [Inside] says.
func (b *Box) Exec(ctx context.Context, x Exec) (exit int, err error) {
	in, id, err := b.inside(ctx)
	if err != nil {
		return -1, err
	}
	return in.Exec(ctx, id, x)
}

// ReadFile opens one of its files, as [Inside] says.
func (b *Box) ReadFile(ctx context.Context, path string) (io.ReadCloser, FileInfo, error) {
	in, id, err := b.inside(ctx)
	if err != nil {
		return nil, FileInfo{}, err
	}
	return in.ReadFile(ctx, id, path)
}

// WriteFile makes one of its files, as [Inside] says.
func (b *Box) WriteFile(ctx context.Context, path string, info FileInfo, r io.Reader) error {
	in, id, err := b.inside(ctx)
	if err != nil {
		return err
	}
	return in.WriteFile(ctx, id, path, info, r)
}

// Link gives one of its files another name, as [Inside] says.
func (b *Box) Link(ctx context.Context, from, to string) error {
	in, id, err := b.inside(ctx)
	if err != nil {
		return err
	}
	return in.Link(ctx, id, from, to)
}

// Stat looks at one of its paths, as [Inside] says.
func (b *Box) Stat(ctx context.Context, path string) (FileInfo, error) {
	in, id, err := b.inside(ctx)
	if err != nil {
		return FileInfo{}, err
	}
	return in.Stat(ctx, id, path)
}

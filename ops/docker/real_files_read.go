package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// An opened is what the engine sends of a path: the bytes of a file, told of by info.
type opened struct {
	info FileInfo
	what *tar.Reader
	name string
	over func() error // why it was ended from our side, if it was
	end  func()
}

// open asks for a path. What comes goes on after the call, until ctx ends or it is closed.
func (e *Engine) open(ctx context.Context, at place) (*opened, error) {
	c := call{doing: doReadFile, needs: "CONTAINERS=1"}
	o, err := ask(ctx, e, c, func(soon context.Context, api *client.Client) (*opened, error) {
		own, cancel := context.WithCancel(context.WithoutCancel(soon))
		late := context.AfterFunc(soon, cancel) // soon ends with the call; until then it bounds the wait for the header
		body, seen, err := api.CopyFromContainer(own, at.id, at.path)
		if err == nil {
			o := &opened{what: tar.NewReader(body), name: at.name, over: ctx.Err, end: func() { cancel(); body.Close() }}
			var h *tar.Header
			if h, err = o.what.Next(); err == nil && late() {
				o.info = infoOf(h)
				o.info.Name, o.info.Mode, o.info.Modified = at.name, seen.Mode, seen.Mtime
				return o, nil
			}
			body.Close()
		}
		cancel()
		if soon.Err() != nil {
			err = soon.Err()
		}
		return nil, err
	})
	if ops.KindOf(err) == ops.NotFound || errdefs.IsNotFound(err) {
		return nil, noSuchFile(at.path, at.box, err)
	}
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, o.end)
	end := o.end
	o.end = func() { stop(); end() }
	return o, nil
}

// Read implements [io.Reader].
func (o *opened) Read(p []byte) (int, error) {
	n, err := o.what.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	err = fmt.Errorf("%s: %w", doReadFile, err)
	if o.over() != nil {
		return n, ops.Fail(ops.Unavailable, ops.T("Stopped while %s was being read.", "Arrêté pendant la lecture de %s.", ops.Name(o.name)), err)
	}
	return n, ops.Fail(ops.Unavailable, ops.T("Docker hung up in the middle of %s; it may have changed while it was read. Try again.",
		"Docker a raccroché au milieu de %s ; il a peut-être changé pendant la lecture. Réessaie.", ops.Name(o.name)), err)
}

// Close implements [io.Closer].
func (o *opened) Close() error {
	o.end()
	return nil
}

// ReadFile implements [Inside].
func (e *Engine) ReadFile(ctx context.Context, container, path string) (io.ReadCloser, FileInfo, error) {
	at, err := e.place(ctx, container, path)
	if err != nil {
		return nil, FileInfo{}, err
	}
	o, err := e.open(ctx, at)
	if err != nil {
		return nil, FileInfo{}, err
	}
	if !o.info.Mode.IsRegular() {
		o.end()
		return nil, FileInfo{}, noRegular(path, at.box)
	}
	return o, o.info, nil
}

// Stat implements [Inside].
func (e *Engine) Stat(ctx context.Context, container, path string) (FileInfo, error) {
	at, err := e.place(ctx, container, path)
	if err != nil {
		return FileInfo{}, err
	}
	return e.stat(ctx, at)
}

func (e *Engine) stat(ctx context.Context, at place) (FileInfo, error) {
	o, err := e.open(ctx, at)
	if err != nil {
		return FileInfo{}, err
	}
	o.end()
	return o.info, nil
}

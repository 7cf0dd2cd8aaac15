package docker

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// A place is a path in one container, checked.
type place struct {
	id, box   string // the container's id and name
	dir, name string
	path      string
}

// place checks a path in a container, and that Docker sees there what the container does.
func (e *Engine) place(ctx context.Context, id, p string) (place, error) {
	dir, name, err := filePath(p)
	if err != nil {
		return place{}, err
	}
	c := call{doing: doInspect, needs: "CONTAINERS=1", what: containerNoun, object: id}
	r, err := ask(ctx, e, c, func(ctx context.Context, api *client.Client) (container.InspectResponse, error) {
		r, err := api.ContainerInspect(ctx, id)
		if err == nil && !meant(id, r.ID, r.Name) {
			err = errdefs.ErrNotFound.WithMessage("only an id that begins with " + id)
		}
		return r, err
	})
	if err != nil {
		return place{}, err
	}
	if inMemory(r, p) {
		return place{}, hidden(p)
	}
	return place{r.ID, strings.TrimPrefix(r.Name, "/"), dir, name, p}, nil
}

// inMemory reports whether p is in a memory file system of the container: the innermost mount above p decides.
func inMemory(r container.InspectResponse, p string) bool {
	best, memory := 0, false
	see := func(at string, isMemory bool) {
		if at = path.Clean(at); strings.HasPrefix(p, strings.TrimSuffix(at, "/")+"/") && len(at) >= best {
			best, memory = len(at), isMemory
		}
	}
	for _, m := range r.Mounts {
		see(m.Destination, m.Type == mount.TypeTmpfs)
	}
	if r.HostConfig != nil {
		for at := range r.HostConfig.Tmpfs {
			see(at, true)
		}
	}
	return memory
}

// WriteFile implements [Inside].
func (e *Engine) WriteFile(ctx context.Context, container, path string, info FileInfo, r io.Reader) error {
	at, err := e.place(ctx, container, path)
	if err != nil {
		return err
	}
	switch there, err := e.stat(ctx, at); {
	case ops.KindOf(err) == ops.NotFound:
	case err != nil:
		return err
	case !there.Mode.IsRegular():
		return noRegular(path, at.box)
	case !info.Replace:
		return taken(path, at.box)
	}
	in := &source{r: r}
	err = e.put(ctx, at, func(w *tar.Writer) error {
		if err := w.WriteHeader(info.header(at.name)); err != nil {
			return err
		}
		n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{io.LimitReader(in, info.Size)}, make([]byte, chunk))
		if more, _ := in.Read(make([]byte, 1)); err == nil && in.err == nil && (n < info.Size || more > 0) {
			in.err = wrongSize(info.Size)
		}
		return errors.Join(err, in.err)
	})
	if in.err != nil {
		return unwritten(at, in.err)
	}
	return err
}

// Link implements [Inside].
func (e *Engine) Link(ctx context.Context, container, from, to string) error {
	if err := twoNames(from, to); err != nil {
		return err
	}
	old, err := e.place(ctx, container, from)
	if err != nil {
		return err
	}
	at, err := e.place(ctx, old.id, to)
	if err != nil {
		return err
	}
	info, err := e.stat(ctx, old)
	if err == nil && !info.Mode.IsRegular() {
		err = noRegular(from, at.box)
	}
	if err != nil {
		return err
	}
	if there, err := e.stat(ctx, at); err == nil && !there.Mode.IsRegular() {
		return noRegular(to, at.box)
	} else if err != nil && ops.KindOf(err) != ops.NotFound {
		return err
	}
	return e.put(ctx, at, func(w *tar.Writer) error {
		h := info.header(at.name)
		h.Typeflag, h.Linkname, h.Size = tar.TypeLink, old.name, 0
		return w.WriteHeader(h)
	})
}

// put sends an archive as it is being written, to be laid into the directory of at.
func (e *Engine) put(ctx context.Context, at place, write func(*tar.Writer) error) error {
	c := call{doing: doWriteFile, needs: "POST=1 CONTAINERS=1", what: dirNoun, object: at.dir, changes: true}
	_, err := ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
		r, w := io.Pipe()
		var group sync.WaitGroup
		group.Go(func() { // waited for below
			archive := tar.NewWriter(w)
			err := write(archive)
			if err == nil {
				err = archive.Close()
			}
			w.CloseWithError(err)
		})
		err := api.CopyToContainer(ctx, at.id, at.dir, r, container.CopyToContainerOptions{})
		r.Close()
		group.Wait()
		return struct{}{}, err
	})
	return err
}

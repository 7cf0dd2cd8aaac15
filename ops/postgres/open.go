package postgres

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A reading is a dump's bytes on their way, hashed and counted as they pass.
type reading struct {
	from  io.ReadCloser
	sum   hash.Hash
	read  int64
	total int64
	dir   bool // what comes is a tar of its files
	each  func(read, total int64)
}

func (r *reading) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.sum.Write(p[:n])
	if r.read += int64(n); r.each != nil {
		r.each(r.read, r.total)
	}
	return n, err
}

// finish reads what nobody wanted, so that the hash is of the whole, and closes.
func (r *reading) finish() (sha string, err error) {
	_, err = io.Copy(io.Discard, r)
	if e := r.from.Close(); err == nil {
		err = e
	}
	return hex.EncodeToString(r.sum.Sum(nil)), err
}

// open begins to read a dump. A directory comes as a tar of its files in the order of their names, without times and owners: the same
// files give the same bytes.
func (c *cluster) open(ctx context.Context, f File) (*reading, error) {
	r := &reading{sum: sha256.New(), total: f.Size}
	if in, ok := strings.CutPrefix(f.Path, inside); ok {
		r.from = c.cat(ctx, in)
		return r, nil
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, unreadable(f.Path, err)
	}
	if r.dir = info.IsDir(); r.dir {
		r.from = tarOf(f.Path)
		return r, nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, unreadable(f.Path, err)
	}
	r.from = file
	return r, nil
}

// A piped reader is fed by a goroutine that ends before Close returns.
type piped struct {
	*io.PipeReader
	cancel func()
	ended  chan struct{}
}

func pipe(cancel func(), feed func(io.Writer) error) *piped {
	out, in := io.Pipe()
	p := &piped{out, cancel, make(chan struct{})}
	go func() { // waited for in Close
		defer close(p.ended)
		in.CloseWithError(feed(in))
	}()
	return p
}

func (p *piped) Close() error {
	err := p.PipeReader.Close()
	p.cancel()
	<-p.ended
	return err
}

func (c *cluster) cat(ctx context.Context, file string) io.ReadCloser {
	ctx, cancel := context.WithCancel(ctx)
	return pipe(cancel, func(w io.Writer) error {
		return c.run(ctx, Exec{Argv: []string{"cat", "--", file}, Stdout: w})
	})
}

func tarOf(dir string) io.ReadCloser {
	return pipe(func() {}, func(w io.Writer) error {
		all, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		out := tar.NewWriter(w)
		for _, e := range all {
			if !e.Type().IsRegular() {
				continue
			}
			if err := addFile(out, dir, e.Name()); err != nil {
				return err
			}
		}
		return out.Close()
	})
}

func addFile(out *tar.Writer, dir, name string) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close() // read only
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: info.Size(), Format: tar.FormatGNU}); err != nil {
		return err
	}
	if _, err := io.Copy(out, f); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

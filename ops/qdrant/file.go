package qdrant

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

const (
	ending   = ".snapshot"
	stampFor = "20060102_150405"
	// before is in the name of what was brought over before a restore, with its key.
	before = "-vigie_before_"
)

// A contents is what a snapshot's file was found to be, read to its end.
type contents struct {
	Sum   string // SHA-256, in hex
	Size  int64
	Files int
}

// read reads a snapshot, which is a tar archive, to its end. The error of one that is not whole is of kind Invalid.
func read(ctx context.Context, path string) (c contents, err error) {
	f, err := os.Open(path)
	if err != nil {
		return c, unreadable(path, err)
	}
	defer f.Close()
	sum, last := sha256.New(), &tail{}
	in := io.TeeReader(&stoppable{ctx, f}, io.MultiWriter(sum, last))
	bad := func(why ops.Text) error {
		return ops.Fail(ops.Invalid, ops.T("%s is no whole snapshot: %s. Choose another.", "%s n’est pas un instantané entier : %s. Choisis-en un autre.", ops.Name(filepath.Base(path)), why), err)
	}
	archive := tar.NewReader(in)
	for {
		if _, err = archive.Next(); err != nil {
			break
		}
		c.Files++
	}
	switch {
	case ctx.Err() != nil:
		return c, fmt.Errorf("reading %s: %w", path, ctx.Err())
	case err != io.EOF && c.Files == 0:
		return c, bad(ops.T("it does not begin like one", "il ne commence pas comme il faut"))
	case err != io.EOF:
		return c, bad(ops.T("it is cut off or damaged", "il est tronqué ou abîmé"))
	}
	if _, err = io.Copy(io.Discard, in); err != nil { // what follows the archive counts for the sum
		return c, unreadable(path, err)
	}
	switch {
	case last.n == 0:
		return c, bad(ops.T("it is empty", "il est vide"))
	case c.Files == 0 || !last.zero(): // an archive that is cut off between two files would read well, but for its mark of the end
		return c, bad(ops.T("its end is missing", "il en manque la fin"))
	}
	c.Sum, c.Size = hex.EncodeToString(sum.Sum(nil)), last.n
	return c, nil
}

func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ops.Fail(ops.NotFound, ops.T("There is no %s any more.", "%s n’existe plus.", ops.Name(path)), err)
	}
	return ops.Fail(ops.Unavailable, ops.T("I cannot read %s: %s", "Je n’arrive pas à lire %s : %s", ops.Name(path), ops.Clean(err.Error())), err)
}

// A tail keeps the last kilobyte: two blocks of zeros end an archive.
type tail struct {
	n    int64
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.n += int64(len(p))
	t.last = append(t.last, p[max(0, len(p)-1024):]...)
	t.last = t.last[max(0, len(t.last)-1024):]
	return len(p), nil
}

func (t *tail) zero() bool { return len(t.last) == 1024 && len(bytes.Trim(t.last, "\x00")) == 0 }

// A stoppable reader ends when its context does.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// A file is a snapshot on this machine.
type file struct {
	Path, Name, Collection string
	Size                   int64
	At                     time.Time
}

var named = regexp.MustCompile(`^(.+)-(\d{8}_\d{6})\` + ending + `$`)

// files lists the snapshots in the folder, newest first. What was brought over before a restore is among them.
func (s *System) files() (list []file) {
	paths, _ := filepath.Glob(filepath.Join(s.o.Folder, "*"+ending)) // the folder was checked with the configuration
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || s.o.Folder == "" || !info.Mode().IsRegular() {
			continue
		}
		f := file{Path: path, Name: filepath.Base(path), Size: info.Size(), At: info.ModTime()}
		if m := named.FindStringSubmatch(f.Name); m != nil {
			f.Collection = m[1]
		} else if name, _, ok := strings.Cut(f.Name, before); ok {
			f.Collection = name
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b file) int { return b.At.Compare(a.At) })
	return list
}

// keep writes in to path, which must not be there, and only when all of it is there under that name. It returns what was written.
func keep(ctx context.Context, in io.Reader, path string, say func(ops.Text)) (c contents, err error) {
	part := path + ".part"
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return c, full(path, err)
	}
	defer func() {
		if failed := os.Remove(part); err == nil {
			err = failed
		}
	}()
	_, err = io.Copy(&teller{w: out, say: say}, &stoppable{ctx, in})
	if err == nil {
		err = out.Sync()
	}
	if failed := out.Close(); err == nil {
		err = failed
	}
	if err != nil {
		return c, full(path, err)
	}
	if c, err = read(ctx, part); err != nil {
		return c, err
	}
	if err := os.Link(part, path); err != nil { // never takes the place of a file
		return c, full(path, err)
	}
	return c, nil
}

func full(path string, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return ops.Fail(ops.Failed, ops.T("the disk with %s is full", "le disque de %s est plein", ops.Name(filepath.Dir(path))), err)
	}
	return ops.Fail(ops.Failed, ops.T("%s cannot be written: %s", "impossible d’écrire %s : %s", ops.Name(path), ops.Clean(err.Error())), err)
}

// A teller tells how much went through it, now and then.
type teller struct {
	w    io.Writer
	say  func(ops.Text)
	n    int64
	told time.Time
}

func (t *teller) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if t.n += int64(n); t.say != nil && time.Since(t.told) > time.Second {
		t.told = time.Now()
		t.say(ops.T("%s brought over", "%s rapatriés", ops.Size(t.n)))
	}
	return n, err
}

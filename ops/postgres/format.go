package postgres

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"vigie/ops"
)

// The first bytes that tell formats apart.
var (
	magicArchive = []byte("PGDMP")
	magicGzip    = []byte{0x1f, 0x8b}
	magicZstd    = []byte{0x28, 0xb5, 0x2f, 0xfd}
	magicXZ      = []byte{0xfd, '7', 'z', 'X', 'Z'}
	magicLZ4     = []byte{0x04, 0x22, 0x4d, 0x18}
)

// unpack takes the compression round a dump away. It says which it was, and gives the dump inside; what it gives ends with an error where
// the compression is torn. stop ends what it started; it is called once everything that is wanted was read.
func (c *cluster) unpack(ctx context.Context, r io.Reader) (inside *bufio.Reader, packed string, stop func() error, err error) {
	in := bufio.NewReaderSize(r, 256<<10)
	head, err := in.Peek(5)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", nil, err
	}
	nothing := func() error { return nil }
	switch {
	case bytes.HasPrefix(head, magicGzip):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, "gzip", nil, torn(err)
		}
		return bufio.NewReaderSize(tearing{z}, 256<<10), "gzip", nothing, nil
	case bytes.HasPrefix(head, magicZstd):
		z, stop := c.unzstd(ctx, in)
		return bufio.NewReaderSize(z, 256<<10), "zstd", stop, nil
	case bytes.HasPrefix(head, magicXZ), bytes.HasPrefix(head, magicLZ4):
		return nil, "", nil, ops.Fail(ops.Invalid, ops.T("is compressed with xz or lz4, which I do not read: unpack it first, or use gzip or zstd",
			"est compressé avec xz ou lz4, que je ne lis pas : décompresse-le d’abord, ou utilise gzip ou zstd"), nil)
	}
	return in, "", nothing, nil
}

// A tearing reader says of whatever it ends with before the end that the dump is torn there.
type tearing struct{ from io.Reader }

func (t tearing) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	if err != nil && err != io.EOF {
		err = torn(err)
	}
	return n, err
}

// unzstd runs zstd, on this machine where it is there, otherwise in the container. What it gives ends with its error, if it has one.
func (c *cluster) unzstd(ctx context.Context, in io.Reader) (io.Reader, func() error) {
	ctx, cancel := context.WithCancel(ctx)
	out, into := io.Pipe()
	var said tail
	run := func() error {
		exit, err := c.Container.Exec(ctx, Exec{Argv: []string{"sh", "-c", "exec zstd -dcq"}, Stdin: in, Stdout: into, Stderr: &said})
		if err == nil && (exit == 126 || exit == 127) {
			return ops.Fail(ops.Invalid, ops.T("is compressed with zstd, and there is no zstd on this machine or in the container: unpack it first",
				"est compressé avec zstd, et il n’y a de zstd ni sur cette machine ni dans le conteneur : décompresse-le d’abord"), nil)
		}
		if err == nil && exit != 0 {
			return torn(fmt.Errorf("zstd: %s", said.last()))
		}
		return err
	}
	if path, err := exec.LookPath("zstd"); err == nil {
		run = func() error {
			cmd := exec.CommandContext(ctx, path, "-dcq")
			cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = in, into, &said, time.Second
			if err := cmd.Run(); err != nil {
				return torn(fmt.Errorf("zstd: %s (%w)", said.last(), err))
			}
			return nil
		}
	}
	ended := make(chan struct{})
	go func() { // waited for in stop
		defer close(ended)
		into.CloseWithError(run()) // nil is io.EOF
	}()
	return out, func() error {
		cancel()
		err := out.Close()
		<-ended
		return err
	}
}

// torn says that a dump does not read to its end.
func torn(err error) error {
	return ops.Fail(ops.Invalid, ops.T("does not read back whole: it is cut off or damaged (%s)", "ne se relit pas en entier : il est tronqué ou abîmé (%s)", because(err)), err)
}

// formatOf tells the format of what unpack gives by how it begins.
func formatOf(in *bufio.Reader) (Format, error) {
	head, err := in.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", torn(err)
	}
	switch {
	case len(head) == 0:
		return "", ops.Fail(ops.Invalid, ops.T("is empty: 0 bytes. Was its pg_dump given the password?", "est vide : 0 octet. Son pg_dump avait-il le mot de passe ?"), nil)
	case bytes.HasPrefix(head, magicArchive):
		return Custom, nil
	case bytes.HasPrefix(head, []byte("toc.dat\x00")) && len(head) == 512:
		return Tar, nil
	case bytes.IndexByte(head, 0) >= 0:
		return "", ops.Fail(ops.Invalid, ops.T("is no dump of PostgreSQL", "n’est pas un dump de PostgreSQL"), nil)
	}
	return Plain, nil
}

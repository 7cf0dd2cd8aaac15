package postgres

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
)

// tarBlock is what every header of a tar, and the room of every member, is a multiple of.
const tarBlock = 512

// A tarred reader passes a tar on and follows its members, so that one that was cut off is told as torn and not as ended. pg_restore (15
// at least) never ends on such a tar if it comes through a pipe: it waits, busily, for a member that nobody sends.
type tarred struct {
	io.Reader
	head []byte // of the next header, what has come
	left int64  // bytes that the member has still to come
	done bool   // what comes is no member any more, or none that we know
}

func (t *tarred) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.follow(p[:n])
	if errors.Is(err, io.EOF) && !t.done && (t.left > 0 || len(t.head) > 0) {
		err = torn(io.ErrUnexpectedEOF)
	}
	return n, err
}

func (t *tarred) follow(b []byte) {
	for len(b) > 0 && !t.done {
		if t.left > 0 {
			n := min(t.left, int64(len(b)))
			t.left -= n
			b = b[n:]
			continue
		}
		n := min(tarBlock-len(t.head), len(b))
		t.head = append(t.head, b[:n]...)
		b = b[n:]
		if len(t.head) < tarBlock {
			return
		}
		h, err := tar.NewReader(bytes.NewReader(t.head)).Next()
		t.head = t.head[:0]
		if t.done = err != nil; !t.done {
			t.left = (h.Size + tarBlock - 1) / tarBlock * tarBlock
		}
	}
}

// input is the input of a pg_restore that reads an archive of that format.
func input(in io.Reader, format Format) Exec {
	if format == Tar {
		return Exec{Stdin: &tarred{Reader: in}, Tail: true}
	}
	return Exec{Stdin: in}
}

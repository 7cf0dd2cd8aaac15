package docker

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/api/types"

	"vigie/ops"
)

// chunk is how much is read at once of what a program is given.
const chunk = 256 << 10

// A source is the program's input, which remembers how reading it failed.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// sendAll sends all of in, and then its end. An input that fails is never ended: the program would take it for whole.
func sendAll(pipe *types.HijackedResponse, in *source) error {
	if in.r == nil {
		return nil
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{pipe.Conn}, in, make([]byte, chunk)); err != nil {
		return err
	}
	pipe.CloseWrite() // a program that has ended already does not mind
	return nil
}

// A speech is what the program says, taken apart.
type speech struct {
	out, err sink
	begun    func() bool // the program was started: what comes is its own
	asked    bool
	engine   []byte // what the engine said in its place
}

// A sink remembers how writing to it failed.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		s.err = err
	}
	return n, err
}

func (p *process) speech(ctx context.Context) *speech {
	s := &speech{out: sink{w: p.x.Stdout}, err: sink{w: p.x.Stderr}, begun: func() bool { return !p.now(ctx).unborn }}
	for _, to := range []*sink{&s.out, &s.err} {
		if to.w == nil {
			to.w = io.Discard
		}
	}
	return s
}

// hear takes the stream apart as it comes: frames of a stream's number, three zeros and a length in four bytes. The
// library's reader takes an end in the middle of a frame for the end of the stream.
func (s *speech) hear(r io.Reader) error {
	buf := make([]byte, 32<<10) // the engine's frames are no larger
	var head [8]byte
	for {
		if _, err := io.ReadFull(r, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("hearing it: %w", err)
		}
		to, err := s.to(head[0])
		if err != nil {
			return err
		}
		size := int64(binary.BigEndian.Uint32(head[4:]))
		n, err := io.CopyBuffer(struct{ io.Writer }{to}, io.LimitReader(r, size), buf)
		if err == nil && n < size {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("hearing it: %w", err)
		}
	}
}

// to is where a frame of a stream goes. What comes on the first one before the program was started are the engine's words
// about why it cannot be: they are asked for once.
func (s *speech) to(stream byte) (io.Writer, error) {
	switch stream {
	case 1:
		if !s.asked {
			s.asked = true
			if !s.begun() {
				s.engine = []byte{}
			}
		}
		if s.refused() {
			return (*wordsOf)(s), nil
		}
		return &s.out, nil
	case 2:
		return &s.err, nil
	}
	return nil, fmt.Errorf("hearing it: there is no stream %d", stream)
}

// wordsOf keeps the first of what the engine says.
type wordsOf speech

func (w *wordsOf) Write(p []byte) (int, error) {
	w.engine = append(w.engine, p[:min(len(p), 4<<10-len(w.engine))]...)
	return len(p), nil
}

func (s *speech) refused() bool { return s.engine != nil }
func (s *speech) words() string { return strings.TrimSpace(ops.Clean(string(s.engine))) }
func (s *speech) failed() error { return cmp.Or(s.out.err, s.err.err) }

// A fault is a failure on our own side of the wire.
type fault struct {
	say ops.Text
	error
}

func (f *fault) Unwrap() error { return f.error }

func ourInput(err error) error {
	return &fault{ops.T("what it was to be given could not be read: %s", "ce qu’il devait recevoir n’a pas pu être lu : %s", ops.SayOf(err)), err}
}

func ourOutput(err error) error {
	return &fault{ops.T("what it said could not be kept: %s", "ce qu’il disait n’a pas pu être gardé : %s", ops.SayOf(err)), err}
}

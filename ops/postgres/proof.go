package postgres

import (
	"context"
	"time"

	"vigie/ops"
)

// A proofKey is what a file is taken for the same by: then it need not be read again.
type proofKey struct {
	path     string
	size     int64
	modified time.Time
}

func keyOf(f File) proofKey { return proofKey{f.Path, f.Size, f.Modified} }

// mostProofs is how many dumps are remembered: years of them.
const mostProofs = 4000

// A proof is how the reading of a dump came out.
type proof struct {
	Contents
	bad error // it is not whole, or not for this server
}

// proof is how it came out when the file was read, if it was and is still the same.
func (s *System) proof(f File) (proof, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.proofs[keyOf(f)]
	return p, ok
}

// read is what a dump holds: it is read to its end, once for as long as it stays the same and was whole.
func (s *System) read(ctx context.Context, f File, say func(ops.Text)) (Contents, error) {
	if p, ok := s.proof(f); ok && p.bad == nil {
		return p.Contents, nil
	}
	c, err := s.Read(ctx, f, say)
	switch {
	case err == nil:
		s.remember(f, proof{Contents: c})
	case ops.KindOf(err) == ops.Invalid:
		s.remember(f, proof{bad: err})
	}
	return c, err
}

func (s *System) remember(f File, p proof) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.proofs) >= mostProofs {
		clear(s.proofs)
	}
	s.proofs[keyOf(f)] = p
}

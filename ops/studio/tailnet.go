package studio

import (
	"context"
	"errors"
	"syscall"
	"time"

	"vigie/ops"
)

// tailnetLimit is how long a sign of life from the private network may take.
const tailnetLimit = 4 * time.Second

// tailnet tells whether the machine can be reached at its address in the private network, from here. A port that nobody listens on is
// a sign of life as well: the machine itself said so.
func (s *System) tailnet(ctx context.Context) (condition, ops.Text) {
	ctx, cancel := context.WithTimeout(ctx, tailnetLimit)
	defer cancel()
	begun := time.Now()
	conn, err := s.o.Dial(ctx, "tcp", s.o.Tailnet)
	took, at := ops.Span(max(time.Since(begun), time.Millisecond)), ops.Name(s.o.Tailnet)
	if err == nil {
		conn.Close() // nothing was said
	}
	switch {
	case err == nil:
		return on, ops.T("tailnet: %s answers in %s", "tailnet : %s répond en %s", at, took)
	case errors.Is(err, syscall.ECONNREFUSED):
		return on, ops.T("tailnet: %s is reachable, and nobody listens there", "tailnet : %s est joignable, et personne n’y écoute", at)
	}
	return atRisk, ops.T("tailnet: %s cannot be reached from here: is %s up there, and the VPN here?", "tailnet : %s est injoignable d’ici : %s tourne-t-il là-bas, et le VPN ici ?", at, ops.Name("tailscaled"))
}

package remotion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"vigie/ops"
)

const (
	askTime    = 30 * time.Second
	mostAnswer = 1 << 20 // bytes, of what is no video
)

// A reply is an answer as it came.
type reply struct {
	code int
	body []byte
}

// send asks once. A request that may have come through without an answer is Unknown, unless it only looks.
func (s *System) send(ctx context.Context, method, path string, body any) (reply, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return reply{}, fmt.Errorf("writing the request: %w", err)
		}
	}
	bound, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	answer, err := s.open(bound, method, path, raw)
	if err != nil {
		return reply{}, s.unanswered(ctx, method, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return reply{}, s.unanswered(ctx, method, err)
	}
	return reply{answer.StatusCode, said}, nil
}

func (s *System) open(ctx context.Context, method, path string, raw []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(raw))
	if err != nil {
		return nil, errors.New("its address cannot be used")
	}
	r.Close = true // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	if raw != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.o.Token != nil {
		r.Header.Set("Authorization", "Bearer "+s.o.Token.Reveal())
	}
	return s.client.Do(r)
}

// unanswered says why no answer came. Its words are ours: net/http's hold the address.
func (s *System) unanswered(ctx context.Context, method string, err error) error {
	var dial *net.OpError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking Remotion: %w", context.Cause(ctx))
	case errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("Remotion does not answer where it should be: is it up, and the VPN?", "Remotion ne répond pas là où il devrait : tourne-t-il, le VPN est-il actif ?"), nil)
	case method == http.MethodPost:
		return ops.Fail(ops.Unknown, ops.T("Remotion was asked and did not answer: it may be rendering. It lists no jobs, so I cannot find out; asking again may render it twice.", "Remotion n’a pas répondu à la demande : le rendu est peut-être en cours. Il ne liste pas ses tâches, donc je ne peux pas savoir ; redemander peut le rendre deux fois."), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("Remotion did not answer", "Remotion n’a pas répondu"), nil)
}

// refusal says what an answer means that is no success.
func (s *System) refusal(got reply) *ops.Error {
	var said struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(got.body, &said) // a proxy says it in HTML
	words := ops.Name(clip(ops.Clean(said.Error+said.Message), 200))
	switch got.code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ops.Fail(ops.Failed, ops.T("Remotion does not let me in (%d): is its token right? ([remotion] token_file)", "Remotion ne me laisse pas entrer (%d) : son jeton est-il bon ? ([remotion] token_file)", got.code), nil)
	case http.StatusTooManyRequests:
		return ops.Fail(ops.Failed, ops.T("Remotion's queue is full (10 renders, one at a time): ask again when some are done.", "La file de Remotion est pleine (10 rendus, un à la fois) : redemande quand il y en aura de finis."), nil)
	case http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("Remotion does not know it", "Remotion ne le connaît pas"), nil)
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return ops.Fail(ops.Unavailable, ops.T("Remotion is not running behind its proxy (%d): it is started on demand.", "Remotion ne tourne pas derrière son proxy (%d) : il se lance à la demande.", got.code), nil)
	case http.StatusBadRequest:
		return ops.Fail(ops.Failed, ops.T("Remotion does not take it: %s", "Remotion ne le prend pas : %s", words), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("Remotion fails (%d): %s", "Remotion échoue (%d) : %s", got.code, words), nil)
}

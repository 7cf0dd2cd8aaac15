package qdrant

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"vigie/ops"
)

const (
	askTime    = 20 * time.Second
	longTime   = 2 * time.Hour // to make, carry or load a snapshot: millions of vectors take their time
	mostAnswer = 8 << 20
)

// ask sends one request and reads its result into v, which may be nil. What was asked to be done and not answered is Unknown.
func (s *System) ask(ctx context.Context, method, path string, body, v any, limit time.Duration) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := s.send(ctx, method, path, "application/json", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return s.result(answer, method, v)
}

// send sends one request; who gets the answer closes it.
func (s *System) send(ctx context.Context, method, path, kind string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("asking Qdrant: %w", errors.New("its address cannot be used"))
	}
	r.Close = true // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	r.Header.Set("Content-Type", kind)
	if s.o.Key != nil && s.o.Key.Reveal() != "" {
		r.Header.Set("api-key", s.o.Key.Reveal())
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, s.unanswered(ctx, method, err)
	}
	return answer, nil
}

// result reads an answer: {"result": …, "status": "ok"}, or {"status": {"error": "…"}}.
func (s *System) result(answer *http.Response, method string, v any) error {
	raw, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return s.unanswered(context.Background(), method, err)
	}
	var said struct {
		Result json.RawMessage `json:"result"`
		Status json.RawMessage `json:"status"`
	}
	bad := json.Unmarshal(raw, &said)
	if answer.StatusCode != http.StatusOK {
		return s.refusal(answer.StatusCode, method, said.Status, raw)
	}
	if bad == nil && v != nil {
		bad = json.Unmarshal(said.Result, v)
	}
	if bad != nil {
		return ops.Fail(ops.Unavailable, ops.T("What answers in Qdrant's place says nothing that I can read: is its address right?", "Ce qui répond à la place de Qdrant dit des choses illisibles : son adresse est-elle bonne ?"), bad)
	}
	return nil
}

// refusal says what an answer means that is no success. It quotes Qdrant's own words.
func (s *System) refusal(code int, method string, status json.RawMessage, raw []byte) error {
	var why struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(status, &why) != nil || why.Error == "" {
		why.Error = string(raw) // a proxy says it in its own way
	}
	words := ops.Clean(strings.Join(strings.Fields(why.Error), " "))
	if s.o.Key != nil && len(s.o.Key.Reveal()) >= 4 {
		words = strings.ReplaceAll(words, s.o.Key.Reveal(), ops.Hidden)
	}
	if r := []rune(words); len(r) > 200 {
		words = string(r[:199]) + "…"
	}
	err := fmt.Errorf("qdrant answered %d: %s", code, words)
	switch {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return ops.Fail(ops.Unavailable, ops.T("Qdrant does not take my key. Check the key that I was given for it; after it was changed, Qdrant must be made anew.", "Qdrant refuse ma clé. Vérifie celle qu’on m’a donnée ; après un changement, Qdrant doit être recréé."), err)
	case code == http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("Qdrant has no such thing: %s", "Qdrant n’a rien de tel : %s", words), err)
	case code >= 500 && method != http.MethodGet:
		return ops.Fail(ops.Unknown, ops.T("Qdrant failed while it was at it (%d): %s", "Qdrant a échoué en plein travail (%d) : %s", code, words), err)
	case code >= 500 || code >= 300 && code < 400:
		return ops.Fail(ops.Unavailable, ops.T("Qdrant does not answer as it should (%d): %s", "Qdrant ne répond pas comme il devrait (%d) : %s", code, words), err)
	}
	return ops.Fail(ops.Failed, ops.T("Qdrant refuses (%d): %s", "Qdrant refuse (%d) : %s", code, words), err)
}

// unanswered says why no answer came, without what net/http says of the address. A question does no harm; what was asked to be done may
// have been.
func (s *System) unanswered(ctx context.Context, method string, err error) error {
	var dial *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) || errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("Nothing answers where Qdrant should be. Is it up?", "Rien ne répond là où devrait être Qdrant. Tourne-t-il ?"), errors.New("no connection"))
	case method != http.MethodGet:
		return ops.Fail(ops.Unknown, ops.T("Qdrant was asked and did not answer: it may be done, or not", "Qdrant n’a pas répondu à la demande : c’est peut-être fait, peut-être pas"), errors.New("no answer"))
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("asking Qdrant: %w", context.Canceled)
	}
	return ops.Fail(ops.Unavailable, ops.T("Qdrant did not answer", "Qdrant n’a pas répondu"), errors.New("no answer"))
}

package comfyui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"vigie/ops"
)

const (
	askTime    = 30 * time.Second
	mostAnswer = 32 << 20 // bytes: pictures, and histories with whole graphs
)

// A reply is an answer as it came.
type reply struct {
	code int
	kind string // its content type
	body []byte
}

// get asks for what is at path and reads it into v.
func (s *System) get(ctx context.Context, path string, v any) error {
	got, err := s.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK {
		return refusal(got)
	}
	if err := json.Unmarshal(got.body, v); err != nil {
		return ops.Fail(ops.Unavailable, ops.T("what answers in ComfyUI's place says nothing that I can read: is its address right?", "ce qui répond à la place de ComfyUI dit des choses illisibles : son adresse est-elle bonne ?"),
			fmt.Errorf("reading %s: %w", path, err))
	}
	return nil
}

// post asks for something to be done, once. What may have come through without an answer is Unknown.
func (s *System) post(ctx context.Context, path string, body any) (reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return reply{}, fmt.Errorf("writing the request: %w", err)
	}
	return s.send(ctx, http.MethodPost, path, raw)
}

func (s *System) send(ctx context.Context, method, path string, body []byte) (reply, error) {
	bound, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	// No Origin: where ComfyUI sees one that is not its own address it refuses.
	r, err := http.NewRequestWithContext(bound, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, errors.New("asking ComfyUI: its address cannot be used")
	}
	r.Close = true // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return reply{}, s.unanswered(ctx, method, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	if err != nil {
		return reply{}, s.unanswered(ctx, method, err)
	}
	if len(said) > mostAnswer {
		return reply{}, ops.Fail(ops.Failed, ops.T("ComfyUI's answer is larger than %s: I do not take it", "la réponse de ComfyUI dépasse %s : je ne la prends pas", ops.Size(mostAnswer)), nil)
	}
	return reply{answer.StatusCode, answer.Header.Get("Content-Type"), said}, nil
}

// unanswered says why no answer came. A question does no harm; what was asked to be done may have been.
func (s *System) unanswered(ctx context.Context, method string, err error) error {
	var dns *net.DNSError
	var dial *net.OpError
	host := s.base
	if u, err := url.Parse(s.base); err == nil {
		host = u.Host
	}
	name := ops.Name(host)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking ComfyUI: %w", context.Cause(ctx))
	case errors.As(err, &dns):
		return ops.Fail(ops.Unavailable, ops.T("ComfyUI's host %s is not found (DNS): is the VPN up?", "l’hôte de ComfyUI, %s, est introuvable (DNS) : le VPN est-il actif ?", name), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("ComfyUI does not answer on %s: it may be off, or starting, which takes up to 2 min.", "ComfyUI ne répond pas sur %s : il est peut-être éteint, ou démarre, ce qui prend jusqu’à 2 min.", name), nil)
	case method != http.MethodGet:
		return ops.Fail(ops.Unknown, ops.T("ComfyUI was asked and did not answer: it may or may not have it. Verify looks.", "ComfyUI n’a pas répondu à la demande : il l’a peut-être, peut-être pas. « Vérifier » regarde."), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("ComfyUI on %s did not answer", "ComfyUI, sur %s, n’a pas répondu", name), nil)
}

// refusal says what an answer means that is no success, where no more is to be read from it.
func refusal(got reply) *ops.Error {
	switch {
	case got.code == http.StatusBadGateway || got.code == http.StatusServiceUnavailable:
		return ops.Fail(ops.Unavailable, ops.T("ComfyUI is not running behind its proxy (%d): it is started on demand.", "ComfyUI ne tourne pas derrière son proxy (%d) : il se lance à la demande.", got.code), nil)
	case got.code == http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("ComfyUI has no such thing (404)", "ComfyUI n’a rien de tel (404)"), nil)
	case got.code == http.StatusForbidden:
		return ops.Fail(ops.Unavailable, ops.T("ComfyUI, or the proxy before it, forbids it (403): is this machine allowed there?", "ComfyUI, ou le proxy devant lui, l’interdit (403) : cette machine y est-elle autorisée ?"), nil)
	case got.code >= 500:
		return ops.Fail(ops.Unavailable, ops.T("ComfyUI fails (%d)", "ComfyUI échoue (%d)", got.code), nil)
	}
	return ops.Fail(ops.Failed, ops.T("ComfyUI refuses (%d): %s", "ComfyUI refuse (%d) : %s", got.code, ops.Name(clip(string(got.body), 200))), nil)
}

// models lists the files of one kind, as ComfyUI sees them now.
func (s *System) models(ctx context.Context, folder string) (list []string, err error) {
	err = s.get(ctx, "/models/"+url.PathEscape(folder), &list)
	return list, err
}

package n8n

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"vigie/ops"
)

const (
	askTime    = 30 * time.Second
	runTime    = 10 * time.Minute // a retry answers when the execution has ended
	mostAnswer = 32 << 20         // bytes: a hundred workflows with their nodes, or one execution with its data
)

type reply struct {
	code int
	body []byte
}

// get asks for what is at path of the API and reads it into v.
func (s *System) get(ctx context.Context, path string, v any) error {
	got, err := s.send(ctx, http.MethodGet, "/api/v1"+path, "", askTime)
	if err != nil {
		return err
	}
	return s.read(got, v)
}

func (s *System) read(got reply, v any) error {
	if got.code != http.StatusOK {
		return s.refusal(got)
	}
	if err := json.Unmarshal(got.body, v); err != nil {
		if strings.HasPrefix(string(got.body), "n8n is starting up") {
			return ops.Fail(ops.Unavailable, ops.T("n8n is starting up: what is sent to it now is swallowed. Ask again in a minute.", "n8n démarre : ce qu’on lui envoie maintenant est avalé. Redemande dans une minute."), nil)
		}
		return ops.Fail(ops.Unavailable, ops.T("what answers in n8n's place says nothing that I can read: is its address right?", "ce qui répond à la place de n8n dit des choses illisibles : son adresse est-elle bonne ?"), errors.New("reading n8n's answer"))
	}
	return nil
}

// post asks for something to be done, once. What may have come through without an answer is Unknown.
func (s *System) post(ctx context.Context, path, body string, limit time.Duration) (reply, error) {
	got, err := s.send(ctx, http.MethodPost, "/api/v1"+path, body, limit)
	if err == nil && got.code >= 500 {
		return got, ops.Fail(ops.Unknown, ops.T("n8n failed while it was asked (%d): it may or may not have done it. /n8n shows how it stands.", "n8n a échoué pendant la demande (%d) : c’est peut-être fait, peut-être pas. /n8n montre où il en est.", got.code), nil)
	}
	return got, err
}

func (s *System) send(ctx context.Context, method, path, body string, limit time.Duration) (reply, error) {
	bound, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, method, s.base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, errors.New("asking n8n: its address cannot be used")
	}
	r.Close = true // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	if strings.HasPrefix(path, "/api/") {
		r.Header.Set("X-N8N-API-KEY", s.o.Key.Reveal())
		r.Header.Set("Accept", "application/json")
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return reply{}, s.unanswered(ctx, method, path)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return reply{}, s.unanswered(ctx, method, path)
	}
	return reply{answer.StatusCode, said}, nil
}

// unanswered says that no answer came, without what net/http says of the address.
func (s *System) unanswered(ctx context.Context, method, path string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("asking n8n: %w", context.Cause(ctx))
	}
	if method == http.MethodPost && strings.HasPrefix(path, "/api/") {
		return ops.Fail(ops.Unknown, ops.T("n8n was asked and did not answer: it may or may not have done it. /n8n shows how it stands.", "n8n n’a pas répondu à la demande : c’est peut-être fait, peut-être pas. /n8n montre où il en est."), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("n8n does not answer at %s: is it up?", "n8n ne répond pas sur %s : tourne-t-il ?", ops.Name(strings.TrimPrefix(strings.TrimPrefix(s.base, "https://"), "http://"))), nil)
}

// refusal says what an answer means that is no success. n8n's own words are quoted; a stack trace it adds is not.
func (s *System) refusal(got reply) *ops.Error {
	var said struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(got.body, &said) // a proxy says it in HTML
	words := s.clip(said.Message, 200)
	switch {
	case got.code == http.StatusUnauthorized:
		return ops.Fail(ops.Unavailable, ops.T("n8n does not take the key: it was deleted, or it expired. Make one in its settings, under n8n API.", "n8n refuse la clé : supprimée, ou expirée. Crées-en une dans ses réglages, sous n8n API."), nil)
	case got.code == http.StatusForbidden:
		return ops.Fail(ops.Unavailable, ops.T("n8n forbids it: «%s». The key needs: %s.", "n8n l’interdit : « %s ». Il faut à la clé : %s.", words, Scopes), nil)
	case got.code == http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("n8n has no such thing: «%s»", "n8n n’a rien de tel : « %s »", words), nil)
	case got.code >= 500:
		return ops.Fail(ops.Unavailable, ops.T("n8n fails (%d): «%s»", "n8n échoue (%d) : « %s »", got.code, words), nil)
	}
	return ops.Fail(ops.Failed, ops.T("n8n refuses (%d): «%s»", "n8n refuse (%d) : « %s »", got.code, words), nil)
}

// clip makes foreign text one clean line of at most n characters, without our key.
func (s *System) clip(text string, n int) string {
	if s.o.Key != nil {
		text = strings.ReplaceAll(text, s.o.Key.Reveal(), ops.Hidden)
	}
	return clip(text, n)
}

func clip(text string, n int) string {
	text = strings.Join(strings.Fields(ops.Clean(text)), " ")
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

package models

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
	mostAnswer = 8 << 20 // bytes: model/info says some 3 kB of each model
)

// A reply is what came back, whatever its code.
type reply struct {
	code   int
	header http.Header
	body   []byte
}

// get asks for what is at path and reads it into v.
func (s *System) get(ctx context.Context, path string, v any) error {
	got, err := s.send(ctx, http.MethodGet, s.base+path, s.o.Key, nil, askTime)
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
		return ops.Fail(ops.Unavailable, ops.T("what answers in LiteLLM's place says nothing that I can read: is its address right?",
			"ce qui répond à la place de LiteLLM dit des choses illisibles : son adresse est-elle bonne ?"), errors.New("an answer is not the JSON that was expected"))
	}
	return nil
}

// post asks for something to be done, once. A request that may have come through without an answer is Unknown.
func (s *System) post(ctx context.Context, path string, body any, limit time.Duration) (reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return reply{}, fmt.Errorf("writing the request: %w", err)
	}
	return s.send(ctx, http.MethodPost, s.base+path, s.o.Key, raw, limit)
}

func (s *System) send(ctx context.Context, method, address string, key Secret, body []byte, limit time.Duration) (reply, error) {
	bound, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, method, address, bytes.NewReader(body))
	if err != nil {
		return reply{}, errors.New("the address cannot be used") // err quotes it
	}
	r.Close = true // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+key.Reveal())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return reply{}, unanswered(ctx, r, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return reply{}, unanswered(ctx, r, err)
	}
	return reply{answer.StatusCode, answer.Header, said}, nil
}

// unanswered says why no answer came. A question does no harm; what was asked to be done may have been.
func unanswered(ctx context.Context, r *http.Request, err error) error {
	var dns *net.DNSError
	var dial *net.OpError
	name := ops.Name(r.URL.Host)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking %s: %w", r.URL.Host, context.Cause(ctx))
	case errors.As(err, &dns):
		return ops.Fail(ops.Unavailable, ops.T("the host %s is not found (DNS): is the bot in its network?", "l’hôte %s est introuvable (DNS) : le bot est-il dans son réseau ?", name), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("nothing answers at %s: is it up?", "rien ne répond sur %s : est-ce que ça tourne ?", name), nil)
	case r.Method != http.MethodGet:
		return ops.Fail(ops.Unknown, ops.T("%s was asked and did not answer: it may or may not have happened. Look at /models before you ask again.",
			"%s n’a pas répondu à la demande : c’est peut-être fait, peut-être pas. Regarde /models avant de redemander.", name), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("%s did not answer in time", "%s n’a pas répondu à temps", name), nil)
}

// words is what an answer that is no success says, in its own words, without our secrets.
func (s *System) words(got reply) (kind, message string) {
	var said struct {
		Error struct {
			Message string `json:"message"`
			Type    string `json:"type"`
		} `json:"error"`
		Detail json.RawMessage `json:"detail"`
	}
	_ = json.Unmarshal(got.body, &said) // a proxy in between says it in HTML
	message = said.Error.Message
	if message == "" && len(said.Detail) > 0 {
		message = string(said.Detail)
	}
	for _, secret := range []Secret{s.o.Key, s.o.CreditsKey} {
		if secret != nil && len(secret.Reveal()) >= 4 {
			message = strings.ReplaceAll(message, secret.Reveal(), ops.Hidden)
		}
	}
	return said.Error.Type, clip(ops.Clean(strings.TrimSpace(message)), 200)
}

// refusal says what an answer means that is no success. LiteLLM's codes differ between its versions, so its words count as well.
func (s *System) refusal(got reply) *ops.Error {
	kind, message := s.words(got)
	low := strings.ToLower(message)
	switch {
	case strings.Contains(low, "no db connected"), strings.Contains(low, "database not connected"), kind == "no_db_connection":
		return ops.Fail(ops.Invalid, ops.T("this LiteLLM has no database, so it keeps no keys and takes no models: set DATABASE_URL (and STORE_MODEL_IN_DB=True)",
			"ce LiteLLM n’a pas de base, donc ni clés ni ajout de modèles : définis DATABASE_URL (et STORE_MODEL_IN_DB=True)"), nil)
	case strings.Contains(low, "store_model_in_db"):
		return ops.Fail(ops.Unavailable, ops.T("LiteLLM takes no models through HTTP: set STORE_MODEL_IN_DB=True in its environment and recreate it",
			"LiteLLM n’accepte pas de modèle par HTTP : définis STORE_MODEL_IN_DB=True dans son environnement et recrée-le"), nil)
	case got.code == http.StatusUnauthorized, got.code == http.StatusForbidden:
		return ops.Fail(ops.Unavailable, ops.T("LiteLLM refuses Vigie's key (%d): wrong, expired, or not allowed to do this", "LiteLLM refuse la clé de Vigie (%d) : fausse, expirée, ou sans ce droit", got.code), nil)
	case got.code == http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("LiteLLM has no such thing: %s", "LiteLLM n’a rien de tel : %s", quoted(message)), nil)
	case got.code >= 300 && got.code < 400:
		return ops.Fail(ops.Unavailable, ops.T("LiteLLM sends me elsewhere (%d): its address is another one", "LiteLLM me renvoie ailleurs (%d) : son adresse est une autre", got.code), nil)
	case got.code >= 500:
		return ops.Fail(ops.Unavailable, ops.T("LiteLLM fails (%d): %s", "LiteLLM échoue (%d) : %s", got.code, quoted(message)), nil)
	}
	return ops.Fail(ops.Failed, ops.T("LiteLLM refuses (%d): %s", "LiteLLM refuse (%d) : %s", got.code, quoted(message)), nil)
}

func quoted(words string) ops.Text {
	if words == "" {
		return ops.T("it does not say why", "sans dire pourquoi")
	}
	return ops.T("«%s»", "« %s »", words)
}

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

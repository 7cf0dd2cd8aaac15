package zerobyte

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

const (
	askTime    = 30 * time.Second
	mostAnswer = 16 << 20 // bytes: a repository with thousands of snapshots tells of all of them
)

// A reply is an answer that is none of those that mean the same for every request.
type reply struct {
	code int
	body []byte
}

// get asks for what is at path and reads it into v. Its error is NotFound where there is no such thing.
func (s *System) get(ctx context.Context, path string, v any) error {
	got, err := s.send(ctx, http.MethodGet, path, nil, askTime)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK {
		return s.refusal(got)
	}
	if err := json.Unmarshal(got.body, v); err != nil {
		return ops.Fail(ops.Unavailable, ops.T("what answers in Zerobyte's place says nothing that I can read: is its address right?", "ce qui répond à la place de Zerobyte dit des choses illisibles : son adresse est-elle bonne ?"),
			fmt.Errorf("reading %s: %w", path, err))
	}
	return nil
}

// post asks for something to be done. A request that may have come through without an answer is Unknown. It is sent once: a
// second time only if the session had expired, which says that the first did nothing.
func (s *System) post(ctx context.Context, path string, body any, limit time.Duration) (reply, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return reply{}, fmt.Errorf("writing the request: %w", err)
	}
	got, err := s.send(ctx, http.MethodPost, path, raw, limit)
	if err == nil && got.code >= 500 { // it broke in the middle of it, or a proxy gave up waiting
		return got, ops.Fail(ops.Unknown, ops.T("Zerobyte failed while it was asked (%d): it may or may not have begun. Look at /zerobyte.", "Zerobyte a échoué pendant la demande (%d) : c’est peut-être commencé, peut-être pas. Regarde /zerobyte.", got.code),
			errors.New(clip(ops.Clean(s.hide(string(got.body))), 300)))
	}
	return got, err
}

// send sends one request, signs in first where that is needed, and once more if the session has expired.
func (s *System) send(ctx context.Context, method, path string, body []byte, limit time.Duration) (reply, error) {
	if err := s.mayAsk(time.Now()); err != nil {
		return reply{}, err
	}
	session, signed := s.session()
	if s.byPassword() && session == "" {
		var err error
		if session, signed, err = s.signIn(ctx, 0); err != nil {
			return reply{}, err
		}
	}
	got, err := s.once(ctx, method, path, body, session, limit)
	if err == nil && got.code == http.StatusUnauthorized && s.byPassword() {
		if session, _, err = s.signIn(ctx, signed); err != nil {
			return reply{}, err
		}
		got, err = s.once(ctx, method, path, body, session, limit)
	}
	if err == nil && got.code == http.StatusUnauthorized {
		return reply{}, s.unauthorized()
	}
	return got, err
}

// mayAsk refuses as long as Zerobyte wants no requests.
func (s *System) mayAsk(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait := s.quiet.Sub(now); wait > 0 {
		return ops.Fail(ops.Unavailable, ops.T("Zerobyte has had too many requests, from all its clients together; I ask again in %s.", "Zerobyte a reçu trop de requêtes, tous clients confondus ; je redemanderai dans %s.", ops.Span(wait.Truncate(time.Second))), nil)
	}
	return nil
}

func (s *System) once(ctx context.Context, method, path string, body []byte, session string, limit time.Duration) (reply, error) {
	bound, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, fmt.Errorf("asking Zerobyte: %w", errors.New("its address cannot be used"))
	}
	r.Close = true // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case session != "":
		r.Header.Set("Cookie", session)
	case !s.byPassword():
		r.Header.Set("x-api-key", s.o.Key.Reveal())
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return reply{}, s.unanswered(ctx, method, err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return reply{}, s.unanswered(ctx, method, err)
	}
	if answer.StatusCode == http.StatusTooManyRequests {
		s.rest(answer.Header)
		return reply{}, s.mayAsk(time.Now())
	}
	s.remember(answer)
	return reply{answer.StatusCode, said}, nil
}

// rest notes how long no requests are wanted: as Zerobyte says, between 10 s and its window of 5 min.
func (s *System) rest(h http.Header) {
	wait := time.Minute
	for _, name := range []string{"Retry-After", "RateLimit-Reset"} {
		if n, err := strconv.Atoi(h.Get(name)); err == nil {
			wait = time.Duration(n) * time.Second
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = time.Now().Add(min(max(wait, 10*time.Second), 5*time.Minute))
}

// unanswered says why no answer came, without what net/http says of the address. A question does no harm; what was asked to be
// done may have been.
func (s *System) unanswered(ctx context.Context, method string, err error) error {
	var dns *net.DNSError
	var dial *net.OpError
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s.base, "https://"), "http://"), "/")
	name := ops.Name(host)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking Zerobyte: %w", context.Cause(ctx))
	case errors.As(err, &dns):
		return ops.Fail(ops.Unavailable, ops.T("Zerobyte's host %s is not found (DNS): is the VPN up?", "l’hôte de Zerobyte, %s, est introuvable (DNS) : le VPN est-il actif ?", name), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("nothing answers where Zerobyte should be, %s: is it up, and the VPN?", "rien ne répond là où devrait être Zerobyte, %s : tourne-t-il, le VPN est-il actif ?", name), nil)
	case method != http.MethodGet:
		return ops.Fail(ops.Unknown, ops.T("Zerobyte was asked and did not answer: it may or may not have begun. Look at /zerobyte before you ask again.", "Zerobyte n’a pas répondu à la demande : c’est peut-être commencé, peut-être pas. Regarde /zerobyte avant de redemander."), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("Zerobyte at %s did not answer", "Zerobyte, sur %s, n’a pas répondu", name), nil)
}

// refusal says what an answer means that is no success. It quotes Zerobyte's own words.
func (s *System) refusal(got reply) *ops.Error {
	var said struct {
		Message string `json:"message"`
		Details string `json:"details"`
	}
	_ = json.Unmarshal(got.body, &said) // a proxy says it in HTML
	words := clip(ops.Clean(strings.TrimSpace(s.hide(said.Message+" "+said.Details))), 200)
	switch {
	case got.code == http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("Zerobyte has no such thing: %s", "Zerobyte n’a rien de tel : %s", quoted(words)), nil)
	case got.code == http.StatusForbidden:
		return ops.Fail(ops.Unavailable, ops.T("Zerobyte forbids it: %s. The key belongs to one organisation, and its person must still be in it.", "Zerobyte l’interdit : %s. La clé appartient à une organisation, et sa personne doit encore en faire partie.", quoted(words)), nil)
	case got.code >= 300 && got.code < 400:
		return ops.Fail(ops.Unavailable, ops.T("Zerobyte sends me elsewhere (%d): its address is another one", "Zerobyte me renvoie ailleurs (%d) : son adresse est une autre", got.code), nil)
	case got.code >= 500:
		return ops.Fail(ops.Unavailable, ops.T("Zerobyte fails (%d): %s", "Zerobyte échoue (%d) : %s", got.code, quoted(words)), nil)
	}
	return ops.Fail(ops.Failed, ops.T("Zerobyte refuses (%d): %s", "Zerobyte refuse (%d) : %s", got.code, quoted(words)), nil)
}

func quoted(words string) ops.Text {
	if words == "" {
		return ops.T("it does not say why", "sans dire pourquoi")
	}
	return ops.T("«%s»", "« %s »", words)
}

// hide takes our own secrets out of what Zerobyte says.
func (s *System) hide(text string) string {
	for _, secret := range []Secret{s.o.Key, s.o.Password} {
		if secret != nil && len(secret.Reveal()) >= 4 {
			text = strings.ReplaceAll(text, secret.Reveal(), ops.Hidden)
		}
	}
	return text
}

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

package hooks

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vigie/ops"
)

// A refusal is an answer other than 2xx. why is for the sender; nothing that was sent is in it but names of fields.
type refusal struct {
	status int
	why    string
}

func (r refusal) Error() string { return r.why }

// retryAfter is when to try again while nobody watches, in seconds. A restart of the bot takes less.
const retryAfter = 10

func (h *Hooks) handler(s *source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := h.take(s, w, r)
		var no refusal
		switch {
		case err == nil:
			w.WriteHeader(status)
			if status == http.StatusOK {
				_, _ = io.WriteString(w, "ok\n")
			}
			return
		case !errors.As(err, &no): // unreachable: take refuses with nothing else
			no = refusal{http.StatusInternalServerError, "this went wrong here"}
		}
		switch no.status {
		case http.StatusMethodNotAllowed:
			w.Header().Set("Allow", s.methods())
		case http.StatusServiceUnavailable:
			w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(no.status)
		_, _ = fmt.Fprintln(w, no.why)
	})
}

// take deals with one request: who sends it, what it says, and telling it. A GitHub event that says nothing to anybody is
// 204; from the others it is 200, because LiteLLM takes everything else for a failure.
func (h *Hooks) take(s *source, w http.ResponseWriter, r *http.Request) (status int, err error) {
	if !s.takes(r.Method) {
		return 0, refusal{http.StatusMethodNotAllowed, "use " + s.methods()}
	}
	if s.Kind != GitHub && !s.knows(r) { // before a byte of the body is read
		return 0, h.stranger(s, r)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.MaxBytes))
	if s.Kind == GitHub && err == nil && !s.signed(r, raw) {
		return 0, h.stranger(s, r)
	}
	if !h.watching() {
		return 0, refusal{http.StatusServiceUnavailable, "not ready: try again"}
	}
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return 0, h.unreadable(s, refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("at most %d bytes are taken here", s.MaxBytes)})
	}
	if err != nil {
		return 0, refusal{http.StatusBadRequest, "the message broke off"}
	}
	delivery := r.Header.Get("X-GitHub-Delivery")
	if s.Kind == GitHub && s.seen.has(delivery) {
		return http.StatusOK, nil
	}
	body, err := s.unwrap(r, raw)
	if err != nil {
		return 0, h.unreadable(s, refusal{http.StatusBadRequest, err.Error()})
	}
	now := time.Now()
	events, err := s.read(request{source: s.Name, body: body, event: r.Header.Get("X-GitHub-Event"), now: now, service: h.service})
	if err != nil {
		return 0, h.unreadable(s, refusal{http.StatusBadRequest, err.Error()})
	}
	if !h.told(h.settle(s, events, now)) {
		return 0, refusal{http.StatusServiceUnavailable, "not ready: try again"}
	}
	if s.Kind == GitHub {
		s.seen.add(delivery)
		if len(events) == 0 {
			return http.StatusNoContent, nil
		}
	}
	return http.StatusOK, nil
}

// stranger refuses who does not know the secret, without a word on what was wrong.
func (h *Hooks) stranger(s *source, r *http.Request) refusal {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = "somewhere"
	}
	h.complain(s, fmt.Errorf("refused a request from %s: the secret is missing or wrong", from))
	return refusal{http.StatusUnauthorized, "unauthorized"}
}

// unreadable tells that s sent what cannot be read. The sender knows the secret, so it may well have been an alert, and
// most senders do not repeat what was refused. From GitHub what is too large is only logged: nothing was proved yet.
func (h *Hooks) unreadable(s *source, no refusal) refusal {
	no.why = oneLine(no.why, mostLine-40) // a field's name can be as long as the message
	h.complain(s, fmt.Errorf("refused a message with status %d: %w", no.status, no))
	if s.Kind == GitHub && no.status == http.StatusRequestEntityTooLarge {
		return no
	}
	h.told([]ops.Trouble{{
		Subject: "watch:hooks", Kind: "unreadable:" + s.Name, Severity: ops.Warning, Fades: time.Hour,
		Title: ops.T("a message from %s cannot be read: it may have been an alert", "un message de %s est illisible : c’était peut-être une alerte", ops.Name(s.Name)),
		Lines: []ops.Text{ops.T("answered %d: %s", "réponse %d : %s", no.status, no.why)},
	}})
	return no
}

func (h *Hooks) complain(s *source, err error) {
	if more, now := s.complain.may(time.Now()); now {
		if more > 0 {
			err = fmt.Errorf("%w (and %d more like it since the last that was reported)", err, more)
		}
		h.broken(fmt.Errorf("webhook %s: %w", s.Name, err))
	}
}

// complaints lets one through each minute, and counts the others.
type complaints struct {
	mu   sync.Mutex // guards the rest
	next time.Time
	held int
}

func (c *complaints) may(now time.Time) (held int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(c.next) {
		c.held++
		return 0, false
	}
	held, c.held, c.next = c.held, 0, now.Add(time.Minute)
	return held, true
}

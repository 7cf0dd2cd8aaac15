package fresh

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// HookPath is where heartbeats are pushed to, with the beat's name behind it.
const HookPath = "/hooks/heartbeat/"

// mostMsg is how many characters of a job's words are kept.
const mostMsg = 500

// ServeHTTP takes a heartbeat: POST, GET or HEAD of [HookPath] and its name, as cron's curl -fsS does it.
//
//	?status=up       it went well; so does no status at all, and 0
//	?status=down     it failed; so does an exit code from 1 to 255 (status=$?)
//	?msg=…           what it has to say, at most 500 characters
//	?secret=…        or the header X-Vigie-Secret, or Authorization: Bearer, which do not end up in a proxy's log
//
// It answers {"ok":true} with 200 once the beat is kept; else "ok" is false and "msg" says why: 400 for a status that is
// none of these, 401 for a wrong secret, 404 for an unknown name, 405, 503 if it could not be kept.
func (s *System) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, HookPath)
	query, err := url.ParseQuery(r.URL.RawQuery)
	b := s.named(name)
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD, POST")
		reply(w, http.StatusMethodNotAllowed, "POST, GET or HEAD")
	case b == nil:
		reply(w, http.StatusNotFound, "no heartbeat of that name is configured")
	case !same(b.Secret.Reveal(), shown(r, query)):
		w.Header().Set("WWW-Authenticate", "Bearer")
		reply(w, http.StatusUnauthorized, "the secret is missing or wrong")
	case err != nil:
		reply(w, http.StatusBadRequest, "the query cannot be read")
	default:
		s.beaten(w, r, b, query)
	}
}

func (s *System) beaten(w http.ResponseWriter, r *http.Request, b *Beat, query url.Values) {
	down, says, ok := status(query.Get("status"))
	if !ok {
		reply(w, http.StatusBadRequest, "status is up, down or an exit code")
		return
	}
	msg := clipped(query.Get("msg"), mostMsg)
	if msg == "" {
		msg = says
	}
	s.present(r.Context()) // what was kept of it must be in there before it is kept again
	s.mu.Lock()
	h := s.beat(b.Name)
	h.take(now(), down, msg)
	known := h.known
	s.mu.Unlock()
	select {
	case s.poke <- struct{}{}:
	default: // one is waiting already
	}
	if !known || s.keepBeat(r.Context(), b.Name) != nil {
		reply(w, http.StatusServiceUnavailable, "heard, but it could not be kept: a restart would forget it")
		return
	}
	reply(w, http.StatusOK, "")
}

func (s *System) named(name string) *Beat {
	for i := range s.o.Beats {
		if s.o.Beats[i].Name == name {
			return &s.o.Beats[i]
		}
	}
	return nil
}

// status reads what a job says of itself.
func status(word string) (down bool, says string, ok bool) {
	switch strings.ToLower(word) {
	case "", "up":
		return false, "", true
	case "down":
		return true, "", true
	}
	code, err := strconv.ParseUint(word, 10, 8)
	if err != nil {
		return false, "", false
	}
	if code == 0 {
		return false, "", true
	}
	return true, "exit code " + strconv.FormatUint(code, 10), true
}

// shown is the secret that came with a request.
func shown(r *http.Request, query url.Values) string {
	if scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(secret)
	}
	if secret := r.Header.Get("X-Vigie-Secret"); secret != "" {
		return secret
	}
	return query.Get("secret")
}

// same compares in a time that tells nothing of what is right, not even its length.
func same(want, got string) bool {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func reply(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(struct { // the asker is gone if this fails
		OK  bool   `json:"ok"`
		Msg string `json:"msg,omitempty"`
	}{why == "", why})
}

package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
)

// knows reports whether r carries the secret of s, in any of the places where it may stand.
func (s *source) knows(r *http.Request) bool {
	given := r.Header.Values("X-Vigie-Secret")
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		given = append(given, strings.TrimSpace(token))
	}
	if _, password, ok := r.BasicAuth(); ok {
		given = append(given, password)
	}
	if s.Kind == LiteLLM || s.Kind == JSON { // the others can all send a header
		given = append(given, r.URL.Query()["secret"]...)
	}
	right := 0
	for _, g := range given {
		sum := sha256.Sum256([]byte(g))
		right |= subtle.ConstantTimeCompare(sum[:], s.sum[:])
	}
	return right == 1
}

// signed reports whether GitHub signed exactly these bytes with the secret of s.
func (s *source) signed(r *http.Request, raw []byte) bool {
	given, ok := strings.CutPrefix(r.Header.Get("X-Hub-Signature-256"), "sha256=")
	sent, err := hex.DecodeString(given)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(s.Secret))
	mac.Write(raw)
	return hmac.Equal(sent, mac.Sum(nil))
}

// mostSeen is how many deliveries are remembered. GitHub's signature has no time in it, so what was sent once could be sent
// again by whoever saw it; GitHub itself lets people repeat a delivery for 3 days.
const mostSeen = 4096

// seen remembers the newest deliveries.
type seen struct {
	mu   sync.Mutex // guards the rest
	ids  map[string]bool
	ring []string
	next int
}

func (s *seen) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}

func (s *seen) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == "" || len(id) > 100 || s.ids[id] { // GitHub's are 36 characters
		return
	}
	if s.ids == nil {
		s.ids, s.ring = map[string]bool{}, make([]string, mostSeen)
	}
	delete(s.ids, s.ring[s.next])
	s.ring[s.next], s.ids[id] = id, true
	s.next = (s.next + 1) % mostSeen
}

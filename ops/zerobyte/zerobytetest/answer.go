package zerobytetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const windowLength = 5 * time.Minute

// answer is what the server says, and how long it takes to. Called with mu held.
func (s *Server) answer(r *http.Request, now time.Time) (answer, time.Duration) {
	if r.Header.Get("X-Forwarded-For") != "" {
		s.blame("%s %s says whom it is forwarded for: that is a way round the limit", r.Method, r.URL.Path)
	}
	if s.state.Down {
		return answer{code: 502, body: "<html><body>502 Bad Gateway</body></html>"}, 0
	}
	if now.Sub(s.window) >= windowLength {
		s.window, s.asked = now, 0
	}
	limit := s.Limit
	if limit == 0 {
		limit = 1000
	}
	if s.asked++; s.asked > limit {
		reset := strconv.Itoa(int(s.window.Add(windowLength).Sub(now).Seconds()) + 1)
		return answer{code: 429, body: "Too many requests, please try again later.", header: map[string]string{"RateLimit-Limit": strconv.Itoa(limit), "RateLimit-Remaining": "0", "RateLimit-Reset": reset, "Retry-After": reset}}, 0
	}
	switch path := r.URL.Path; {
	case path == "/api/healthcheck":
		return ok(map[string]string{"status": "ok"}), 0
	case path == "/api/auth/sign-in/username" && r.Method == http.MethodPost:
		return s.signIn(r, now), 0
	case !strings.HasPrefix(path, "/api/v1/"):
		s.blame("%s %s is nowhere", r.Method, path)
		return answer{code: 404, body: "404 Not Found"}, 0
	}
	if !s.known(r) {
		return no(401, "Invalid or expired session"), 0
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		s.blame("%s %s changes what is set up", r.Method, r.URL.Path)
		return no(403, "Forbidden"), 0
	}
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		s.blame("%s %s sends no JSON", r.Method, r.URL.Path)
		return no(400, "Malformed JSON in request body"), 0
	}
	return s.route(r, now)
}

func (s *Server) signIn(r *http.Request, now time.Time) answer {
	if r.Header.Get("x-api-key") != "" {
		s.blame("the API key is sent to sign in")
	}
	recent := 0
	for _, at := range s.signIns {
		if now.Sub(at) < 10*time.Second {
			recent++
		}
	}
	if recent >= 3 { // better-auth's own limit
		return answer{code: 429, body: map[string]string{"message": "Too many requests. Please try again later."}, header: map[string]string{"X-Retry-After": "10"}}
	}
	s.signIns = append(s.signIns, now)
	var body struct{ Username, Password string }
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.Username != s.User || body.Password != s.Password {
		return answer{code: 401, body: map[string]string{"code": "INVALID_USERNAME_OR_PASSWORD", "message": "Invalid username or password"}}
	}
	s.number++
	token := fmt.Sprintf("token-%d", s.number)
	s.sessions[token] = true
	return answer{code: 200, body: map[string]any{"token": token, "user": map[string]string{"username": s.User}},
		header: map[string]string{"Set-Cookie": "zerobyte.session_token=" + token + "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"}}
}

// known reports whether the request bears a key or a session that the version takes.
func (s *Server) known(r *http.Request) bool {
	if key := r.Header.Get("x-api-key"); key != "" && s.Version >= 40 {
		return key == s.Key
	}
	c, err := r.Cookie("zerobyte.session_token")
	return err == nil && s.sessions[c.Value]
}

// route finds what is asked for.
func (s *Server) route(r *http.Request, now time.Time) (answer, time.Duration) {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1/"), "/")
	at := func(method, pattern string) bool {
		want := strings.Split(pattern, "/")
		if r.Method != method || len(want) != len(parts) {
			return false
		}
		for i, w := range want {
			if w != "*" && w != parts[i] {
				return false
			}
		}
		return true
	}
	switch {
	case at("GET", "backups"):
		return ok(s.listJobs()), 0
	case at("GET", "backups/*"):
		return s.oneJob(parts[1]), 0
	case at("POST", "backups/*/run"):
		return s.run(parts[1], now), 0
	case at("GET", "volumes"):
		return ok(s.listVolumes()), 0
	case at("GET", "volumes/filesystem/browse"):
		return s.browse(r.URL.Query().Get("path")), 0
	case at("GET", "volumes/*/files"):
		return s.volumeFiles(parts[1]), 0
	case at("GET", "repositories"):
		return ok(s.listRepositories()), 0
	case at("GET", "repositories/*/snapshots"):
		return s.listSnapshots(parts[1], r.URL.Query().Get("backupId")), 0
	case at("POST", "repositories/*/snapshots/refresh"):
		return ok(map[string]any{"message": "Snapshot cache cleared and refreshed", "count": len(s.state.Snapshots)}), 0
	case at("GET", "repositories/*/snapshots/*/files"):
		return s.snapshotFiles(parts[3], r.URL.Query().Get("path")), 0
	case at("POST", "repositories/*/restore"):
		return s.restore(r, now)
	case at("GET", "tasks/*") && s.Version >= 41:
		return s.oneTask(parts[1], now), 0
	case at("GET", "tasks/*"):
		return answer{code: 404, body: "404 Not Found"}, 0
	}
	s.blame("%s %s is known to no version", r.Method, r.URL.Path)
	return answer{code: 404, body: "404 Not Found"}, 0
}

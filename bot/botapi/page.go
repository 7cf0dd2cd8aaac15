package botapi

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed web
var webFiles embed.FS

// heartbeat keeps proxies from closing an idle event stream.
const heartbeat = 20 * time.Second

// Page serves the chat page, on which one can be any of the people. It speaks
// for all of them without a password: serve it only where that is fine.
func (s *Server) Page() http.Handler {
	web, err := fs.Sub(webFiles, "web")
	if err != nil {
		panic("botapi: " + err.Error()) // unreachable: web is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(web))
	mux.HandleFunc("GET /state", s.pageState)
	mux.HandleFunc("GET /events", s.pageEvents)
	mux.HandleFunc("GET /file", s.pageFile)
	mux.HandleFunc("POST /say", s.pageSay)
	mux.HandleFunc("POST /tap", s.pageTap)
	return s.guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard keeps other sites from driving the page: neither their scripts nor
// names that resolve here get in, and nothing foreign is loaded.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if net.ParseIP(strings.Trim(host, "[]")) == nil && host != "localhost" && !slices.Contains(s.opts.PageHosts, host) {
			http.Error(w, fmt.Sprintf("this chat page is not served under the name %q", host), http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// seenAs reads who looks; false after it answered that there is no such person.
func (s *Server) seenAs(w http.ResponseWriter, r *http.Request) (*person, bool) {
	id, err := strconv.ParseInt(r.FormValue("user"), 10, 64)
	s.mu.Lock()
	p := s.users[id]
	s.mu.Unlock()
	if err != nil || p == nil {
		http.Error(w, "there is no such user", http.StatusNotFound)
		return nil, false
	}
	return p, true
}

func (s *Server) pageState(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(r.FormValue("user"), 10, 64) // a stranger sees the first person's
	s.mu.Lock()
	state := s.stateFor(id)
	body, err := json.Marshal(state)
	s.mu.Unlock()
	if err != nil {
		http.Error(w, "encoding the state: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body) // an error is the client's going away
}

// pageEvents streams what changes for a person.
func (s *Server) pageEvents(w http.ResponseWriter, r *http.Request) {
	p, ok := s.seenAs(w, r)
	if !ok {
		return
	}
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.FormValue("after")
	}
	last, err := strconv.ParseUint(after, 10, 64)
	if err != nil {
		http.Error(w, "after must be a number", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	fmt.Fprint(w, "retry: 500\n: hello\n\n")
	for {
		s.mu.Lock()
		changed := s.changed
		text := s.eventsFor(p.ID, last)
		last = s.events.last
		s.mu.Unlock()
		if _, err := w.Write(text); err != nil {
			return
		}
		if err := flusher.Flush(); err != nil {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-r.Context().Done():
			return
		case <-s.closing.Done():
			return
		}
	}
}

// eventsFor encodes what a person may see of the events after one; s.mu is held.
func (s *Server) eventsFor(userID int64, after uint64) []byte {
	events, complete := s.events.after(after)
	if !complete {
		return fmt.Appendf(nil, "id: %d\ndata: {\"kind\":\"reload\"}\n\n", s.events.last)
	}
	var out []byte
	first := s.events.last - uint64(len(events)) + 1
	for i, e := range events {
		if r := s.byKey[e.Room]; e.UserID != 0 && e.UserID != userID || e.Room != "" && !r.hasMember(userID) {
			continue
		}
		body, err := json.Marshal(e)
		if err != nil {
			panic("botapi: encoding an event: " + err.Error()) // unreachable: events are plain structs
		}
		out = fmt.Appendf(out, "id: %d\ndata: %s\n\n", first+uint64(i), body)
	}
	return out
}

// pageFile serves a file of a message: images to be shown, all else to be saved.
func (s *Server) pageFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files.byID[r.FormValue("id")]
	s.mu.Unlock()
	if f == nil {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	kind := http.DetectContentType(f.data)
	if r.FormValue("show") == "" || !slices.Contains([]string{"image/png", "image/jpeg", "image/gif"}, kind) {
		kind = "application/octet-stream"
		w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''`+percent(f.name))
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.data)))
	w.Write(f.data) // an error is the client's going away
}

// percent encodes a file name for Content-Disposition.
func percent(name string) string {
	var out strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

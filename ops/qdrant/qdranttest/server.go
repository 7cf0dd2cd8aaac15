// Package qdranttest is a strict stand-in for Qdrant's HTTP API, for tests and the demo: no build of the real one is to be had without
// its image. Its snapshots are archives of what a collection holds; what it refuses, and how, is what Qdrant does.
package qdranttest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Collection is what one holds.
type Collection struct {
	Vectors map[string]any // {"size": 4, "distance": "Cosine"}
	Points  map[string]string
	Status  string // "" is green
}

// A Server is one Qdrant. The zero Server is empty and asks for no key.
type Server struct {
	Key string

	mu        sync.Mutex // guards what follows
	fault     func(r *http.Request) string
	all       map[string]*Collection
	snapshots map[string]map[string][]byte // by collection and name
	made      map[string]time.Time
	n         int
}

// Fail has fault asked before each request; what it returns is done instead of answering: "refuse" does nothing, "lose" does it and answers
// nothing, a number is that status. nil or "" is no fault.
func (s *Server) Fail(fault func(r *http.Request) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// Put makes a collection, or replaces it.
func (s *Server) Put(name string, size int, points map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init()
	s.all[name] = &Collection{Vectors: map[string]any{"size": size, "distance": "Cosine"}, Points: maps.Clone(points)}
}

// Snapshot makes a snapshot of a collection, as of so long ago, and returns its name.
func (s *Server) Snapshot(collection string, ago time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot(collection, time.Now().Add(-ago))
}

func (s *Server) snapshot(collection string, at time.Time) string {
	s.n++
	n := fmt.Sprintf("%s-1234567-%s-%02d.snapshot", collection, at.UTC().Format("2006-01-02-15-04-05"), s.n)
	if s.snapshots[collection] == nil {
		s.snapshots[collection] = map[string][]byte{}
	}
	s.snapshots[collection][n] = pack(s.all[collection])
	s.made[n] = at.UTC()
	return n
}

// Points are what a collection holds; nil is none.
func (s *Server) Points(name string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.all[name]; c != nil {
		return maps.Clone(c.Points)
	}
	return nil
}

// Names are the collections.
func (s *Server) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.all))
}

// Break gives a collection a status, such as "red".
func (s *Server) Break(name, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[name].Status = status
}

// Kept are the snapshots that it has of a collection.
func (s *Server) Kept(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.snapshots[name]))
}

func (s *Server) init() {
	if s.all == nil {
		s.all, s.snapshots, s.made = map[string]*Collection{}, map[string]map[string][]byte{}, map[string]time.Time{}
	}
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := ""
	s.mu.Lock()
	if s.fault != nil {
		fault = s.fault(r)
	}
	s.mu.Unlock()
	switch fault {
	case "", "lose":
	case "refuse":
		panic(http.ErrAbortHandler)
	default:
		code := 0
		fmt.Sscan(fault, &code)
		refuse(w, code, "Service internal error: somebody asked for it")
		return
	}
	body, _ := io.ReadAll(r.Body) // a torn one is short, and then no form
	if fault == "lose" {
		s.answer(discard{http.Header{}}, r, body)
		panic(http.ErrAbortHandler)
	}
	s.answer(w, r, body)
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header       { return d.h }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.init()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if s.Key != "" && r.Header.Get("api-key") != s.Key && r.URL.Path != "/" && r.URL.Path != "/healthz" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "Must provide an API key or an Authorization bearer token") // not JSON
		return
	}
	switch {
	case r.URL.Path == "/collections" && r.Method == http.MethodGet:
		var list []map[string]string
		for _, name := range slices.Sorted(maps.Keys(s.all)) {
			list = append(list, map[string]string{"name": name})
		}
		ok(w, map[string]any{"collections": list})
	case len(parts) < 2 || parts[0] != "collections":
		refuse(w, http.StatusNotFound, "Not found")
	case len(parts) == 4 && parts[2] == "snapshots" && parts[3] == "upload" && r.Method == http.MethodPost:
		s.upload(w, r, parts[1], body)
	case s.all[parts[1]] == nil:
		refuse(w, http.StatusNotFound, "Not found: Collection `"+parts[1]+"` doesn't exist!")
	default:
		s.collection(w, r, parts[1], parts[2:], body)
	}
}

func (s *Server) collection(w http.ResponseWriter, r *http.Request, name string, rest []string, body []byte) {
	c := s.all[name]
	switch path := strings.Join(rest, "/"); {
	case path == "" && r.Method == http.MethodGet:
		status := c.Status
		if status == "" {
			status = "green"
		}
		ok(w, map[string]any{"status": status, "optimizer_status": "ok", "points_count": len(c.Points), "config": map[string]any{"params": map[string]any{"vectors": c.Vectors}}})
	case path == "" && r.Method == http.MethodDelete:
		delete(s.all, name)
		ok(w, true)
	case path == "points/count" && r.Method == http.MethodPost:
		if c.Status == "red" {
			refuse(w, http.StatusInternalServerError, "Service internal error: shard is broken")
			return
		}
		ok(w, map[string]int{"count": len(c.Points)})
	case path == "snapshots" && r.Method == http.MethodGet:
		list := []map[string]any{}
		for _, n := range slices.Sorted(maps.Keys(s.snapshots[name])) {
			list = append(list, s.describe(name, n))
		}
		ok(w, list)
	case path == "snapshots" && r.Method == http.MethodPost:
		n := s.snapshot(name, time.Now())
		ok(w, s.describe(name, n))
	case len(rest) == 2 && rest[0] == "snapshots" && s.snapshots[name][rest[1]] == nil:
		refuse(w, http.StatusNotFound, "Not found: Snapshot "+rest[1])
	case len(rest) == 2 && rest[0] == "snapshots" && r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(s.snapshots[name][rest[1]]) // whoever asks may be gone
	case len(rest) == 2 && rest[0] == "snapshots" && r.Method == http.MethodDelete:
		delete(s.snapshots[name], rest[1])
		ok(w, true)
	default:
		refuse(w, http.StatusNotFound, "Not found")
	}
}

func (s *Server) describe(collection, name string) map[string]any {
	raw := s.snapshots[collection][name]
	sum := sha256.Sum256(raw)
	return map[string]any{"name": name, "creation_time": s.made[name].Format("2006-01-02T15:04:05"), "size": len(raw), "checksum": hex.EncodeToString(sum[:])}
}

// upload recovers a collection: all or nothing, and one that is not there is made.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	f, _, err := r.FormFile("snapshot")
	if err != nil {
		refuse(w, http.StatusBadRequest, "Bad request: Multipart field `snapshot` is missing")
		return
	}
	raw, _ := io.ReadAll(f) // it is in memory
	c, err := unpack(raw)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Bad request: failed to unpack snapshot archive: "+err.Error())
		return
	}
	if r.URL.Query().Get("priority") != "snapshot" && s.all[name] != nil { // on a single node what is there would count
		ok(w, true)
		return
	}
	s.all[name] = c
	ok(w, true)
}

func pack(c *Collection) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	add := func(name string, v any) {
		raw, _ := json.Marshal(v)                                                      // plain data
		_ = w.WriteHeader(&tar.Header{Name: name, Size: int64(len(raw)), Mode: 0o644}) // into memory
		_, _ = w.Write(raw)                                                            // into memory
	}
	add("config.json", map[string]any{"params": map[string]any{"vectors": c.Vectors}})
	add("0/points.json", c.Points)
	_ = w.Close() // into memory
	return b.Bytes()
}

func unpack(raw []byte) (*Collection, error) {
	c := &Collection{Points: map[string]string{}}
	r := tar.NewReader(bytes.NewReader(raw))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		var into any = &c.Points
		var config struct {
			Params struct{ Vectors map[string]any }
		}
		if h.Name == "config.json" {
			into = &config
		}
		if err := json.NewDecoder(r).Decode(into); err != nil {
			return nil, err
		}
		if h.Name == "config.json" {
			c.Vectors = config.Params.Vectors
		}
	}
	if c.Vectors == nil {
		return nil, fmt.Errorf("config.json is missing")
	}
	return c, nil
}

func ok(w http.ResponseWriter, result any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"result": result, "status": "ok", "time": 0.001}) // whoever asks may be gone
}

func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": map[string]string{"error": why}, "time": 0.001}) // whoever asks may be gone
}

// Package remotiontest is a stand-in for the Remotion render server: jobs in memory, one at a time, at most ten, a token where it
// has one, errors and states in the server's own shapes, and a file that begins and is built as an MP4 is.
package remotiontest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const mostJobs = 10 // queued and running

// Options say what the server is like.
type Options struct {
	Compositions []string
	Token        string        // "" asks for none
	Frame        time.Duration // how long a percent of a video takes; 0 is 50 ms
	Size         int           // bytes of a video; 0 is what a smallest one has
}

// A Server is the stand-in. It is an [http.Handler].
type Server struct {
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex // guards what follows
	jobs     map[string]*job
	queue    []*job
	calls    []string
	oom      bool
	drop     bool
	wake     chan struct{}
	end      context.CancelFunc
	finished chan struct{}
}

type job struct {
	id          string
	composition string
	status      string
	progress    float64
	err         string
	props       json.RawMessage
	stop        bool
}

// New starts a server; Close ends it.
func New(o Options) *Server {
	if o.Frame == 0 {
		o.Frame = 50 * time.Millisecond
	}
	s := &Server{o: o, mux: http.NewServeMux(), jobs: map[string]*job{}, wake: make(chan struct{}, 1), finished: make(chan struct{})}
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(w, http.StatusOK, map[string]any{"status": "ok", "renders": len(s.jobs)})
	})
	s.mux.HandleFunc("POST /renders", s.submit)
	s.mux.HandleFunc("GET /renders/{id}", s.show)
	s.mux.HandleFunc("DELETE /renders/{id}", s.cancel)
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	go s.work(ctx) // waited for in Close
	return s
}

// Close ends the worker.
func (s *Server) Close() { s.end(); <-s.finished }

// Restart forgets every job, as a restart does.
func (s *Server) Restart() {
	s.set(func() {
		for _, j := range s.jobs {
			j.stop = true
		}
		s.jobs, s.queue = map[string]*job{}, nil
	})
}

// OutOfMemory makes the next render run out of memory; DropAnswer tears off the next answer to POST /renders.
func (s *Server) OutOfMemory() { s.set(func() { s.oom = true }) }

// DropAnswer tears off the next answer to POST /renders, after the job was taken.
func (s *Server) DropAnswer() { s.set(func() { s.drop = true }) }

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// Calls are the requests that change something, in order.
func (s *Server) Calls() (list []string) {
	s.set(func() { list = slices.Clone(s.calls) })
	return list
}

// ServeHTTP implements [http.Handler]. Health and the videos themselves are open to all, as on the real one.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	open := r.URL.Path == "/health" || strings.HasSuffix(r.URL.Path, ".mp4")
	if !open && s.o.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.o.Token {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "Unauthorized"})
		return
	}
	s.mux.ServeHTTP(w, r)
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

func (s *Server) submit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var said struct {
		Composition string          `json:"compositionId"`
		Props       json.RawMessage `json:"inputProps"`
	}
	var object map[string]any
	if err != nil || json.Unmarshal(body, &said) != nil || said.Composition == "" || len(said.Props) > 0 && json.Unmarshal(said.Props, &object) != nil {
		answer(w, http.StatusBadRequest, map[string]any{"error": "Invalid request body"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.o.Compositions, said.Composition) {
		answer(w, http.StatusBadRequest, map[string]any{"error": "Unknown composition: " + said.Composition})
		return
	}
	busy := 0
	for _, j := range s.jobs {
		if j.status == "queued" || j.status == "in-progress" {
			busy++
		}
	}
	if busy >= mostJobs {
		answer(w, http.StatusTooManyRequests, map[string]any{"error": "Too many renders in queue"})
		return
	}
	j := &job{id: strings.ToLower(rand.Text()), composition: said.Composition, status: "queued", props: said.Props}
	s.jobs[j.id], s.queue = j, append(s.queue, j)
	s.calls = append(s.calls, "render "+j.composition+" "+string(j.props))
	select {
	case s.wake <- struct{}{}:
	default:
	}
	if s.drop {
		s.drop = false
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, map[string]any{"jobId": j.id})
}

func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, video := strings.CutSuffix(r.PathValue("id"), ".mp4")
	j := s.jobs[id]
	switch {
	case j == nil || video && j.status != "completed":
		answer(w, http.StatusNotFound, map[string]any{"error": "Render not found"})
		return
	case video:
		w.Header().Set("Content-Type", "video/mp4")
		w.Write(smallest(s.o.Size)) // whoever asked has gone
		return
	}
	state := map[string]any{"status": j.status, "data": map[string]any{"compositionId": j.composition, "inputProps": j.props}}
	switch j.status {
	case "in-progress":
		state["progress"] = j.progress
	case "completed":
		state["videoUrl"] = "http://localhost:3200/renders/" + j.id + ".mp4"
	case "failed":
		state["error"] = j.err
	}
	answer(w, http.StatusOK, state)
}

// cancel ends a job: one that waits is cancelled, one that runs ends as failed, as on the real one.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[r.PathValue("id")]
	switch {
	case j == nil:
		answer(w, http.StatusNotFound, map[string]any{"error": "Render not found"})
		return
	case j.status == "queued":
		j.status = "cancelled"
	case j.status != "in-progress":
		answer(w, http.StatusBadRequest, map[string]any{"error": "Render is over"})
		return
	}
	j.stop = true
	s.calls = append(s.calls, "cancel "+j.composition)
	answer(w, http.StatusOK, map[string]any{"message": "Render cancelled"})
}

func (s *Server) work(ctx context.Context) {
	defer close(s.finished)
	for {
		var j *job
		oom := false
		s.set(func() {
			s.queue = slices.DeleteFunc(s.queue, func(j *job) bool { return j.status != "queued" })
			if len(s.queue) > 0 {
				j, s.queue = s.queue[0], s.queue[1:]
				j.status, oom, s.oom = "in-progress", s.oom, false
			}
		})
		if j == nil {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
			continue
		}
		for percent := 0; percent <= 100 && j.status == "in-progress"; percent++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(s.o.Frame):
			}
			s.set(func() {
				j.progress = float64(percent) / 100
				switch {
				case j.stop:
					j.status, j.err = "failed", "renderMedia() got cancelled"
				case oom && percent >= 70:
					j.status, j.err = "failed", "Compositor exited with exit code 137"
				case percent == 100:
					j.status = "completed"
				}
			})
		}
	}
}

// smallest is an MP4 file without a track, of at least size bytes: a header, a movie of no length, and filling.
func smallest(size int) []byte {
	box := func(kind string, body []byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
	}
	header := make([]byte, 100)
	binary.BigEndian.PutUint32(header[12:], 1000) // units a second
	binary.BigEndian.PutUint32(header[20:], 1<<16)
	header[24] = 1
	binary.BigEndian.PutUint32(header[36:], 1<<16)
	binary.BigEndian.PutUint32(header[52:], 1<<16)
	binary.BigEndian.PutUint32(header[68:], 1<<30)
	binary.BigEndian.PutUint32(header[96:], 1)
	file := append(box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41")), box("moov", box("mvhd", header))...)
	if size > len(file)+8 {
		file = append(file, box("free", make([]byte, size-len(file)-8))...)
	}
	return file
}

package comfytest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Mirror is an HTTP server of large files, each of which can misbehave. It is an [http.Handler].
type Mirror struct {
	mu    sync.Mutex // guards all below, and every Served
	files map[string]*Served
	calls []string
}

// A Served is one file, and how it is served. Zero values mean what each field says.
type Served struct {
	Data     []byte
	NoRanges bool          // every answer is 200 with the whole
	CutAfter []int         // the next answers break off after so many bytes; 0 is not at all
	Claim    int64         // how large it is said to be; 0 is the truth
	Endless  bool          // its size is not said, and more comes after its end
	Status   []int         // the next answers are these; the last one stays
	Redirect string        // it is elsewhere
	Pace     time.Duration // between two pieces of 64 kB
	Quietly  bool          // it goes quiet in the middle instead of breaking off
}

// NewMirror makes a server without files.
func NewMirror() *Mirror { return &Mirror{files: map[string]*Served{}} }

// Bytes are n bytes that are the same for the same seed.
func Bytes(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	data := make([]byte, n)
	for i := 0; i < n; i += 8 {
		v := r.Uint64()
		for k := i; k < min(i+8, n); k++ {
			data[k] = byte(v >> (8 * (k - i)))
		}
	}
	return data
}

// Serve puts a file at a path, or changes how it is served.
func (m *Mirror) Serve(path string, f Served) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[path] = &f
}

// Calls are the requests for more than the first byte, in order: «/path» and «/path from 4096».
func (m *Mirror) Calls() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// ServeHTTP implements [http.Handler].
func (m *Mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, probe := 0, false
	if part, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		begin, end, _ := strings.Cut(part, "-")
		from, _ = strconv.Atoi(begin)
		probe = end == "0"
	}
	m.mu.Lock()
	f := m.files[r.URL.Path]
	var s Served
	cut := 0
	if f != nil {
		if s = *f; len(f.Status) > 1 {
			f.Status = f.Status[1:]
		}
		if !probe && len(f.CutAfter) > 0 {
			cut, f.CutAfter = f.CutAfter[0], f.CutAfter[1:]
		}
	}
	if call := r.URL.Path; !probe {
		if from > 0 {
			call = fmt.Sprintf("%s from %d", call, from)
		}
		m.calls = append(m.calls, call)
	}
	m.mu.Unlock()
	switch {
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case f == nil:
		http.Error(w, "Entry not found", http.StatusNotFound)
	case len(s.Status) > 0 && s.Status[0] != http.StatusOK:
		http.Error(w, "Access to this model is restricted", s.Status[0])
	case s.Redirect != "":
		http.Redirect(w, r, s.Redirect, http.StatusFound)
	default:
		s.send(w, r, from, probe, cut)
	}
}

func (s Served) send(w http.ResponseWriter, r *http.Request, from int, probe bool, cut int) {
	size := int64(len(s.Data))
	if s.Claim > 0 {
		size = s.Claim
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	data := s.Data
	switch {
	case s.Endless: // chunked
		data = append(slices.Clone(data), data...)
		w.WriteHeader(http.StatusOK)
	case s.NoRanges || r.Header.Get("Range") == "":
		h.Set("Content-Length", strconv.FormatInt(size, 10))
		w.WriteHeader(http.StatusOK)
	case int64(from) >= size:
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	case probe:
		h.Set("Content-Range", fmt.Sprintf("bytes 0-0/%d", size))
		h.Set("Content-Length", "1")
		w.WriteHeader(http.StatusPartialContent)
		data = data[:1]
	default:
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, size-1, size))
		h.Set("Content-Length", strconv.FormatInt(size-int64(from), 10))
		w.WriteHeader(http.StatusPartialContent)
		data = data[min(from, len(data)):]
	}
	s.pour(w, r, data, cut)
}

// pour sends data in pieces.
func (s Served) pour(w http.ResponseWriter, r *http.Request, data []byte, cut int) {
	sent := 0
	for len(data) > 0 {
		n := min(64<<10, len(data))
		if cut > 0 {
			n = min(n, cut-sent)
		}
		if _, err := w.Write(data[:n]); err != nil {
			return // whoever asked has gone
		}
		data, sent = data[n:], sent+n
		if cut > 0 && sent >= cut {
			_ = http.NewResponseController(w).Flush() // it may be gone
			if s.Quietly {
				<-r.Context().Done()
			}
			panic(http.ErrAbortHandler)
		}
		if s.Pace > 0 {
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(s.Pace):
			case <-r.Context().Done():
				return
			}
		}
	}
	if s.Claim > int64(len(s.Data)) && w.Header().Get("Content-Length") != "1" {
		panic(http.ErrAbortHandler) // it promised more
	}
}

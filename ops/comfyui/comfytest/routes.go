package comfytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"

	"crypto/rand"
)

func (s *Server) routes() {
	for pattern, handle := range map[string]http.HandlerFunc{
		"POST /prompt": s.submit, "GET /prompt": s.remaining, "GET /queue": s.showQueue, "POST /queue": s.changeQueue,
		"POST /interrupt": s.interruptNow, "GET /history": s.showHistory, "GET /history/{id}": s.showHistory,
		"GET /system_stats": s.stats, "GET /models/{folder}": s.models, "GET /view": s.view, "GET /ws": s.accept,
	} {
		method, at, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(pattern, handle)
		s.mux.HandleFunc(method+" /api"+at, handle)
	}
	if !s.o.Old {
		s.mux.HandleFunc("POST /api/jobs/{id}/cancel", s.cancelJob)
	}
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	switch origin := r.Header.Get("Origin"); {
	case down:
		http.Error(w, "bad gateway", http.StatusBadGateway)
	case origin != "" && !strings.HasSuffix(origin, "//"+r.Host):
		w.WriteHeader(http.StatusForbidden)
	default:
		s.mux.ServeHTTP(w, r)
	}
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // whoever asked has gone
}

func refuse(w http.ResponseWriter, kind, message, details string, nodes any) {
	answer(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"type": kind, "message": message, "details": details, "extra_info": map[string]any{}}, "node_errors": nodes})
}

// submit takes a job.
func (s *Server) submit(w http.ResponseWriter, r *http.Request) {
	var said struct {
		Prompt json.RawMessage `json:"prompt"`
		Client string          `json:"client_id"`
		ID     string          `json:"prompt_id"`
		Front  bool            `json:"front"`
		Extra  json.RawMessage `json:"extra_data"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 10<<20))
	if err != nil || json.Unmarshal(body, &said) != nil {
		http.Error(w, "500 Internal Server Error", http.StatusInternalServerError) // as aiohttp does
		return
	}
	if len(said.Prompt) == 0 {
		refuse(w, "no_prompt", "No prompt provided", "No prompt provided", []any{})
		return
	}
	if s.o.Old || said.ID == "" {
		said.ID = newUUID()
	} else if !isUUID(said.ID) {
		refuse(w, "invalid_prompt_id", "prompt_id must be a canonical UUID", said.ID, []any{})
		return
	}
	s.mu.Lock()
	g, outputs, wrong, refusal := s.validate(said.Prompt)
	if refusal != nil {
		s.mu.Unlock()
		refuse(w, refusal.kind, refusal.message, refusal.details, refusal.nodes)
		return
	}
	s.number++
	j := &job{id: said.ID, client: said.Client, number: s.number, raw: said.Prompt, extra: said.Extra, graph: g, outputs: outputs,
		images: map[string][]savedImage{}, stop: make(chan struct{})}
	var extra struct {
		Previews string `json:"preview_method"`
	}
	_ = json.Unmarshal(said.Extra, &extra) // it may hold anything
	j.previews = s.o.Old || slices.Contains([]string{"auto", "latent2rgb", "taesd"}, extra.Previews)
	if len(j.extra) == 0 {
		j.extra = json.RawMessage("{}")
	}
	s.pending = append(s.pending, j)
	s.calls = append(s.calls, "prompt "+g.picture().words)
	torn := s.drop > 0
	if torn {
		s.drop--
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	if torn {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, map[string]any{"prompt_id": j.id, "number": j.number, "node_errors": wrong})
}

func (s *Server) remaining(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"exec_info": map[string]any{"queue_remaining": s.Queued()}})
}

func (j *job) tuple() []any {
	return []any{j.number, j.id, j.raw, j.extra, j.outputs}
}

func (s *Server) showQueue(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	running, pending := [][]any{}, [][]any{}
	if s.running != nil {
		running = append(running, s.running.tuple())
	}
	for _, j := range s.pending {
		pending = append(pending, j.tuple())
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"queue_running": running, "queue_pending": pending})
}

func (s *Server) changeQueue(w http.ResponseWriter, r *http.Request) {
	var said struct {
		Clear  bool     `json:"clear"`
		Delete []string `json:"delete"`
	}
	if json.NewDecoder(r.Body).Decode(&said) != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if said.Clear {
		s.pending, s.calls = nil, append(s.calls, "clear")
	}
	for _, id := range said.Delete {
		s.remove(id)
	}
}

// remove takes a waiting job out; s.mu is held.
func (s *Server) remove(id string) bool {
	n := len(s.pending)
	s.pending = slices.DeleteFunc(s.pending, func(j *job) bool { return j.id == id })
	if len(s.pending) < n {
		s.calls = append(s.calls, "delete "+id)
	}
	return len(s.pending) < n
}

func (s *Server) interruptNow(w http.ResponseWriter, r *http.Request) {
	var said struct {
		ID string `json:"prompt_id"`
	}
	_ = json.NewDecoder(r.Body).Decode(&said) // an empty body is allowed
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil && (s.o.Old || said.ID == "" || said.ID == s.running.id) {
		s.calls = append(s.calls, "interrupt "+s.running.id)
		s.running.interrupt()
	}
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("id")
	done := s.remove(id)
	if s.running != nil && s.running.id == id {
		s.calls = append(s.calls, "interrupt "+id)
		s.running.interrupt()
		done = true
	}
	answer(w, http.StatusOK, map[string]any{"cancelled": done})
}

// showHistory tells of what is over only.
func (s *Server) showHistory(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	found := map[string]any{}
	for id, j := range s.history {
		if want := r.PathValue("id"); want != "" && want != id {
			continue
		}
		outputs := map[string]any{}
		for node, list := range j.images {
			outputs[node] = map[string]any{"images": list}
		}
		found[id] = map[string]any{"prompt": j.tuple(), "outputs": outputs, "meta": map[string]any{},
			"status": map[string]any{"status_str": j.status, "completed": j.status == "success", "messages": j.messages}}
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, found)
}

func (s *Server) stats(w http.ResponseWriter, _ *http.Request) {
	device := map[string]any{"name": "cpu", "type": "cpu", "index": nil, "vram_total": 8 << 30, "vram_free": 3 << 30, "torch_vram_total": 8 << 30, "torch_vram_free": 3 << 30}
	if s.o.GPU {
		device["name"], device["type"] = "cuda:0 NVIDIA RTX 4000", "cuda"
	}
	answer(w, http.StatusOK, map[string]any{"system": map[string]any{"os": "posix", "ram_total": 8 << 30, "ram_free": 3 << 30, "comfyui_version": "0.18.1",
		"python_version": "3.12.3", "pytorch_version": "2.6.0", "embedded_python": false, "argv": []string{"main.py", "--cpu"}}, "devices": []any{device}})
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("folder") != "checkpoints" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	s.mu.Lock()
	list := s.checkpoints()
	s.mu.Unlock()
	answer(w, http.StatusOK, list)
}

// checkpoints are those there are; s.mu is held.
func (s *Server) checkpoints() []string {
	list := append([]string{}, s.o.Checkpoints...)
	if s.o.Dir == "" {
		return list
	}
	files, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return list
	}
	for _, f := range files { // by their ends alone, as ComfyUI does
		if slices.Contains([]string{".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"}, path.Ext(f.Name())) {
			list = append(list, f.Name())
		}
	}
	return list
}

func (s *Server) view(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	name := q.Get("filename")
	if name == "" || strings.Contains(name, "..") || strings.HasPrefix(name, "/") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	data, ok := s.files[q.Get("type")+"/"+path.Join(q.Get("subfolder"), name)]
	s.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Write(data) // whoever asked has gone
}

func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", c) {
			return false
		}
	}
	return true
}

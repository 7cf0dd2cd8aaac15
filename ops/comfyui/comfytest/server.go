// Package comfytest is a stand-in for a ComfyUI server, as strict as the real one: it validates graphs and answers errors in
// ComfyUI's own shapes, keeps the history of a job empty while it runs, tells progress and previews over the websocket to the
// client that queued the job alone, and draws real pictures, one step of drawing at a time.
package comfytest

import (
	"context"
	"encoding/json"
	"image"
	"net/http"
	"sync"
	"time"
)

// Options say what the server is like. Zero values mean what each field says.
type Options struct {
	Checkpoints []string      // nil is one, "dawn.safetensors"; empty is none
	Step        time.Duration // how long one step of drawing takes; 0 is 100 ms
	// Old is a version that chooses the name of a job itself, knows no /api/jobs, and takes every /interrupt for the job that runs. It
	// was started with --preview-method auto; a newer one shows previews to a job that asks for them.
	Old bool
	// Metadata sends previews in the newer binary frame, with JSON before the picture.
	Metadata bool
	GPU      bool
	Dir      string // the folder of its checkpoints, which it looks at each time; "" is Checkpoints alone
}

// A Server is the stand-in. It is an [http.Handler].
type Server struct {
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex // guards what follows
	number   int
	pending  []*job
	running  *job
	history  map[string]*job
	files    map[string][]byte
	sockets  map[string]*socket
	calls    []string
	oom      bool // the next job runs out of memory
	empty    bool // the next job makes nothing
	drop     int  // so many answers to POST /prompt are torn off after the job was taken
	down     bool // every answer is 502, as from a proxy
	wake     chan struct{}
	end      context.CancelFunc
	finished chan struct{}
}

// A job is one prompt on its way.
type job struct {
	id, client string
	number     int
	raw        json.RawMessage // the graph as it came
	extra      json.RawMessage
	graph      graph
	outputs    []string // nodes that save
	images     map[string][]savedImage
	status     string // success, error
	messages   [][]any
	stop       chan struct{} // closed to interrupt it
	stopped    bool
	previews   bool // they were asked for: ComfyUI's own default is none
}

type savedImage struct {
	File   string `json:"filename"`
	Folder string `json:"subfolder"`
	Type   string `json:"type"`
}

// New starts a server; Close ends it.
func New(o Options) *Server {
	if o.Checkpoints == nil {
		o.Checkpoints = []string{"dawn.safetensors"}
	}
	if o.Step == 0 {
		o.Step = 100 * time.Millisecond
	}
	s := &Server{o: o, mux: http.NewServeMux(), history: map[string]*job{}, files: map[string][]byte{}, sockets: map[string]*socket{},
		wake: make(chan struct{}, 1), finished: make(chan struct{})}
	s.routes()
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	go s.work(ctx) // waited for in Close
	return s
}

// Close ends the worker and every socket.
func (s *Server) Close() {
	s.LoseSockets()
	s.end()
	<-s.finished
}

// Restart is a restart of ComfyUI: queue, history and sockets are gone, files stay.
func (s *Server) Restart() {
	s.mu.Lock()
	if s.running != nil {
		s.running.interrupt()
		s.running.client = "" // nobody is told
	}
	s.running, s.pending, s.history = nil, nil, map[string]*job{}
	s.mu.Unlock()
	s.LoseSockets()
}

// LoseSockets breaks every websocket.
func (s *Server) LoseSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.sockets {
		w.cut()
	}
	s.sockets = map[string]*socket{}
}

// OutOfMemory makes the next job run out of memory; Empty makes it end without a picture.
func (s *Server) OutOfMemory() { s.set(func() { s.oom = true }) }

// Empty makes the next job end well, with nothing.
func (s *Server) Empty() { s.set(func() { s.empty = true }) }

// DropAnswers tears off the next n answers to POST /prompt, after the job was taken.
func (s *Server) DropAnswers(n int) { s.set(func() { s.drop = n }) }

// Down makes every answer a 502 as from a proxy, or ends that.
func (s *Server) Down(yes bool) { s.set(func() { s.down = yes }) }

// Checkpoints changes which files there are.
func (s *Server) Checkpoints(list ...string) {
	s.set(func() { s.o.Checkpoints = append([]string{}, list...) })
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// Calls are the requests that change something, in order: «prompt <words>», «delete <id>», «interrupt <id>».
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.calls...)
}

// Queued is how many jobs run or wait.
func (s *Server) Queued() (n int) {
	s.set(func() {
		n = len(s.pending)
		if s.running != nil {
			n++
		}
	})
	return n
}

func (j *job) interrupt() {
	if !j.stopped {
		j.stopped = true
		close(j.stop)
	}
}

// work draws one job after the other.
func (s *Server) work(ctx context.Context) {
	defer close(s.finished)
	for {
		s.mu.Lock()
		if len(s.pending) > 0 {
			s.running, s.pending = s.pending[0], s.pending[1:]
		}
		j := s.running
		oom, empty := s.oom, s.empty
		if j != nil {
			s.oom, s.empty = false, false
		}
		s.mu.Unlock()
		if j == nil {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
			continue
		}
		how := s.draw(ctx, j, oom, empty)
		s.settle(j, how)
		if ctx.Err() != nil {
			return
		}
	}
}

// draw runs a job to its end: "" is success, "interrupted", or what went wrong.
func (s *Server) draw(ctx context.Context, j *job, oom, empty bool) (how string) {
	s.tell(j, "execution_start", map[string]any{"prompt_id": j.id})
	s.tell(j, "execution_cached", map[string]any{"nodes": []string{}, "prompt_id": j.id})
	p := j.graph.picture()
	s.tell(j, "executing", map[string]any{"node": p.node, "prompt_id": j.id})
	for step := 1; step <= p.steps; step++ {
		select {
		case <-ctx.Done():
			return "interrupted"
		case <-j.stop:
			return "interrupted"
		case <-time.After(s.o.Step):
		}
		if oom && step > p.steps/2 {
			return "oom"
		}
		s.tell(j, "progress", map[string]any{"value": step, "max": p.steps, "node": p.node, "prompt_id": j.id})
		if step%4 == 0 && j.previews {
			s.showPreview(j, p.draw(p.width/4, p.height/4, 0, float64(step)/float64(p.steps)))
		}
	}
	if empty {
		return ""
	}
	var pictures []*image.RGBA
	for i := range p.count {
		pictures = append(pictures, p.draw(p.width, p.height, i, 1))
	}
	for _, node := range j.outputs {
		s.save(j, node, pictures)
	}
	return ""
}

// settle puts a job that is over into the history.
func (s *Server) settle(j *job, how string) {
	message := func(what string, data map[string]any) {
		data["prompt_id"] = j.id
		s.mu.Lock()
		j.messages = append(j.messages, []any{what, data})
		s.mu.Unlock()
		s.tell(j, what, data)
	}
	j.status = "success"
	switch how {
	case "":
		message("execution_success", map[string]any{})
	case "interrupted":
		j.status = "error"
		message("execution_interrupted", map[string]any{"node_id": "3", "node_type": "KSampler", "executed": []string{}})
	case "oom":
		j.status = "error"
		message("execution_error", map[string]any{"node_id": "3", "node_type": "KSampler", "executed": []string{}, "exception_type": "RuntimeError",
			"exception_message": "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1207959552 bytes.", "traceback": []string{}})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == j { // not after a restart
		s.running = nil
		s.history[j.id] = j
	}
}

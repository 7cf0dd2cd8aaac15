// Package script is a stand-in for a LiteLLM proxy whose models say what a script tells them to: for transcripts, and for tests of
// what a model might do that a real one does only sometimes. Its wire is LiteLLM 1.83.3's, as that was recorded; a suite in
// vigie/llm/realtest holds it and a real proxy to the same answers.
package script

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// A Call is a tool call of a model.
type Call struct {
	Name      string
	Arguments string // JSON, or what a bad model takes for it
}

// A Line is one answer: words, calls, or an error.
type Line struct {
	Says  string
	Calls []Call
	// Status, Type and Message make an error of it; the other fields are then nothing.
	Status        int
	Type, Message string
	Cost          float64       // of the header x-litellm-response-cost; 0: no header, as LiteLLM does where it knows no price
	Wait          time.Duration // before it answers
	Torn          bool          // the connection breaks off in the middle of a stream
	Raw           string        // instead of JSON
}

// A Server is a proxy. Close it when done.
type Server struct {
	URL string // with /v1
	Key string // what it takes; others get 401

	server *httptest.Server
	mu     sync.Mutex        // guards what follows
	models map[string][]Line // what is still to be said, by alias; the last line is said again and again
	heard  []Request
}

// A Request is what was asked.
type Request struct {
	Model    string
	Body     string // as it came
	Stream   bool
	Messages []Message
	Tools    []string // names
}

// A Message is one message of a request.
type Message struct{ Role, Content string }

// New starts a proxy on this machine, with models by alias.
func New(models map[string][]Line) *Server {
	s := &Server{Key: "sk-script-1234567890", models: models}
	s.server = httptest.NewServer(s)
	s.URL = s.server.URL + "/v1"
	return s
}

// Handler is a proxy without a network.
func Handler(models map[string][]Line) *Server {
	return &Server{Key: "sk-script-1234567890", models: models}
}

// RoundTrip answers without a network, so that a proxy can live where time is not real. It makes a Server an [http.RoundTripper].
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// Close stops it.
func (s *Server) Close() {
	if s.server != nil {
		s.server.Close()
	}
}

// Say makes a model say these lines from now on.
func (s *Server) Say(model string, lines ...Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models[model] = lines
}

// Heard is what was asked so far.
func (s *Server) Heard() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.heard...)
}

// ServeHTTP answers as LiteLLM does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || !strings.HasSuffix(r.URL.Path, "/chat/completions") || r.Method != http.MethodPost {
		refuse(w, http.StatusNotFound, "", "Not Found")
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.Key {
		refuse(w, http.StatusUnauthorized, "auth_error", "Authentication Error, Invalid proxy server token passed.")
		return
	}
	line, stream, ok := s.next(raw)
	if !ok {
		refuse(w, http.StatusBadRequest, "None", "{'error': '/chat/completions: Invalid model name passed in model=. Call `/v1/models` to view available models for your key.'}")
		return
	}
	if line.Wait > 0 {
		select {
		case <-time.After(line.Wait):
		case <-r.Context().Done():
			return
		}
	}
	if line.Status != 0 {
		refuse(w, line.Status, line.Type, line.Message)
		return
	}
	if line.Cost > 0 {
		w.Header().Set("x-litellm-response-cost", fmt.Sprint(line.Cost))
	}
	if line.Raw != "" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, line.Raw)
		return
	}
	if stream {
		line.stream(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	message := map[string]any{"role": "assistant", "content": line.Says}
	if calls := line.wire(); calls != nil {
		message["tool_calls"] = calls
	}
	send(w, map[string]any{"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": line.Message,
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": message}}, "usage": usage})
}

var usage = map[string]int{"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}

// next notes a request and takes the line that answers it. Message holds the alias.
func (s *Server) next(raw []byte) (line Line, stream, ok bool) {
	var body struct {
		Model    string
		Stream   bool
		Messages []struct {
			Role    string
			Content string
		}
		Tools []struct{ Function struct{ Name string } }
	}
	if json.Unmarshal(raw, &body) != nil {
		return line, false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := Request{Model: body.Model, Body: string(raw), Stream: body.Stream}
	for _, m := range body.Messages {
		heard.Messages = append(heard.Messages, Message{m.Role, m.Content})
	}
	for _, t := range body.Tools {
		heard.Tools = append(heard.Tools, t.Function.Name)
	}
	s.heard = append(s.heard, heard)
	lines := s.models[body.Model]
	if len(lines) == 0 {
		return line, false, false
	}
	line = lines[0]
	if len(lines) > 1 {
		s.models[body.Model] = lines[1:]
	}
	if line.Status == 0 {
		line.Message = body.Model
	}
	return line, body.Stream, true
}

// wire are the calls as the wire has them.
func (l Line) wire() (calls []any) {
	for i, c := range l.Calls {
		calls = append(calls, map[string]any{"index": i, "id": fmt.Sprintf("call_%d", i+1), "type": "function",
			"function": map[string]any{"name": c.Name, "arguments": c.Arguments}})
	}
	return calls
}

// stream says it in pieces: words word by word, the arguments of calls in two.
func (l Line) stream(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	piece := func(delta any, finish any, extra ...any) {
		body := map[string]any{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": l.Message,
			"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}}}
		if len(extra) > 0 {
			body["usage"] = extra[0]
		}
		_, _ = io.WriteString(w, "data: ")
		send(w, body)
		_, _ = io.WriteString(w, "\n\n")
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	for i, word := range strings.SplitAfter(l.Says, " ") {
		if l.Torn && i > 1 {
			panic(http.ErrAbortHandler)
		}
		piece(map[string]any{"content": word}, nil)
	}
	for i, c := range l.Calls {
		half := len(c.Arguments) / 2
		piece(map[string]any{"tool_calls": []any{map[string]any{"index": i, "id": fmt.Sprintf("call_%d", i+1), "type": "function",
			"function": map[string]any{"name": c.Name, "arguments": c.Arguments[:half]}}}}, nil)
		piece(map[string]any{"tool_calls": []any{map[string]any{"index": i, "function": map[string]any{"arguments": c.Arguments[half:]}}}}, nil)
	}
	piece(map[string]any{}, "stop")
	piece(map[string]any{}, nil, usage)
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	send(w, map[string]any{"error": map[string]any{"message": message, "type": kind, "param": nil, "code": fmt.Sprint(status)}})
}

func send(w io.Writer, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // unreachable: maps of plain values
	}
	_, _ = w.Write(b) // whoever asked may be gone
}

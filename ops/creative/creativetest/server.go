// Package creativetest is a stand-in for n8n with the creative pipeline on it, and for what serves the results: strict about
// method, header and body, and with the answers that n8n 2.30 gives when something is wrong. It needs no network.
package creativetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// URL is the webhook's address, Secret what it wants in the header [Header], and Results the host where results are.
const (
	URL     = "http://n8n:5678/webhook/creative-pipeline"
	Header  = "X-Webhook-Secret"
	Secret  = "secret-of-the-pipeline"
	Results = "results.example.org"
)

// A Server is the n8n, and what serves the results. The zero value works.
type Server struct {
	Takes  time.Duration // how long a result takes
	Open   bool          // it wants no header
	Public string        // what addresses of results begin with; "" is "http://" and [Results]

	mu     sync.Mutex // guards all below
	how    string
	orders []Order
	at     []time.Time
}

// An Order is one that was taken.
type Order struct {
	Type        string `json:"type"`
	Prompt      string `json:"prompt"`
	Model       string `json:"model,omitempty"`
	Size        string `json:"size,omitempty"`
	Duration    int    `json:"duration,omitempty"`
	Composition string `json:"composition,omitempty"`
	AgentID     string `json:"agent_id"`
	OutputName  string `json:"output_name"`
	Provider    string `json:"-"`
}

// provider is where the pipeline sends an order: all that it does not know goes to the one that is paid by the second.
func (o Order) provider() string {
	switch {
	case o.Type == "image" && o.Model == "comfyui":
		return "comfyui"
	case o.Type == "image":
		return "litellm"
	case o.Type == "video-composition":
		return "remotion"
	}
	return "byteplus"
}

// Ways are what can be wrong; see [Server.Break].
var Ways = []string{"", "off", "method", "cannot start", "fails on its way", "empty", "starting", "page", "says no", "only started", "answer lost", "down", "behind a proxy", "refuses",
	"login", "another provider", "no address", "wrong address", "foreign address", "page for a result", "large", "never done"}

// Break sets what is wrong, one of [Ways]; "" is nothing.
func (s *Server) Break(how string) error {
	for _, w := range Ways {
		if w == how {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.how = how
			return nil
		}
	}
	return fmt.Errorf("creativetest: nothing goes wrong like %q", how)
}

// Orders are those that were taken so far, also where the answer said otherwise or was lost.
func (s *Server) Orders() []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Order(nil), s.orders...)
}

// Client reaches the server without a network, so also inside a synctest bubble.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// ServeHTTP answers over a network, where Public says where that is. What breaks a connection breaks it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Host = Results
	got, err := s.RoundTrip(r)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer got.Body.Close()
	for name, values := range got.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(got.StatusCode)
	_, _ = io.Copy(w, got.Body) // whoever went away does not want the rest
}

// RoundTrip answers r.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if s.how == "down" {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	rec := httptest.NewRecorder()
	if !strings.HasPrefix(r.URL.Path, "/webhook/") {
		s.result(rec, r)
		return rec.Result(), nil
	}
	s.webhook(rec, r)
	if s.how == "answer lost" {
		return nil, io.ErrUnexpectedEOF
	}
	return rec.Result(), nil
}

func (s *Server) webhook(rec *httptest.ResponseRecorder, r *http.Request) {
	switch {
	case s.how == "starting":
		rec.Header().Set("Content-Type", "text/html; charset=utf-8")
		rec.Body.WriteString("n8n is starting up. Please wait")
		return
	case s.how == "behind a proxy":
		rec.WriteHeader(http.StatusBadGateway)
		return
	case s.how == "login":
		rec.Header().Set("Location", "https://login.example.org/")
		rec.WriteHeader(http.StatusFound)
		return
	case s.how == "off", r.URL.Path != "/webhook/creative-pipeline":
		say(rec, 404, map[string]any{"code": 404, "message": fmt.Sprintf("The requested webhook %q is not registered.", r.Method+" creative-pipeline"), "hint": "The workflow must be active for a production URL to run successfully."})
		return
	case s.how == "method", r.Method != http.MethodPost:
		say(rec, 404, map[string]any{"code": 404, "message": "This webhook is not registered for POST requests. Did you mean to make a GET request?"})
		return
	case !s.Open && r.Header.Get(Header) != Secret:
		say(rec, 403, map[string]any{"message": "Authorization data is wrong!"})
		return
	case s.how == "cannot start":
		say(rec, 500, map[string]any{"code": 0, "message": "Workflow Webhook Error: Workflow could not be started!"})
		return
	}
	var o Order
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil || r.Header.Get("Content-Type") != "application/json" || o.Type == "" || o.Prompt == "" || o.OutputName == "" || o.AgentID == "" {
		say(rec, 422, map[string]any{"message": fmt.Sprintf("the stand-in does not know this order: %v", err)})
		return
	}
	o.Provider = o.provider()
	s.orders, s.at = append(s.orders, o), append(s.at, time.Now())
	s.reply(rec, o)
}

// reply answers an order that was taken.
func (s *Server) reply(rec *httptest.ResponseRecorder, o Order) {
	id := fmt.Sprintf("%04d", len(s.orders))
	answer := map[string]any{"status": "ok", "provider": o.Provider, "result_url": cmp.Or(s.Public, "http://"+Results) + "/" + id, "render_id": "render-" + id, "output_name": o.OutputName}
	switch s.how {
	case "fails on its way":
		say(rec, 500, map[string]any{"message": "Error in workflow"})
		return
	case "refuses":
		say(rec, 429, map[string]any{"message": "slow down"})
		return
	case "empty":
		return
	case "page":
		rec.Header().Set("Content-Type", "text/html; charset=utf-8")
		rec.Body.WriteString("<!doctype html><title>Sign in</title>")
		return
	case "says no":
		answer = map[string]any{"status": "error", "error": "insufficient balance"}
	case "only started":
		answer = map[string]any{"message": "Workflow was started"}
	case "another provider":
		answer["provider"] = "byteplus"
	case "no address":
		answer["result_url"] = ""
	case "wrong address":
		answer["result_url"] = "/output/" + id
	case "foreign address":
		answer["result_url"] = "http://169.254.169.254/latest/meta-data"
	}
	say(rec, 200, answer)
}

// result serves what an order made, once it is made.
func (s *Server) result(rec *httptest.ResponseRecorder, r *http.Request) {
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || r.URL.Host != Results || r.Method != http.MethodGet || r.Header.Get(Header) != "" || n < 1 || n > len(s.orders) ||
		s.how == "never done" || time.Since(s.at[n-1]) < s.Takes {
		rec.WriteHeader(http.StatusNotFound)
		return
	}
	switch o := s.orders[n-1]; {
	case s.how == "page for a result":
		rec.Body.WriteString("<!doctype html><title>Results</title>")
	case o.Type != "image":
		rec.Body.WriteString("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isom")
		if s.how == "large" {
			rec.Body.Write(make([]byte, 51<<20))
		}
	default:
		rec.Body.Write(picture(o.Prompt))
	}
}

// picture draws one that the prompt decides.
func picture(prompt string) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for at := range img.Pix {
		img.Pix[at] = byte(len(prompt) * at)
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory: it does not fail
	return b.Bytes()
}

func say(rec *httptest.ResponseRecorder, code int, body any) {
	raw, _ := json.Marshal(body) // maps of texts
	rec.Header().Set("Content-Type", "application/json; charset=utf-8")
	rec.WriteHeader(code)
	rec.Body.Write(raw)
}

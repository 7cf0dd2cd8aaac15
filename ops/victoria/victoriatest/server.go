// Package victoriatest is a stand-in for a VictoriaMetrics: the part of Prometheus's HTTP API that Vigie asks, with the small part of
// MetricsQL that transcripts use. What it does not know of MetricsQL it refuses loudly. It is strict about methods, paths and
// parameters, runs without a network, and gives the answers that a real one gives: a test asks both.
package victoriatest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Server is a VictoriaMetrics. Its zero value has no samples.
type Server struct {
	mu     sync.Mutex // guards all below
	series []*series
	down   bool
}

type series struct {
	labels  map[string]string // __name__ among them
	samples []sample          // by time
}

type sample struct {
	at time.Time
	v  float64
}

// Put adds a sample of a metric.
func (s *Server) Put(name string, labels map[string]string, at time.Time, v float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels["__name__"] = name
	i := slices.IndexFunc(s.series, func(o *series) bool { return maps.Equal(o.labels, labels) })
	if i < 0 {
		s.series, i = append(s.series, &series{labels: labels}), len(s.series)
	}
	one := s.series[i]
	one.samples = append(one.samples, sample{at, v})
	slices.SortStableFunc(one.samples, func(a, b sample) int { return a.at.Compare(b.at) })
}

// Down sets whether nothing answers.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Client reaches the server without a network, so also inside a synctest bubble.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// RoundTrip answers r.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if s.down {
		return nil, fmt.Errorf("dial tcp: connection refused")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	rec := httptest.NewRecorder()
	switch {
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || err != nil:
		http.Error(rec, "victoriatest: a query is POSTed as a form", http.StatusBadRequest)
	case form.Get("nocache") != "1": // the newest samples would be hidden
		http.Error(rec, "victoriatest: nocache=1 is missing", http.StatusBadRequest)
	case r.URL.Path == "/api/v1/query":
		s.query(rec, form)
	case r.URL.Path == "/api/v1/query_range":
		s.queryRange(rec, form)
	default:
		http.Error(rec, "unsupported path requested: "+r.URL.Path, http.StatusBadRequest)
	}
	return rec.Result(), nil
}

func (s *Server) query(w http.ResponseWriter, form url.Values) {
	q, t, ok := s.read(w, form, "time")
	if !ok {
		return
	}
	result := []any{}
	for _, f := range s.at(q, t) {
		result = append(result, map[string]any{"metric": f.labels, "value": pair(t, f.v)})
	}
	say(w, 200, map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": result}})
}

func (s *Server) queryRange(w http.ResponseWriter, form url.Values) {
	q, from, ok := s.read(w, form, "start")
	if !ok {
		return
	}
	to, err := moment(form.Get("end"))
	step, bad := time.ParseDuration(form.Get("step"))
	if err != nil || bad != nil || step <= 0 {
		fail(w, 422, "cannot parse end or step")
		return
	}
	var order []map[string]string
	values := map[string][]any{}
	seen := from // the last moment that is looked at: of those after it, it says the same again
	for t := from; !t.After(to); t = t.Add(step) {
		if time.Since(t) >= latency {
			seen = t
		}
		for _, f := range s.at(q, seen) {
			key := fmt.Sprint(f.labels)
			if values[key] == nil {
				order = append(order, f.labels)
			}
			values[key] = append(values[key], pair(t, f.v))
		}
	}
	result := []any{}
	for _, labels := range order {
		result = append(result, map[string]any{"metric": labels, "values": values[fmt.Sprint(labels)]})
	}
	say(w, 200, map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
}

func (s *Server) read(w http.ResponseWriter, form url.Values, when string) (q query, t time.Time, ok bool) {
	q, why, known := parse(form.Get("query"))
	t, err := moment(form.Get(when))
	switch {
	case !known:
		http.Error(w, "victoriatest does not know this part of MetricsQL: "+form.Get("query"), http.StatusNotImplemented)
	case why != "" && when == "start":
		fail(w, 422, fmt.Sprintf("error when executing query=%q on the time range (start=%s, end=%s, step=%s): cannot execute query: %s", form.Get("query"), ms(form.Get("start")), ms(form.Get("end")), ms(form.Get("step")), why))
	case why != "":
		fail(w, 422, fmt.Sprintf("error when executing query=%q for (time=%s, step=300000): %s", form.Get("query"), ms(form.Get("time")), why))
	case err != nil:
		fail(w, 422, "cannot parse "+when)
	default:
		return q, t, true
	}
	return q, t, false
}

// ms is a time in seconds, or a length of time, as its errors say them: in milliseconds.
func ms(text string) string {
	if d, err := time.ParseDuration(text); err == nil {
		return strconv.FormatInt(d.Milliseconds(), 10)
	}
	at, _ := moment(text) // or it would have been refused
	return strconv.FormatInt(at.UnixMilli(), 10)
}

func moment(text string) (time.Time, error) {
	v, err := strconv.ParseFloat(text, 64)
	return time.UnixMilli(int64(v * 1000)), err
}

func pair(t time.Time, v float64) [2]any {
	return [2]any{float64(t.UnixMilli()) / 1000, strconv.FormatFloat(v, 'f', -1, 64)}
}

func fail(w http.ResponseWriter, code int, why string) {
	say(w, code, map[string]any{"status": "error", "errorType": strconv.Itoa(code), "error": why})
}

func say(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // to a recorder
}

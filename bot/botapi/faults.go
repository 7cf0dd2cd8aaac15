package botapi

import (
	"net/http"
	"strings"
	"time"
)

// FaultKind is a way in which a call goes wrong.
type FaultKind string

const (
	// FloodWait refuses with 429 and RetryAfter seconds.
	FloodWait FaultKind = "flood wait"
	// ServerError refuses with 500 in JSON.
	ServerError FaultKind = "server error"
	// BadGateway refuses with 502 and a page of HTML.
	BadGateway FaultKind = "bad gateway"
	// Torn closes the connection before anything is done. Go's client repeats a
	// GET by itself then, but not a POST.
	Torn FaultKind = "torn"
	// LostAnswer does the effect, then closes the connection.
	LostAnswer FaultKind = "lost answer"
	// LateAnswer does the effect and answers after Delay.
	LateAnswer FaultKind = "late answer"
	// HalfAnswer does the effect and answers the first half of the JSON.
	HalfAnswer FaultKind = "half answer"
)

func (k FaultKind) hasEffect() bool {
	return k == LostAnswer || k == LateAnswer || k == HalfAnswer
}

// Fault makes calls go wrong.
type Fault struct {
	Kind       FaultKind
	Method     string        // only this method; any when empty
	Times      int           // how many calls; 1 when 0
	RetryAfter int           // seconds, for FloodWait; 1 when 0
	Delay      time.Duration // for LateAnswer
	// Skip lets so many matching calls pass first.
	Skip int
}

// Inject adds a fault; faults strike in the order they were added, one a call.
func (s *Server) Inject(f Fault) {
	orDefault(&f.Times, 1)
	orDefault(&f.RetryAfter, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal takes back the faults that have not struck.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) takeFault(method string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != "" && !strings.EqualFold(f.Method, method) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			return nil
		}
		if f.Times--; f.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return f
	}
	return nil
}

// strikeBefore answers a call that has no effect.
func (s *Server) strikeBefore(w http.ResponseWriter, call Call, f *Fault) {
	var refused *apiError
	switch f.Kind {
	case FloodWait:
		refused = tooMany(f.RetryAfter)
	case ServerError:
		refused = &apiError{Code: http.StatusInternalServerError, Description: "Internal Server Error"}
	case BadGateway:
		call.Code, call.Description = http.StatusBadGateway, "Bad Gateway"
		s.record(call)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		w.Write([]byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n" +
			"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"))
		return
	default:
		s.record(call)
		panic(http.ErrAbortHandler)
	}
	call.Code, call.Description = refused.Code, refused.Description
	s.record(call)
	answer(w, nil, refused)
}

// strikeAfter spoils the answer to a call that was done.
func strikeAfter(w http.ResponseWriter, r *http.Request, status int, body []byte, f *Fault) {
	switch f.Kind {
	case LateAnswer:
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			writeAnswer(w, status, body)
		case <-r.Context().Done():
		}
	case HalfAnswer:
		writeAnswer(w, status, body[:len(body)/2])
	default:
		panic(http.ErrAbortHandler)
	}
}

package loki

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vigie/ops"
)

const (
	askTime    = 30 * time.Second
	mostAnswer = 16 << 20 // bytes: five thousand lines of three kilobytes
	mostPoints = 120      // of one series: as many as a picture on a phone can show
)

// A line is one line of a log.
type line struct {
	At     time.Time
	Text   string // as it was written: others' words
	Labels map[string]string
}

// A point is a value at a moment.
type point struct {
	At time.Time
	V  float64 // may be NaN or infinite
}

// A series is what one set of labels came to; it has a point at least.
type series struct {
	Labels map[string]string
	Points []point // by time; where there was nothing to count there is none
}

// Data is what Loki answers to a question: lines, or figures.
type data struct {
	Figures bool
	Lines   []line // the oldest first
	Series  []series
}

// window is the time that a question is about.
type window struct{ From, To time.Time }

func (w window) length() time.Duration { return w.To.Sub(w.From) }

// step is how far the points of a look lie apart: whole seconds.
func (w window) step() time.Duration {
	return max(time.Second, (w.length() / mostPoints).Truncate(time.Second))
}

func stamp(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// ask asks for the newest limit lines of a query in w, or how its figures went.
func (s *System) ask(ctx context.Context, query string, w window, limit int) (data, error) {
	body, err := s.get(ctx, "/loki/api/v1/query_range", url.Values{"query": {query}, "start": {stamp(w.From)}, "end": {stamp(w.To)},
		"limit": {strconv.Itoa(limit)}, "direction": {"backward"}, "step": {fmt.Sprintf("%ds", int(w.step().Seconds()))}})
	if err != nil {
		return data{}, err
	}
	return parse(body)
}

// count is how many lines a query has in w; false if Loki does not say.
func (s *System) count(ctx context.Context, query string, w window) (int, bool) {
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	counted := fmt.Sprintf("sum(count_over_time(%s[%ds]))", query, int(math.Ceil(w.length().Seconds())))
	body, err := s.get(ctx, "/loki/api/v1/query", url.Values{"query": {counted}, "time": {stamp(w.To)}})
	if err != nil {
		return 0, false
	}
	got, err := parse(body)
	if err != nil || len(got.Series) != 1 {
		return 0, false
	}
	n := got.Series[0].Points[0].V
	return int(n), n >= 0 && n < 1e12
}

// countTime is how long is waited for what only completes an answer.
const countTime = 8 * time.Second

// list asks for names: of labels, or of the values that a label has in w.
func (s *System) list(ctx context.Context, path string, w window) ([]string, error) {
	body, err := s.get(ctx, path, url.Values{"start": {stamp(w.From)}, "end": {stamp(w.To)}})
	if err != nil {
		return nil, err
	}
	var said struct {
		Status string   `json:"status"`
		Data   []string `json:"data"` // left out where there is none
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Status != "success" {
		return nil, unreadable(err)
	}
	return said.Data, nil
}

func (s *System) labels(ctx context.Context, w window) ([]string, error) {
	return s.list(ctx, "/loki/api/v1/labels", w)
}

func (s *System) values(ctx context.Context, label string, w window) ([]string, error) {
	return s.list(ctx, "/loki/api/v1/label/"+url.PathEscape(label)+"/values", w)
}

// get asks for what is at path and returns it if it is an answer.
func (s *System) get(ctx context.Context, path string, form url.Values) ([]byte, error) {
	code, body, err := s.send(ctx, path, form)
	if err != nil {
		return nil, err
	}
	if code != http.StatusOK {
		return nil, s.refusal(ctx, code, body, form.Get("query"))
	}
	return body, nil
}

func (s *System) send(ctx context.Context, path string, form url.Values) (int, []byte, error) {
	bound, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, http.MethodGet, s.base+path+"?"+form.Encode(), nil)
	if err != nil {
		return 0, nil, errors.New("asking Loki: its address cannot be used")
	}
	if s.o.Tenant != "" {
		r.Header.Set("X-Scope-OrgID", s.o.Tenant)
	}
	switch {
	case s.o.Password == nil || s.o.Password.Reveal() == "":
	case s.o.User != "":
		r.SetBasicAuth(s.o.User, s.o.Password.Reveal())
	default:
		r.Header.Set("Authorization", "Bearer "+s.o.Password.Reveal())
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, nil, s.unanswered(ctx, bound, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return 0, nil, s.unanswered(ctx, bound, err)
	}
	if len(body) == mostAnswer {
		return 0, nil, ops.Fail(ops.Invalid, ops.T("that is too much to look at: ask for fewer lines, or for less time", "c’est trop à regarder : demande moins de lignes, ou moins longtemps"), nil)
	}
	return answer.StatusCode, body, nil
}

// unanswered says that no answer came, without what net/http says of the address: the query stands in it.
func (s *System) unanswered(ctx, bound context.Context, err error) error {
	var dial *net.OpError
	var dns *net.DNSError
	host := ops.Name(s.host())
	what := ops.Raw("Loki")
	if s.o.Proxied {
		what = ops.T("Grafana, through which Loki is asked,", "Grafana, par lequel on interroge Loki,")
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking Loki: %w", context.Cause(ctx))
	case errors.As(err, &dns):
		return ops.Fail(ops.Unavailable, ops.T("the host %s of %s is not found (DNS): is the bot in its network?", "l’hôte %s de %s est introuvable (DNS) : le bot est-il dans son réseau ?", host, what), nil)
	case bound.Err() != nil: // while it starts, it takes questions and answers none
		if err := s.notReady(ctx); err != nil {
			return err
		}
		return ops.Fail(ops.Unavailable, ops.T("%s did not answer within %s: ask for less time", "%s n’a pas répondu en %s : demande moins longtemps", what, ops.Span(askTime)), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("%s does not answer at %s: is it up?", "%s ne répond pas sur %s : tourne-t-il ?", what, host), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("%s broke off at %s: is it being restarted?", "%s a coupé court sur %s : est-il en train de redémarrer ?", what, host), nil)
}

func (s *System) host() string {
	u, err := url.Parse(s.base)
	if err != nil {
		return "?" // New has seen to it
	}
	return u.Host
}

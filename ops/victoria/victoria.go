// Package victoria asks a VictoriaMetrics, or anything that speaks Prometheus's HTTP API, one question at a time. It only looks.
//
// A query at «now» would miss the newest samples: VictoriaMetrics hides the last 30 s (-search.latencyOffset), unless nocache=1 is
// asked for and it is a query for one moment. So both always are.
package victoria

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
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// Options say where it is.
type Options struct {
	URL    string         // "http://victoriametrics:8428"
	Zone   *time.Location // where times of the day are said for; nil is UTC
	Client *http.Client   // for tests; nil is a new one
}

// A System is one server. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
}

var set ops.Set[*System]

// Bind returns every op in this package, asking s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a system of o; it asks nothing yet.
func New(o Options) (*System, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("victoria: url begins with http:// or https:// and names a host, without a password")
	}
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: o.Client}
	if s.o.Zone == nil {
		s.o.Zone = time.UTC
	}
	if s.client == nil {
		s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return s, nil
}

const (
	askTime    = 20 * time.Second
	mostAnswer = 8 << 20 // bytes
	mostPoints = 120     // of one series: as many as a picture on a phone can show
)

// A point is a value at a moment.
type point struct {
	At time.Time
	V  float64 // may be NaN or infinite
}

// A series is what one set of labels came to.
type series struct {
	Labels map[string]string
	Points []point // by time; gaps are not filled
	Gone   bool    // there is no value now
}

// A sample is how the API writes a point: seconds, and the value as text.
type sample [2]json.RawMessage

func (s sample) point() (point, error) {
	var at float64
	var text string
	if err := errors.Join(json.Unmarshal(s[0], &at), json.Unmarshal(s[1], &text)); err != nil {
		return point{}, err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(at) > 1e11 {
		return point{}, errors.New("a sample is no number")
	}
	return point{time.UnixMilli(int64(at * 1000)), v}, nil
}

// ask asks for query now, or over since up to now.
func (s *System) ask(ctx context.Context, query string, since time.Duration, now time.Time) ([]series, error) {
	form := url.Values{"query": {query}, "nocache": {"1"}, "timeout": {"15s"}}
	path := "/api/v1/query"
	if since > 0 {
		path = "/api/v1/query_range"
		form.Set("start", stamp(now.Add(-since)))
		form.Set("end", stamp(now))
		form.Set("step", fmt.Sprintf("%ds", int(stepOf(since).Seconds())))
	} else {
		form.Set("time", stamp(now))
	}
	code, body, err := s.post(ctx, path, form)
	if err != nil {
		return nil, err
	}
	return parse(code, body)
}

// stepOf is how far the points of a look lie apart: whole seconds.
func stepOf(since time.Duration) time.Duration {
	return max(time.Second, (since / mostPoints).Truncate(time.Second))
}

func stamp(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

// preamble is what VictoriaMetrics says before it says what is wrong: the query and the times, which the person knows.
var preamble = regexp.MustCompile(`^error when executing query=.*? (?:for|on the time range) \([^()]*\): (?:cannot execute query: )?`)

// parse reads an answer of the API. errorType is Prometheus's word, or the HTTP status as text.
func parse(code int, body []byte) ([]series, error) {
	var said struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Type   string          `json:"resultType"`
			Result json.RawMessage `json:"result"`
		} `json:"data"`
	}
	err := json.Unmarshal(body, &said)
	if err == nil && said.Status == "error" {
		return nil, ops.Fail(ops.Invalid, ops.T("VictoriaMetrics cannot answer that: %s", "VictoriaMetrics ne peut pas répondre : %s", clip(ops.Clean(preamble.ReplaceAllString(said.Error, "")), 200)), nil)
	}
	if err != nil || code != http.StatusOK || said.Status != "success" {
		return nil, ops.Fail(ops.Unavailable, ops.T("what answers in VictoriaMetrics' place (%d) does not speak its language: is the address right?", "ce qui répond à la place de VictoriaMetrics (%d) ne parle pas sa langue : l’adresse est-elle bonne ?", code), err)
	}
	unread := func(err error) ([]series, error) {
		return nil, ops.Fail(ops.Unavailable, ops.T("VictoriaMetrics answers something that I cannot read", "VictoriaMetrics répond quelque chose d’illisible"), err)
	}
	if said.Data.Type == "scalar" || said.Data.Type == "string" {
		var one sample
		if err := json.Unmarshal(said.Data.Result, &one); err != nil {
			return unread(err)
		}
		p, err := one.point()
		if err != nil {
			return unread(err)
		}
		return []series{{Points: []point{p}}}, nil
	}
	var list []struct {
		Metric map[string]string `json:"metric"`
		Value  *sample           `json:"value"`
		Values []sample          `json:"values"`
	}
	if err := json.Unmarshal(said.Data.Result, &list); err != nil {
		return unread(err)
	}
	var out []series
	for _, one := range list {
		if one.Value != nil {
			one.Values = append(one.Values, *one.Value)
		}
		got := series{Labels: one.Metric}
		for _, raw := range one.Values {
			p, err := raw.point()
			if err != nil {
				return unread(err)
			}
			got.Points = append(got.Points, p)
		}
		if len(got.Points) > 0 {
			out = append(out, got)
		}
	}
	return out, nil
}

// post sends a query in a body, so that its length does not matter and no proxy logs it.
func (s *System) post(ctx context.Context, path string, form url.Values) (int, []byte, error) {
	bound, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, http.MethodPost, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, errors.New("the address cannot be used")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, nil, s.unanswered(ctx, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return 0, nil, s.unanswered(ctx, err)
	}
	if len(body) == mostAnswer {
		return 0, nil, ops.Fail(ops.Invalid, ops.T("that is too much to look at: ask for fewer series, as with topk(10, …)", "c’est trop à regarder : demande moins de séries, comme avec topk(10, …)"), nil)
	}
	return answer.StatusCode, body, nil
}

func (s *System) unanswered(ctx context.Context, err error) error {
	var dial *net.OpError
	var dns *net.DNSError
	host := ops.Name(strings.SplitN(s.base, "/", 4)[2])
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking VictoriaMetrics: %w", context.Cause(ctx))
	case errors.As(err, &dns):
		return ops.Fail(ops.Unavailable, ops.T("VictoriaMetrics' host %s is not found (DNS): is the bot in its network?", "l’hôte de VictoriaMetrics, %s, est introuvable (DNS) : le bot est-il dans son réseau ?", host), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return ops.Fail(ops.Unavailable, ops.T("nothing answers where VictoriaMetrics should be, %s: is it up?", "rien ne répond là où devrait être VictoriaMetrics, %s : tourne-t-il ?", host), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("VictoriaMetrics at %s did not answer in time: ask for less", "VictoriaMetrics, sur %s, n’a pas répondu à temps : demande moins", host), nil)
}

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

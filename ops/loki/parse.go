package loki

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"vigie/ops"
)

func unreadable(err error) error {
	return ops.Fail(ops.Unavailable, ops.T("what answers in Loki's place does not speak its language: is the address right?", "ce qui répond à la place de Loki ne parle pas sa langue : l’adresse est-elle bonne ?"), err)
}

// A pair is how the API writes a line, or a point: when, then what, which is text in either case. A third may follow.
type pair []json.RawMessage

func (p pair) line() (l line, err error) {
	var at string // nanoseconds
	if len(p) < 2 || json.Unmarshal(p[0], &at) != nil || json.Unmarshal(p[1], &l.Text) != nil {
		return l, errors.New("a line is no line")
	}
	ns, err := strconv.ParseInt(at, 10, 64)
	l.At = time.Unix(0, ns)
	return l, err
}

func (p pair) point() (o point, err error) {
	var at float64 // seconds
	var text string
	if len(p) < 2 || json.Unmarshal(p[0], &at) != nil || json.Unmarshal(p[1], &text) != nil || math.Abs(at) > 1e11 {
		return o, errors.New("a sample is no sample")
	}
	o.At = time.UnixMilli(int64(at * 1000))
	o.V, err = strconv.ParseFloat(text, 64)
	return o, err
}

// parse reads an answer of query or query_range. Each stream comes in an order of its own: here, all lines are in one.
func parse(body []byte) (d data, err error) {
	var said struct {
		Status string `json:"status"`
		Data   struct {
			Type   string          `json:"resultType"` // streams, matrix, vector or scalar
			Result json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Status != "success" {
		return d, unreadable(err)
	}
	if d.Figures = said.Data.Type != "streams"; said.Data.Type == "scalar" {
		var one pair
		err := json.Unmarshal(said.Data.Result, &one)
		p, bad := one.point()
		if err := errors.Join(err, bad); err != nil {
			return d, unreadable(err)
		}
		d.Series = []series{{Points: []point{p}}}
		return d, nil
	}
	var list []struct {
		Stream map[string]string `json:"stream"` // of lines
		Metric map[string]string `json:"metric"` // of figures
		Values []pair            `json:"values"`
		Value  pair              `json:"value"` // of a vector
	}
	if err := json.Unmarshal(said.Data.Result, &list); err != nil {
		return d, unreadable(err)
	}
	for _, one := range list {
		if one.Value != nil {
			one.Values = append(one.Values, one.Value)
		}
		got := series{Labels: one.Metric}
		for _, v := range one.Values {
			if d.Figures {
				p, err := v.point()
				if err != nil {
					return d, unreadable(err)
				}
				got.Points = append(got.Points, p)
				continue
			}
			l, err := v.line()
			if err != nil {
				return d, unreadable(err)
			}
			l.Labels = one.Stream
			d.Lines = append(d.Lines, l)
		}
		if len(got.Points) > 0 {
			d.Series = append(d.Series, got)
		}
	}
	slices.SortStableFunc(d.Lines, func(a, b line) int { return a.At.Compare(b.At) })
	slices.SortStableFunc(d.Series, func(a, b series) int { return cmp.Compare(b.peak(), a.peak()) })
	return d, nil
}

// peak is the highest value; NaN counts as lowest.
func (s series) peak() float64 {
	_, high := s.bounds()
	return high
}

func (s series) last() point { return s.Points[len(s.Points)-1] }

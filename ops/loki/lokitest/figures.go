package lokitest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// A group is what is counted together.
type group struct {
	labels map[string]string
	at     []time.Time
}

// groups are the lines of a query by what they are counted by.
func (s *Server) groups(q query) (list []*group) {
	groups := map[string]*group{}
	for _, one := range s.streams {
		for _, e := range one.entries {
			if !q.holds(one.labels) || !q.passes(e.text) {
				continue
			}
			labels := leveled(one.labels, e)
			if q.sum {
				maps.DeleteFunc(labels, func(l, _ string) bool { return !slices.Contains(q.by, l) })
			}
			key := fmt.Sprint(labels)
			if groups[key] == nil {
				groups[key] = &group{labels: labels}
			}
			groups[key].at = append(groups[key].at, e.at)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		list = append(list, groups[key])
	}
	return list
}

// value is what a function makes of the lines of a group in the span before t: without a line, there is no value.
func (q query) value(g *group, t time.Time) (string, bool) {
	n := 0
	for _, at := range g.at {
		if at.After(t.Add(-q.span)) && !at.After(t) {
			n++
		}
	}
	v := float64(n)
	if q.function == "rate" {
		v /= q.span.Seconds()
	}
	return strconv.FormatFloat(v, 'f', -1, 64), n > 0
}

func (s *Server) matrix(w http.ResponseWriter, q query, form url.Values, from, to time.Time) {
	step, err := time.ParseDuration(form.Get("step"))
	if err != nil || step <= 0 {
		fail(w, http.StatusBadRequest, "zero or negative query resolution step widths are not accepted. Try a positive integer")
		return
	}
	if to.Sub(from)/step > mostSteps {
		fail(w, http.StatusBadRequest, "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter")
		return
	}
	result := []object{}
	for _, g := range s.groups(q) {
		values := [][2]any{}
		for t := from; !t.After(to); t = t.Add(step) {
			if v, ok := q.value(g, t); ok {
				values = append(values, [2]any{float64(t.UnixMilli()) / 1000, v})
			}
		}
		if len(values) > 0 {
			result = append(result, object{"metric": g.labels, "values": values})
		}
	}
	most := mostSeries
	if s.MostSeries > 0 {
		most = s.MostSeries
	}
	if len(result) > most {
		fail(w, http.StatusBadRequest, fmt.Sprintf("maximum number of series (%d) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()", most))
		return
	}
	say(w, object{"status": "success", "data": object{"resultType": "matrix", "result": result, "stats": object{}}})
}

func (s *Server) query(w http.ResponseWriter, form url.Values) {
	at, err := moment(form.Get("time"), time.Now())
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	q, err := parse(form.Get("query"))
	if err != nil {
		s.refuse(w, err)
		return
	}
	if q.function == "" {
		fail(w, http.StatusBadRequest, "log queries are not supported as an instant query type, please change your query to a range query type")
		return
	}
	result := []object{}
	for _, g := range s.groups(q) {
		if v, ok := q.value(g, at); ok {
			result = append(result, object{"metric": g.labels, "value": [2]any{float64(at.UnixMilli()) / 1000, v}})
		}
	}
	say(w, object{"status": "success", "data": object{"resultType": "vector", "result": result, "stats": object{}}})
}

package lokitest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type object = map[string]any

const (
	mostEntries = 5000
	mostSeries  = 500
	mostRange   = 721 * time.Hour // max_query_length, in its words 30d1h
	mostSteps   = 11000
)

// window reads start and end, in nanoseconds or RFC 3339; without them it is the last hour. The end is not in it.
func window(q url.Values) (from, to time.Time, err error) {
	if to, err = moment(q.Get("end"), time.Now()); err != nil {
		return from, to, err
	}
	if from, err = moment(q.Get("start"), to.Add(-time.Hour)); err != nil {
		return from, to, err
	}
	if !to.After(from) {
		return from, to, errors.New("end timestamp must not be before or equal to start time")
	}
	return from, to, nil
}

func moment(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	if ns, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(0, ns), nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

func (s *Server) refuse(w http.ResponseWriter, err error) {
	if unknown := refusal(""); errors.As(err, &unknown) {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	fail(w, http.StatusNotImplemented, err.Error()) // what is not known here must not pass for an answer
}

func (s *Server) queryRange(w http.ResponseWriter, form url.Values) {
	from, to, err := window(form)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	q, err := parse(form.Get("query"))
	if err != nil {
		s.refuse(w, err)
		return
	}
	if d := to.Sub(from); d > mostRange {
		fail(w, http.StatusBadRequest, fmt.Sprintf("the query time range exceeds the limit (query length: %s, limit: 30d1h)", d))
		return
	}
	limit, err := strconv.Atoi(form.Get("limit"))
	if form.Get("limit") == "" {
		limit, err = 100, nil
	}
	if err != nil || limit <= 0 {
		fail(w, http.StatusBadRequest, "limit must be a positive value")
		return
	}
	if q.function != "" {
		s.matrix(w, q, form, from, to)
		return
	}
	if most := s.mostEntries(); limit > most {
		fail(w, http.StatusBadRequest, fmt.Sprintf("max entries limit per query exceeded, limit > max_entries_limit_per_query (%d > %d)", limit, most))
		return
	}
	s.lines(w, q, from, to, limit, form.Get("direction") == "forward")
}

func (s *Server) mostEntries() int {
	if s.MostEntries > 0 {
		return s.MostEntries
	}
	return mostEntries
}

// lines answers with the newest limit lines, by stream: each stream has its own, the newest first.
func (s *Server) lines(w http.ResponseWriter, q query, from, to time.Time, limit int, forward bool) {
	type found struct {
		in *stream
		entry
	}
	var all []found
	for _, one := range s.streams {
		for _, e := range one.entries {
			if q.holds(one.labels) && !e.at.Before(from) && e.at.Before(to) && q.passes(e.text) {
				all = append(all, found{one, e})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		if forward {
			return a.at.Compare(b.at)
		}
		return b.at.Compare(a.at)
	})
	all = all[:min(len(all), limit)]
	type part struct {
		labels map[string]string
		values [][2]string
	}
	parts := map[string]*part{}
	for _, f := range all {
		labels := leveled(f.in.labels, f.entry)
		key := fmt.Sprint(labels)
		if parts[key] == nil {
			parts[key] = &part{labels: labels}
		}
		parts[key].values = append(parts[key].values, [2]string{strconv.FormatInt(f.at.UnixNano(), 10), f.text})
	}
	result := []object{}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		result = append(result, object{"stream": parts[key].labels, "values": parts[key].values})
	}
	say(w, object{"status": "success", "data": object{"resultType": "streams", "result": result, "stats": object{}}})
}

func leveled(labels map[string]string, e entry) map[string]string {
	labels = maps.Clone(labels)
	labels["detected_level"] = e.level()
	return labels
}

// names are those of labels, or of one label's values, that have a line in the window. Without one, data is left out.
func (s *Server) names(w http.ResponseWriter, form url.Values, label string) {
	from, to, err := window(form)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	seen := map[string]bool{}
	for _, one := range s.streams {
		if !slices.ContainsFunc(one.entries, func(e entry) bool { return !e.at.Before(from) && e.at.Before(to) }) {
			continue
		}
		for name, value := range one.labels {
			if label == "" && !strings.HasPrefix(name, "__") {
				seen[name] = true
			} else if label == name {
				seen[value] = true
			}
		}
	}
	answer := object{"status": "success"}
	if len(seen) > 0 {
		answer["data"] = slices.Sorted(maps.Keys(seen))
	}
	say(w, answer)
}

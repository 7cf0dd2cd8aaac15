package grafana

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A health is how Grafana itself is. Anybody may ask.
type health struct {
	Database string `json:"database"` // "ok" or "failing"
	Version  string `json:"version"`  // may be hidden
}

// health asks whether Grafana is well: 503 says that its database is not.
func (s *System) health(ctx context.Context) (h health, err error) {
	got, err := s.send(ctx, "/api/health", false)
	if err != nil {
		return h, err
	}
	if got.code != http.StatusOK && got.code != http.StatusServiceUnavailable {
		return h, s.refusal(got)
	}
	if err := json.Unmarshal(got.body, &h); err != nil || h.Database == "" {
		if got.code == http.StatusServiceUnavailable {
			return h, ops.Fail(ops.Unavailable, ops.T("Grafana is starting, or what stands before it does not reach it (503)", "Grafana démarre, ou ce qui est devant lui ne l’atteint pas (503)"), nil)
		}
		return h, read(nil, &h)
	}
	return h, nil
}

func (h health) well() bool { return h.Database == "ok" }

// A source is a datasource, and what it says of its health.
type source struct {
	UID     string `json:"uid"`
	Name    string `json:"name"`
	Type    string `json:"type"` // of the plugin: "loki", "prometheus", "grafana-postgresql-datasource"
	Default bool   `json:"isDefault"`

	State sourceState `json:"-"`
	Why   string      `json:"-"` // what was said; others' words
}

type sourceState int

const (
	unjudged  sourceState = iota // it has no health check, or may not be asked
	healthy                      //
	unhealthy                    //
)

func (s source) title() string { return clip(cmp.Or(s.Name, s.UID), 40) }

const (
	mostSources = 50
	together    = 4                // datasources that are asked at once
	sourceTime  = 15 * time.Second // a datasource that takes longer is not well
)

// sources are all datasources with their health, in the order of their names.
func (s *System) sources(ctx context.Context) (list []source, err error) {
	if len(s.o.Datasources) > 0 {
		for _, uid := range s.o.Datasources {
			list = append(list, source{UID: uid})
		}
	} else if err := s.get(ctx, "/api/datasources", &list); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b source) int { return cmp.Or(cmp.Compare(a.title(), b.title()), cmp.Compare(a.UID, b.UID)) })
	list = list[:min(len(list), mostSources)]
	if len(list) == 0 {
		return nil, nil
	}
	// The first by itself: if the password is refused, it was refused once.
	if err := s.judge(ctx, &list[0]); err != nil {
		return nil, err
	}
	errs := make([]error, len(list))
	var work sync.WaitGroup // waited for below
	slots := make(chan struct{}, together)
	for i := range list[1:] {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i+1] = s.judge(ctx, &list[i+1])
		})
	}
	work.Wait()
	return list, errors.Join(errs...)
}

// judge asks for the health of one. An error is about Grafana, never about the datasource.
func (s *System) judge(ctx context.Context, d *source) error {
	bound, cancel := context.WithTimeout(ctx, sourceTime)
	defer cancel()
	got, err := s.send(bound, "/api/datasources/uid/"+url.PathEscape(d.UID)+"/health", true)
	switch {
	case err != nil && bound.Err() != nil && ctx.Err() == nil:
		d.State, d.Why = unhealthy, "no answer in "+sourceTime.String()
		return nil
	case err != nil:
		return err
	case got.code == http.StatusUnauthorized:
		return s.refusal(got)
	}
	var said struct {
		Status  string `json:"status"` // OK, ERROR or UNKNOWN
		Message string `json:"message"`
	}
	_ = json.Unmarshal(got.body, &said) // judged below by what is there
	d.Why = s.clip(said.Message, 160)
	switch {
	case got.code == http.StatusOK && said.Status == "OK":
		d.State = healthy
	case got.code == http.StatusBadRequest && said.Status != "": // its way to say so
		d.State = unhealthy
	case got.code == http.StatusNotFound && strings.Contains(said.Message, "source not found"): // the uid is of none
		d.State = unhealthy
	case got.code >= 500 && got.code != http.StatusNotImplemented: // its plugin does not run, or did not answer
		d.State = unhealthy
	}
	return nil
}

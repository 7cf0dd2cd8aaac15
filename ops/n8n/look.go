package n8n

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A failing is one workflow whose executions failed in a time.
type failing struct {
	workflow
	Count   int
	Newest  execution
	First   time.Time
	Why     failure
	Handled bool // another workflow is run when it fails
}

// A picture is what n8n looks like now.
type picture struct {
	workflows []workflow
	failing   []failing // the most failures first
	cut       bool      // there were more failures than were counted
	deaf      []deaf
	asked     bool // whether it is ready is known
	ready     bool
}

// A deaf is an active workflow whose webhook is not registered.
type deaf struct {
	workflow
	hook
}

const (
	mostFailures = 500 // executions that are counted
	mostWhys     = 12  // workflows whose newest error is fetched
	mostHooks    = 60  // webhooks that are asked for
)

// picture looks at everything since a time.
func (s *System) picture(ctx context.Context, since time.Time) (p picture, err error) {
	if p.ready, err = s.ready(ctx); err != nil {
		return p, err
	}
	p.asked = true
	if p.workflows, err = s.workflows(ctx); err != nil {
		return p, err
	}
	if p.failing, p.cut, err = s.failing(ctx, p.workflows, since); err != nil {
		return p, err
	}
	p.deaf, err = s.deaf(ctx, p.workflows)
	return p, err
}

// ready reports whether n8n takes work: its database is there and migrated. /healthz would be green without.
func (s *System) ready(ctx context.Context) (bool, error) {
	got, err := s.send(ctx, http.MethodGet, "/healthz/readiness", "", askTime)
	return err == nil && got.code == http.StatusOK, err
}

// failing groups what failed by workflow. A failure that a retry made good is none.
func (s *System) failing(ctx context.Context, all []workflow, since time.Time) (list []failing, cut bool, err error) {
	at := map[string]int{}
	for _, status := range []string{"error", "crashed"} {
		found, err := s.executions(ctx, status, since, mostFailures)
		if err != nil {
			return nil, false, err
		}
		cut = cut || len(found) == mostFailures
		for _, e := range found {
			if e.Retried != "" {
				continue
			}
			i, known := at[e.Workflow]
			if !known {
				i = len(list)
				at[e.Workflow] = i
				list = append(list, failing{workflow: named(all, e.Workflow), Newest: e, First: e.Started})
				list[i].Handled = list[i].Settings.ErrorWorkflow != ""
			}
			list[i].Count++
			if e.Started.After(list[i].Newest.Started) {
				list[i].Newest = e
			}
			if e.Started.Before(list[i].First) {
				list[i].First = e.Started
			}
		}
	}
	slices.SortStableFunc(list, func(a, b failing) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.ID, b.ID)) })
	for i := range list[:min(len(list), mostWhys)] {
		why, err := s.failure(ctx, list[i].Newest.ID)
		if err != nil && ops.KindOf(err) != ops.NotFound { // pruned meanwhile
			return nil, false, err
		}
		list[i].Why = why
	}
	return list, cut, nil
}

// named is the workflow with that id; one that was deleted keeps its id for a name.
func named(all []workflow, id string) workflow {
	if i := slices.IndexFunc(all, func(w workflow) bool { return w.ID == id }); i >= 0 {
		return all[i]
	}
	return workflow{ID: id}
}

// methods are what n8n's webhooks can take, the least used first.
var methods = []string{http.MethodPatch, http.MethodDelete, http.MethodPut, http.MethodGet, http.MethodPost}

// deaf finds webhooks of active workflows that n8n does not know. Each is asked for with a method that nobody takes there.
func (s *System) deaf(ctx context.Context, all []workflow) (list []deaf, err error) {
	taken := map[string][]string{}
	for _, w := range all {
		for _, h := range w.hooks() { // of inactive ones too: they may be switched on meanwhile
			taken[h.Path] = append(taken[h.Path], h.Method)
		}
	}
	asked := map[string]bool{}
	for _, w := range all {
		for _, h := range w.hooks() {
			if !w.Active || w.Archived || asked[h.Path] || len(asked) == mostHooks {
				continue
			}
			i := slices.IndexFunc(methods, func(m string) bool { return !slices.Contains(taken[h.Path], m) })
			if i < 0 {
				continue // it takes everything: asking would run it
			}
			asked[h.Path] = true
			known, err := s.registered(ctx, methods[i], h.Path)
			if err != nil {
				return nil, err
			}
			if !known {
				list = append(list, deaf{w, h})
			}
		}
	}
	return list, nil
}

// registered reports whether n8n knows a webhook, asked with a method that it does not take. Only a plain «not registered»
// is a no: whatever else answers (a proxy, a version that says it differently) is no reason to wake anybody.
func (s *System) registered(ctx context.Context, method, path string) (bool, error) {
	got, err := s.send(ctx, method, "/webhook/"+path, "", askTime)
	if err != nil {
		return false, err
	}
	var said struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(got.body, &said) // not n8n's words then
	return got.code != http.StatusNotFound || !strings.HasPrefix(said.Message, "The requested webhook"), nil
}

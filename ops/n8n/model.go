package n8n

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// A workflow is one of n8n's, as its API tells of it.
type workflow struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Active   bool      `json:"active"`
	Archived bool      `json:"isArchived"`
	Updated  time.Time `json:"updatedAt"`
	Version  string    `json:"versionId"`       // what was saved last
	Live     string    `json:"activeVersionId"` // what runs; empty where it is not published
	Settings struct {
		ErrorWorkflow string `json:"errorWorkflow"` // the id of the one that is run when it fails
	} `json:"settings"`
	Nodes         []node `json:"nodes"`
	ActiveVersion *struct {
		Nodes []node `json:"nodes"`
	} `json:"activeVersion"`
}

type node struct {
	Type       string          `json:"type"`
	Disabled   bool            `json:"disabled"`
	Parameters json.RawMessage `json:"parameters"`
}

func (w workflow) title() string { return clip(cmp.Or(w.Name, w.ID), 60) }

// stale reports whether what runs is older than what was saved.
func (w workflow) stale() bool { return w.Active && w.Live != "" && w.Live != w.Version }

func (w workflow) state() ops.Text {
	switch {
	case w.stale():
		return ops.T("active, edited since it was published", "actif, modifié depuis sa publication")
	case w.Active:
		return ops.T("active", "actif")
	}
	return ops.T("inactive", "inactif")
}

// A hook is one webhook that an active workflow should have registered.
type hook struct {
	Path   string
	Method string
}

// hooks are the webhooks of what runs. Paths with a variable in them are left out: which one n8n would take is its secret.
func (w workflow) hooks() (list []hook) {
	nodes := w.Nodes
	if w.ActiveVersion != nil {
		nodes = w.ActiveVersion.Nodes
	}
	for _, n := range nodes {
		var p struct {
			Path   string          `json:"path"`
			Method json.RawMessage `json:"httpMethod"` // a word, or a list of them
		}
		if n.Type != "n8n-nodes-base.webhook" || n.Disabled || json.Unmarshal(n.Parameters, &p) != nil || p.Path == "" || strings.ContainsAny(p.Path, ":{=?#") {
			continue
		}
		var many []string
		one := "GET"
		if json.Unmarshal(p.Method, &many) != nil {
			_ = json.Unmarshal(p.Method, &one) // absent: GET
			many = []string{one}
		}
		for _, m := range many {
			list = append(list, hook{strings.Trim(p.Path, "/"), m})
		}
	}
	return list
}

// An execution is one run of a workflow.
type execution struct {
	ID       text      `json:"id"`
	Workflow string    `json:"workflowId"`
	Status   string    `json:"status"` // success, error, crashed, canceled, running, waiting, new, unknown
	Mode     string    `json:"mode"`
	RetryOf  text      `json:"retryOf"`
	Retried  text      `json:"retrySuccessId"` // the retry of it that worked
	Started  time.Time `json:"startedAt"`
	Stopped  time.Time `json:"stoppedAt"`
}

// A text is what n8n writes as a word in one place and as a number in another.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" {
		s = ""
	}
	*t = text(clip(s, 40))
	return nil
}

const mostPages = 20

// workflows lists all of them.
func (s *System) workflows(ctx context.Context) (all []workflow, err error) {
	cursor := ""
	for range mostPages {
		var page struct {
			Data []workflow `json:"data"`
			Next string     `json:"nextCursor"`
		}
		q := url.Values{"limit": {"100"}, "excludePinnedData": {"true"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		if err := s.get(ctx, "/workflows?"+q.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
	return all, nil
}

// executions lists those of one status that began after since, the newest first, at most n. n8n leaves out running ones
// unless they are asked for.
func (s *System) executions(ctx context.Context, status string, since time.Time, n int) (all []execution, err error) {
	cursor := ""
	for len(all) < n {
		var page struct {
			Data []execution `json:"data"`
			Next string      `json:"nextCursor"`
		}
		q := url.Values{"limit": {strconv.Itoa(min(n-len(all), 250))}}
		if status != "" {
			q.Set("status", status)
		}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		if err := s.get(ctx, "/executions?"+q.Encode(), &page); err != nil {
			return nil, err
		}
		for _, e := range page.Data {
			if e.Started.Before(since) {
				return all, nil
			}
			all = append(all, e)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return all, nil
}

var number = regexp.MustCompile(`^[0-9]{1,18}$`)

// A failure is why an execution failed.
type failure struct {
	Node    string
	Message string
}

// failure fetches why one execution failed. Its data, which is the users', is dropped.
func (s *System) failure(ctx context.Context, id text) (failure, error) {
	var e struct {
		Data struct {
			Result struct {
				Error struct {
					Message     string `json:"message"`
					Description string `json:"description"`
					Node        struct {
						Name string `json:"name"`
					} `json:"node"`
				} `json:"error"`
				Last string `json:"lastNodeExecuted"`
			} `json:"resultData"`
		} `json:"data"`
	}
	if err := s.get(ctx, "/executions/"+url.PathEscape(string(id))+"?includeData=true", &e); err != nil {
		return failure{}, err
	}
	r := e.Data.Result
	why := cmp.Or(r.Error.Message, r.Error.Description)
	return failure{s.clip(cmp.Or(r.Error.Node.Name, r.Last), 40), s.clip(why, 160)}, nil
}

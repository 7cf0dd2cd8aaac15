// Package n8n works on an n8n: which workflows fail and why, whether what runs is what was last saved, whether webhooks are
// really registered, and switching workflows on and off or running a failed execution again.
//
// # What it holds to
//
// It uses n8n's public API with a key, and changes nothing else. /healthz is green before webhooks are registered, so each
// webhook of an active workflow is asked for with a method that no workflow takes there: n8n answers 404 either way and runs
// nothing, but says which methods it would take only if the webhook is registered.
//
// Executions are listed without their errors; those are fetched one by one, the newest of each workflow only. What they hold
// besides the error, which is the data of whoever uses the workflow, is dropped unread.
//
// Read n8n.go (what can be asked for), client.go (the wire), model.go (what it tells), look.go, show.go, switch.go, retry.go,
// watch.go.
package n8n

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigie/ops"
)

// Options say where n8n is. Zero values mean what each field says.
type Options struct {
	URL    string // "http://n8n:5678", as Vigie reaches it
	Key    Secret // an API key, with the scopes that [Scopes] names
	Every  time.Duration
	Client *http.Client // for tests and demos; nil is a new one
}

// Scopes are what the key must be allowed.
const Scopes = "workflow:list workflow:read workflow:activate workflow:deactivate execution:list execution:read execution:retry"

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// A System is what the ops and the watcher here work on. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

var theme = ops.T("n8n", "n8n")

// New makes a system of o; it asks nothing yet. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: &http.Client{}}
	if s.o.Every == 0 {
		s.o.Every = 5 * time.Minute
	}
	if o.Client != nil {
		*s.client = *o.Client
	}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // it would carry the key elsewhere
	var wrong []error
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		wrong = append(wrong, errors.New("n8n: url begins with http:// or https:// and names a host, without a password"))
	}
	if o.Key == nil || o.Key.Reveal() == "" || strings.ContainsAny(o.Key.Reveal(), " \r\n") {
		wrong = append(wrong, errors.New("n8n: give an API key, without a blank or a line break"))
	}
	if s.o.Every < time.Minute {
		wrong = append(wrong, errors.New("n8n: every is at least a minute"))
	}
	return s, errors.Join(wrong...)
}

// String says which server it is, and no secret.
func (s *System) String() string { return "n8n at " + s.base }

// GoString is String: printing a System in any way must not print its key.
func (s *System) GoString() string { return s.String() }

var _ = ops.Names(&set, "n8n_workflow", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	all, err := s.workflows(ctx)
	if err != nil {
		return nil, err
	}
	twice := map[string]int{}
	for _, w := range all {
		twice[strings.ToLower(w.title())]++
	}
	var list []ops.Choice
	for _, w := range all {
		if w.Archived {
			continue
		}
		c := ops.Choice{Value: w.ID, Also: []string{w.title()}, Label: ops.Raw(w.title()), Hint: w.state()}
		if twice[strings.ToLower(w.title())] > 1 { // two of one name are told apart
			c.Label = ops.Raw(w.title() + " · " + w.ID)
		}
		list = append(list, c)
	}
	return list, nil
})

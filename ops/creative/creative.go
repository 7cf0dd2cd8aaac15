// Package creative has pictures and videos made by n8n's creative pipeline: a webhook that takes a type and a prompt, and sends
// them on to whom it thinks fit, which may cost money.
//
// # What it holds to
//
// Which type and model lead where, and what that costs, is configured: the workflow does not tell, and sends every type that it
// does not know to a provider that is paid. So what no route is configured for is refused, and so is a route that is known not
// to work.
//
// What costs money says first how much at most, has a risk above that of what is free ([ops.Disruptive], so that a rule can
// tell the two apart), and counts against a daily limit: when it is planned, and again the moment before it is sent.
//
// An order is sent once. It is written down before, so that neither a lost answer nor a crash has it sent again: what became of
// it is then unknown, and stays counted. n8n answers before anything is made, so its answer proves nothing: the result is looked
// for where its route says it must be, until a deadline.
//
// Read creative.go (what can be set), routes.go (what leads where), create.go and order.go (the plan), book.go (orders and the limit),
// call.go and reply.go (the webhook), made.go (what came of it), link.go (results at an address), list.go.
package creative

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"vigie/ops"
)

// Options say what the pipeline is. Zero values mean what each field says.
type Options struct {
	URL    string // of the webhook: "https://n8n.example.org/webhook/creative-pipeline"
	Header string // sent with it, with Secret in it; "" is none
	Secret Secret
	Routes []Route
	// Limit is what paid routes may cost together in a day, in USD; 0 is nothing.
	Limit float64
	// Deadline is how long a result may take; 0 is 30 min.
	Deadline time.Duration
	Zone     *time.Location // where days begin; nil is UTC
	Kept     Kept
	Pictures Tracker      // of ComfyUI, for routes whose Result is "comfyui"
	Videos   Tracker      // of Remotion, for routes whose Result is "remotion"
	Assets   Assets       // where assets are registered; nil where that is not known
	Client   *http.Client // for tests; nil is a new one
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// Kept keeps the orders while the bot is not running. What Load has nothing of is nil.
type Kept interface {
	Load(ctx context.Context, id string) (json.RawMessage, error)
	Save(ctx context.Context, id string, body json.RawMessage) error
}

// A Tracker looks at what a maker makes, by the name that the maker gave it.
type Tracker interface {
	// Track looks once: whether it is there and whole, and how it goes. An error of kind [ops.NotFound] says that the maker does
	// not know it, [ops.Unavailable] that it could not be asked; another that nothing will come of it.
	Track(ctx context.Context, id string) (done bool, says ops.Text, err error)
	// Fetch gets what was made, or for people a link to it where it is too large to be sent.
	Fetch(ctx context.Context, id string) (files []ops.File, link string, err error)
}

// Assets is a register of what was made.
type Assets interface {
	// Find looks for what was registered under a name or a maker's name since a time; found is false if there is nothing.
	Find(ctx context.Context, name, render string, since time.Time) (link string, found bool, err error)
}

// A System is what the ops here work on. [New] makes one.
type System struct {
	o      Options
	client *http.Client
	base   *url.URL

	mu sync.Mutex // guards what is kept, from being read until it is written
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

var theme = ops.T("Studio", "Studio")

// New makes a system of o; it asks nothing yet. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{o: o, client: o.Client}
	if s.client == nil {
		s.client = &http.Client{}
	}
	own := *s.client // a redirect would carry the secret elsewhere, and lead to a page for people
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &own
	if s.o.Deadline == 0 {
		s.o.Deadline = 30 * time.Minute
	}
	if s.o.Zone == nil {
		s.o.Zone = time.UTC
	}
	var wrong []error
	var err error
	if s.base, err = url.Parse(o.URL); err != nil || s.base.Host == "" || s.base.Scheme != "http" && s.base.Scheme != "https" || s.base.User != nil {
		wrong = append(wrong, errors.New("creative: url begins with http:// or https:// and names a host, without a password"))
	}
	if o.Kept == nil || len(o.Routes) == 0 {
		wrong = append(wrong, errors.New("creative: it needs a place to keep its orders, and routes"))
	}
	for _, r := range o.Routes {
		if err := r.check(s.o); err != nil {
			wrong = append(wrong, fmt.Errorf("creative: route %s: %w", r.Type, err))
		}
	}
	return s, errors.Join(wrong...)
}

// String says which webhook it is, and no secret.
func (s *System) String() string { return "creative pipeline at " + s.base.Host }

// GoString is String: printing a System in any way must not print its secret.
func (s *System) GoString() string { return s.String() }

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

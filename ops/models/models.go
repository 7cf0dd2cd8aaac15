// Package models works on a LiteLLM proxy over HTTP: which models it has and what they cost, whether one answers, adding one, what
// its keys have spent and blocking one, and what is left of a provider's credits. What was spent and when is package litellm's,
// out of the proxy's database.
//
// # What it holds to
//
// LiteLLM's /health runs a paid call on every model it has, so nothing here ever asks for it. What costs money is a step of a plan
// that says first how much at most. A model counts as working when it answered a call of its own, without the cache and without a
// fallback answering in its place; that the proxy is healthy or lists it says nothing of that.
//
// Adding models and everything about keys need the proxy's database; models from its config.yaml cannot be removed through HTTP.
//
// Read models.go (what can be asked for), client.go (the wire), catalog.go (what there is), graph.go (fallbacks), probe.go (a call
// that costs), add.go, keys.go and block.go.
package models

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vigie/ops"
)

// Options say where the proxy is. Zero values mean what each field says.
type Options struct {
	URL string // "http://litellm:4000"
	Key Secret // the master key, or one that may do what is asked of it
	// ConfigFile is LiteLLM's config.yaml, if it can be read here: for the fallbacks in it.
	ConfigFile string
	// CreditsURL is where OpenRouter tells what is left; "" is its own. CreditsKey is a key that may ask; nil: it is not asked.
	CreditsURL string
	CreditsKey Secret
	Client     *http.Client // for tests; nil is a new one
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

const openRouterCredits = "https://openrouter.ai/api/v1/credits"

// A System is what the ops here work on. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

var theme = ops.T("Models", "Modèles")

// New makes a system of o; it asks nothing yet. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: o.Client}
	if s.o.CreditsURL == "" {
		s.o.CreditsURL = openRouterCredits
	}
	if s.client == nil {
		s.client = &http.Client{}
	}
	own := *s.client // a redirect would carry the key elsewhere
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &own
	var wrong []error
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		wrong = append(wrong, errors.New("models: url begins with http:// or https:// and names a host, without a password"))
	}
	if o.Key == nil || o.Key.Reveal() == "" || strings.ContainsAny(o.Key.Reveal(), " \r\n") {
		wrong = append(wrong, errors.New("models: give LiteLLM's key, which holds no blank"))
	}
	return s, errors.Join(wrong...)
}

// String says which proxy it is, and no secret.
func (s *System) String() string { return "litellm at " + s.base }

// GoString is String: printing a System in any way must not print its key.
func (s *System) GoString() string { return s.String() }

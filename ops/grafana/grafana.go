// Package grafana looks at a Grafana: whether it is well, whether its datasources answer it, and how its alert rules stand. It
// only looks.
//
// # What it holds to
//
// A datasource's health is asked of Grafana, which asks the datasource: 400 is its way to say «unhealthy», and no failure of
// ours. Grafana counts wrong passwords, and shuts an account out after five within five minutes, for people as well: after a
// refusal nothing more is sent in that look, and the watcher is silent for [refusedPause]. Health and version need no password,
// so none is sent for them.
//
// Read grafana.go (where it is), client.go (the wire), model.go (what it tells), rules.go (alert rules), look.go, show.go
// and show_rules.go, watch.go.
package grafana

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigie/ops"
)

// Options say where Grafana is. Zero values mean what each field says.
type Options struct {
	URL     string // "http://grafana:3000", as Vigie reaches it
	User    string // with Password; without a User, Password is a service account's token
	Service string // the service of the stack that it is; empty: "grafana"
	// Password lets in. A token of a Viewer suffices where Datasources are given; listing them takes an Admin.
	Password    Secret
	Datasources []string // uids of those to look at; none: all that Grafana lists
	Rules       bool     // alert rules become incidents; false where Grafana tells of them by itself
	Every       time.Duration
	Client      *http.Client // for tests and demos; nil is a new one
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// A System is one Grafana. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
}

var set ops.Set[*System]

// Bind returns every op in this package, asking s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a system of o; it asks nothing yet. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: &http.Client{}}
	s.o.Every, s.o.Service = cmp.Or(o.Every, 2*time.Minute), cmp.Or(o.Service, "grafana")
	if o.Client != nil {
		*s.client = *o.Client
	}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // it would carry the password elsewhere
	var wrong []error
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		wrong = append(wrong, errors.New("grafana: url begins with http:// or https:// and names a host, without a password"))
	}
	if o.Password == nil || o.Password.Reveal() == "" || strings.ContainsAny(o.Password.Reveal(), "\r\n") {
		wrong = append(wrong, errors.New("grafana: give a token, or a user and a password, without a line break"))
	}
	if s.o.Every < time.Minute {
		wrong = append(wrong, errors.New("grafana: every is at least a minute"))
	}
	return s, errors.Join(wrong...)
}

// String says which server it is, and no secret.
func (s *System) String() string { return "Grafana at " + s.base }

// GoString is String: printing a System in any way must not print its password.
func (s *System) GoString() string { return s.String() }

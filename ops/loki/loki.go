// Package loki asks a Loki for what containers have logged. It only looks.
//
// A service's name and what to find become LogQL; an expression of one's own is taken as it is. Loki is asked directly, or
// through the proxy that a Grafana is for its datasources, where Loki's own port is nowhere to be reached.
//
// Log lines are what others wrote: they are quoted, never obeyed, and secrets are taken out where answers leave.
//
// Read loki.go (where it is), query.go (what can be asked), words.go and container.go (how words
// become LogQL), client.go, parse.go and refusal.go (the wire), show.go and chart.go (how it is shown), labels.go (why there is nothing).
package loki

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigie/ops"
)

// Options say where Loki is. Zero values mean what each field says.
type Options struct {
	URL     string // "http://loki:3100", or a datasource of Grafana: "http://grafana:3000/api/datasources/proxy/uid/Loki"
	Proxied bool   // URL is a datasource of Grafana: who lets in is Grafana
	Tenant  string // X-Scope-OrgID, where Loki has several tenants; empty: none is sent
	User    string // with Password: basic auth; without a User, Password is a bearer token
	// Password lets in; nil: nobody is asked for one.
	Password Secret
	Label    string         // the label that names containers; empty: "container"
	Prefix   string         // what containers' names begin with before the service's: "javisi_"
	Zone     *time.Location // where times of the day are said for; nil is UTC
	Client   *http.Client   // for tests and demos; nil is a new one
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// A System is one Loki. [New] makes one.
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
	if o.Client != nil {
		*s.client = *o.Client
	}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // it would carry the password elsewhere
	s.o.Label = cmp.Or(o.Label, "container")
	if s.o.Zone == nil {
		s.o.Zone = time.UTC
	}
	var wrong []error
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		wrong = append(wrong, errors.New("loki: url begins with http:// or https:// and names a host, without a password"))
	}
	if !labelName.MatchString(s.o.Label) {
		wrong = append(wrong, errors.New("loki: a label is letters, digits and _"))
	}
	if strings.ContainsAny(o.Tenant+o.User, "\r\n") {
		wrong = append(wrong, errors.New("loki: a tenant and a user are one line"))
	}
	if o.User != "" && (o.Password == nil || o.Password.Reveal() == "") {
		wrong = append(wrong, errors.New("loki: a user needs a password"))
	}
	return s, errors.Join(wrong...)
}

// String says which server it is, and no secret.
func (s *System) String() string { return "Loki at " + s.base }

// GoString is String: printing a System in any way must not print its password.
func (s *System) GoString() string { return s.String() }

// short is a container's name as people call it: without what all of them begin with.
func (s *System) short(value string) string {
	if short := strings.TrimPrefix(value, s.o.Prefix); short != "" {
		return short
	}
	return value
}

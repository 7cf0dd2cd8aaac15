// Package remotion renders videos on a Remotion render server: a composition and its inputs become a job, its progress is told
// live, and the video comes into the chat, or a link where it is too large for it.
//
// # What it holds to
//
// The server names a job itself, lists none, and keeps all of them in its memory only. So the name is written down as soon as it
// is known, and a request whose answer was lost is unknown and stays so: it is never sent again by itself. A job that the server
// no longer knows was lost with a restart, and is said to be.
//
// A video counts as rendered when it can be fetched and begins as an MP4 file does.
//
// Read remotion.go (what can be asked for), inputs.go (words become a composition's inputs), render.go (the plan and its
// steps), follow.go (a job), client.go (the wire), video.go.
package remotion

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"vigie/ops"
)

// Options say where the server is. Zero values mean what each field says.
type Options struct {
	URL    string // "http://127.0.0.1:3200"
	Public string // what a link to a video begins with, for people; "" is URL
	Token  Secret // nil where the server asks for none
	// Compositions are those that the server has: it does not list them.
	Compositions []Composition
	Kept         Kept
	Client       *http.Client // for tests; nil is a new one
}

// A Composition is one kind of video.
type Composition struct {
	Name   string
	Inputs map[string]string // what it takes, by name: text, number or yes/no; nil is anything
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// Kept keeps the names of jobs across restarts. Load returns nil where there is none.
type Kept interface {
	Load(ctx context.Context, id string) (json.RawMessage, error)
	Save(ctx context.Context, id string, body json.RawMessage) error
}

// A System is what the ops here work on. [New] makes one.
type System struct {
	o      Options
	base   string
	client *http.Client
	one    sync.Mutex // held while the list of the last jobs is changed
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

var theme = ops.T("Studio", "Studio")

// New makes a system of o; it asks nothing yet. The error names what is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: o.Client}
	if s.client == nil {
		s.client = &http.Client{}
	}
	own := *s.client // a redirect would carry the token elsewhere
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &own
	if s.o.Public == "" {
		s.o.Public = s.base
	}
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("remotion: url begins with http:// or https:// and names a host, without a password")
	}
	if len(o.Compositions) == 0 || o.Kept == nil {
		return nil, errors.New("remotion: it needs the names of its compositions, and a place to keep those of jobs")
	}
	return s, nil
}

// String says which server it is, and no secret.
func (s *System) String() string { return "remotion at " + s.base }

// GoString is String: printing a System in any way must not print its token.
func (s *System) GoString() string { return s.String() }

var _ = ops.Names(&set, "remotion_composition", func(_ context.Context, s *System) (list []ops.Choice, _ error) {
	for _, c := range s.o.Compositions {
		list = append(list, ops.Choice{Value: c.Name, Hint: c.takes()})
	}
	return list, nil
})

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

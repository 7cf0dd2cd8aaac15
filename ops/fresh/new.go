package fresh

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A target is one thing that must be fresh: a rule, or one of its names.
type target struct {
	id      string // "pg_dump", "pg_dump/n8n"
	rule    *FileRule
	each    string // "" if the rule has no names
	pattern string
}

func (t target) subject() string { return fileSubject + t.id }

const eachName = "{name}"

// names are what can stand in a subject, in an address and in a chat without being read as something else.
var names = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?$`)

// New makes a system of o. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	s := &System{
		o: o, disk: osDisk{}, poke: make(chan struct{}, 1), known: map[string]*memory{}, beats: map[string]*heard{},
		client: &http.Client{Timeout: pulseTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	var wrong []error
	s.o.Files, s.o.Beats = slices.Clone(o.Files), slices.Clone(o.Beats)
	taken := map[string]bool{}
	for i := range s.o.Files {
		r := &s.o.Files[i]
		if err := r.check(taken); err != nil {
			wrong = append(wrong, fmt.Errorf("file rule %q: %w", r.Name, err))
			continue
		}
		s.targets = append(s.targets, r.targets()...)
	}
	taken = map[string]bool{}
	for i := range s.o.Beats {
		b := &s.o.Beats[i]
		if err := b.check(taken); err != nil {
			wrong = append(wrong, fmt.Errorf("heartbeat %q: %w", b.Name, err))
		}
	}
	if err := s.o.Pulse.check(); err != nil {
		wrong = append(wrong, fmt.Errorf("our own heartbeat: %w", err))
	}
	for _, t := range s.targets {
		s.known[t.id] = &memory{}
	}
	return s, errors.Join(wrong...)
}

func (r *FileRule) check(taken map[string]bool) error {
	r.Severity = cmp.Or(r.Severity, ops.Warning)
	r.AtLeast = max(r.AtLeast, 1)
	fresh := !taken[r.Name]
	taken[r.Name] = true
	if err := r.checkPattern(); err != nil {
		return err
	}
	switch {
	case !names.MatchString(r.Name):
		return errors.New("the name is one word of letters, digits and . _ - inside")
	case !fresh:
		return errors.New("the name is taken")
	case r.Newer < 0 || r.Count < 0 || r.Band < 0:
		return errors.New("newer, count and band are not below 0")
	case !slices.Contains([]Format{"", PGDump, Gzip, RDB, JSON}, r.Format):
		return fmt.Errorf("the format is one of %s, %s, %s, %s", PGDump, Gzip, RDB, JSON)
	case !r.Severity.AtLeast(ops.Notice):
		return errors.New("the severity is notice, warning or critical")
	}
	return nil
}

func (r *FileRule) checkPattern() error {
	switch {
	case !path.IsAbs(r.Pattern):
		return errors.New("the pattern begins with /")
	case strings.Contains(r.Pattern, "**"):
		return errors.New("** is not known: each * stays within one folder")
	case strings.Contains(r.Pattern, eachName) != (len(r.EachOf) > 0):
		return errors.New("{name} in the pattern and a list of names belong together")
	}
	if _, err := path.Match(strings.ReplaceAll(r.Pattern, eachName, "x"), ""); err != nil {
		return errors.New("the pattern has a [ without its ]")
	}
	seen := map[string]bool{}
	for _, n := range r.EachOf {
		if n == "" || strings.ContainsAny(n, "/*?[]\\{} ") || ops.Clean(n) != n || seen[n] {
			return fmt.Errorf("%q is no name for a file, or stands there twice", n)
		}
		seen[n] = true
	}
	return nil
}

func (r *FileRule) targets() (list []target) {
	if len(r.EachOf) == 0 {
		return []target{{id: r.Name, rule: r, pattern: path.Clean(r.Pattern)}}
	}
	for _, n := range r.EachOf {
		list = append(list, target{id: r.Name + "/" + n, rule: r, each: n, pattern: path.Clean(strings.ReplaceAll(r.Pattern, eachName, n))})
	}
	return list
}

func (b *Beat) check(taken map[string]bool) error {
	b.Severity = cmp.Or(b.Severity, ops.Warning)
	b.Grace = cmp.Or(b.Grace, max(b.Every/10, time.Minute))
	fresh := !taken[b.Name]
	taken[b.Name] = true
	switch {
	case !names.MatchString(b.Name):
		return errors.New("the name is one word of letters, digits and . _ - inside")
	case !fresh:
		return errors.New("the name is taken")
	case b.Every < time.Second || b.Grace < 0:
		return errors.New("every is at least a second, and grace is not below 0")
	case b.Secret == nil || b.Secret.Reveal() == "":
		return errors.New("a secret is missing")
	case !b.Severity.AtLeast(ops.Notice):
		return errors.New("the severity is notice, warning or critical")
	}
	return nil
}

func (p *Pulse) check() error {
	if p.URL == nil || p.URL.Reveal() == "" {
		p.URL = nil
		return nil
	}
	p.Every = cmp.Or(p.Every, time.Minute)
	u, err := url.Parse(p.URL.Reveal()) // its error holds the address
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the address begins with https:// or http:// and names a host")
	case p.Every < 10*time.Second:
		return errors.New("every is at least 10 s")
	}
	return nil
}

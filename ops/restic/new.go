package restic

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

var (
	// names are what can stand in a subject, in a folder's name and in a chat without being read as something else.
	names = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?$`)
	// variables are names of environment variables.
	variables = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)
	backends  = []string{"rest:", "s3:", "sftp:", "b2:", "azure:", "gs:", "swift:", "rclone:"}
)

// New makes a system of o; it runs nothing yet. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	o.Binary, o.Every = cmp.Or(o.Binary, "restic"), cmp.Or(o.Every, 30*time.Minute)
	host, err := os.Hostname()
	wrong := []error{err}
	s := &System{o: o, host: host, patience: stopTime, last: map[string]outcome{}}
	if o.RestoreRoot != "" && (!filepath.IsAbs(o.RestoreRoot) || filepath.Clean(o.RestoreRoot) == "/") {
		wrong = append(wrong, errors.New("the folder to restore into is an absolute path, and not /"))
	}
	if o.Every < time.Minute {
		wrong = append(wrong, errors.New("every is at least a minute: each look asks the backend"))
	}
	seen := map[string]bool{}
	for _, r := range o.Repositories {
		for _, problem := range r.problems(o.RestoreRoot) {
			wrong = append(wrong, fmt.Errorf("repository %q: %s", r.Name, problem))
		}
		if seen[r.Name] {
			wrong = append(wrong, fmt.Errorf("repository %q: the name is taken", r.Name))
		}
		seen[r.Name] = true
	}
	s.hide = hider(o.Repositories)
	return s, errors.Join(wrong...)
}

func (r Repository) problems(root string) (list []string) {
	say := func(bad bool, what string) {
		if bad {
			list = append(list, what)
		}
	}
	scheme := slices.ContainsFunc(backends, func(b string) bool { return strings.HasPrefix(r.URL, b) })
	say(!names.MatchString(r.Name), "the name is one word of letters, digits and . _ - inside")
	// restic takes a bare word such as "local" for a backend's name, and a relative path for one in whatever folder it runs in.
	say(!scheme && !filepath.IsAbs(r.URL), "its url is an absolute path, or begins with one of "+strings.Join(backends, " "))
	say(r.Password == nil || r.Password.Reveal() == "", "its password is missing")
	say(strings.ContainsAny(r.Host, " \n"), "host is one word")
	say(r.Newest < 0, "newest is not below 0")
	for name, value := range r.Env {
		say(!variables.MatchString(name) || strings.HasPrefix(name, "RESTIC_") || strings.HasPrefix(name, "LD_"), "env cannot set "+name)
		say(value == nil || strings.ContainsRune(value.Reveal(), 0), "the value of "+name+" is missing")
	}
	for _, p := range r.Paths {
		say(!filepath.IsAbs(p), "paths are absolute, not "+p)
		say(root != "" && within(root, p), "the folder to restore into is inside of "+p+", which is backed up: every restore would be backed up again")
	}
	for _, t := range r.Tags {
		say(t == "" || strings.ContainsAny(t, ", \n"), "a tag is one word without commas")
	}
	return list
}

// within reports whether p is dir, or in it.
func within(p, dir string) bool {
	rest, err := filepath.Rel(filepath.Clean(dir), filepath.Clean(p))
	return err == nil && rest != ".." && !strings.HasPrefix(rest, "../")
}

// hider cuts the secrets of the repositories out of text. Values under 4 characters would hide half of every text.
func hider(list []Repository) *strings.Replacer {
	var secrets []string
	for _, r := range list {
		if r.Password != nil {
			secrets = append(secrets, r.Password.Reveal())
		}
		for name, v := range r.Env {
			if v != nil && !strings.HasSuffix(name, "_REGION") {
				secrets = append(secrets, v.Reveal())
			}
		}
		if word, ok := r.userinfo(); ok {
			secrets = append(secrets, word, url.QueryEscape(word))
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // the longest first: one may hold another
	var pairs []string
	for _, secret := range secrets {
		if len(secret) >= 4 {
			pairs = append(pairs, secret, ops.Hidden)
		}
	}
	return strings.NewReplacer(pairs...)
}

// userinfo is the password in a URL such as rest:https://ann:word@host/, as it stands there.
func (r Repository) userinfo() (word string, ok bool) {
	_, rest, ok := strings.Cut(r.URL, "://")
	if !ok {
		return "", false
	}
	host, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(host, '@')
	if at < 0 {
		return "", false
	}
	_, word, ok = strings.Cut(host[:at], ":")
	return word, ok && word != ""
}

// place is the URL without what is secret in it.
func (r Repository) place() string {
	if word, ok := r.userinfo(); ok {
		return strings.Replace(r.URL, ":"+word+"@", ":"+ops.Hidden+"@", 1)
	}
	return r.URL
}

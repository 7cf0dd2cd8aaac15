package config

import (
	"cmp"
	"encoding/base32"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

// A Secret is a value that does not print: not with any verb of fmt, not in JSON or TOML, not in a log.
type Secret struct {
	value *string // a pointer: fmt looks into the unexported fields of a struct, not behind pointers there
}

func conceal(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

const hidden = "«secret»"

// Reveal returns the value. Each call is a place to look at when something leaked.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether no secret was given.
func (s Secret) IsZero() bool { return s.value == nil }

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (s Secret) Format(f fmt.State, _ rune)   { io.WriteString(f, hidden) } // an error here is the writer's to report

// Values shorter than this hide nothing and would hide half of every answer. A part of a secret must be longer.
const (
	leastSecret = 4
	leastPart   = 8
)

// keep remembers a secret for the redactor, and keeps it out of every sentence.
func (l *loader) keep(values ...string) {
	for _, v := range values {
		if len(v) >= leastSecret && !slices.ContainsFunc(l.cfg.secrets, func(s Secret) bool { return s.Reveal() == v }) {
			l.cfg.secrets = append(l.cfg.secrets, conceal(v))
		}
	}
	slices.SortStableFunc(l.cfg.secrets, func(a, b Secret) int { return cmp.Compare(len(b.Reveal()), len(a.Reveal())) })
}

func (l *loader) keepParts(parts ...string) {
	l.keep(slices.DeleteFunc(parts, func(p string) bool { return len(p) < leastPart })...)
}

var (
	tokenShape  = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`) // a stand-in's tokens are shorter than Telegram's
	realToken   = regexp.MustCompile(`[0-9]{5,}:[A-Za-z0-9_-]{30,}`)
	userinfo    = regexp.MustCompile(`(://)[^/\s@]*:[^\s]*@`)
	password    = regexp.MustCompile(`(?i)((?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)`)
	secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) // what Telegram takes as a webhook's secret
)

// scrub takes secrets out of a sentence: those that are known, and what looks like one.
func (l *loader) scrub(s string) string {
	if l.cfg != nil {
		for _, v := range l.cfg.secrets {
			s = strings.ReplaceAll(s, v.Reveal(), hidden)
		}
	}
	s = realToken.ReplaceAllString(s, hidden)
	s = userinfo.ReplaceAllString(s, "${1}"+hidden+"@")
	return ops.Clean(password.ReplaceAllString(s, "${1}"+hidden))
}

// passwords finds the passwords in a PostgreSQL connection string of either form.
func passwords(dsn string) (list []string) {
	if u, err := url.Parse(dsn); err == nil && u.User != nil {
		if p, set := u.User.Password(); set {
			_, raw, _ := strings.Cut(u.User.String(), ":")
			list = append(list, p, raw)
		}
	}
	for _, m := range password.FindAllStringSubmatch(dsn, -1) {
		plain := strings.Trim(m[2], "'")
		list = append(list, plain)
		if p, err := url.QueryUnescape(plain); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// readTOTP takes a TOTP secret as authenticator apps show it: base32, in groups or not, in any case.
func (l *loader) readTOTP(key, path string) Secret {
	s := l.readSecret(key, path)
	if s.IsZero() {
		return s
	}
	plain := strings.ToUpper(strings.TrimRight(strings.ReplaceAll(s.Reveal(), " ", ""), "="))
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(plain)
	if err != nil || len(raw) < 10 {
		l.add(key, ops.T("%s is not a one-time code secret; it is at least 16 letters A-Z and digits 2-7; make one with: head -c 20 /dev/urandom | base32",
			"%s n’est pas un secret de code à usage unique ; il faut au moins 16 lettres A-Z et chiffres 2-7 ; pour en créer un : head -c 20 /dev/urandom | base32", path))
		return Secret{}
	}
	l.keep(plain)
	return conceal(plain)
}

// abs makes a path of the file relative to dir.
func abs(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

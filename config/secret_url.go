package config

import (
	"net/url"
	"strings"
	"unicode"

	"vigie/ops"
)

// secretURL reads an address that is a secret: whoever knows it can write to it.
func (l *loader) secretURL(env, key string, file *string) Secret {
	s := l.given(env, key, file, l.readSecret)
	if s.IsZero() {
		return s
	}
	u, err := url.Parse(s.Reveal())
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		l.add(key, ops.T("what was given is no web address; write https://host/path into the file", "ce qui a été donné n’est pas une adresse web ; écris https://hote/chemin dans le fichier"))
		return Secret{}
	}
	l.keepParts(telling(u)...)
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		l.warn(key, ops.T("over http the address and what is sent travel for all to read, unless that network is yours alone; https hides them",
			"en http l’adresse et ce qui est envoyé circulent en clair, sauf si ce réseau n’est qu’à toi ; https les protège"))
	}
	return s
}

// telling finds the parts of an address that would give it away by themselves: a password, the values of its query, and
// what in its path is a topic or a key rather than a word.
func telling(u *url.URL) (parts []string) {
	if u.User != nil {
		p, _ := u.User.Password()
		parts = append(parts, p)
	}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	for _, s := range segments {
		if len(segments) == 1 || len(s) >= 16 || strings.ContainsFunc(s, unicode.IsDigit) {
			parts = append(parts, s)
		}
	}
	return parts
}

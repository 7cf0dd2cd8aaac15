package config

import (
	"net/netip"
	"net/url"
	"strings"

	"vigie/ops"
)

// checkServer wants the address of a server that is asked over HTTP. like is one that would do.
func (l *loader) checkServer(key string, address *string, like string) {
	switch {
	case l.told(key):
	case *address == "":
		l.add(key, ops.T("it does not say where it is; write url = %q", "on ne sait pas où il est ; écris url = %q", like))
	default:
		if u, err := url.Parse(*address); err == nil && u.User != nil {
			word, _ := u.User.Password()
			l.keepParts(word)
			l.add(key, ops.T("no user or password stands in this address; write %q, and what lets one in in the keys beside it", "ni utilisateur ni mot de passe dans cette adresse ; écris %q, et ce qui donne l’accès dans les clés d’à côté", like))
		}
		l.checkURL(key, *address)
		*address = strings.TrimRight(*address, "/")
	}
}

// checkInTheClear warns of secrets that would be sent for all to read.
func (l *loader) checkInTheClear(key, address string, secrets ...Secret) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || isOwn(u.Hostname()) || l.told(key) {
		return
	}
	for _, s := range secrets {
		if !s.IsZero() {
			l.warn(key, ops.T("over http what lets one in travels for all to read, unless that network is yours alone; https hides it", "en http ce qui donne l’accès circule en clair, sauf si ce réseau n’est qu’à toi ; https le protège"))
			return
		}
	}
}

// tailnet are the addresses of Tailscale and Headscale, whose network is encrypted.
var tailnet = []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fd7a:115c:a1e0::/48")}

// isOwn says whether what goes to a host stays on this machine, in its Docker networks, or in a tailnet.
func isOwn(host string) bool {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return !strings.Contains(host, ".")
	}
	return a.IsLoopback() || tailnet[0].Contains(a) || tailnet[1].Contains(a)
}

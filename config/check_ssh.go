package config

import (
	"path/filepath"
	"regexp"
	"slices"

	"vigie/ops"
)

var unitName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:_.\\@-]*\.(service|socket|timer|target|mount|path)$`)

// checkSSH is about how a machine is reached, and which units it has.
func (l *loader) checkSSH(name string, h Host) Host {
	at := child("hosts", name)
	for _, one := range []struct {
		key   string
		given bool
	}{{"identity_file", h.IdentityFile != ""}, {"passphrase_file", h.PassphraseFile != ""}, {"known_hosts", h.KnownHosts != ""}, {"agent", h.Agent != ""},
		{"jump", h.Jump != ""}, {"guard", h.Guard}, {"units", len(h.Units) > 0}} {
		if one.given && h.SSH == "" {
			l.add(child(at, one.key), ops.T("it is for a machine that is reached over ssh; add ssh = \"user@host\", or remove it", "c’est pour une machine jointe par ssh ; ajoute ssh = \"user@hote\", ou enlève-le"))
		}
	}
	if h.IdentityFile != "" {
		h.IdentityFile = abs(l.dir, h.IdentityFile)
	}
	if h.KnownHosts != "" {
		h.KnownHosts = abs(l.dir, h.KnownHosts)
	}
	if h.PassphraseFile != "" {
		h.PassphraseFile = abs(l.dir, h.PassphraseFile)
		h.Passphrase = l.readSecret(child(at, "passphrase_file"), h.PassphraseFile)
	}
	if h.Agent != "" && !filepath.IsAbs(h.Agent) {
		l.add(child(at, "agent"), ops.T("%s is no socket; write its whole path, as SSH_AUTH_SOCK has it", "%s n’est pas un socket ; écris son chemin entier, comme dans SSH_AUTH_SOCK", quoted(h.Agent)))
	}
	l.checkJump(name, h)
	for i, unit := range h.Units {
		if key := element(child(at, "units"), i); !unitName.MatchString(unit) {
			l.add(key, ops.T("%s is no unit; write its whole name: caddy.service", "%s n’est pas une unité ; écris son nom entier : caddy.service", quoted(unit)))
		} else if slices.Contains(h.Units[:i], unit) {
			l.add(key, ops.T("%s is listed twice; keep one", "%s est déclarée deux fois ; gardes-en une", quoted(unit)))
		}
	}
	return h
}

// checkJump follows the way to a machine: it must begin at one that is reached directly.
func (l *loader) checkJump(name string, h Host) {
	key, seen := child(child("hosts", name), "jump"), []string{name}
	for via := h.Jump; via != ""; {
		next, listed := l.cfg.Hosts[via]
		switch {
		case slices.Contains(seen, via):
			l.add(key, ops.T("the way goes round in circles: %s; one of them must be reached directly", "le chemin tourne en rond : %s ; l’une d’elles doit être jointe directement", list(append(seen, via))))
			return
		case listed && next.SSH == "":
			l.add(key, ops.T("%s has no ssh; name a host that has, or write user@host:22", "%s n’a pas de ssh ; nomme une machine qui en a, ou écris user@hote:22", quoted(via)))
			return
		case !listed && !sshAddress(via):
			l.add(key, ops.T("%s is neither one of the hosts nor an ssh address; write its name, or user@host:22", "%s n’est ni une machine déclarée ni une adresse ssh ; écris son nom, ou user@hote:22", quoted(via)))
			return
		case !listed:
			return
		}
		seen, via = append(seen, via), next.Jump
	}
}

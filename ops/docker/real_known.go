package docker

import (
	"regexp"
	"strings"

	"vigie/ops"
)

var (
	portTaken   = regexp.MustCompile(`(?:Bind for|listen (?:tcp|udp)\d?|bind host port(?: for)?) ((?:\[[^\]]*\]|[\d.]+)?:\d+)[^ ]*:? .*(?:already allocated|already in use)`)
	noNetwork   = regexp.MustCompile(`network ([^ ]+) (?:declared as external, but could not be found|not found)`)
	mountSource = regexp.MustCompile(`(?:bind source path does not exist|invalid mount config.*path does not exist): ([^ ]+)`)
	noExecFile  = regexp.MustCompile(`exec: "([^"]+)": (?:executable file not found|stat [^:]+: no such file|permission denied)`)
)

// known tells in plain words what engine or Compose said, where we know what it means and what helps.
func known(words string) (ops.Text, ops.ErrorKind) {
	if m := portTaken.FindStringSubmatch(words); m != nil {
		return ops.T("Port %s is taken by another program. Find it with %s, stop it or change the port.",
			"Le port %s est pris par un autre programme. Cherche-le avec %s, arrête-le ou change le port.",
			ops.Name(m[1]), ops.Name("ss -ltnp")), ops.Failed
	}
	if m := noNetwork.FindStringSubmatch(words); m != nil && len(m[1]) == 64 {
		return ops.T("The network that the container was made with is gone. Make the container anew: %s",
			"Le réseau avec lequel le conteneur a été créé n’existe plus. Recrée le conteneur : %s", ops.Name("/recreate")), ops.Failed
	} else if m != nil {
		return ops.T("The network %s does not exist, and the compose file expects to find it. Create it: %s",
			"Le réseau %s n’existe pas, et le fichier compose compte sur lui. Crée-le : %s",
			ops.Name(m[1]), ops.Name("docker network create "+m[1])), ops.Failed
	}
	if m := mountSource.FindStringSubmatch(words); m != nil {
		return ops.T("The path %s that the container mounts does not exist on the host.",
			"Le chemin %s que le conteneur monte n’existe pas sur l’hôte.", ops.Name(m[1])), ops.Failed
	}
	if m := noExecFile.FindStringSubmatch(words); m != nil {
		return ops.T("The container cannot start: its program %s is not in the image, or may not be run.",
			"Le conteneur ne peut pas démarrer : son programme %s n’est pas dans l’image, ou n’est pas exécutable.", ops.Name(m[1])), ops.Failed
	}
	switch {
	case strings.Contains(words, "does not support reading"):
		return ops.T("This container’s logging driver keeps no log that Docker can read; look where the driver sends it.",
			"Le pilote de journal de ce conteneur ne garde rien que Docker puisse lire ; regarde là où il l’envoie."), ops.Failed
	case strings.Contains(words, "no space left on device"):
		return ops.T("The host’s disk is full. Free some space first: %s", "Le disque de l’hôte est plein. Libère d’abord de la place : %s", ops.Name("/prune")), ops.Failed
	case strings.Contains(words, "is marked for removal"), strings.Contains(words, "removal of container"):
		return ops.T("The container is being removed right now. Ask again in a moment.",
			"Le conteneur est en cours de suppression. Redemande dans un instant."), ops.Failed
	case strings.Contains(words, "is paused"):
		return ops.T("The container is paused. Unpause it on the host first: %s", "Le conteneur est en pause. Relance-le d’abord sur l’hôte : %s", ops.Name("docker unpause")), ops.Failed
	case strings.Contains(words, "did not receive an exit event"), strings.Contains(words, "tried to kill container"):
		return ops.T("The container did not end even when it was killed: its process hangs in the kernel. The host may need a restart.",
			"Le conteneur ne s’est pas arrêté, même tué : son processus est bloqué dans le noyau. L’hôte a peut-être besoin d’un redémarrage."), ops.Failed
	}
	return ops.Text{}, ""
}

// isRegistry reports whether err came from a registry: its «not found» is not ours.
func isRegistry(err error) bool {
	s := err.Error()
	return strings.Contains(s, "pull access denied") || strings.Contains(s, "manifest") || strings.Contains(s, "repository does not exist")
}

// registryError tells the errors of pulling and of asking a registry, nil if words is none of them.
func registryError(c call, words string, err error) *ops.Error {
	ref := ops.Name(c.object)
	low := strings.ToLower(words)
	has := func(signs ...string) bool {
		for _, s := range signs {
			if strings.Contains(low, s) {
				return true
			}
		}
		return false
	}
	switch {
	case c.doing != doPull && c.doing != doPullable && c.doing != doCompose:
		return nil
	case has("toomanyrequests", "rate limit", "429 too many"):
		return ops.Fail(ops.Unavailable, ops.T("The registry counts too many pulls from this address and refuses %s for now. Try again in some hours, or log in on the host.",
			"Le registre compte trop de téléchargements depuis cette adresse et refuse %s pour l’instant. Réessaie dans quelques heures, ou connecte-toi sur l’hôte.", ref), err)
	case has("pull access denied", "repository does not exist", "unauthorized", "authentication required", "denied: requested access", "no basic auth"):
		return ops.Fail(ops.NotFound, ops.T("The registry knows no %s, or wants a login for it (%s on the host). Check the name.",
			"Le registre ne connaît pas %s, ou demande une connexion (%s sur l’hôte). Vérifie le nom.", ref, ops.Name("docker login")), err)
	case has("manifest unknown", "manifest for ", "not found: manifest", "name unknown"):
		return ops.Fail(ops.NotFound, ops.T("The registry has no %s: the tag does not exist, or no longer.",
			"Le registre n’a pas %s : cette version n’existe pas, ou plus.", ref), err)
	case has("no matching manifest"):
		return ops.Fail(ops.NotFound, ops.T("%s does not exist for this machine’s processor.", "%s n’existe pas pour le processeur de cette machine.", ref), err)
	case has("no such host", "connection refused", "i/o timeout", "network is unreachable", "tls handshake", "client.timeout", "temporary failure in name", "server misbehaving", "proxyconnect", "connection reset", "http response to https client"):
		return ops.Fail(ops.Unavailable, ops.T("The registry of %s cannot be reached from the host: %s",
			"Le registre de %s est injoignable depuis l’hôte : %s", ref, words), err)
	}
	return nil
}

const doCompose = "running docker compose"
const doFiles = "reading the compose files"

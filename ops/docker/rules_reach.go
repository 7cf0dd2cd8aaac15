package docker

import (
	"regexp"

	"vigie/ops"
)

// netRules are about what does not answer; tried after what the service needs was looked at.
var netRules = []rule{
	{name: "names", sign: regexp.MustCompile(`(?i)no such host|ENOTFOUND|EAI_AGAIN|name or service not known|temporary failure in name resolution|could not translate host name|server misbehaving`),
		means: ops.T("it cannot find another service by its name",
			"il ne trouve pas un autre service par son nom"),
		do: ops.T("Is what it calls running, and on the same network? If many services say this, the machine's DNS is out.",
			"Ce qu’il appelle tourne-t-il, sur le même réseau ? Si plusieurs le disent, c’est le DNS de la machine."),
		offers: []string{"docker.restart"}},
	{name: "machine offline", sign: regexp.MustCompile(`(?i)ENETUNREACH|network is unreachable`),
		means: ops.T("its machine or network has no way out",
			"sa machine ou son réseau n’a plus de route vers l’extérieur"),
		do: ops.T("Look at /host; a container of an internal network cannot reach the internet by design.",
			"Regarde /host ; un conteneur d’un réseau interne ne sort pas, c’est voulu."),
		offers: []string{"host.show"}},
	{name: "not answering", sign: regexp.MustCompile(`(?i)connection refused|ECONNREFUSED|no route to host|ECONNRESET|i/o timeout|ETIMEDOUT|timed? ?out|upstream.{0,40}(unavailable|prematurely)|\b50[24] bad gateway`),
		means: ops.T("something that it calls does not answer",
			"ce qu’il appelle ne répond pas"),
		do: ops.T("The line names it: look at that one first.",
			"La ligne le nomme : regarde celui-là d’abord."),
		offers: []string{"docker.status"}},
}

package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// given reads a secret from the environment or from the file that key names. The environment wins, and says so.
func (l *loader) given(env, key string, file *string, read func(key, path string) Secret) Secret {
	*file = abs(l.dir, *file)
	if value := strings.TrimSpace(l.env(env)); value != "" {
		if *file != "" {
			l.warn(key, ops.T("%s is set too and is what counts; remove one of the two", "%s est défini aussi et c’est lui qui compte ; enlève l’un des deux", env))
		}
		l.keep(value)
		return conceal(value)
	}
	if *file == "" {
		return Secret{}
	}
	return read(key, *file)
}

func (l *loader) checkTelegram() {
	t := &l.cfg.Telegram
	official := t.APIURL == "" || t.APIURL == defaultAPI
	t.Token = l.given(EnvToken, "telegram.token_file", &t.TokenFile, l.readSecret)
	switch {
	case t.Token.IsZero() && t.TokenFile == "":
		l.add("telegram.token_file", ops.T("there is no token; ask @BotFather for one, put it into a file (chmod 600) and write its name: token_file = \"telegram.token\", or set %s",
			"il n’y a pas de jeton ; demandes-en un à @BotFather, mets-le dans un fichier (chmod 600) et écris son nom : token_file = \"telegram.token\", ou définis %s", EnvToken))
	case !t.Token.IsZero() && !tokenShape.MatchString(t.Token.Reveal()):
		l.add("telegram.token_file", ops.T("what was given does not look like a bot's token, which is digits, a colon, then letters; copy it again from @BotFather",
			"ce qui a été donné ne ressemble pas au jeton d’un bot : des chiffres, deux-points, puis des lettres ; recopie-le depuis @BotFather"))
	case !t.Token.IsZero():
		_, part, _ := strings.Cut(t.Token.Reveal(), ":")
		l.keepParts(part)
	}
	if t.APIURL == "" {
		t.APIURL = defaultAPI
	}
	t.APIURL = strings.TrimRight(t.APIURL, "/")
	if u := l.checkURL("telegram.api_url", t.APIURL); u != nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		l.warn("telegram.api_url", ops.T("over http the token travels for all to read, unless that network is yours alone; https hides it",
			"en http le jeton circule en clair, sauf si ce réseau n’est qu’à toi ; https le protège"))
	}
	l.checkWebhook(official)
}

func (l *loader) checkWebhook(official bool) {
	t := &l.cfg.Telegram
	t.WebhookSecret = l.given(EnvWebhookSecret, "telegram.webhook_secret_file", &t.WebhookSecretFile, l.readSecret)
	if t.WebhookURL == "" {
		if t.WebhookListen != "" || t.WebhookSecretFile != "" {
			l.add("telegram.webhook_url", ops.T("the other webhook keys need webhook_url, the address under which Telegram reaches Vigie; or remove them all to poll",
				"les autres clés webhook demandent webhook_url, l’adresse où Telegram joint Vigie ; ou enlève-les toutes pour interroger Telegram"))
		}
		return
	}
	u := l.checkURL("telegram.webhook_url", t.WebhookURL)
	switch {
	case u == nil:
	case u.Scheme != "https" && !isLoopback(u.Hostname()):
		l.add("telegram.webhook_url", ops.T("Telegram only calls https; write https://…", "Telegram n’appelle qu’en https ; écris https://…"))
	case official && u.Port() != "" && !slices.Contains([]string{"443", "80", "88", "8443"}, u.Port()):
		l.add("telegram.webhook_url", ops.T("Telegram only calls ports 443, 80, 88 and 8443; use one of them", "Telegram n’appelle que les ports 443, 80, 88 et 8443 ; prends l’un d’eux"))
	}
	if t.WebhookListen == "" {
		l.add("telegram.webhook_listen", ops.T(`webhook_url needs webhook_listen, where Vigie takes the calls: webhook_listen = "127.0.0.1:8443"`,
			`webhook_url demande webhook_listen, où Vigie reçoit les appels : webhook_listen = "127.0.0.1:8443"`))
	}
	l.checkListen("telegram.webhook_listen", &t.WebhookListen, "")
	if t.WebhookListen != "" && t.WebhookListen == l.cfg.HTTP.Listen && !strings.HasSuffix(t.WebhookListen, ":0") {
		l.add("telegram.webhook_listen", ops.T("it is the same address as http.listen; give one of them another port", "c’est la même adresse que http.listen ; donne un autre port à l’un des deux"))
	}
	switch {
	case t.WebhookSecret.IsZero() && t.WebhookSecretFile == "":
		l.add("telegram.webhook_secret_file", ops.T("a webhook needs a secret, or anybody could speak in Telegram's name; make one with: openssl rand -hex 32, and name its file",
			"un webhook demande un secret, sinon n’importe qui parlerait au nom de Telegram ; crée-en un avec : openssl rand -hex 32, et nomme son fichier"))
	case !t.WebhookSecret.IsZero() && !secretShape.MatchString(t.WebhookSecret.Reveal()):
		l.add("telegram.webhook_secret_file", ops.T("Telegram takes 1 to 256 letters, digits, - and _ as a webhook's secret; make one with: openssl rand -hex 32",
			"Telegram accepte comme secret de webhook 1 à 256 lettres, chiffres, - et _ ; crée-en un avec : openssl rand -hex 32"))
	}
}

// checkURL wants http or https and a machine, and nothing that could hide a secret. It returns nil after a problem.
func (l *loader) checkURL(key, s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		l.add(key, ops.T("this is no web address; write https://host or https://host:port/path", "ce n’est pas une adresse web ; écris https://hote ou https://hote:port/chemin"))
		return nil
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		l.add(key, ops.T("no user, password, ? or # belongs into this address; write https://host/path", "ni utilisateur, ni mot de passe, ni ? ni # dans cette adresse ; écris https://hote/chemin"))
		return nil
	}
	return u
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// checkListen wants host:port; port 0 takes any free one.
func (l *loader) checkListen(key string, listen *string, standard string) {
	if *listen == "" {
		*listen = standard
		return
	}
	host, port, err := net.SplitHostPort(*listen)
	_, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || strings.ContainsAny(host, " /@") {
		l.add(key, ops.T(`%s is no address to listen on; write host and port: "127.0.0.1:9464", or ":9464" for all interfaces`,
			`%s n’est pas une adresse d’écoute ; écris hôte et port : "127.0.0.1:9464", ou ":9464" pour toutes les interfaces`, quoted(*listen)))
	}
}

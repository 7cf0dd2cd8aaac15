package config

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"vigie/ops"
)

const (
	defaultGrafanaEvery   = Duration(2 * time.Minute)
	defaultGrafanaService = "grafana"
	defaultLokiLabel      = "container"
)

var (
	// grafanaUID is what Grafana takes for a uid: at most 40 signs.
	grafanaUID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,40}$`)
	lokiLabel  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	headerWord = regexp.MustCompile(`^[!-~]{1,150}$`)
)

func (l *loader) checkGrafana() {
	if !l.doc.has("grafana") {
		return
	}
	g := &l.cfg.Grafana
	l.checkServer("grafana.url", &g.URL, "http://grafana:3000")
	const password, uids, rules = "grafana.password_file", "grafana.datasources", "grafana.rules"
	if g.Password = l.given(EnvGrafana, password, &g.PasswordFile, l.readSecret); g.Password.IsZero() && g.PasswordFile == "" {
		l.add(password, ops.T("it shows nothing without a password, or a token of a service account; put it into a file (chmod 600) and write its name: password_file = \"grafana.password\", or set %s",
			"il ne montre rien sans mot de passe, ou jeton d’un compte de service ; mets-le dans un fichier (chmod 600) et écris son nom : password_file = \"grafana.password\", ou définis %s", EnvGrafana))
	}
	l.checkInTheClear("grafana.url", g.URL, g.Password)
	l.checkService("grafana.service", &g.Service, defaultGrafanaService)
	for i, uid := range g.Datasources {
		if !grafanaUID.MatchString(uid) {
			l.add(element(uids, i), ops.T("%s is no uid of a datasource; /grafana shows them, and so does the end of the datasource's own address in Grafana", "%s n’est pas l’uid d’une source de données ; /grafana les montre, tout comme la fin de l’adresse de la source dans Grafana", quoted(uid)))
		}
	}
	if !l.doc.has(rules) { // told twice is told once too often
		g.Rules = true
		for name, h := range l.cfg.Hooks {
			g.Rules = g.Rules && h.Kind != "grafana" && name != "grafana"
		}
	}
	l.checkSpanIn("grafana.every", &g.Every, defaultGrafanaEvery, Duration(time.Minute), mostSpan)
}

func (l *loader) checkLoki() {
	if !l.doc.has("loki") {
		return
	}
	k := &l.cfg.Loki
	direct, proxied := l.doc.has("loki.url"), l.doc.has("loki.datasource")
	const password = "loki.password_file"
	k.Password = l.given(EnvLoki, password, &k.PasswordFile, l.readSecret)
	switch {
	case direct && proxied:
		l.add("loki.datasource", ops.T("there is an address as well, and one of the two is enough; remove url, or datasource", "il y a aussi une adresse, et l’une des deux suffit ; enlève url, ou datasource"))
	case proxied:
		l.checkDatasource(k)
	default:
		l.checkServer("loki.url", &k.URL, "http://loki:3100")
		l.checkInTheClear("loki.url", k.URL, k.Password)
	}
	if k.User != "" && k.Password.IsZero() && k.PasswordFile == "" {
		l.add(password, ops.T("a user needs a password; put it into a file (chmod 600) and write its name: password_file = \"loki.password\", or set %s",
			"il faut un mot de passe ; mets-le dans un fichier (chmod 600) et écris son nom : password_file = \"loki.password\", ou définis %s", EnvLoki))
	}
	if k.Tenant != "" && !headerWord.MatchString(k.Tenant) {
		l.add("loki.tenant", ops.T("a tenant is one word, as Loki has it; without several tenants, leave the line out", "un locataire est un seul mot, comme dans Loki ; sans plusieurs locataires, enlève la ligne"))
	}
	if !l.doc.has("loki.label") {
		k.Label = defaultLokiLabel
	} else if !l.told("loki.label") && !lokiLabel.MatchString(k.Label) {
		l.add("loki.label", ops.T("%s is no label; write the one that names containers: label = \"container\"", "%s n’est pas une étiquette ; écris celle qui nomme les conteneurs : label = \"container\"", quoted(k.Label)))
	}
	if strings.ContainsAny(k.Prefix, " \t\"") {
		l.add("loki.prefix", ops.T("%s begins no container's name; write prefix = \"javisi_\"", "%s ne commence aucun nom de conteneur ; écris prefix = \"javisi_\"", quoted(k.Prefix)))
	}
}

// checkDatasource is about a Loki that is asked through Grafana: Grafana lets in, so what would let in at Loki itself is of no use.
func (l *loader) checkDatasource(k *Loki) {
	const at = "loki.datasource"
	switch {
	case l.told(at):
	case !grafanaUID.MatchString(k.Datasource):
		l.add(at, ops.T("%s is no uid of a datasource; /grafana shows them: datasource = \"Loki\"", "%s n’est pas l’uid d’une source de données ; /grafana les montre : datasource = \"Loki\"", quoted(k.Datasource)))
	case !l.doc.has("grafana"):
		l.add(at, ops.T("it is asked through Grafana, and there is no [grafana]; write that table, or url = \"http://loki:3100\"", "elle s’interroge par Grafana, et il n’y a pas de [grafana] ; écris cette table, ou url = \"http://loki:3100\""))
	}
	for _, key := range []string{"loki.user", "loki.password_file"} {
		if l.doc.has(key) {
			l.warn(key, ops.T("through a datasource it is Grafana that lets in, and it knows Loki's password: this one is not used; remove it", "par une source de données c’est Grafana qui laisse entrer, et il connaît le mot de passe de Loki : celui-ci ne sert pas ; enlève-le"))
		}
	}
}

// LokiURL is where Loki is asked.
func (c *Config) LokiURL() string {
	if c.Loki.Datasource == "" {
		return c.Loki.URL
	}
	return c.Grafana.URL + "/api/datasources/proxy/uid/" + url.PathEscape(c.Loki.Datasource)
}

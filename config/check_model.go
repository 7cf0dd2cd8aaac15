package config

import (
	"strings"
	"time"

	"vigie/ops"
)

const (
	defaultModelTimeout = Duration(30 * time.Second)
	mostModelTimeout    = Duration(2 * time.Minute)
	defaultModelBudget  = 0.50
	defaultPriceIn      = 3.0 // of a large model: what is not known is rather taken for too much
	defaultPriceOut     = 15.0
)

func (l *loader) checkModel() {
	if !l.doc.has("model") {
		return
	}
	m := &l.cfg.Model
	l.checkServer("model.url", &m.URL, "http://litellm:4000/v1")
	m.Key = l.given(EnvModel, "model.key_file", &m.KeyFile, l.readSecret)
	if m.Key.IsZero() && m.KeyFile == "" {
		l.add("model.key_file", ops.T("LiteLLM answers nobody without a key; make a virtual one, put it into a file (chmod 600) and write its name: key_file = \"model.key\", or set %s",
			"LiteLLM ne répond à personne sans clé ; crées-en une virtuelle, mets-la dans un fichier (chmod 600) et écris son nom : key_file = \"model.key\", ou définis %s", EnvModel))
	}
	l.checkInTheClear("model.url", m.URL, m.Key)
	l.checkAlias("model.name", m.Name)
	for i, name := range m.Fallback {
		l.checkAlias(element("model.fallback", i), name)
	}
	l.checkSpanIn("model.timeout", &m.Timeout, defaultModelTimeout, Duration(time.Second), mostModelTimeout)
	l.checkNumber("model.max_tokens", &m.MaxTokens, 500, 50, 4000)
	l.checkDollars("model.budget", &m.Budget, defaultModelBudget)
	l.checkDollars("model.price_in", &m.PriceIn, defaultPriceIn)
	l.checkDollars("model.price_out", &m.PriceOut, defaultPriceOut)
}

func (l *loader) checkAlias(key, name string) {
	if !l.told(key) && (strings.TrimSpace(name) == "" || len(name) > 100 || strings.ContainsAny(name, " \t\r\n")) {
		l.add(key, ops.T(`it is not the name of a model; write an alias as LiteLLM's /v1/models lists them: name = "claude-haiku"`, `ce n’est pas le nom d’un modèle ; écris un alias comme les donne /v1/models de LiteLLM : name = "claude-haiku"`))
	}
}

func (l *loader) checkDollars(key string, dollars *float64, standard float64) {
	switch {
	case !l.doc.has(key):
		*dollars = standard
	case !l.told(key) && !(*dollars > 0 && *dollars <= mostBudget): // also not a number
		l.add(key, ops.T("it is in dollars, more than 0, such as %v", "c’est en dollars, plus de 0, par exemple %v", standard))
	}
}

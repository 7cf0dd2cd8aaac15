package config

import (
	"maps"
	"os"
	"slices"
	"strings"

	"vigie/ops"
)

// mostBudget is in dollars a day: above, it is a slip of the finger.
const mostBudget = 1e6

var defaultWarn = []int{70, 90, 100}

func (l *loader) checkLiteLLM() {
	m := &l.cfg.LiteLLM
	m.Database = l.postgres("litellm", EnvLiteLLM, &m.DSN, &m.DSNFile)
	l.checkProxy(m)
	switch there := l.doc.has("litellm"); {
	case m.Database.IsZero() && !there:
		return
	case m.Database.IsZero() && m.DSNFile == "" && !l.doc.has("litellm.url"):
		l.add("litellm.dsn_file", ops.T("it needs LiteLLM's database, where the spending is; put its address into a file (chmod 600) and write its name: dsn_file = \"litellm.dsn\", or set %s",
			"il faut la base de LiteLLM, où sont les dépenses ; mets son adresse dans un fichier (chmod 600) et écris son nom : dsn_file = \"litellm.dsn\", ou définis %s", EnvLiteLLM))
	}
	if m.Config != "" {
		m.Config = abs(l.dir, m.Config)
		if info, err := os.Stat(m.Config); err != nil || !info.Mode().IsRegular() {
			l.add("litellm.config", ops.T("there is no file %s; name LiteLLM's own config.yaml, or leave it out", "il n’y a pas de fichier %s ; nomme le config.yaml de LiteLLM, ou enlève la clé", m.Config))
		}
	}
	l.checkSpan("litellm.every", &m.Every, defaultEvery)
	l.checkLevels("litellm.warn", &m.Warn, defaultWarn)
	for _, name := range slices.Sorted(maps.Keys(m.Budgets)) {
		at, dollars := child("litellm.budgets", name), m.Budgets[name]
		switch {
		case strings.TrimSpace(name) == "":
			l.add(at, ops.T("a budget is of a provider, or of all together: global = 5.0", "un budget est celui d’un fournisseur, ou de tous ensemble : global = 5.0"))
		case !l.told(at) && !(dollars > 0 && dollars <= mostBudget): // also not a number
			l.add(at, ops.T("a budget is in dollars a day, more than 0: %s = 5.0; without a budget, leave the line out", "un budget est en dollars par jour, plus de 0 : %s = 5.0 ; sans budget, enlève la ligne", ops.Clean(name)))
		}
	}
}

// checkProxy is about LiteLLM's own HTTP API. It lets nobody in without a key.
func (l *loader) checkProxy(m *LiteLLM) {
	m.Key = l.given(EnvLiteLLMKey, "litellm.key_file", &m.KeyFile, l.readSecret)
	m.OpenRouterKey = l.given(EnvOpenRouter, "litellm.openrouter_key_file", &m.OpenRouterKeyFile, l.readSecret)
	if !l.doc.has("litellm.url") {
		for _, key := range []string{"litellm.key_file", "litellm.openrouter_key_file"} {
			if l.doc.has(key) {
				l.add(key, ops.T(`it is used with the proxy's address only; write url = "http://litellm:4000"`, `elle ne sert qu’avec l’adresse du proxy ; écris url = "http://litellm:4000"`))
			}
		}
		return
	}
	l.checkServer("litellm.url", &m.URL, "http://litellm:4000")
	l.checkInTheClear("litellm.url", m.URL, m.Key)
	switch {
	case m.Key.IsZero() && m.KeyFile == "":
		l.add("litellm.url", ops.T("the proxy lets nobody in without a key; put one into a file (chmod 600) and write its name: key_file = \"litellm.key\", or set %s",
			"le proxy ne laisse entrer personne sans clé ; mets-en une dans un fichier (chmod 600) et écris son nom : key_file = \"litellm.key\", ou définis %s", EnvLiteLLMKey))
	case strings.ContainsAny(m.Key.Reveal(), " \t"):
		l.add("litellm.key_file", ops.T("what was given holds a blank, so it is no key; copy it again", "ce qui a été donné contient une espace, donc ce n’est pas une clé ; recopie-la"))
	}
}

// checkLevels wants a percentage for each that the standard has, rising.
func (l *loader) checkLevels(key string, levels *[]int, standard []int) {
	if !l.doc.has(key) {
		*levels = slices.Clone(standard)
		return
	}
	sound := len(*levels) == len(standard)
	for i, percent := range *levels {
		sound = sound && 1 <= percent && percent <= 100 && (i == 0 || (*levels)[i-1] < percent)
	}
	if !sound && !l.below(key) {
		l.add(key, ops.T("these are percents of a budget, rising, from 1 to 100: when it is to be known, when it is at risk, and when it is broken: %s",
			"ce sont des pourcents d’un budget, en montant, de 1 à 100 : quand c’est à savoir, quand c’est à risque, et quand c’est cassé : %s", numbers(standard)))
	}
}

func (l *loader) checkVictoria() {
	if l.doc.has("victoriametrics") {
		l.checkServer("victoriametrics.url", &l.cfg.Victoria.URL, "http://victoriametrics:8428")
	}
}

func (l *loader) checkScores() {
	s := &l.cfg.Scores
	s.Database = l.postgres("scores", EnvScores, &s.DSN, &s.DSNFile)
	if l.doc.has("scores") && s.Database.IsZero() && s.DSNFile == "" && s.DSN == "" {
		l.add("scores.dsn_file", ops.T("it needs the database that holds model_scores; put its address into a file (chmod 600) and write its name: dsn_file = \"scores.dsn\", or set %s",
			"il faut la base qui contient model_scores ; mets son adresse dans un fichier (chmod 600) et écris son nom : dsn_file = \"scores.dsn\", ou définis %s", EnvScores))
	}
}

func (l *loader) checkBots() {
	names, tokens := map[string]bool{}, map[string]string{}
	for i := range l.cfg.Bots {
		b, at := &l.cfg.Bots[i], element("bots", i)
		if key := child(at, "name"); b.Name != "" && !hookName.MatchString(b.Name) {
			l.add(key, ops.T(`%s cannot be a bot's name here; use lower-case letters, digits and -: name = "monitoring"`, `%s ne peut pas nommer un bot ici ; utilise minuscules, chiffres et - : name = "monitoring"`, quoted(b.Name)))
		}
		l.checkWord(child(at, "name"), b.Name, names)
		if !l.told(child(at, "name")) { // else the variable has no name
			l.checkBotToken(at, b, tokens)
		}
		if key := child(at, "webhook"); !l.doc.has(key) {
			b.Webhook = "*"
		} else if b.Webhook != "" && b.Webhook != "*" && !l.told(key) {
			l.checkURL(key, b.Webhook)
		}
	}
}

func (l *loader) checkBotToken(at string, b *Bot, seen map[string]string) {
	key := child(at, "token_file")
	b.Token = l.given(BotEnv(b.Name), key, &b.TokenFile, l.readSecret)
	token := b.Token.Reveal()
	other, twice := seen[token]
	switch {
	case token == "" && b.TokenFile == "":
		l.add(key, ops.T("there is no token; put the bot's into a file (chmod 600) and write its name: token_file = \"%s.token\", or set %s",
			"il n’y a pas de jeton ; mets celui du bot dans un fichier (chmod 600) et écris son nom : token_file = \"%s.token\", ou définis %s", ops.Clean(b.Name), BotEnv(b.Name)))
	case token == "":
	case !tokenShape.MatchString(token):
		l.add(key, ops.T("what was given does not look like a bot's token, which is digits, a colon, then letters; copy it again from @BotFather",
			"ce qui a été donné ne ressemble pas au jeton d’un bot : des chiffres, deux-points, puis des lettres ; recopie-le depuis @BotFather"))
	case twice:
		l.add(key, ops.T("it is the same token as that of %s; each bot has its own", "c’est le même jeton que celui de %s ; chaque bot a le sien", quoted(other)))
	default:
		_, part, _ := strings.Cut(token, ":")
		l.keepParts(part)
		seen[token] = b.Name
	}
}

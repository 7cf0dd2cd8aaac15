package config

import (
	"maps"
	"slices"
	"strings"

	"vigie/ops"
)

// The environment variables that hold the secret of one hook, heartbeat or bot, instead of its file: «nightly-dump» is
// NIGHTLY_DUMP in them.
func HookEnv(name string) string      { return "VIGIE_HOOK_" + upper(name) + "_SECRET" }
func HeartbeatEnv(name string) string { return "VIGIE_HEARTBEAT_" + upper(name) + "_SECRET" }
func BotEnv(name string) string       { return "VIGIE_BOT_" + upper(name) + "_TOKEN" }

func upper(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

func (l *loader) checkHooks() {
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Hooks)) {
		h, at := l.cfg.Hooks[name], child("hooks", name)
		switch {
		case name == "heartbeat":
			l.add(at, ops.T("/hooks/heartbeat is where jobs report; list them as [[heartbeats]], or call this hook something else", "/hooks/heartbeat est là où les tâches se signalent ; déclare-les comme [[heartbeats]], ou nomme ceci autrement"))
		case !hookName.MatchString(name):
			l.add(at, ops.T("%s cannot be the name of a hook: it is the end of an address, /hooks/NAME; use lower-case letters, digits and -: [hooks.alertmanager]",
				"%s ne peut pas nommer un webhook : c’est la fin d’une adresse, /hooks/NOM ; utilise minuscules, chiffres et - : [hooks.alertmanager]", quoted(name)))
		}
		if h.Kind == "" && slices.Contains(HookKinds, name) {
			h.Kind = name
		} else if !slices.Contains(HookKinds, h.Kind) && !l.told(at) {
			l.add(child(at, "kind"), ops.T(`it does not say who calls, in a way that is known; write kind = one of %s; "json" is for everything else`,
				`on ne sait pas qui appelle, sous une forme connue ; écris kind = l’un de %s ; "json" est pour tout le reste`, list(HookKinds)))
		}
		if !l.told(at) { // else the variable has no name
			h.Secret = l.hookSecret(HookEnv(name), child(at, "secret_file"), &h.SecretFile, ops.T("a hook", "un webhook"))
		}
		l.checkSeverity(child(at, "severity"), &h.Severity, ops.Warning)
		l.cfg.Hooks[name] = h
	}
}

// leastHookSecret is in characters: less could be found by trying.
const leastHookSecret = 16

// hookSecret wants a secret that nobody finds by trying. who needs it: with its article.
func (l *loader) hookSecret(env, key string, file *string, who ops.Text) Secret {
	s := l.given(env, key, file, l.readSecret)
	switch {
	case s.IsZero() && *file == "":
		l.add(key, ops.T("%s needs a secret, or anybody could send what they like; make one with: openssl rand -hex 32, and name its file: secret_file = \"…\", or set %s",
			"%s demande un secret, sinon n’importe qui enverrait ce qu’il veut ; crée-en un avec : openssl rand -hex 32, et nomme son fichier : secret_file = \"…\", ou définis %s", who, env))
	case !s.IsZero() && len(s.Reveal()) < leastHookSecret:
		l.add(key, ops.T("the secret is shorter than %d characters and could be guessed; make one with: openssl rand -hex 32", "le secret a moins de %d caractères et se devinerait ; crée-en un avec : openssl rand -hex 32", leastHookSecret))
	}
	return s
}

package hooks

import (
	"regexp"

	"vigie/ops"
)

// A failure is one way in which calls fail.
type failure struct {
	class string
	sign  *regexp.Regexp // in the error's text; nil is any
	usual ops.Severity
	title func(whose ops.Name) ops.Text
}

// sign finds a status, where it is told as one, or one of the words.
func sign(status, words string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:code|status|http|error)\W{0,12}(?:code\W{0,3})?(?:` + status + `)\b|` + words)
}

// failures are looked for in this order: what is out of credits says 402, 429 or 400, and a spent budget 400 or 429.
var failures = []failure{
	{"budget", regexp.MustCompile(`(?i)budget.?exceeded|exceeded.?budget|crossed budget|max budget|budget has been exceeded`), ops.Critical, func(n ops.Name) ops.Text {
		return ops.T("a LiteLLM budget is spent: calls to %s are refused", "un budget LiteLLM est épuisé : les appels à %s sont refusés", n)
	}},
	{"credits", sign("402", `insufficient.{0,3}(?:credit|balance|fund|quota)|credit balance|payment required|out of credit|more credits`), ops.Critical, func(n ops.Name) ops.Text {
		return ops.T("%s: no credits left", "%s : plus de crédits", n)
	}},
	{"key", sign("401", `AuthenticationError|(?:invalid|incorrect).{0,10}api.?key|unauthorized`), ops.Critical, func(n ops.Name) ops.Text {
		return ops.T("%s refuses our key", "%s refuse notre clé", n)
	}},
	{"rate", sign("429", `RateLimitError|rate.?limit|too many requests|quota`), ops.Warning, func(n ops.Name) ops.Text {
		return ops.T("%s takes no more calls for now: rate limit", "%s n’accepte plus d’appels pour l’instant : limite de débit", n)
	}},
	{"timeout", sign("408|504", `time.?out|timed out|hanging|too slow`), ops.Warning, func(n ops.Name) ops.Text {
		return ops.T("%s does not answer in time", "%s ne répond pas à temps", n)
	}},
	{"model", sign("404", `NotFoundError|not a valid model|model.{0,20}not found|no endpoints found`), ops.Warning, func(n ops.Name) ops.Text {
		return ops.T("%s does not know a model that we ask for", "%s ne connaît pas un modèle que nous demandons", n)
	}},
	{"outage", sign("500|502|503|529", `InternalServerError|ServiceUnavailable|APIConnectionError|overloaded|outage|cooldown`), ops.Warning, func(n ops.Name) ops.Text {
		return ops.T("%s is failing", "%s est en panne", n)
	}},
	{"error", nil, ops.Warning, func(n ops.Name) ops.Text {
		return ops.T("calls to %s fail", "des appels à %s échouent", n)
	}},
}

var database = failure{"database", nil, ops.Critical, func(ops.Name) ops.Text {
	return ops.T("LiteLLM cannot use its database", "LiteLLM n’arrive pas à utiliser sa base de données")
}}

func failureOf(m litellm) (is failure) {
	text := hide(m.Message)
	switch m.Type {
	case "db_exceptions":
		return database
	case "llm_too_slow", "llm_requests_hanging":
		text = "timeout"
	}
	for _, is = range failures {
		if is.sign == nil || is.sign.MatchString(text) {
			break
		}
	}
	return is // the last one is any
}

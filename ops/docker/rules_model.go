package docker

import (
	"regexp"

	"vigie/ops"
)

// modelRules are about language models and what is paid for.
var modelRules = []rule{
	{name: "budget", sign: regexp.MustCompile(`(?i)budget_exceeded|budget has been exceeded|crossed budget|max budget limit`), unseen: true,
		means: ops.T("a budget of the model gateway is used up",
			"un budget de la passerelle de modèles est épuisé"),
		do: ops.T("/budget shows which and when it starts anew. Restarting changes nothing.",
			"/budget montre lequel et quand il repart. Redémarrer ne change rien."),
		offers: []string{"litellm.budget", "litellm.costs"}},
	{name: "no credits", sign: regexp.MustCompile(`(?i)insufficient (credits|balance|funds)|requires more credits|credit balance is too low|payment required|exceeded your current quota|\b402\b.{0,60}(credit|payment|balance)|code["\': =]+402`), unseen: true,
		means: ops.T("the provider has no credit left",
			"le fournisseur n’a plus de crédit"),
		do: ops.T("Top up, or point the aliases to another provider. Restarting changes nothing.",
			"Recharge, ou pointe les alias vers un autre fournisseur. Redémarrer ne change rien."),
		offers: []string{"litellm.budget", "litellm.costs"}},
	{name: "provider key", sign: regexp.MustCompile(`(?i)no auth credentials found|user not found.{0,20}401|incorrect api key|invalid_api_key|invalid x-api-key|no api key (found|passed)|AuthenticationError|(openrouter|anthropic|openai|gemini)\S*.{0,80}\b401\b`), unseen: true,
		means: ops.T("the provider refuses its key, although its own health check stays green",
			"le fournisseur refuse sa clé, alors que son test de santé reste vert"),
		do: ops.T("Rotate the key at the provider, put it into the env file, then recreate: a restart keeps the old one.",
			"Change la clé chez le fournisseur, mets-la dans le fichier env, puis recrée-le : un redémarrage garde l’ancienne."),
		offers: []string{"docker.recreate"}},
	{name: "fallback loop", sign: regexp.MustCompile(`(?i)error doing the fallback|no fallback model group|fallbacks? .{0,60}(failed|exhausted|max)|available model group fallbacks=none`), unseen: true,
		means: ops.T("every fallback of the model fails as well: the chain ends nowhere",
			"tous les replis du modèle échouent aussi : la chaîne ne mène nulle part"),
		do: ops.T("Give the chain an end that works (a free model), and see which provider is out.",
			"Donne à la chaîne une fin qui marche (un modèle gratuit), et vois quel fournisseur est tombé."),
		offers: []string{"litellm.budget"}},
	{name: "model id", sign: regexp.MustCompile(`(?i)not a valid model id|no endpoints found for|model_not_found|the model \S+ does not exist|invalid model name passed|NotFoundError.{0,80}model`), unseen: true,
		means: ops.T("a model is asked for that the provider does not have",
			"un modèle demandé n’existe pas chez le fournisseur"),
		do: ops.T("Correct the alias in the model list; /v1/models of the provider has the names.",
			"Corrige l’alias dans la liste des modèles ; /v1/models du fournisseur a les noms."),
		offers: []string{"docker.logs"}},
	{name: "rate limit", sign: regexp.MustCompile(`(?i)rate.?limit|\b429\b|RESOURCE_EXHAUSTED|quota exceeded`), where: regexp.MustCompile(`(?i)litellm|openclaw|n8n|llm|palais`), unseen: true,
		means: ops.T("a provider limits how often it may be asked",
			"un fournisseur limite le nombre d’appels"),
		do: ops.T("On a paid model look at the quota; on a free one it passes by itself.",
			"Sur un modèle payant, regarde le quota ; sur un gratuit, ça passe tout seul."),
		offers: []string{"litellm.budget"}},
	{name: "offline models", sign: regexp.MustCompile(`(?i)HF_HUB_OFFLINE|offline mode is enabled|LocalEntryNotFoundError|cannot find the requested files in the (disk|local) cache`),
		means: ops.T("it is told to stay offline and has not got the model",
			"on lui dit de rester hors ligne et il n’a pas le modèle"),
		do: ops.T("Fetch the model once with HF_HUB_OFFLINE=0, or correct the cache path.",
			"Télécharge le modèle une fois avec HF_HUB_OFFLINE=0, ou corrige le chemin du cache."),
		offers: []string{"docker.recreate"}},
	{name: "worker killed", sign: regexp.MustCompile(`(?i)worker \(pid:?\d+\) was sent SIGKILL|perhaps out of memory|heap out of memory|OutOfMemoryError|cannot allocate memory|torch\.cuda\.OutOfMemory|target closed.{0,60}(crash|memory)`), unseen: true,
		means: ops.T("one of its processes is killed for lack of memory, which the engine does not see",
			"un de ses processus est tué par manque de mémoire, ce que le moteur ne voit pas"),
		do: ops.T("Raise its memory limit, or let it do less at once (workers, resolution), then recreate.",
			"Augmente sa limite de mémoire, ou fais-lui faire moins à la fois (workers, résolution), puis recrée-le."),
		offers: []string{"docker.stats", "docker.recreate"}},
}

// Package hooks takes in what other systems post when something is wrong, or no longer is, and tells it on as troubles
// with the same life as our own.
//
// Each [Source] is one sender, at POST /hooks/NAME, with a secret of its own. What to set at the sender's side:
//
//	Alertmanager  webhook_configs: url, send_resolved: true, http_config.authorization.credentials = the secret
//	Grafana       contact point «Webhook»: POST, authorization header Bearer with the secret (or basic auth: any user)
//	Uptime Kuma   notification «Webhook», preset JSON, additional headers {"Authorization": "Bearer SECRET"}
//	Diun          notif.webhook: method POST (its default, a GET with a body, is taken too), headers.X-Vigie-Secret
//	LiteLLM       alerting: ["webhook"] with WEBHOOK_URL=https://…/hooks/NAME?secret=SECRET: it can send no header
//	GitHub        webhook with the secret, content type JSON; events: workflow runs, Dependabot, secret and code scanning alerts
//	json          anything that can post {"subject", "title", "state", …}: see [JSON]
//
// The secret is taken as «Authorization: Bearer», as X-Vigie-Secret, or as the password of basic auth. GitHub signs instead.
// In the URL it is taken from LiteLLM and json only, for senders that can do nothing else: an URL ends up in the logs of every
// proxy on the way, though never in ours.
//
// What is answered: 2xx once it was told on; 401 without the secret; 503 with Retry-After while nobody watches, because
// Alertmanager tries again on 5xx only; 400, 405 and 413 say why. A message that came with the right secret and cannot be read
// is a trouble itself: it may have been an alert, and its sender will not repeat it.
//
// All that comes in is a quotation: cleaned, without what looks like a secret, and cut to a length. It is never a template.
package hooks

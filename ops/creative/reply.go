package creative

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"mime"
	"net"
	"net/http"
	"strings"

	"vigie/ops"
)

// unsent says why there is no answer. Only where no connection was made is it certain that nothing was taken.
func (s *System) unsent(rec record, err error) (answer, string, error) {
	var dns *net.DNSError
	var dial *net.OpError
	var trust *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	host := ops.Name(s.base.Host)
	switch {
	case errors.As(err, &dns):
		return answer{}, refused, ops.Fail(ops.Failed, ops.T("n8n's host %s is not found (DNS), so nothing was sent: is the VPN up?", "l’hôte de n8n, %s, est introuvable (DNS), donc rien n’est parti : le VPN est-il actif ?", host), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return answer{}, refused, ops.Fail(ops.Failed, ops.T("n8n does not answer on %s, so nothing was sent: is it up?", "n8n ne répond pas sur %s, donc rien n’est parti : tourne-t-il ?", host), nil)
	case errors.As(err, &trust), errors.As(err, &plain):
		return answer{}, refused, ops.Fail(ops.Failed, ops.T("the certificate of n8n on %s is not to be trusted, so nothing was sent: its date, its name, or who signed it", "le certificat de n8n sur %s n’est pas sûr, donc rien n’est parti : sa date, son nom, ou qui l’a signé", host), nil)
	}
	return answer{}, sent, s.lost(rec.Order, ops.T("n8n did not answer", "n8n n’a pas répondu"))
}

// notTaken says what an answer means that is no success.
func (s *System) notTaken(rec record, code int, body []byte) (answer, string, error) {
	var said struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &said) // a proxy in between says it in HTML
	low, fail := strings.ToLower(said.Message), func(say ops.Text) (answer, string, error) {
		return answer{}, refused, ops.Fail(ops.Failed, say, nil)
	}
	words := quoted(said.Message)
	switch {
	case code == http.StatusNotFound && strings.Contains(low, "did you mean"):
		return fail(ops.T("n8n's webhook there takes another method than POST, so nothing was taken: %s", "le webhook de n8n y attend une autre méthode que POST, donc rien n’est pris : %s", words))
	case code == http.StatusNotFound && strings.Contains(low, "not registered"):
		return fail(ops.T("n8n has no such webhook, so nothing was taken: its workflow is off, or was not published since it changed, or url is another. /n8n shows it, /wf_on turns it on.",
			"n8n n’a pas ce webhook, donc rien n’est pris : son workflow est éteint, ou pas publié depuis un changement, ou url est autre. /n8n le montre, /wf_on l’allume."))
	case code == http.StatusNotFound:
		return fail(ops.T("what answers there knows no such page (404), so nothing was taken: is url under [creative] n8n's webhook?", "ce qui répond là ne connaît pas cette page (404), donc rien n’est pris : url sous [creative] est-elle le webhook de n8n ?"))
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fail(ops.T("n8n does not let me in (%d), so nothing was taken: is header_file under [creative] right?", "n8n ne me laisse pas entrer (%d), donc rien n’est pris : header_file sous [creative] est-il bon ?", code))
	case code == http.StatusBadGateway || code == http.StatusServiceUnavailable:
		// A proxy says it as well of an answer that broke off.
		return s.unsure(rec, ops.T("n8n is not running behind its proxy, or broke off (%d)", "n8n ne tourne pas derrière son proxy, ou s’est interrompu (%d)", code))
	case code == http.StatusInternalServerError && (strings.Contains(low, "could not be started") || strings.Contains(low, "respond to webhook node found")): // said before it runs
		return fail(ops.T("n8n has the webhook and could not start its workflow, so nothing was taken: %s. Open it in n8n, mend it, publish it.",
			"n8n a le webhook et n’a pas pu lancer son workflow, donc rien n’est pris : %s. Ouvre-le dans n8n, répare, publie.", words))
	case code >= 300 && code < 400:
		return fail(ops.T("n8n's address sends me elsewhere (%d), so nothing was taken: to a login, perhaps. Correct url under [creative].", "l’adresse de n8n me renvoie ailleurs (%d), donc rien n’est pris : vers une connexion, peut-être. Corrige url sous [creative].", code))
	case code < 500:
		return answer{}, failed, ops.Fail(ops.Failed, ops.Join(" · ", ops.T("n8n does not take it (%d): %s", "n8n ne le prend pas (%d) : %s", code, words), stillCounted(rec)), nil)
	}
	return s.unsure(rec, ops.T("n8n's workflow failed on its way (%d): %s", "Le workflow de n8n a échoué en route (%d) : %s", code, words))
}

// read takes an answer that calls itself a success. Not all of them are.
func (s *System) read(rec record, kind string, body []byte) (a answer, state string, err error) {
	text := strings.TrimSpace(string(body))
	media, _, _ := mime.ParseMediaType(kind)
	switch {
	case strings.HasPrefix(text, "n8n is starting up"):
		return a, refused, ops.Fail(ops.Failed, ops.T("n8n is starting, and takes nothing yet: ask again in a minute.", "n8n démarre, et ne prend rien encore : redemande dans une minute."), nil)
	case text == "":
		return s.unsure(rec, ops.T("n8n answered with nothing, as a workflow does that failed on its way", "n8n a répondu par rien, comme un workflow qui a échoué en route"))
	case media == "text/html" || strings.HasPrefix(text, "<"):
		return s.unsure(rec, ops.T("a page for people answered in place of n8n's webhook, a login perhaps", "une page pour humains a répondu à la place du webhook de n8n, une connexion peut-être"))
	}
	var said struct {
		answer
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	one := body
	var many []json.RawMessage
	if json.Unmarshal(body, &many) == nil && len(many) == 1 { // a respond node that is set to all items
		one = many[0]
	}
	if json.Unmarshal(one, &said) != nil {
		return s.unsure(rec, ops.T("n8n's answer is not the JSON that the pipeline gives", "la réponse de n8n n’est pas le JSON du pipeline"))
	}
	a = said.answer
	bad := len(said.Error) > 0 && string(said.Error) != "null" && string(said.Error) != "false" && string(said.Error) != `""`
	switch {
	case bad || a.Status != "" && !strings.EqualFold(a.Status, "ok"):
		words := said.Message
		if bad {
			words = strings.Trim(string(said.Error), `"`) + " " + words
		}
		return a, failed, ops.Fail(ops.Failed, ops.Join(" · ", ops.T("n8n took it, and says that it did not work: %s", "n8n l’a pris, et dit que ça n’a pas marché : %s", quoted(strings.TrimSpace(words))), stillCounted(rec)), nil)
	case a.Status == "" && a.Render == "" && a.URL == "" && !strings.Contains(said.Message, "Workflow was started"):
		return s.unsure(rec, ops.T("n8n answered, and not as the pipeline does", "n8n a répondu, et pas comme le pipeline"))
	}
	return a, taken, nil
}

// unsure ends an order that may have been taken: where it is paid, nobody knows; what is free has failed.
func (s *System) unsure(rec record, why ops.Text) (answer, string, error) {
	if rec.Order.Most > 0 {
		return answer{}, sent, s.lost(rec.Order, why)
	}
	return answer{}, failed, ops.Fail(ops.Failed, why, nil)
}

func stillCounted(rec record) ops.Text {
	if rec.Order.Most == 0 {
		return ops.Text{}
	}
	return ops.T("it may be paid for all the same, so it stays counted", "c’est peut-être payé quand même, donc ça reste compté")
}

func quoted(words string) ops.Text {
	if words == "" {
		return ops.T("it does not say why", "sans dire pourquoi")
	}
	return ops.T("«%s»", "« %s »", clip(ops.Clean(words), 200))
}

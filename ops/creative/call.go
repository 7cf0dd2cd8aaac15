package creative

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"vigie/ops"
)

const (
	callTime   = 3 * time.Minute // a picture of LiteLLM's is made before n8n answers
	mostAnswer = 1 << 20         // bytes
)

// An answer is what the pipeline says of an order, before anything is made.
type answer struct {
	Status   string `json:"status"`
	Provider string `json:"provider,omitempty"`
	URL      string `json:"result_url,omitempty"`
	Render   string `json:"render_id,omitempty"`
	Name     string `json:"output_name,omitempty"`
}

var call = ops.Declare(&set, "creative.call", func(o order) ops.Text {
	t := ops.T("ask n8n once for %s", "demander une fois à n8n : %s", o.says())
	if o.Name != "" {
		t = ops.T("%s, called %s", "%s, nommé %s", t, ops.Name(o.Name))
	}
	return t
}, func(ctx context.Context, s *System, o order) error { return s.call(ctx, ops.Work(ctx), o) })

// call sends the order, unless it was sent before.
func (s *System) call(ctx context.Context, work string, o order) error {
	rec, fresh, err := s.enter(ctx, work, o)
	switch {
	case err != nil:
		return err
	case !fresh && rec.State == sent:
		return s.lost(o, ops.T("It was sent once, and n8n's answer never came", "C’est parti une fois, et la réponse de n8n n’est jamais venue"))
	case !fresh:
		return nil
	}
	a, state, err := s.post(ctx, rec)
	if state != sent { // what is unknown stays as it was written down
		if kept := s.note(context.WithoutCancel(ctx), work, state, &a); kept != nil && err == nil {
			return ops.Fail(ops.Unknown, ops.T("n8n took it, and I could not write its answer down", "n8n l’a pris, et je n’ai pas pu noter sa réponse"), kept)
		}
	}
	if err != nil {
		return err
	}
	if elsewhere(o, a) {
		ops.Progress(ctx, saysElsewhere(o, a))
	}
	return nil
}

// elsewhere reports whether the pipeline says that another provider makes it than the configuration does.
func elsewhere(o order, a answer) bool {
	return a.Provider != "" && !strings.EqualFold(a.Provider, o.Provider)
}

func saysElsewhere(o order, a answer) ops.Text {
	return ops.T("🟠 n8n says that %s makes it, not %s: it may cost something else. Correct [[creative.routes]].",
		"🟠 n8n dit que c’est %s qui le fait, pas %s : le prix peut être autre. Corrige [[creative.routes]].", ops.Name(clip(a.Provider, 40)), ops.Name(o.Provider))
}

// lost tells of an order of which nobody knows whether it was taken.
func (s *System) lost(o order, why ops.Text) *ops.Error {
	may, made := ops.T("it may have been taken, or not", "c’est peut-être pris, peut-être pas"), ops.Text{}
	if o.Most > 0 {
		may = ops.T("it may have been taken, and paid for, or not", "c’est peut-être pris, et payé, peut-être pas")
	}
	if s.o.Assets != nil {
		made = ops.T(", /assets what was made", ", /assets ce qui est fait")
	}
	return ops.Fail(ops.Unknown, ops.T("%s: %s. I do not send it again. n8n's executions show whether it ran%s. If it did not, /create it anew.",
		"%s : %s. Je ne le renvoie pas. Les exécutions de n8n montrent si ça a tourné%s. Si non, refais /create.", why, may, made), nil)
}

// request is the order in the webhook's own words.
func (s *System) request(ctx context.Context, rec record) (*http.Request, error) {
	o := rec.Order
	body := map[string]any{"type": o.Type, "prompt": o.Prompt, "agent_id": "vigie", "output_name": rec.name()}
	for name, v := range map[string]string{"model": o.Model, "size": o.Size, "composition": o.Composition} {
		if v != "" {
			body[name] = v
		}
	}
	if o.Seconds > 0 {
		body["duration"] = o.Seconds
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the order: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.o.URL, bytes.NewReader(raw))
	if err != nil {
		return nil, errors.New("asking n8n: its address cannot be used") // err quotes it
	}
	r.Close = true  // a kept connection that the other side has just ended would make a request's outcome unknown for nothing
	r.GetBody = nil // nor is it sent again by net/http
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if s.o.Header != "" && s.o.Secret != nil {
		r.Header.Set(s.o.Header, s.o.Secret.Reveal())
	}
	return r, nil
}

// post sends the order and reads the answer. state is what is known of the order then.
func (s *System) post(ctx context.Context, rec record) (a answer, state string, err error) {
	bound, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := s.request(bound, rec)
	if err != nil {
		return a, refused, err
	}
	got, err := s.client.Do(r)
	if err != nil {
		return s.unsent(rec, err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, mostAnswer))
	if err != nil {
		return a, sent, s.lost(rec.Order, ops.T("n8n's answer broke off", "La réponse de n8n s’est interrompue"))
	}
	if got.StatusCode != http.StatusOK {
		return s.notTaken(rec, got.StatusCode, body)
	}
	return s.read(rec, got.Header.Get("Content-Type"), body)
}

// unsent says why there is no answer. Only where no connection was made is it certain that nothing was taken.
func (s *System) unsent(rec record, err error) (answer, string, error) {
	var dns *net.DNSError
	var dial *net.OpError
	host := ops.Name(s.base.Host)
	switch {
	case errors.As(err, &dns):
		return answer{}, refused, ops.Fail(ops.Failed, ops.T("n8n's host %s is not found (DNS), so nothing was sent: is the VPN up?", "l’hôte de n8n, %s, est introuvable (DNS), donc rien n’est parti : le VPN est-il actif ?", host), nil)
	case errors.As(err, &dial) && dial.Op == "dial":
		return answer{}, refused, ops.Fail(ops.Failed, ops.T("n8n does not answer on %s, so nothing was sent: is it up?", "n8n ne répond pas sur %s, donc rien n’est parti : tourne-t-il ?", host), nil)
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
		return fail(ops.T("n8n is not running behind its proxy (%d), so nothing was taken", "n8n ne tourne pas derrière son proxy (%d), donc rien n’est pris", code))
	case code == http.StatusInternalServerError && (strings.Contains(low, "could not be started") || strings.Contains(low, "respond to webhook node found")): // said before it runs
		return fail(ops.T("n8n has the webhook and could not start its workflow, so nothing was taken: %s. Open it in n8n, mend it, publish it.",
			"n8n a le webhook et n’a pas pu lancer son workflow, donc rien n’est pris : %s. Ouvre-le dans n8n, répare, publie.", words))
	case code >= 300 && code < 400:
		return fail(ops.T("n8n's address sends me elsewhere (%d), so nothing was taken: to a login, perhaps. Correct url under [creative].", "l’adresse de n8n me renvoie ailleurs (%d), donc rien n’est pris : vers une connexion, peut-être. Corrige url sous [creative].", code))
	case code < 500:
		return fail(ops.T("n8n does not take it (%d): %s", "n8n ne le prend pas (%d) : %s", code, words))
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
		return a, failed, ops.Fail(ops.Failed, ops.Join(" ", ops.T("n8n took it, and says that it did not work: %s", "n8n l’a pris, et dit que ça n’a pas marché : %s", quoted(strings.TrimSpace(words))), stillCounted(rec)), nil)
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
	return ops.T("It may be paid for all the same, so it stays counted.", "C’est peut-être payé quand même, donc ça reste compté.")
}

func quoted(words string) ops.Text {
	if words == "" {
		return ops.T("it does not say why", "sans dire pourquoi")
	}
	return ops.T("«%s»", "« %s »", clip(ops.Clean(words), 200))
}

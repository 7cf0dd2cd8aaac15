package llm

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/sashabaranov/go-openai"
	"github.com/sony/gobreaker/v2"

	"vigie/ops"
)

var errEmpty = errors.New("the answer is empty")

// A Why is why a model gave no answer, for the code that must decide what to do about it.
type Why string

const (
	Spent     Why = "spent"      // the bot's own budget of the day is used up
	Budget    Why = "budget"     // a budget of the proxy is used up
	NoCredit  Why = "no-credit"  // the provider's credit is used up
	BadKey    Why = "bad-key"    // the proxy refuses the key
	Limited   Why = "limited"    // asked too often
	NoModel   Why = "no-model"   // the proxy has no such alias
	TooLong   Why = "too-long"   // more than the model can read
	Unwilling Why = "unwilling"  // a filter of the provider refused
	Down      Why = "down"       // the proxy or what is behind it does not answer
	Slow      Why = "slow"       // it did not answer in time
	Resting   Why = "resting"    // it was down several times: it is not asked for a minute
	Garbled   Why = "unreadable" // the answer made no sense
)

// A Failure is an answer that did not come.
type Failure struct {
	Why Why
	Err error
}

func (f *Failure) Error() string { return "asking the model: " + string(f.Why) + ": " + f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// Say is what to tell the person.
func (f *Failure) Say() ops.Text { return sayings[f.Why] }

var sayings = map[Why]ops.Text{
	Spent:     ops.T("my budget for the model is used up for today", "mon budget du jour pour le modèle est épuisé"),
	Budget:    ops.T("a budget of LiteLLM is used up: /budget", "un budget de LiteLLM est épuisé : /budget"),
	NoCredit:  ops.T("the provider of the model has no credit left", "le fournisseur du modèle n’a plus de crédit"),
	BadKey:    ops.T("LiteLLM refuses my key", "LiteLLM refuse ma clé"),
	Limited:   ops.T("the model is asked too often just now", "le modèle est trop sollicité en ce moment"),
	NoModel:   ops.T("LiteLLM has no model of that name", "LiteLLM n’a pas de modèle de ce nom"),
	TooLong:   ops.T("that is more than the model can read", "c’est plus que le modèle ne peut lire"),
	Unwilling: ops.T("the provider's filter refused it", "le filtre du fournisseur l’a refusé"),
	Down:      ops.T("the model does not answer", "le modèle ne répond pas"),
	Slow:      ops.T("the model did not answer in time", "le modèle n’a pas répondu à temps"),
	Resting:   ops.T("the model did not answer lately; I ask it again in a minute", "le modèle ne répondait plus ; je lui redemanderai dans une minute"),
	Garbled:   ops.T("the model's answer made no sense", "la réponse du modèle n’avait pas de sens"),
}

// SayOf is what to tell a person about err.
func SayOf(err error) ops.Text {
	var f *Failure
	if errors.As(err, &f) {
		return f.Say()
	}
	return ops.SayOf(err)
}

// WhyOf says why there was no answer; "" for an error that is about something else.
func WhyOf(err error) Why {
	var f *Failure
	if errors.As(err, &f) {
		return f.Why
	}
	return ""
}

// unanswered reports whether a question was sent, as far as one can tell, and neither answered nor turned down.
func unanswered(err error) bool {
	var api *openai.APIError
	var request *openai.RequestError
	var dial *net.OpError
	return !errors.As(err, &api) && !errors.As(err, &request) && !(errors.As(err, &dial) && dial.Op == "dial")
}

// explain makes a Failure of what the library or the proxy said. The proxy's own status tells little: what it says does.
func explain(err error) error {
	var f *Failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &Failure{why(err), err}
}

func why(err error) Why {
	var api *openai.APIError
	var request *openai.RequestError
	var network net.Error
	switch {
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		return Resting
	case errors.As(err, &api):
		return whyAPI(api.HTTPStatusCode, api.Type, api.Message)
	case errors.As(err, &request):
		return whyAPI(request.HTTPStatusCode, "", string(request.Body))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return Slow
	case errors.As(err, &network):
		return Down
	case errors.Is(err, errEmpty):
		return Garbled
	case strings.Contains(err.Error(), "EOF"), strings.Contains(err.Error(), "connection reset"):
		return Down
	}
	return Garbled
}

// whyAPI reads the proxy's error. Its type says more than its status, and what the provider said more than both.
func whyAPI(status int, kind, message string) Why {
	m := strings.ToLower(kind + " " + message)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(m, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("budget_exceeded", "budget has been exceeded", "crossed budget", "max budget limit"):
		return Budget
	case status == 402, has("insufficient credit", "payment required", "requires more credits", "credit balance is too low", "insufficient_quota"):
		return NoCredit
	case status == 401 || status == 403, has("auth_error", "no_db_connection") && status < 500, has("authenticationerror"):
		return BadKey // a proxy without a database answers 400 no_db_connection to a key that is not its master key
	case has("contextwindowexceeded", "context window", "maximum context length"):
		return TooLong
	case has("content_filter", "contentpolicy", "content policy"):
		return Unwilling
	case has("invalid model name", "model_not_found", "not a valid model", "no endpoints found") || status == 404:
		return NoModel
	case status == 429:
		return Limited
	case status == 408 || status == 504, has("timeout"):
		return Slow
	case status >= 500:
		return Down
	}
	return Garbled
}

// worthAnother reports whether another model may answer where this one did not.
func worthAnother(err error) bool {
	switch WhyOf(err) {
	case NoCredit, Limited, NoModel, TooLong, Unwilling, Down, Slow, Garbled:
		return true
	}
	return false
}

// outOfReach reports whether err says that there is nobody to ask.
func outOfReach(err error) bool {
	if err == nil {
		return false
	}
	w := WhyOf(explain(err))
	return w == Down || w == Slow
}

package creative

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

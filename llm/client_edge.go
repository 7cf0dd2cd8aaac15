package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// An edge is the only way out to a model: it takes secrets out of every string of a request, and asks the proxy neither to answer
// from its cache (a semantic one gives old answers to «what is the status») nor to put the answer there.
type edge struct {
	transport http.RoundTripper
	redact    func(string) string
}

// mostAnswer is how much of an answer is read, in bytes.
const mostAnswer = 4 << 20

// Do sends a request, as [http.Client.Do] does.
func (e edge) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, fmt.Errorf("reading a question to the model: %w", err)
		}
		body, err := e.clean(raw)
		if err != nil {
			return nil, err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	r.Close = true                                                                                                                              // LiteLLM ends a kept connection after 5 s, and what is sent on it just then is lost
	client := http.Client{Transport: e.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // a key goes where it was meant to
	got, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	got.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(got.Body, mostAnswer), got.Body}
	return got, nil
}

// clean is a request's body without secrets, with the cache turned off.
func (e edge) clean(raw []byte) ([]byte, error) {
	var body map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		return nil, fmt.Errorf("reading a question to the model: %w", err)
	}
	body["cache"] = map[string]any{"no-cache": true, "no-store": true}
	return json.Marshal(e.hide(body))
}

func (e edge) hide(v any) any {
	switch v := v.(type) {
	case string:
		return e.redact(v)
	case []any:
		for i := range v {
			v[i] = e.hide(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = e.hide(v[k])
		}
	}
	return v
}

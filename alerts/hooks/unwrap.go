package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// takes says which methods s is sent with. Diun's default is a GET with a body; Uptime Kuma 2 can send a GET without.
func (s *source) takes(method string) bool {
	return method == http.MethodPost || method == http.MethodGet && (s.Kind == Diun || s.Kind == Kuma)
}

func (s *source) methods() string {
	if s.takes(http.MethodGet) {
		return "POST, GET"
	}
	return "POST"
}

// unwrap returns the JSON of a request: its body, or what a form holds it in. What curl calls a form when nobody told it
// better is JSON all the same.
func (s *source) unwrap(r *http.Request, raw []byte) ([]byte, error) {
	if s.Kind == Kuma && r.Method == http.MethodGet {
		return kumaQuery(r.URL.Query())
	}
	field := map[Kind]string{GitHub: "payload", Kuma: "data"}[s.Kind]
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if field == "" || err != nil || bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return raw, nil
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, errors.New("this form cannot be read")
		}
		if !form.Has(field) {
			return nil, fmt.Errorf("the form has no field %q", field)
		}
		return []byte(form.Get(field)), nil
	case "multipart/form-data":
		return part(multipart.NewReader(bytes.NewReader(raw), params["boundary"]), field)
	}
	return raw, nil
}

func part(form *multipart.Reader, field string) ([]byte, error) {
	for {
		p, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the form has no field %q", field)
		}
		if err != nil {
			return nil, errors.New("this form cannot be read")
		}
		if p.FormName() == field {
			value, err := io.ReadAll(p) // no longer than the body, which has been read
			if err != nil {
				return nil, errors.New("this form cannot be read")
			}
			return value, nil
		}
	}
}

// kumaQuery puts together what Uptime Kuma 2 sends in pieces with a GET.
func kumaQuery(q url.Values) ([]byte, error) {
	if !q.Has("msg") {
		return nil, errors.New(`"msg" is missing in the query`)
	}
	whole := map[string]any{"msg": q.Get("msg")}
	for _, field := range []string{"heartbeat", "monitor"} {
		if text := strings.TrimSpace(q.Get(field)); text != "" {
			if !json.Valid([]byte(text)) {
				return nil, fmt.Errorf("%q in the query is not JSON", field)
			}
			whole[field] = json.RawMessage(text)
		}
	}
	return json.Marshal(whole)
}

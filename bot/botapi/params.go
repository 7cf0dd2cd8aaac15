package botapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

const (
	maxUpload = 50 << 20            // sendDocument; Telegram's limit for bots
	maxBody   = maxUpload + 512<<10 // room for the other fields of a multipart body
	maxPlain  = 1 << 20             // a body without files
)

// params are a request's arguments, whichever way they came. Values that are
// not strings in a JSON body are kept as their JSON text, as Telegram does.
type params struct {
	values map[string]string
	files  map[string]upload
}

type upload struct {
	name string
	mime string
	data []byte
}

func (p params) str(name string) string { return p.values[name] }

func (p params) has(name string) bool { _, ok := p.values[name]; return ok }

// int gives 0 for what is not a number: Telegram reads it so.
func (p params) int(name string) int {
	n, err := strconv.Atoi(strings.TrimSpace(p.values[name]))
	if err != nil {
		return 0
	}
	return n
}

func (p params) bool(name string) bool {
	switch strings.ToLower(p.values[name]) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// readParams takes arguments from the query and from a form, multipart or JSON body.
func readParams(w http.ResponseWriter, r *http.Request) (params, *apiError) {
	p := params{values: map[string]string{}}
	for name, values := range r.URL.Query() {
		p.values[name] = values[0]
	}
	if r.Method == http.MethodGet {
		return p, nil
	}
	kind, args, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return p, badRequest("wrong Content-Type")
	}
	switch {
	case kind == "multipart/form-data":
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		return p, p.readMultipart(multipart.NewReader(r.Body, args["boundary"]))
	case kind == "application/json":
		return p, p.readJSON(http.MaxBytesReader(w, r.Body, maxPlain))
	default:
		r.Body = http.MaxBytesReader(w, r.Body, maxPlain)
		if err := r.ParseForm(); err != nil {
			return p, bodyError(err)
		}
		for name, values := range r.PostForm {
			p.values[name] = values[0]
		}
		return p, nil
	}
}

func (p *params) readJSON(body io.Reader) *apiError {
	raw, err := io.ReadAll(body)
	if err != nil {
		return bodyError(err)
	}
	if len(raw) == 0 {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return badRequest("object expected as request body")
	}
	for name, value := range object {
		var text string
		if json.Unmarshal(value, &text) == nil {
			p.values[name] = text
		} else {
			p.values[name] = string(value)
		}
		if string(value) == "null" {
			delete(p.values, name)
		}
	}
	return nil
}

func (p *params) readMultipart(parts *multipart.Reader) *apiError {
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // wrapped, it would be a body that ends too early
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
		data, err := io.ReadAll(io.LimitReader(part, maxUpload+1))
		if err != nil {
			return bodyError(err)
		}
		if len(data) > maxUpload {
			return errTooLarge
		}
		if part.FileName() == "" {
			p.values[part.FormName()] = string(data)
			continue
		}
		if p.files == nil {
			p.files = map[string]upload{}
		}
		p.files[part.FormName()] = upload{name: part.FileName(), mime: part.Header.Get("Content-Type"), data: data}
	}
}

func bodyError(err error) *apiError {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return errTooLarge
	}
	return badRequest("can't read the request body: %v", err)
}

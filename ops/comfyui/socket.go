package comfyui

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"vigie/ops"
)

const (
	mostFrame = 16 << 20 // bytes: a preview
	redial    = 5 * time.Second
)

// An event is one thing that the websocket tells of a job.
type event struct {
	Type  string // progress, executing, execution_success, …; "preview" for a picture; "lost" and "open" for the socket itself
	Value int    // of progress: steps done
	Max   int    // … of so many
	Node  string
	File  ops.File // of a preview
}

// listen tells what ComfyUI says of job id until ctx ends; a socket that breaks is opened again. It is an aid for people who
// watch: what counts is read from the queue and the history.
func (s *System) listen(ctx context.Context, id string, tell chan<- event) {
	for ctx.Err() == nil {
		s.hear(ctx, id, tell)
		select {
		case tell <- event{Type: "lost"}:
		case <-ctx.Done():
		}
		select {
		case <-time.After(redial):
		case <-ctx.Done():
		}
	}
}

// hear reads one socket to its end.
func (s *System) hear(ctx context.Context, id string, tell chan<- event) {
	opening, cancel := context.WithTimeout(ctx, askTime)
	conn, answer, err := websocket.Dial(opening, s.base+"/ws?clientId="+url.QueryEscape(id), &websocket.DialOptions{HTTPClient: &http.Client{Transport: s.client.Transport}})
	cancel()
	if err != nil {
		if answer != nil && answer.Body != nil {
			answer.Body.Close()
		}
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(mostFrame)
	for {
		kind, raw, err := conn.Read(ctx)
		if err != nil {
			return
		}
		e, ok := readEvent(id, kind == websocket.MessageBinary, raw)
		if !ok {
			continue
		}
		select {
		case tell <- e:
		case <-ctx.Done():
			return
		}
	}
}

// readEvent reads one frame; ok is false for what is of no interest, or about another job.
func readEvent(id string, binary bool, raw []byte) (e event, ok bool) {
	if binary {
		e.File, ok = readPreview(raw)
		e.Type = "preview"
		return e, ok
	}
	var said struct {
		Type string `json:"type"`
		Data struct {
			ID    string      `json:"prompt_id"`
			Value json.Number `json:"value"`
			Max   json.Number `json:"max"`
			Node  any         `json:"node"`
		} `json:"data"`
	}
	if json.Unmarshal(raw, &said) != nil || said.Data.ID != "" && said.Data.ID != id {
		return e, false
	}
	value, _ := said.Data.Value.Float64() // 0 where it is none
	most, _ := said.Data.Max.Float64()
	e = event{Type: said.Type, Value: int(value), Max: int(most)}
	e.Node, _ = said.Data.Node.(string)
	switch e.Type {
	case "progress", "executing", "execution_start", "execution_success", "execution_error", "execution_interrupted", "status":
		return e, true
	}
	return e, false
}

// readPreview reads a binary frame: a type, then for 1 the kind of picture and the picture, for 4 some JSON before it.
func readPreview(raw []byte) (f ops.File, ok bool) {
	if len(raw) < 8 {
		return f, false
	}
	kind, second, rest := binary.BigEndian.Uint32(raw), binary.BigEndian.Uint32(raw[4:]), raw[8:]
	switch kind {
	case 1:
	case 4:
		if uint64(second) > uint64(len(rest)) {
			return f, false
		}
		rest = rest[second:]
	default:
		return f, false
	}
	f = ops.File{Name: "preview.jpg", Type: http.DetectContentType(rest), Data: rest}
	switch f.Type {
	case "image/jpeg":
	case "image/png":
		f.Name = "preview.png"
	case "image/webp":
		f.Name = "preview.webp"
	default:
		return f, false
	}
	return f, true
}

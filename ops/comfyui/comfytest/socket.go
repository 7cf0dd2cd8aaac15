package comfytest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"image"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// A socket is one client's.
type socket struct {
	conn *websocket.Conn
	ctx  context.Context
	cut  context.CancelFunc
	out  chan frame
}

type frame struct {
	kind websocket.MessageType
	data []byte
}

// accept opens a websocket; one with the same client id takes its place.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("clientId")
	if id == "" {
		id = newUUID()
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	ctx, cut := context.WithCancel(r.Context())
	defer cut()
	me := &socket{conn, conn.CloseRead(ctx), cut, make(chan frame, 256)}
	s.mu.Lock()
	if old := s.sockets[id]; old != nil {
		old.cut()
	}
	s.sockets[id] = me
	s.mu.Unlock()
	me.say("status", map[string]any{"status": map[string]any{"exec_info": map[string]any{"queue_remaining": s.Queued()}}, "sid": id})
	for {
		select {
		case <-me.ctx.Done():
			return
		case f := <-me.out:
			bound, cancel := context.WithTimeout(me.ctx, 10*time.Second)
			err := conn.Write(bound, f.kind, f.data)
			cancel()
			if err != nil {
				return
			}
		}
	}
}

func (w *socket) send(f frame) {
	select {
	case w.out <- f:
	default: // it does not read
	}
}

func (w *socket) say(what string, data any) {
	raw, err := json.Marshal(map[string]any{"type": what, "data": data})
	if err != nil {
		return // unreachable: plain data
	}
	w.send(frame{websocket.MessageText, raw})
}

// tell tells the client that queued j, and nobody else.
func (s *Server) tell(j *job, what string, data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.sockets[j.client]; w != nil && j.client != "" {
		w.say(what, data)
	}
}

func (s *Server) showPreview(j *job, p *image.RGBA) {
	var raw []byte
	if s.o.Metadata {
		meta, _ := json.Marshal(map[string]any{"prompt_id": j.id, "image_type": "image/jpeg"}) // plain data
		raw = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 4), uint32(len(meta)))
		raw = append(raw, meta...)
	} else {
		raw = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 1), 1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.sockets[j.client]; w != nil {
		w.send(frame{websocket.MessageBinary, append(raw, smallJPEG(p)...)})
	}
}

package botapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Call is one request to the API, as it was answered.
type Call struct {
	At     time.Time
	Bot    string // its user name; empty for an unknown token
	Method string // in Telegram's spelling
	Params map[string]string
	Files  map[string]int // bytes of each uploaded file
	// Code is the HTTP status that was, or would have been, answered; 0 when nothing was done.
	Code int
	// Description is the refusal's sentence.
	Description string
	// Fault names the injected fault that struck the call.
	Fault FaultKind
}

// method does one API method. It locks s.mu itself.
type method struct {
	name string
	run  func(s *Server, ctx context.Context, b *bot, p params) (any, *apiError)
}

// methods is every method there is, by lower-case name.
var methods = map[string]method{}

func init() {
	for _, m := range []method{
		{"getMe", (*Server).getMe},
		{"getUpdates", (*Server).getUpdates},
		{"setWebhook", (*Server).setWebhook},
		{"deleteWebhook", (*Server).deleteWebhook},
		{"getWebhookInfo", (*Server).getWebhookInfo},
		{"setMyCommands", (*Server).setMyCommands},
		{"getMyCommands", (*Server).getMyCommands},
		{"deleteMyCommands", (*Server).deleteMyCommands},
		{"sendMessage", (*Server).sendMessage},
		{"sendDocument", (*Server).sendDocument},
		{"sendPhoto", (*Server).sendPhoto},
		{"sendChatAction", (*Server).sendChatAction},
		{"editMessageText", (*Server).editMessageText},
		{"editMessageCaption", (*Server).editMessageCaption},
		{"editMessageMedia", (*Server).editMessageMedia},
		{"editMessageReplyMarkup", (*Server).editMessageReplyMarkup},
		{"deleteMessage", (*Server).deleteMessage},
		{"pinChatMessage", (*Server).pinChatMessage},
		{"unpinChatMessage", (*Server).unpinChatMessage},
		{"answerCallbackQuery", (*Server).answerCallbackQuery},
		{"getFile", (*Server).getFile},
		{"getChat", (*Server).getChat},
		{"getChatMember", (*Server).getChatMember},
	} {
		methods[strings.ToLower(m.name)] = m
	}
}

func (s *Server) serveCall(w http.ResponseWriter, r *http.Request, token, name string) {
	s.abortIfDown()
	s.mu.Lock()
	b := s.bots[token]
	s.mu.Unlock()
	m, known := methods[strings.ToLower(name)]
	if known {
		name = m.name
	}
	call := Call{At: time.Now(), Method: name}
	fault := s.takeFault(name)
	if fault != nil {
		call.Fault = fault.Kind
	}
	p, refused := readParams(w, r)
	call.Params, call.Files = p.values, sizes(p.files)
	if b != nil {
		call.Bot = b.Username
	}
	if fault != nil && !fault.Kind.hasEffect() {
		s.strikeBefore(w, call, fault)
		return
	}
	var result any
	switch {
	case b == nil:
		refused = errUnauthorized
	case !known:
		refused = errNoMethod
	case refused == nil:
		result, refused = m.run(s, r.Context(), b, p)
	}
	s.abortIfDown()
	status, body := encodeAnswer(result, refused)
	call.Code = status
	if refused != nil {
		call.Description = refused.Description
	}
	s.record(call)
	if fault != nil {
		strikeAfter(w, r, status, body, fault)
		return
	}
	writeAnswer(w, status, body)
}

func (s *Server) record(call Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.add(call)
	s.note()
}

func sizes(files map[string]upload) map[string]int {
	if len(files) == 0 {
		return nil
	}
	n := map[string]int{}
	for name, f := range files {
		n[name] = len(f.data)
	}
	return n
}

func answer(w http.ResponseWriter, result any, refused *apiError) {
	status, body := encodeAnswer(result, refused)
	writeAnswer(w, status, body)
}

func writeAnswer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // an error is the client's going away
}

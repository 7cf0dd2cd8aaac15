package bots

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

const (
	askTimeout = 15 * time.Second
	mostAnswer = 64 << 10 // bytes; Telegram's are under 1 kB
)

// info is what getWebhookInfo tells: https://core.telegram.org/bots/api#webhookinfo
type info struct {
	URL       string `json:"url"` // "" if none is set
	Pending   int    `json:"pending_update_count"`
	ErrorDate int64  `json:"last_error_date"` // Unix time
	Error     string `json:"last_error_message"`
}

// A look is what was seen of one bot. Either revoked, or err, or info says what.
type look struct {
	bot Bot
	info
	revoked bool  // Telegram does not know the token (any more)
	err     error // it could not be asked; holds no token
}

// look asks for all bots at the same time, and returns what it saw in their order.
func (s *System) look(ctx context.Context) []look {
	looks := make([]look, len(s.o.Bots))
	var all sync.WaitGroup
	for i, b := range s.o.Bots {
		all.Go(func() {
			looks[i] = look{bot: b}
			looks[i].info, looks[i].revoked, looks[i].err = s.ask(ctx, b)
		})
	}
	all.Wait()
	return looks
}

// ask asks for one bot. Its error never holds the address, in which the token is.
func (s *System) ask(ctx context.Context, b Bot) (seen info, revoked bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.o.APIURL+"/bot"+b.Token.Reveal()+"/getWebhookInfo", nil)
	if err != nil {
		return info{}, false, errors.New("the address of the Bot API cannot be read")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return info{}, false, ops.Fail(ops.Unavailable, unreachable(err), nil)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return info{}, false, ops.Fail(ops.Unavailable, ops.T("Telegram's answer broke off", "la réponse de Telegram s’est interrompue"), nil)
	}
	var said struct {
		OK     bool   `json:"ok"`
		Result *info  `json:"result"`
		Code   int    `json:"error_code"`
		Why    string `json:"description"`
	}
	switch err := json.Unmarshal(body, &said); {
	case err == nil && said.OK && said.Result != nil:
		return *said.Result, false, nil
	case err == nil && (said.Code == http.StatusUnauthorized || said.Code == http.StatusNotFound): // 404: it has not even a token's form
		return info{}, true, nil
	case err == nil && said.Code != 0:
		return info{}, false, ops.Fail(ops.Unavailable, ops.T("Telegram refuses to tell: %d %s", "Telegram refuse de le dire : %d %s", said.Code, s.quote(said.Why, 120)), nil)
	}
	return info{}, false, ops.Fail(ops.Unavailable, ops.T("what answers in Telegram's place says %d, and nothing that I can read", "ce qui répond à la place de Telegram dit %d, et rien de lisible", answer.StatusCode), nil)
}

// unreachable says why Telegram was not reached, without what net/http says: that holds the token.
func unreachable(err error) ops.Text {
	var dns *net.DNSError
	var slow net.Error
	switch {
	case errors.As(err, &dns):
		return ops.T("Telegram's name is not found (DNS)", "le nom de Telegram est introuvable (DNS)")
	case errors.As(err, &slow) && slow.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return ops.T("Telegram does not answer in time", "Telegram ne répond pas à temps")
	}
	return ops.T("Telegram cannot be reached", "Telegram est injoignable")
}

// quote is foreign text on one line, cut, without any of the tokens.
func (s *System) quote(text string, most int) string {
	for _, b := range s.o.Bots {
		text = strings.ReplaceAll(text, b.Token.Reveal(), ops.Hidden)
	}
	r := []rune(strings.Join(strings.Fields(ops.Clean(text)), " "))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

// String keeps a look, which holds a token, out of logs.
func (l look) String() string { return fmt.Sprintf("bot %s", l.bot.Name) }

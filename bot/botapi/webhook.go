package botapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const maxWebhookPause = time.Minute

var secretToken = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// webhook is where a bot wants its updates; url is empty when it polls.
type webhook struct {
	url       string
	secret    string
	max       int
	cancel    context.CancelFunc
	lastError string
	failedAt  time.Time
}

func (s *Server) setWebhook(ctx context.Context, b *bot, p params) (any, *apiError) {
	target := strings.TrimSpace(p.str("url"))
	if target == "" {
		return s.deleteWebhook(ctx, b, p)
	}
	if refused := checkWebhookURL(target); refused != nil {
		return nil, refused
	}
	secret := p.str("secret_token")
	if len(secret) > 256 {
		return nil, badRequest("secret token is too long")
	}
	if !secretToken.MatchString(secret) {
		return nil, badRequest("secret token contains unallowed characters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.endPoll(errWebhookCame)
	b.wakeUp()
	s.stopWebhook(b, p)
	ctx, cancel := context.WithCancel(s.closing)
	b.hook = webhook{url: target, secret: secret, max: p.int("max_connections"), cancel: cancel}
	if b.hook.max < 1 || b.hook.max > 100 {
		b.hook.max = 40
	}
	b.allow(p.str("allowed_updates"))
	s.workers.Go(func() { s.deliver(ctx, b, target, secret) })
	return true, nil
}

// checkWebhookURL wants HTTPS, except on this machine.
func checkWebhookURL(target string) *apiError {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return badRequest("bad webhook: invalid webhook URL specified")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return badRequest("bad webhook: An HTTPS URL must be provided for webhook")
	}
	return nil
}

func (s *Server) deleteWebhook(_ context.Context, b *bot, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopWebhook(b, p)
	return true, nil
}

func (s *Server) stopWebhook(b *bot, p params) {
	if b.hook.cancel != nil {
		b.hook.cancel()
	}
	b.hook = webhook{}
	if p.bool("drop_pending_updates") {
		b.pending = nil
	}
}

func (s *Server) getWebhookInfo(_ context.Context, b *bot, _ params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := map[string]any{"url": b.hook.url, "has_custom_certificate": false, "pending_update_count": len(b.pending)}
	if b.hook.url != "" {
		info["max_connections"] = b.hook.max
		info["ip_address"] = "127.0.0.1"
	}
	if b.hook.lastError != "" {
		info["last_error_date"] = b.hook.failedAt.Unix()
		info["last_error_message"] = b.hook.lastError
	}
	if b.allowed != nil {
		var names []string
		for name := range b.allowed {
			names = append(names, name)
		}
		info["allowed_updates"] = names
	}
	return info, nil
}

// deliver posts updates one by one, in order, each until it is taken.
func (s *Server) deliver(ctx context.Context, b *bot, target, secret string) {
	pause := s.opts.WebhookBackoff
	for ctx.Err() == nil {
		s.mu.Lock()
		var next *Update
		if len(b.pending) > 0 && !s.down {
			u := b.pending[0]
			next = &u
		}
		wake := b.wake
		s.mu.Unlock()
		if next == nil {
			select {
			case <-wake:
			case <-ctx.Done():
			}
			continue
		}
		err := s.post(ctx, b, target, secret, next.JSON)
		s.mu.Lock()
		switch {
		case ctx.Err() != nil: // another webhook, or none, took over
		case err != nil:
			b.hook.lastError, b.hook.failedAt = err.Error(), time.Now()
		default:
			b.confirm(next.ID + 1)
			pause = s.opts.WebhookBackoff
		}
		s.note()
		s.mu.Unlock()
		if err != nil {
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
			pause = min(2*pause, maxWebhookPause)
		}
	}
}

// post delivers one update; a method call in the answer is carried out.
func (s *Server) post(ctx context.Context, b *bot, target, secret string, update []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(update))
	if err != nil {
		return fmt.Errorf("Wrong webhook: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if secret != "" {
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	answered, err := s.opts.WebhookClient.Do(request)
	if err != nil {
		return fmt.Errorf("Connection failed: %w", err)
	}
	defer answered.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answered.Body, maxPlain))
	if err != nil {
		return fmt.Errorf("Read timeout expired: %w", err)
	}
	if answered.StatusCode/100 != 2 {
		return fmt.Errorf("Wrong response from the webhook: %s", answered.Status)
	}
	var method struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(body, &method) == nil && method.Method != "" {
		s.carryOut(ctx, b, method.Method, body)
	}
	return nil
}

// carryOut does the method call that a webhook answered with; its result goes nowhere.
func (s *Server) carryOut(ctx context.Context, b *bot, name string, body []byte) {
	var p params
	p.values = map[string]string{}
	call := Call{At: time.Now(), Bot: b.Username, Method: name}
	refused := p.readJSON(bytes.NewReader(body))
	delete(p.values, "method")
	call.Params = p.values
	if m, known := methods[strings.ToLower(name)]; !known {
		refused = errNoMethod
	} else if refused == nil {
		call.Method = m.name
		_, refused = m.run(s, ctx, b, p)
	}
	call.Code = http.StatusOK
	if refused != nil {
		call.Code, call.Description = refused.Code, refused.Description
	}
	s.record(call)
}

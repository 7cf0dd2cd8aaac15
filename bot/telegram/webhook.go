package telegram

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"vigie/ops"
)

const (
	maxHook     = 1 << 20 // bytes of one update
	hookSetting = "telegram-webhook:"
)

// A Webhook is where Telegram brings updates to, instead of being asked for them. The zero Webhook is none.
type Webhook struct {
	URL    string // public, https
	Listen string // host:port to serve it on, behind whatever ends TLS
	Secret string // Telegram proves with it who it is; "": a new one for each Run
}

var secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{0,256}$`)

func (w Webhook) check() error {
	if w == (Webhook{}) {
		return nil
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return errors.New("the webhook url must begin with https:// and name a host")
	}
	if _, _, err := net.SplitHostPort(w.Listen); err != nil {
		return fmt.Errorf("the webhook's listen address must be host:port: %w", err)
	}
	if !secretShape.MatchString(w.Secret) {
		return errors.New("the webhook's secret may have letters, digits, _ and -, at most 256")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkWebhook makes sure that nobody else hears in our place. A webhook that is not ours is never taken
// away; one that an earlier Run set is.
func (b *Bot) checkWebhook(ctx context.Context) error {
	var info struct {
		URL string `json:"url"`
	}
	err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "getWebhookInfo", nil, &info) })
	if err != nil {
		return b.explain(fmt.Errorf("asking for the webhook: %w", err))
	}
	if info.URL == "" || info.URL == b.o.Webhook.URL {
		return nil
	}
	var mine string
	if body, err := b.o.Store.Setting(ctx, b.hookKey()); err == nil && json.Unmarshal(body, &mine) == nil && mine == info.URL {
		if b.o.Webhook.URL != "" {
			return nil // it is replaced in a moment
		}
		err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "deleteWebhook", nil, nil) })
		if err != nil {
			return fmt.Errorf("taking away the webhook that we had set: %w", err)
		}
		return nil
	}
	host := info.URL
	if u, err := url.Parse(info.URL); err == nil && u.Host != "" {
		host = u.Host // the rest may be a secret
	}
	return ops.Fail(ops.Unavailable, ops.T("This bot's messages go to a webhook at %s that I did not set, so another program uses the bot. I leave it alone. Give me a bot of my own from @BotFather, or remove that webhook (deleteWebhook) if nothing needs it any more; then start me again.",
		"Les messages de ce bot vont à un webhook sur %s que je n’ai pas posé : un autre programme utilise donc ce bot. Je n’y touche pas. Donne-moi un bot à moi avec @BotFather, ou retire ce webhook (deleteWebhook) si plus rien n’en a besoin ; puis relance-moi.", host), ErrWebhook)
}

func (b *Bot) hookKey() string { return hookSetting + b.source() }

// serve hears through the webhook.
func (b *Bot) serve(ctx, working context.Context, h *hearing) error {
	w := b.o.Webhook
	if w.Secret == "" {
		w.Secret = rand.Text()
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", w.Listen)
	if err != nil {
		return fmt.Errorf("listening for the webhook: %w", err)
	}
	server := &http.Server{
		Handler:           b.hook(working, h, w.Secret),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }() // received from below
	err = b.register(ctx, w)
	served := false
	if err == nil {
		b.heardNow()
		select {
		case err = <-ended:
			err, served = fmt.Errorf("serving the webhook: %w", err), true
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if server.Shutdown(down) != nil {
		_ = server.Close() // it has said what was wrong by not shutting down
	}
	if !served {
		<-ended
	}
	return err
}

// register tells Telegram where to bring updates. It stays so after we end: they are kept for us.
func (b *Bot) register(ctx context.Context, w Webhook) error {
	mine, err := json.Marshal(w.URL)
	if err == nil {
		err = b.o.Store.SetSetting(ctx, b.hookKey(), mine)
	}
	if err != nil {
		return fmt.Errorf("noting that the webhook is ours: %w", err)
	}
	kinds, err := json.Marshal(heard)
	if err != nil {
		return err // unreachable: strings only
	}
	p := params{"url": w.URL, "secret_token": w.Secret, "allowed_updates": string(kinds)}
	err = b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "setWebhook", p, nil) })
	if err != nil {
		return b.explain(fmt.Errorf("setting the webhook: %w", err))
	}
	return nil
}

// hook takes one update at a time. 200 means that it is recorded; anything else brings it again.
func (b *Bot) hook(working context.Context, h *hearing, secret string) http.Handler {
	path := "/"
	if u, err := url.Parse(b.o.Webhook.URL); err == nil && u.Path != "" {
		path = u.Path
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("X-Telegram-Bot-Api-Secret-Token")
		switch {
		case subtle.ConstantTimeCompare([]byte(given), []byte(secret)) != 1:
			http.Error(w, "not telegram", http.StatusUnauthorized)
			return
		case r.URL.Path != path:
			http.NotFound(w, r)
			return
		case r.Method != http.MethodPost:
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
		if err != nil {
			http.Error(w, "too large, or torn", http.StatusRequestEntityTooLarge)
			return
		}
		u, err := numbered(body)
		if err != nil {
			http.Error(w, "no update", http.StatusBadRequest)
			return
		}
		fresh, err := b.o.Store.Record(r.Context(), b.source(), []Update{u})
		if err != nil {
			b.o.Log.Error().Err(err).Msg("recording an update")
			http.Error(w, "try again", http.StatusInternalServerError)
			return
		}
		b.heardNow()
		h.takeAll(working, fresh)
		w.WriteHeader(http.StatusOK)
	})
}

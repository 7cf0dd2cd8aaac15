package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// A secondWay posts alerts to an HTTP address when Telegram stays unreachable: an ntfy topic, a webhook of another chat.
type secondWay struct {
	url    string // secret: whoever knows it may write there
	text   bool   // the text alone, as ntfy takes it; otherwise JSON {"text": …}
	redact func(string) string
}

// Send delivers text, redacted like everything that leaves. An error never holds the address.
func (w *secondWay) Send(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	text = w.redact(text)
	body, kind := []byte(text), "text/plain; charset=utf-8"
	if !w.text {
		var err error
		if body, err = json.Marshal(map[string]string{"text": text}); err != nil {
			return fmt.Errorf("writing for the second way: %w", err)
		}
		kind = "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("sending by the second way: its address cannot be read")
	}
	req.Header.Set("Content-Type", kind)
	if w.text {
		req.Header.Set("X-Title", "Vigie")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var whole *url.Error
		if errors.As(err, &whole) {
			err = whole.Err // the rest of it is the address
		}
		return fmt.Errorf("sending by the second way: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the second way answered %s", resp.Status)
	}
	return nil
}

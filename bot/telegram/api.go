package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"vigie/ops"
)

const (
	officialURL   = "https://api.telegram.org"
	callTimeout   = 30 * time.Second
	uploadTimeout = 5 * time.Minute // 50 MB over a slow line
	maxAnswer     = 32 << 20        // 100 updates of the largest size are far less
)

type params = tgbotapi.Params

// An api makes calls to the Bot API. The library does the encoding; what it lacks (contexts, timeouts, the
// HTTP status, silence about the token) is here.
type api struct {
	token    string
	endpoint string // the library's format: token and method are filled in
	client   *http.Client
}

var quietOnce sync.Once // the library's logger is a variable of its package

func newAPI(token, base string) (*api, error) {
	if base == "" {
		base = officialURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the api url must be like https://api.telegram.org")
	}
	quietOnce.Do(func() { _ = tgbotapi.SetLogger(silence{}) }) // fails only for nil
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &api{
		token:    token,
		endpoint: strings.ReplaceAll(strings.TrimRight(base, "/"), "%", "%%") + "/bot%s/%s",
		client: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         dialer.DialContext,
				ForceAttemptHTTP2:   true,
				TLSHandshakeTimeout: 10 * time.Second,
				MaxIdleConnsPerHost: 16,
				IdleConnTimeout:     90 * time.Second,
			},
			// A redirect would carry the token elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// silence keeps the library from writing the token to the log.
type silence struct{}

func (silence) Println(...any)        {}
func (silence) Printf(string, ...any) {}

// doer sends one request of the library's.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// library gives the library for one call that lasts as long as ctx, and says in status what HTTP said.
func (a *api) library(ctx context.Context, status *int) *tgbotapi.BotAPI {
	lib := &tgbotapi.BotAPI{Token: a.token, Client: doer(func(r *http.Request) (*http.Response, error) {
		answer, err := a.client.Do(r.WithContext(ctx))
		var whole *url.Error
		if errors.As(err, &whole) {
			err = whole.Err // the rest of it is the address, with the token
		}
		if err != nil {
			return nil, err
		}
		*status = answer.StatusCode
		if !strings.Contains(answer.Header.Get("Content-Type"), "json") { // a proxy's page: 502 and the like
			answer.Body.Close()
			return nil, &refusal{Code: answer.StatusCode, Text: http.StatusText(answer.StatusCode), Foreign: true}
		}
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
		return answer, nil
	})}
	lib.SetAPIEndpoint(a.endpoint)
	return lib
}

// call calls a method and decodes its result into out, unless that is nil.
func (a *api) call(ctx context.Context, method string, p params, out any) error {
	timeout := callTimeout
	if method == "getUpdates" {
		timeout = pollFor + pollSlack
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var status int
	answer, err := a.library(ctx, &status).MakeRequest(method, p)
	return a.settle(ctx, method, status, answer, err, out)
}

// upload is call with a file in the given field.
func (a *api) upload(ctx context.Context, method string, p params, field string, f ops.File, out any) error {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	var status int
	file := tgbotapi.RequestFile{Name: field, Data: tgbotapi.FileBytes{Name: f.Name, Bytes: f.Data}}
	answer, err := a.library(ctx, &status).UploadFiles(method, p, []tgbotapi.RequestFile{file})
	return a.settle(ctx, method, status, answer, err, out)
}

func (a *api) settle(ctx context.Context, method string, status int, answer *tgbotapi.APIResponse, err error, out any) error {
	var said *tgbotapi.Error
	var own *refusal
	switch {
	case errors.As(err, &said):
		r := &refusal{Code: said.Code, Text: said.Message, RetryAfter: time.Duration(said.RetryAfter) * time.Second, MigrateTo: said.MigrateToChatID}
		if r.Code == 0 { // UploadFiles leaves it out
			r.Code = status
		}
		return fmt.Errorf("telegram %s: %w", method, r)
	case errors.As(err, &own):
		return fmt.Errorf("telegram %s: %w", method, own)
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("telegram %s: %w", method, ctx.Err())
	case err != nil:
		return fmt.Errorf("telegram %s: no complete answer: %w", method, a.hide(err))
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer.Result, out); err != nil {
		return fmt.Errorf("telegram %s: reading the result: %w", method, err)
	}
	return nil
}

// hide makes sure that no error, however deep, can print the token.
func (a *api) hide(err error) error {
	if !strings.Contains(err.Error(), a.token) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), a.token, "<token>"))
}

package checks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

const (
	mostHops   = 3
	mostBody   = 1 << 20   // bytes that are looked at
	mostHeader = 256 << 10 // bytes
)

var errCircle = errors.New("it redirects in a circle")

// page asks a URL. Each run makes its own connection: one that was kept from before would hide a proxy that takes no new ones.
func (p *probe) page(ctx context.Context, c *clock) Result {
	transport := &http.Transport{
		DialContext: p.open, TLSClientConfig: p.trust(), DisableKeepAlives: true, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: mostHeader, TLSHandshakeTimeout: p.Timeout,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: p.redirect}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, c.trace()), p.Method, p.URL, nil)
	if err != nil {
		return p.failed(errors.New("the address cannot be used"), c)
	}
	req.Header.Set("User-Agent", "vigie")
	for name, value := range p.Header {
		if strings.EqualFold(name, "Host") {
			req.Host = value.Reveal()
			continue
		}
		req.Header.Set(name, value.Reveal())
	}
	resp, err := client.Do(req)
	if err != nil {
		return p.failed(err, c)
	}
	defer resp.Body.Close()
	r := Result{Reached: true, Code: strconv.Itoa(resp.StatusCode), Say: p.status(resp.StatusCode), Cert: c.certificate()}
	if resp.Request.URL.Host != p.url.Host {
		r.Final = ops.Clean(resp.Request.URL.Host)
	}
	if !p.alive(resp.StatusCode) {
		r.Fault = "down"
		return r
	}
	return p.body(resp.Body, r, c)
}

// redirect follows a few, and never takes what is ours elsewhere: Go itself keeps only the well-known headers back.
func (p *probe) redirect(req *http.Request, via []*http.Request) error {
	if slices.ContainsFunc(p.Expect, func(status int) bool { return status/100 == 3 }) || len(via) > mostHops {
		return http.ErrUseLastResponse
	}
	if slices.ContainsFunc(via, func(old *http.Request) bool { return old.URL.String() == req.URL.String() }) {
		return errCircle
	}
	if req.URL.Host != p.url.Host || req.URL.Scheme != p.url.Scheme {
		for name := range p.Header {
			req.Header.Del(name)
		}
		req.Header.Del("Referer") // it holds what the address asked
	}
	return nil
}

// alive reports whether the status is one that should be.
func (p *probe) alive(status int) bool {
	if len(p.Expect) > 0 {
		return slices.Contains(p.Expect, status)
	}
	return status >= 200 && status < 400 || status == http.StatusUnauthorized
}

// body checks what the page must hold. Without such a wish the body is not read: the status is the answer.
func (p *probe) body(body io.Reader, r Result, c *clock) Result {
	if p.Body == "" && p.matches == nil {
		return r
	}
	text, err := io.ReadAll(io.LimitReader(body, mostBody))
	if err != nil {
		failed := p.failed(fmt.Errorf("reading the body: %w", err), c)
		failed.Cert, failed.Final = r.Cert, r.Final
		return failed
	}
	if bytes.Contains(text, []byte(p.Body)) && (p.matches == nil || p.matches.Match(text)) {
		return r
	}
	r.Fault, r.Code, r.Quote = "down", r.Code+" body", clip(ops.Clean(strings.TrimSpace(string(text[:min(len(text), 1000)]))), 300)
	r.Say = ops.T("%s, but the page does not say what it should", "%s, mais la page ne dit pas ce qu’elle devrait", r.Say)
	if len(text) == mostBody {
		r.Say = ops.T("%s in its first MiB", "%s dans son premier Mio", r.Say)
	}
	return r
}

// trace takes the times of the parts.
func (c *clock) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { c.begin(lookingUp) },
		DNSDone:      func(httptrace.DNSDoneInfo) { c.end(lookupTime) },
		ConnectStart: func(string, string) { c.begin(connecting) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				c.end(connectTime)
			}
		},
		TLSHandshakeStart: func() { c.begin(greeting) },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			c.end(tlsTime)
			if err == nil {
				c.greeted(s)
			}
		},
		GotConn:              func(i httptrace.GotConnInfo) { c.connected(i.Conn.RemoteAddr().String()) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { c.begin(waiting) },
		GotFirstResponseByte: c.first,
	}
}

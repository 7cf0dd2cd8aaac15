package fresh

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

const pulseTimeout = 10 * time.Second

// What can be wrong with our own pulse.
const (
	unheard = "unheard" // it does not arrive
	held    = "held"    // we are not well enough to send it
)

// pulsed is how our own pulse goes.
type pulsed struct {
	last  time.Time     // when it last arrived
	took  time.Duration // how long that took
	kind  string        // what is wrong, or ""
	why   ops.Text
	grave bool // it is refused, and will be until somebody changes something
	since time.Time
}

// beatOurs sends our pulse, the first at once, and never more often than it should.
func (s *System) beatOurs(ctx context.Context, tell func(ops.Sighting)) {
	told := teller{prefix: pulseSubject}
	ticks := time.NewTicker(s.o.Pulse.Every)
	defer ticks.Stop()
	for {
		kind, why, grave := s.pulse(ctx)
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		p := &s.pulsed
		if p.kind != kind || kind == "" {
			p.since = now()
		}
		p.kind, p.why, p.grave = kind, why, grave
		list := p.troubles()
		s.mu.Unlock()
		tell(told.sighting(list, func(ops.Trouble) ops.Text {
			return ops.T("my own heartbeat arrives again", "mon propre battement arrive de nouveau")
		}))
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *pulsed) troubles() []ops.Trouble {
	t := ops.Trouble{Subject: pulseSubject, Kind: p.kind, Severity: ops.Notice, At: p.since, Wait: pulseWait,
		Title: ops.T("my own heartbeat does not arrive: %s", "mon propre battement n’arrive pas : %s", p.why),
		Lines: []ops.Text{ops.T("until it does, nobody would notice if I stopped", "d’ici là, personne ne remarquerait mon arrêt")}}
	switch {
	case p.kind == "":
		return nil
	case p.kind == held:
		t.Title = ops.T("I hold my own heartbeat back: %s", "je retiens mon propre battement : %s", p.why)
		t.Lines = []ops.Text{ops.T("what it goes to will call me down, and that is right", "ce qui l’attend me dira en panne, à juste titre")}
		fallthrough
	case p.grave:
		t.Severity = ops.Warning
	}
	return []ops.Trouble{t}
}

// pulse sends one, if we are well, and says what is wrong.
func (s *System) pulse(ctx context.Context) (kind string, why ops.Text, grave bool) {
	ctx, cancel := context.WithTimeout(ctx, pulseTimeout)
	defer cancel()
	if s.o.Pulse.Healthy != nil {
		if err := s.o.Pulse.Healthy(ctx); err != nil {
			said := ops.SayOf(err)
			return held, ops.Text{En: clipped(said.En, 120), Fr: clipped(said.In(ops.French), 120)}, false
		}
	}
	began := time.Now()
	why, grave = s.send(ctx)
	if !why.IsZero() {
		return unheard, why, grave
	}
	s.mu.Lock()
	s.pulsed.last, s.pulsed.took = now(), time.Since(began)
	s.mu.Unlock()
	return "", ops.Text{}, false
}

// send asks for the address once. It says what went wrong in words of its own: net/http's hold the address.
func (s *System) send(ctx context.Context) (why ops.Text, grave bool) {
	u, err := url.Parse(s.o.Pulse.URL.Reveal())
	if err != nil {
		return ops.T("its address cannot be read", "son adresse est illisible"), true
	}
	host := ops.Name(u.Hostname())
	if strings.Contains(u.Path, "/api/push/") { // Uptime Kuma's; it shows the ping as a curve
		q := u.Query()
		q.Set("status", "up")
		q.Set("msg", "OK")
		q.Set("ping", s.lastTook())
		u.RawQuery = q.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return ops.T("its address cannot be read", "son adresse est illisible"), true
	}
	r.Header.Set("User-Agent", "vigie")
	answer, err := s.client.Do(r)
	if err != nil {
		return unreachable(host, err), false
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 4096)) // what is missing of it cannot say no
	switch code := answer.StatusCode; {
	case code/100 == 3:
		return ops.T("%s sends me elsewhere (%d): give the address that it leads to", "%s me renvoie ailleurs (%d) : donne l’adresse finale", host, code), true
	case refused(body) || code == http.StatusNotFound || code == http.StatusGone:
		return ops.T("%s knows no such monitor, or it is paused (%d)", "%s ne connaît pas ce moniteur, ou il est en pause (%d)", host, code), true
	case code/100 == 4 && code != http.StatusTooManyRequests:
		return ops.T("%s refuses it (%d)", "%s le refuse (%d)", host, code), true
	case code/100 != 2:
		return ops.T("%s answers %d", "%s répond %d", host, code), false
	}
	return ops.Text{}, false
}

// lastTook is how long the last one took, in ms; "" if there was none.
func (s *System) lastTook() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pulsed.last.IsZero() {
		return ""
	}
	return strconv.FormatInt(max(1, s.pulsed.took.Milliseconds()), 10)
}

// refused reports whether an answer says {"ok":false}, as Uptime Kuma does for whatever is wrong.
func refused(body []byte) bool {
	var said struct {
		OK *bool `json:"ok"`
	}
	return json.Unmarshal(bytes.TrimSpace(body), &said) == nil && said.OK != nil && !*said.OK
}

// unreachable says why a host was not reached, without what net/http says: that holds the address.
func unreachable(host ops.Name, err error) ops.Text {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var slow net.Error
	switch {
	case errors.As(err, &dns):
		return ops.T("the name %s is not found", "le nom %s est introuvable", host)
	case errors.As(err, &cert):
		return ops.T("the certificate of %s is not good", "le certificat de %s n’est pas bon", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return ops.T("%s refuses the connection", "%s refuse la connexion", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return ops.T("%s does not answer within %s", "%s ne répond pas en %s", host, ops.Span(pulseTimeout))
	}
	return ops.T("%s cannot be reached", "%s est injoignable", host)
}

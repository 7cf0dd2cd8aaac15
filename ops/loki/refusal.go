package loki

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// What Loki says where it does not answer is plain text, in words of its own; Grafana says it in JSON.
var (
	parseError  = regexp.MustCompile(`^parse error at line \d+, col (\d+): (.*)`)
	entries     = regexp.MustCompile(`max_entries_limit_per_query \(\d+ > (\d+)\)`)
	rangeLimit  = regexp.MustCompile(`query time range exceeds the limit \(query length: [^,]*, limit: ([^)]*)\)`)
	seriesLimit = regexp.MustCompile(`maximum number of series \((\d+)\)|maximum of series \((\d+)\)`)
)

// refusal says what an answer means that is no success.
func (s *System) refusal(ctx context.Context, code int, body []byte, query string) error {
	words := s.clip(plain(body), 200)
	switch {
	case code >= 500:
		return s.down(ctx, code, words)
	case code == http.StatusTooManyRequests, strings.Contains(words, "too many outstanding requests"):
		return ops.Fail(ops.Unavailable, ops.T("Loki has more to do than it can (%d): ask again in a minute, or for less time", "Loki a plus à faire qu’il ne peut (%d) : redemande dans une minute, ou moins longtemps", code), nil)
	case code == http.StatusUnauthorized || code == http.StatusForbidden || strings.HasPrefix(words, "no org id") || strings.HasPrefix(words, "Authentication to data source failed"):
		return s.locked(code, words)
	case code == http.StatusNotFound && s.o.Proxied:
		return ops.Fail(ops.Unavailable, ops.T("Grafana has no such datasource: «%s». /grafana shows the uids that it has.", "Grafana n’a pas cette source de données : « %s ». /grafana montre les uid qu’il a.", words), nil)
	case code == http.StatusBadRequest:
		return s.wrong(words, query)
	}
	return ops.Fail(ops.Unavailable, ops.T("what answers in Loki's place says %d: is the address right?", "ce qui répond à la place de Loki dit %d : l’adresse est-elle bonne ?", code), nil)
}

// plain is what an error says, without the JSON round it.
func plain(body []byte) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) == nil && said.Message != "" {
		return said.Message
	}
	if strings.HasPrefix(strings.TrimSpace(string(body)), "<") {
		return "" // a page of some proxy
	}
	return string(body)
}

// locked is who does not let us in: Loki, what stands before it, or Grafana.
func (s *System) locked(code int, words string) error {
	switch {
	case strings.HasPrefix(words, "no org id"):
		return ops.Fail(ops.Unavailable, ops.T(`Loki has several tenants and was not told which: write tenant = "…" under [loki]`, `Loki a plusieurs locataires et ne sait pas lequel : écris tenant = "…" sous [loki]`), nil)
	case strings.HasPrefix(words, "Authentication to data source failed"):
		return ops.Fail(ops.Unavailable, ops.T("Loki does not take the password that Grafana has for it: set it again in that datasource", "Loki refuse le mot de passe que Grafana a pour lui : remets-le dans cette source de données"), nil)
	case s.o.Proxied && code == http.StatusUnauthorized:
		return ops.Fail(ops.Unavailable, ops.T("Grafana, through which Loki is asked, lets nobody in with what I have. /grafana says what to do", "Grafana, par lequel on interroge Loki, ne laisse pas entrer avec ce que j’ai. /grafana dit quoi faire"), nil)
	case s.o.Proxied:
		return ops.Fail(ops.Unavailable, ops.T("Grafana does not let this account ask that datasource: «%s»", "Grafana ne laisse pas ce compte interroger cette source de données : « %s »", words), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("Loki, or what stands before it, lets nobody in with that (%d): see user and password_file under [loki]", "Loki, ou ce qui est devant lui, ne laisse pas entrer avec ça (%d) : vois user et password_file sous [loki]", code), nil)
}

// wrong is what a person can write differently.
func (s *System) wrong(words, query string) error {
	bad := func(say ops.Text) error { return &ops.Error{Kind: ops.Invalid, Say: say} }
	if m := parseError.FindStringSubmatch(words); m != nil {
		if col, err := strconv.Atoi(m[1]); err == nil && col > 0 && col <= len([]rune(query)) {
			return bad(ops.T("Loki cannot read that at character %d, where it says %s: «%s»", "Loki ne comprend pas au caractère %d, là où il y a %s : « %s »", col, ops.Name(clip(string([]rune(query)[col-1:]), 30)), m[2]))
		}
		return bad(ops.T("Loki cannot read that at character %s, after its end: «%s»", "Loki ne comprend pas au caractère %s, après la fin : « %s »", m[1], m[2]))
	}
	if m := entries.FindStringSubmatch(words); m != nil {
		return bad(ops.T("Loki gives at most %s lines at once: ask with %s", "Loki donne au plus %s lignes à la fois : demande avec %s", m[1], ops.Name("limit="+m[1])))
	}
	if m := rangeLimit.FindStringSubmatch(words); m != nil {
		return bad(ops.T("that is too far back for one look: Loki's limit is %s", "c’est trop loin pour un seul regard : la limite de Loki est %s", m[1]))
	}
	if m := seriesLimit.FindStringSubmatch(words); m != nil {
		return bad(ops.T("that is more than %s series: %s, or %s, asks for fewer", "cela fait plus de %s séries : %s, ou %s, en demande moins", m[1]+m[2], ops.Name("topk(5, …)"), ops.Name("sum by ("+s.o.Label+") (…)")))
	}
	return bad(ops.T("Loki cannot answer that: «%s»", "Loki ne peut pas répondre : « %s »", words))
}

// down asks, of a server that failed, whether it says itself that it is not ready.
func (s *System) down(ctx context.Context, code int, words string) error {
	if err := s.notReady(ctx); err != nil {
		return err
	}
	if s.o.Proxied && (code == http.StatusBadGateway || code == http.StatusGatewayTimeout) {
		return ops.Fail(ops.Unavailable, ops.T("Grafana answers, but Loki behind it does not (%d): is Loki up?", "Grafana répond, mais pas Loki derrière lui (%d) : Loki tourne-t-il ?", code), nil)
	}
	if code == http.StatusGatewayTimeout || strings.HasPrefix(words, "request timed out") {
		return ops.Fail(ops.Unavailable, ops.T("Loki gave up before it had looked at everything: ask for less time, or name a container", "Loki a renoncé avant d’avoir tout regardé : demande moins longtemps, ou nomme un conteneur"), nil)
	}
	if words == "" {
		return ops.Fail(ops.Unavailable, ops.T("Loki fails (%d)", "Loki échoue (%d)", code), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("Loki fails (%d): «%s»", "Loki échoue (%d) : « %s »", code, words), nil)
}

// notReady is an error where Loki itself says that it is not ready; nil where it is, or does not say.
func (s *System) notReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	code, body, err := s.send(ctx, "/ready", url.Values{})
	if err != nil || code != http.StatusServiceUnavailable {
		return nil
	}
	return ops.Fail(ops.Unavailable, ops.T("Loki is not ready yet, ask again in a minute: «%s»", "Loki n’est pas encore prêt, redemande dans une minute : « %s »", s.clip(plain(body), 120)), nil)
}

// readyTime is how long is waited for a word that only explains.
const readyTime = 3 * time.Second

// clip is the package's, and takes our password out: an error may quote what it was sent.
func (s *System) clip(text string, n int) string {
	if s.o.Password != nil && s.o.Password.Reveal() != "" {
		text = strings.ReplaceAll(text, s.o.Password.Reveal(), ops.Hidden)
	}
	return clip(text, n)
}

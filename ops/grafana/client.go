package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"vigie/ops"
)

const (
	askTime    = 20 * time.Second
	mostAnswer = 8 << 20 // bytes: some hundred rules with all their instances
)

type reply struct {
	code int
	body []byte
}

// errRefused is in the error where Grafana does not take the password or token.
var errRefused = errors.New("refused")

// get asks for what is at path, with the password, and reads it into v.
func (s *System) get(ctx context.Context, path string, v any) error {
	got, err := s.send(ctx, path, true)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK {
		return s.refusal(got)
	}
	return read(got.body, v)
}

func read(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return ops.Fail(ops.Unavailable, ops.T("what answers in Grafana's place says nothing that I can read: is its address right?", "ce qui répond à la place de Grafana dit des choses illisibles : son adresse est-elle bonne ?"), errors.New("reading Grafana's answer"))
	}
	return nil
}

func (s *System) send(ctx context.Context, path string, known bool) (reply, error) {
	bound, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(bound, http.MethodGet, s.base+path, nil)
	if err != nil {
		return reply{}, errors.New("asking Grafana: its address cannot be used")
	}
	r.Header.Set("Accept", "application/json")
	if known && s.o.User != "" {
		r.SetBasicAuth(s.o.User, s.o.Password.Reveal())
	} else if known {
		r.Header.Set("Authorization", "Bearer "+s.o.Password.Reveal())
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return reply{}, s.unanswered(ctx)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return reply{}, s.unanswered(ctx)
	}
	return reply{answer.StatusCode, body}, nil
}

// unanswered says that no answer came, without what net/http says of the address.
func (s *System) unanswered(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("asking Grafana: %w", context.Cause(ctx))
	}
	return ops.Fail(ops.Unavailable, ops.T("Grafana does not answer at %s: is it up?", "Grafana ne répond pas sur %s : tourne-t-il ?", ops.Name(strings.TrimPrefix(strings.TrimPrefix(s.base, "https://"), "http://"))), nil)
}

// refusal says what an answer means that is no success. Grafana's own words are quoted.
func (s *System) refusal(got reply) *ops.Error {
	words := s.clip(message(got.body), 160)
	switch {
	case got.code == http.StatusUnauthorized && s.o.User != "":
		return ops.Fail(ops.Unavailable, ops.T("Grafana does not take the password of %s", "Grafana refuse le mot de passe du compte %s", ops.Name(s.o.User)), errRefused)
	case got.code == http.StatusUnauthorized:
		return ops.Fail(ops.Unavailable, ops.T("Grafana does not take the token: it was deleted, disabled, or it expired", "Grafana refuse le jeton : supprimé, désactivé, ou expiré"), errRefused)
	case got.code == http.StatusForbidden:
		return ops.Fail(ops.Unavailable, ops.T("Grafana forbids it to this account: «%s»", "Grafana l’interdit à ce compte : « %s »", words), nil)
	case got.code == http.StatusNotFound:
		return ops.Fail(ops.NotFound, ops.T("Grafana has no such thing: «%s»", "Grafana n’a rien de tel : « %s »", words), nil)
	case got.code >= 500:
		return ops.Fail(ops.Unavailable, ops.T("Grafana fails (%d): «%s»", "Grafana échoue (%d) : « %s »", got.code, words), nil)
	}
	return ops.Fail(ops.Failed, ops.T("Grafana refuses (%d): «%s»", "Grafana refuse (%d) : « %s »", got.code, words), nil)
}

// message is what an error of Grafana's says. The rules' API calls it error.
func message(body []byte) string {
	var said struct {
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // a proxy says it in HTML
	if said.Message == "" {
		return said.Error
	}
	return said.Message
}

// remedy is what to do where the password or token is refused.
func (s *System) remedy() []ops.Text {
	if s.o.User == "" {
		return []ops.Text{ops.T("make a new one under Administration, Users and access, Service accounts; put it into its file and restart Vigie",
			"crées-en un nouveau sous Administration, Users and access, Service accounts ; mets-le dans son fichier et redémarre Vigie")}
	}
	return []ops.Text{
		ops.T("the password in its environment counts at its very first start only; what was changed later is in its database", "le mot de passe de son environnement ne compte qu’à son tout premier démarrage ; ce qui a changé ensuite est dans sa base"),
		ops.T("set it again, in the container of %s: %s", "remets-le, dans le conteneur de %s : %s", ops.Name(s.o.Service), ops.Name("grafana cli admin reset-admin-password NEW")),
		ops.T("it may also be shut out for 5 min, after five wrong passwords", "il peut aussi être exclu 5 min, après cinq mots de passe faux"),
		ops.T("what was refused with it works again then: look at the next backup's log", "ce qui était refusé avec lui remarchera alors : regarde le journal de la prochaine sauvegarde"),
	}
}

// clip makes foreign text one clean line of at most n characters, without our password.
func (s *System) clip(text string, n int) string {
	return clip(strings.ReplaceAll(text, s.o.Password.Reveal(), ops.Hidden), n)
}

func clip(text string, n int) string {
	text = strings.Join(strings.Fields(ops.Clean(text)), " ")
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

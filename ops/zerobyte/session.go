package zerobyte

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"vigie/ops"
)

// Before there were API keys, a program signs in as a person does: better-auth gives cookies, which expire. What its versions
// answer differs; only the cookies count.

// byPassword reports whether we have no key and sign in.
func (s *System) byPassword() bool { return s.o.Key == nil || s.o.Key.Reveal() == "" }

// session is what is sent to be known, and the how-many'th it is.
func (s *System) session() (cookies string, signed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cookies, s.signed
}

// signIn makes a new session, unless somebody did so since the one that was used: one at a time, as better-auth lets three in
// within ten seconds.
func (s *System) signIn(ctx context.Context, used int) (cookies string, signed int, err error) {
	select {
	case s.door <- struct{}{}:
		defer func() { <-s.door }()
	case <-ctx.Done():
		return "", 0, context.Cause(ctx)
	}
	if cookies, signed = s.session(); signed > used && cookies != "" {
		return cookies, signed, nil
	}
	body, err := json.Marshal(map[string]any{"username": s.o.User, "password": s.o.Password.Reveal(), "rememberMe": true})
	if err != nil {
		return "", 0, err
	}
	s.mu.Lock()
	s.cookies = ""
	s.mu.Unlock()
	got, err := s.once(ctx, http.MethodPost, "/api/auth/sign-in/username", body, "", askTime)
	if err != nil {
		if ops.KindOf(err) == ops.Unknown && ctx.Err() == nil { // a session more or less harms nobody
			err = ops.Fail(ops.Unavailable, ops.T("Zerobyte did not answer when I signed in", "Zerobyte n’a pas répondu à ma connexion"), nil)
		}
		return "", 0, err
	}
	cookies, signed = s.session()
	switch {
	case got.code == http.StatusUnauthorized, got.code == http.StatusUnprocessableEntity:
		return "", 0, s.unauthorized()
	case got.code >= 300:
		return "", 0, s.refusal(got)
	case strings.Contains(string(got.body), "twoFactorRedirect"):
		return "", 0, ops.Fail(ops.Unavailable, ops.T("Zerobyte asks %s for a second factor: give me an API key, or a user without one.", "Zerobyte demande un second facteur à %s : donne-moi une clé d’API, ou un compte qui n’en a pas.", ops.Name(s.o.User)), nil)
	case cookies == "":
		return "", 0, ops.Fail(ops.Unavailable, ops.T("Zerobyte took the password and gave no session: is its address right?", "Zerobyte a accepté le mot de passe sans ouvrir de session : son adresse est-elle bonne ?"), nil)
	}
	return cookies, signed, nil
}

// remember takes up the cookies of an answer: a session is given at signing in, and renewed now and then.
func (s *System) remember(answer *http.Response) {
	fresh := answer.Cookies()
	if !s.byPassword() || len(fresh) == 0 || answer.StatusCode >= 300 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := map[string]string{}
	var order []string
	put := func(name, value string) {
		if _, known := kept[name]; !known {
			order = append(order, name)
		}
		kept[name] = value
	}
	for pair := range strings.SplitSeq(s.cookies, "; ") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			put(name, value)
		}
	}
	for _, c := range fresh {
		put(c.Name, c.Value)
	}
	var pairs []string
	for _, name := range order {
		if kept[name] != "" {
			pairs = append(pairs, name+"="+kept[name])
		}
	}
	if s.cookies == "" {
		s.signed++
	}
	s.cookies = strings.Join(pairs, "; ")
}

func (s *System) unauthorized() *ops.Error {
	if s.byPassword() {
		return ops.Fail(ops.Unavailable, ops.T("Zerobyte does not accept the password of %s.", "Zerobyte n’accepte pas le mot de passe de %s.", ops.Name(s.o.User)), nil)
	}
	return ops.Fail(ops.Unavailable, ops.T("Zerobyte does not accept the API key: it expired or was revoked, or this Zerobyte is older than 0.40 and needs a user and a password.",
		"Zerobyte n’accepte pas la clé d’API : expirée ou révoquée, ou ce Zerobyte est antérieur à 0.40 et demande un compte et un mot de passe."), nil)
}

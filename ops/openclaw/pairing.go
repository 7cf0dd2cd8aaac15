package openclaw

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// codeLife is how long a code can be approved after it was asked for.
const codeLife = time.Hour

// codeShape is a code as OpenClaw makes them: without the signs that look like others.
var codeShape = regexp.MustCompile(`^[ABCDEFGHJKLMNPQRSTUVWXYZ2-9]{8}$`)

// A request is somebody who wrote to OpenClaw and waits to be let in.
type request struct {
	ID      string    `json:"id"` // who, as the channel knows them
	Code    string    `json:"code"`
	Created time.Time `json:"createdAt"`
	Meta    struct {
		Username  string `json:"username"`
		FirstName string `json:"firstName"`
		LastName  string `json:"lastName"`
		Account   string `json:"accountId"` // which of OpenClaw's accounts on the channel they wrote to
	} `json:"meta"`

	channel string
}

// who is what the person says they are called: their own words, never proof.
func (r request) who() string {
	name := strings.TrimSpace(r.Meta.FirstName + " " + r.Meta.LastName)
	if r.Meta.Username != "" {
		name = strings.TrimSpace(name + " @" + r.Meta.Username)
	}
	return clip(cmp.Or(name, r.ID), 40)
}

// left is how long the code can still be approved.
func (r request) left(now time.Time) time.Duration { return codeLife - now.Sub(r.Created) }

// pending lists who waits, on every channel, the newest first, and remembers their codes.
func (s *System) pending(ctx context.Context) (list []request, err error) {
	for _, channel := range s.o.Channels {
		var got struct {
			Requests []request `json:"requests"`
		}
		if err := s.ask(ctx, &got, "pairing", "list", channel); err != nil {
			return nil, err
		}
		for _, r := range got.Requests {
			if r.channel = channel; codeShape.MatchString(r.Code) { // what is no code could be an option of the program
				list = append(list, r)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b request) int { return b.Created.Compare(a.Created) })
	s.remember(list, time.Now())
	return list, nil
}

func (s *System) remember(list []request, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range list {
		s.seen[r.Code] = sighting{r.Created, now}
	}
	maps.DeleteFunc(s.seen, func(_ string, at sighting) bool { return now.Sub(at.At) > 24*time.Hour })
}

// find is the request with that code, or why there is none.
func (s *System) find(list []request, typed string) (request, error) {
	code := strings.ToUpper(strings.TrimSpace(typed))
	if i := slices.IndexFunc(list, func(r request) bool { return r.Code == code }); i >= 0 {
		return list[i], nil
	}
	s.mu.Lock()
	before, known := s.seen[code]
	s.mu.Unlock()
	age := time.Since(before.Created)
	switch {
	case !codeShape.MatchString(code):
		return request{}, &ops.Error{Kind: ops.Invalid, Param: "code", Choices: choices(list), Say: ops.T("%s is no pairing code: one has 8 signs, capital letters without I and O and the digits 2 to 9.",
			"%s n’est pas un code d’appairage : il a 8 signes, des majuscules sans I ni O et des chiffres de 2 à 9.", ops.Name(clip(typed, 20)))}
	case known && age >= codeLife:
		return request{}, ops.Fail(ops.Expired, ops.T("The code %s expired %s ago: it is good for an hour. Let them write to OpenClaw again, which gives them a new one.",
			"Le code %s a expiré il y a %s : il vaut une heure. Qu’on écrive de nouveau à OpenClaw, qui en donnera un autre.", ops.Name(code), ops.Span(age-codeLife)), nil)
	case known:
		return request{}, ops.Fail(ops.NotFound, ops.T("The code %s was there and no longer is: somebody approved or dismissed it.", "Le code %s était là et n’y est plus : il a été approuvé ou rejeté.", ops.Name(code)), nil)
	}
	return request{}, &ops.Error{Kind: ops.NotFound, Param: "code", Choices: choices(list), Say: ops.T("OpenClaw knows no code %s, and I never saw it: mistyped, or over for more than an hour.",
		"OpenClaw ne connaît pas de code %s, et je ne l’ai jamais vu : faute de frappe, ou périmé depuis plus d’une heure.", ops.Name(code))}
}

// subject is what the person is called in troubles and locks.
func (r request) subject() string { return pairingPrefix + r.channel + "/" + clip(r.ID, 40) }

func choices(list []request) (out []ops.Choice) {
	for _, r := range list {
		out = append(out, ops.Choice{Value: r.Code, Label: ops.Raw(r.who()), Hint: ops.T("%s, %s ago", "%s, il y a %s", r.channel, ops.Since(r.Created))})
	}
	return out
}

// ownerless reports whether nobody owns OpenClaw's commands yet: whoever is let in next does.
func (s *System) ownerless(ctx context.Context) (bool, error) {
	const path = "commands.ownerAllowFrom"
	got, err := s.call(ctx, "config", "get", path, "--json")
	switch {
	case err != nil:
		return false, err
	case got.exit == 0:
		out := strings.TrimSpace(got.out)
		return out == "[]" || out == "null" || out == "", nil
	case strings.Contains(got.err+got.out, "Config path not found"), strings.Contains(got.err+got.out, "is valid but unset"): // up to 2026.5, from 2026.9 on
		return true, nil
	}
	return false, s.refusal(got)
}

package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// A Private is something for the eyes of one person: a link that lets in whoever has it. It is shown by a transport in that
// person's own chat, and is [Hidden] wherever else it is printed, logged, stored or sent: it does not pass the redactor, because
// nothing but what shows it can read it.
type Private struct{ value *string } // a pointer: fmt looks into the unexported fields of a struct, not behind pointers there

// Conceal makes a Private of s; "" is none.
func Conceal(s string) Private {
	if s == "" {
		return Private{}
	}
	return Private{&s}
}

// Reveal is what it hides. Each call is a place to look at when something leaked.
func (p Private) Reveal() string {
	if p.value == nil {
		return ""
	}
	return *p.value
}

// IsZero reports whether there is nothing to hide.
func (p Private) IsZero() bool { return p.value == nil }

func (p Private) String() string               { return Hidden }
func (p Private) GoString() string             { return Hidden }
func (p Private) MarshalJSON() ([]byte, error) { return json.Marshal(Hidden) }
func (p Private) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, Hidden) } // its error is the writer's to report

type aloneKey struct{}

// Alone marks everything asked with the context as asked in one person's own chat, on a transport that can take back what it showed.
func Alone(ctx context.Context) context.Context { return context.WithValue(ctx, aloneKey{}, true) }

// secrecy refuses an op whose answer is for one admin alone: to anybody else, to a model, and where others read along or nothing
// can be taken back.
func (g *Gate) secrecy(ctx context.Context, who Caller, op Op) error {
	switch v := g.secret(who, op.Spec); {
	case !op.Secret:
		return nil
	case v.Demand == Deny:
		return g.refuse(ctx, who, op, "", v)
	case ctx.Value(aloneKey{}) == nil:
		return g.refuse(ctx, who, op, "", Verdict{Demand: Deny, Rule: "secret", Why: T("/%s answers in your own chat with me alone: here it could be read by others, or not be taken back.",
			"/%s ne répond que dans ta conversation privée avec moi : ici d’autres pourraient lire, ou rien ne pourrait être effacé.", op.Command)})
	}
	return nil
}

// secret is what is said of an op whose answer is for one admin alone, whatever the rules say.
func (g *Gate) secret(who Caller, op Spec) Verdict {
	switch {
	case !op.Secret:
	case !who.Role.AtLeast(Admin):
		return Verdict{Demand: Deny, Role: Admin, Rule: "secret", Why: T("/%s shows a secret, and is for admins", "/%s montre un secret, et n’est que pour les admins", op.Command)}
	case who.OnBehalfOf != 0:
		return Verdict{Demand: Deny, Rule: "secret", Why: T("/%s is to be typed: no model asks for it", "/%s doit être tapé : aucun modèle ne le demande", op.Command)}
	}
	return Verdict{}
}

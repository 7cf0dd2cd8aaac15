package ops

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
)

// A Role is what a person may do, from least to most: viewer, operator, admin.
type Role string

const (
	Nobody   Role = ""
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Admin    Role = "admin"
)

var ranks = []Role{Nobody, Viewer, Operator, Admin}

// AtLeast reports whether r includes what other may do. An unknown role includes nothing.
func (r Role) AtLeast(other Role) bool {
	return slices.Index(ranks, r) >= slices.Index(ranks, other) && slices.Contains(ranks, r)
}

// In names the role in a person's language.
func (r Role) In(l Lang) string {
	if l != French {
		return string(r)
	}
	return map[Role]string{Viewer: "lecteur", Operator: "opérateur", Admin: "admin"}[r]
}

// A Caller is who asks, as the transport established it: a numeric id, never a name that can be taken.
type Caller struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Role       Role   `json:"role"`
	Via        string `json:"via"`                  // "telegram", "console", "llm"
	OnBehalfOf int64  `json:"onBehalfOf,omitempty"` // the person behind a model's ask
	Lang       Lang   `json:"lang,omitempty"`
}

// A Place is where a conversation happens, in the transport's own notation: enough to answer there,
// or to edit the one message that a matter has, also after a restart. The kernel never looks inside.
type Place string

type callerKey struct{}

// Who is the person an op is planned or looked at for; the zero Caller outside an ask.
func Who(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

type placeKey struct{}

// Where is the chat that an op is planned or looked at in; "" outside an ask.
func Where(ctx context.Context) Place {
	p, _ := ctx.Value(placeKey{}).(Place)
	return p
}

type onceKey struct{}

// Once marks everything asked with the context as one and the same ask, by a key that stays with the words when they are
// given out again after a crash: however often it comes, it makes one run. An empty key marks nothing.
func Once(ctx context.Context, key string) context.Context {
	if key == "" {
		return ctx
	}
	return context.WithValue(ctx, onceKey{}, key)
}

// runID is what a run asked for with ctx is called: random, or made of the ask's key.
func runID(ctx context.Context) string {
	key, keyed := ctx.Value(onceKey{}).(string)
	if !keyed {
		return newID()
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:32]
}

func withCaller(ctx context.Context, who Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

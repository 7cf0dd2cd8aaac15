package ops

import "time"

// A Request is everything that a policy may judge by.
type Request struct {
	Who    Caller
	Op     Spec
	Args   Args
	Target string // "n8n"
	Risk   Risk
	Time   time.Time // in the stack's time zone
}

// A Demand is what a verdict asks for before the plan may run.
type Demand string

const (
	Allow   Demand = "allow"
	Confirm Demand = "confirm" // a tap by the person who asked
	Typed   Demand = "type"    // the person who asked types the target's name
	Others  Demand = "approve" // N other people of a role
	Deny    Demand = "deny"
)

// A Verdict is a policy's answer about one request, with its reason.
type Verdict struct {
	Demand Demand `json:"demand"`
	N      int    `json:"n,omitempty"`    // with Others: how many
	Role   Role   `json:"role,omitempty"` // with Others: of which role; with Deny: which role could
	Code   bool   `json:"code,omitempty"` // and a one-time code (TOTP, RFC 6238) as well
	Rule   string `json:"rule"`           // which rule decided
	Why    Text   `json:"why,omitzero"`
}

// A Policy decides. It is pure: no clock, no store, no network.
type Policy interface {
	Decide(Request) Verdict
}

// Codes checks one-time codes.
type Codes interface {
	// Check reports whether code is right for person id now. Each code is good once. It is an error of kind
	// [Invalid] that the person has no secret.
	Check(id int64, code string, now time.Time) (bool, error)
}

// People finds who may approve.
type People interface {
	ByRole(Role) []Caller // everybody who is at least of that role
}

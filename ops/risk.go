package ops

import "fmt"

// Risk says how bad it is to run an op by mistake.
type Risk int

const (
	Reads       Risk = iota // looks, changes nothing
	Reversible              // the same op can put it back
	Disruptive              // somebody may notice; nothing is lost
	Destructive             // cannot be put back without what was saved before
)

var risks = []Text{
	{"reads", "lecture"},
	{"reversible", "réversible"},
	{"disruptive", "perturbant"},
	{"destructive", "destructif"},
}

func (r Risk) String() string   { return risks[r].En }
func (r Risk) In(l Lang) string { return risks[r].In(l) }

// ParseRisk reads a risk's English name.
func ParseRisk(s string) (Risk, error) {
	for i, t := range risks {
		if t.En == s {
			return Risk(i), nil
		}
	}
	return 0, fmt.Errorf("unknown risk %q: use reads, reversible, disruptive or destructive", s)
}

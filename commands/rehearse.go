package commands

import (
	"context"
	"strings"

	"vigie/ops"
)

// A Rehearsal is one example of one op, as it would go now.
type Rehearsal struct {
	Line string // "/restart n8n"
	Said ops.Text
	Err  error
}

// Rehearse reads every example of every op that operates a system as if somebody typed it, and plans it or looks:
// nothing is kept and nothing can come of it. An example that names something which is not here, or is ambiguous
// here, is reported as such, not as an error of the stack.
func (d *Desk) Rehearse(ctx context.Context, who ops.Caller) (list []Rehearsal) {
	for _, op := range d.Gate.Ops() {
		if strings.HasPrefix(op.Name, "vigie.") {
			continue
		}
		for _, example := range op.Examples {
			line := strings.TrimSpace("/" + op.Command + " " + example)
			r := Rehearsal{Line: line}
			ask, _, err := d.read(ctx, Said{Who: who}, line)
			if err == nil {
				ask, _, err = d.complete(ctx, Said{Who: who}, ask)
			}
			if err == nil {
				var plan ops.Plan
				var a *ops.Answer
				plan, a, err = d.Gate.Preview(ctx, who, ask)
				r.Said = plan.Title
				if a != nil && len(a.Blocks) > 0 {
					r.Said = a.Blocks[0].Line
				}
			}
			r.Err = err
			list = append(list, r)
		}
	}
	return list
}

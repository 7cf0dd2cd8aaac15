package ops

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Plan is what an op is about to do. It is data from end to end: what is shown, approved, stored
// and run is this one value.
type Plan struct {
	Op     string   `json:"op"`
	Args   Args     `json:"args"`
	Risk   Risk     `json:"risk"`
	Title  Text     `json:"title"`           // what happens, to what: «Restart grafana, unhealthy for 3 min»
	Target string   `json:"target"`          // the name to type where typing it is asked for
	Locks  []string `json:"locks,omitempty"` // what it works on, one plan at a time: "container:javisi_n8n"
	Facts  []Fact   `json:"facts,omitempty"` // the observed state that the decision rests on
	Costs  []Text   `json:"costs,omitempty"` // downtime, disk, money, what is lost
	Steps  []Step   `json:"steps"`
	Done   Text     `json:"done"` // what to say when it worked: «grafana restarted»
	// Origin is the op whose run this plan undoes or continues: what the policy says of that op holds here as well.
	Origin string `json:"origin,omitempty"`
	// Shows names an op that looks, and is asked once all is done: what it answers is shown below how it ended. Its parameter
	// «work» is given what [Work] was for the steps.
	Shows string `json:"shows,omitempty"`
	// UndoFor is how long what was done can be undone afterwards; 0 when there is nothing to put back.
	UndoFor time.Duration `json:"undoFor,omitempty"`
}

// A Fact is one thing observed while planning. If it is different when the plan is about to run, the plan
// does not run and the person is told what changed, by Label.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// Hash names the plan: same op, arguments, facts and steps, same hash, in whichever language it was
// shown. SHA-256, of which 128 bits are kept as 32 hex digits.
func (p Plan) Hash() string {
	type fact struct{ Name, Value string }
	type step struct {
		Kind  string
		Args  json.RawMessage
		Check bool
		Stay  bool `json:",omitempty"`
		Away  bool `json:",omitempty"`
		Now   bool `json:",omitempty"`
		Undo  []step
	}
	var bare func([]Step) []step
	bare = func(steps []Step) (list []step) {
		for _, s := range steps {
			list = append(list, step{s.Kind, s.Args, s.Check, s.Stay, s.Elsewhere, s.AtOnce, bare(s.Undo)})
		}
		return list
	}
	facts := make([]fact, 0, len(p.Facts))
	for _, f := range p.Facts {
		facts = append(facts, fact{f.Name, f.Value})
	}
	b, err := json.Marshal(struct {
		Op     string
		Args   Args
		Risk   Risk
		Target string
		Facts  []fact
		Steps  []step
	}{p.Op, p.Args, p.Risk, p.Target, facts, bare(p.Steps)}) // map keys are sorted, so this is canonical
	if err != nil {
		panic(err) // unreachable: a Plan is plain data
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))[:32]
}

// Headline is the part of the title that says what is done to what, in plain words: a button's label.
func (p Plan) Headline() Text {
	cut := func(s string) string {
		s = Unmark(s)
		if at := strings.IndexAny(s, ",("); at > 0 {
			s = s[:at]
		}
		return short(strings.TrimSpace(s))
	}
	return Text{cut(p.Title.En), cut(p.Title.In(French))}
}

// Drift says what is different between the facts a plan was approved on and those of now.
func Drift(approved, now Plan) []Text {
	var list []Text
	current := map[string]Fact{}
	for _, f := range now.Facts {
		current[f.Name] = f
	}
	for _, f := range approved.Facts {
		c, there := current[f.Name]
		delete(current, f.Name)
		if !there {
			c.Value = "—"
		}
		if c.Value != f.Value {
			list = append(list, T("%s: %s → %s", "%s : %s → %s", f.Label, Name(short(f.Value)), Name(short(c.Value))))
		}
	}
	for _, f := range now.Facts {
		if _, fresh := current[f.Name]; fresh {
			list = append(list, T("%s: new, %s", "%s : nouveau, %s", f.Label, Name(short(f.Value))))
		}
	}
	if len(list) == 0 && approved.Hash() != now.Hash() {
		list = append(list, T("the steps are no longer the same", "les étapes ne sont plus les mêmes"))
	}
	return list
}

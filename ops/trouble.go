package ops

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// A Severity says how much a trouble matters.
type Severity string

const (
	Notice   Severity = "notice"   // to be known, at a convenient time
	Warning  Severity = "warning"  // degraded or at risk
	Critical Severity = "critical" // broken: somebody must look now
)

var severities = []Severity{"", Notice, Warning, Critical}

// AtLeast reports whether s is as grave as other, or graver. An unknown severity is as grave as nothing.
func (s Severity) AtLeast(other Severity) bool {
	return slices.Index(severities, s) >= slices.Index(severities, other) && slices.Contains(severities, s)
}

// Mark opens the line that tells of such a trouble.
func (s Severity) Mark() string {
	switch s {
	case Critical:
		return Broken
	case Warning:
		return AtRisk
	}
	return Off
}

// In names the severity in a person's language.
func (s Severity) In(l Lang) string {
	if l != French {
		return string(s)
	}
	return map[Severity]string{Notice: "à savoir", Warning: "avertissement", Critical: "critique"}[s]
}

// A Trouble is one thing that is wrong with one subject, or no longer is. Watchers tell of troubles; what becomes of
// them (who is told, when, how often) is not theirs to decide. A trouble that is told again, with the same Subject and Kind,
// takes the place of what was told before: tell it again when more is known of it.
type Trouble struct {
	Subject  string   `json:"subject"` // what it is about: a sort, a colon, a name: "container:n8n", "budget:openrouter"
	Kind     string   `json:"kind"`    // what is wrong with it: "unhealthy", "oom". One subject may have several
	Over     bool     `json:"over,omitempty"`
	Severity Severity `json:"severity"`
	// At is since when it is so, or when it happened; if it is Over, since when it is over. Zero is now.
	At    time.Time `json:"at,omitzero"`
	Title Text      `json:"title"`           // what is wrong, enough for a lock screen, without a mark: «n8n unhealthy». If it is Over: how it is now
	Lines []Text    `json:"lines,omitempty"` // what else is to know, most important first; each begins in lower case and fits a phone's line or two
	Quote string    `json:"quote,omitempty"` // output that shows it: log lines, what a health check said
	// Needs are the subjects that this one cannot do without: their trouble explains this one.
	Needs []string `json:"needs,omitempty"`
	// Locks are what plans that work on the subject hold (see [Plan.Locks]): what such a plan causes is no incident.
	Locks []string `json:"locks,omitempty"`
	// Offers are ops that show more, or that would mend it. The likeliest comes first.
	Offers []Button `json:"offers,omitempty"`

	Wait  time.Duration `json:"wait,omitempty"`  // how long it must last before anybody is told; 0 is at once
	Calm  time.Duration `json:"calm,omitempty"`  // how long it must have been over before it counts as over
	Fades time.Duration `json:"fades,omitempty"` // set for what happens and is not a state: it is over by itself when nothing more is heard of it for so long
}

// A Sighting is what a watcher tells at one moment.
type Sighting struct {
	Troubles []Trouble
	// Whole, if it is set, says that Troubles are all there are now on subjects that begin with it ("container:"): what was
	// told before, does not fade, and is not among them is over. It is what a watcher tells after looking at everything.
	Whole string
	// Mark is where the watcher stands, in its own notation. It is kept once all that was told up to here is kept, and
	// handed to Watch when the bot starts again.
	Mark json.RawMessage
}

// A Watcher looks at one system for as long as the bot lives.
type Watcher interface {
	// Name names the watcher and its mark: "docker".
	Name() string
	// Watch tells what it sees until ctx ends, and returns then. mark is the newest one that was kept, nil at first.
	// It never gives up; what it cannot look at is itself a trouble, on the subject "watch:" and its name. tell may be
	// called from several goroutines; it returns quickly.
	Watch(ctx context.Context, mark json.RawMessage, tell func(Sighting))
}

// Every looks at once, and then every d until ctx ends: what a watcher that polls does.
func Every(ctx context.Context, d time.Duration, look func()) {
	ticks := time.NewTicker(d)
	defer ticks.Stop()
	for {
		look()
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

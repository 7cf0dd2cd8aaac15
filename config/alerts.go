package config

import (
	"fmt"
	"strconv"

	"github.com/robfig/cron/v3"

	"vigie/ops"
	"vigie/policies"
)

// Alerts is who is told of what is wrong, when, and how often again.
type Alerts struct {
	To                  policies.Words      `toml:"to,omitempty"`
	Lang                ops.Lang            `toml:"lang"`           // in chats; a person is told in their own
	EscalateAfter       Interval            `toml:"escalate_after"` // critical and acknowledged by nobody
	EscalateTo          policies.Words      `toml:"escalate_to,omitempty"`
	RemindEvery         Interval            `toml:"remind_every"` // acknowledged by nobody and still there
	RemindCriticalEvery Interval            `toml:"remind_critical_every"`
	Storm               int                 `toml:"storm"`           // from so many at once, one digest
	Delay               map[string]Duration `toml:"delay,omitempty"` // by kind; 0: at once
	Routes              []Route             `toml:"route,omitempty"`
	Maintenance         []Maintenance       `toml:"maintenance,omitempty"`
	Repairs             []Repair            `toml:"repair,omitempty"`
	Fallback            Fallback            `toml:"fallback,omitempty"`

	Recipients []Recipient `toml:"-"` // of To; with no To, every operator and admin
	Escalation []Recipient `toml:"-"` // of EscalateTo: told then, besides those who were told already
}

// A Recipient is who is told: a listed user, privately, or a chat. Exactly one of Person and Chat is set.
type Recipient struct {
	Person int64 // Telegram id, which is also that of the private chat
	Chat   int64 // a group's or a channel's id: negative
	Topic  int   // of a group that has topics; 0: no particular one
}

// Key is the recipient as the file may write it: "42", "-1001234567890" or "-1001234567890/45".
func (r Recipient) Key() string {
	switch {
	case r.Person != 0:
		return strconv.FormatInt(r.Person, 10)
	case r.Topic != 0:
		return fmt.Sprintf("%d/%d", r.Chat, r.Topic)
	}
	return strconv.FormatInt(r.Chat, 10)
}

// A Route says who is told of some troubles. What it leaves out matches everything; its patterns match as those of
// [ops.Glob] do, in upper and lower case as they are written.
type Route struct {
	Subject  policies.Words `toml:"subject,omitempty"`
	Kind     policies.Words `toml:"kind,omitempty"`
	Severity string         `toml:"severity,omitempty"` // "critical", "warning+"
	To       policies.Words `toml:"to"`                 // empty: nobody is told, and it is kept

	Least      ops.Severity `toml:"-"` // of Severity: as grave, or graver; empty: any
	Exactly    bool         `toml:"-"` // and not graver
	Recipients []Recipient  `toml:"-"`
}

// A Maintenance is a window that comes again and again, in which nothing is told of some subjects.
type Maintenance struct {
	Name    string         `toml:"name"`
	Cron    string         `toml:"cron"`
	For     Duration       `toml:"for"`
	Subject policies.Words `toml:"subject"` // patterns as a route's; at least one

	// Schedule is when windows begin, by the clock of the stack's zone whatever the zone of the time that it is asked with.
	// A beginning that falls into the hour which spring skips is left out.
	Schedule cron.Schedule `toml:"-"`
}

// A Repair is what Vigie may do on its own to some services.
type Repair struct {
	Service policies.Words `toml:"service"` // by their exact names
	Kind    policies.Words `toml:"kind"`    // patterns as a route's; at least one
	Command string         `toml:"op"`      // "/restart"
	AtMost  int            `toml:"at_most"` // so many times within Within
	Within  Duration       `toml:"within"`

	Op string `toml:"-"` // the same by its name: "docker.restart"
}

// Fallback is a second way to tell, for when Telegram stays unreachable: an HTTP POST.
type Fallback struct {
	URLFile string   `toml:"url_file,omitempty"`
	Format  string   `toml:"format,omitempty"` // "json" or "text"
	After   Duration `toml:"after,omitempty"`  // how long Telegram must have been unreachable

	URL Secret `toml:"-"` // empty: there is none
}

package config

import (
	"slices"

	"vigie/ops"
)

// A User is somebody who is listened to.
type User struct {
	ID       int64    `toml:"id"`
	Name     string   `toml:"name"`
	Role     ops.Role `toml:"role"`
	Lang     ops.Lang `toml:"lang,omitempty"`  // empty: Telegram's own setting
	Quiet    Clock    `toml:"quiet,omitempty"` // by the clock of the stack's zone
	TOTPFile string   `toml:"totp_file,omitempty"`

	TOTP Secret `toml:"-"` // base32, upper case, no spaces or padding; empty: no one-time codes
}

// People are the listed users as rules and approvals see them.
func (c *Config) People() []ops.Caller {
	list := make([]ops.Caller, 0, len(c.Users))
	for _, u := range c.Users {
		list = append(list, ops.Caller{ID: u.ID, Name: u.Name, Role: u.Role, Lang: u.Lang})
	}
	return list
}

// Person finds a listed user by id.
func (c *Config) Person(id int64) (ops.Caller, bool) {
	people := c.People()
	i := slices.IndexFunc(people, func(p ops.Caller) bool { return p.ID == id })
	if i < 0 {
		return ops.Caller{}, false
	}
	return people[i], true
}

// ByRole implements [ops.People].
func (c *Config) ByRole(role ops.Role) []ops.Caller {
	return slices.DeleteFunc(c.People(), func(p ops.Caller) bool { return !p.Role.AtLeast(role) })
}

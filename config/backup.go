package config

import "github.com/robfig/cron/v3"

// Backup is what is saved, where, and how it is proved. It says nothing where the file has no such table, see [Backup.Given].
type Backup struct {
	Dir              string        `toml:"dir,omitempty"` // Vigie's own backups, a folder each; empty: it makes none
	Skip             []string      `toml:"skip,omitempty"`
	Newer            Duration      `toml:"newer,omitempty"`    // how old the newest copy of anything may be
	Band             int           `toml:"band,omitempty"`     // percent by which a copy may be smaller than the one of the day before
	Keep             Keep          `toml:"keep,omitempty"`     // of what is in Dir
	Schedule         string        `toml:"schedule,omitempty"` // when everything is saved into Dir; empty: only when somebody asks
	Rehearse         string        `toml:"rehearse,omitempty"`
	ProvedWithin     Duration      `toml:"proved_within,omitempty"` // how old the newest proof may be; 0 without Rehearse
	HeartbeatURLFile string        `toml:"heartbeat_url_file,omitempty"`
	Script           []string      `toml:"script,omitempty"` // a program and its arguments, on this machine; its path is absolute, or one word
	ScriptLog        string        `toml:"script_log,omitempty"`
	Smoke            []string      `toml:"smoke,omitempty"`          // as Script
	KnownFailures    []string      `toml:"known_failures,omitempty"` // tests of Smoke, by name; patterns as [ops.Glob] matches them
	Files            []BackupFiles `toml:"files,omitempty"`
	N8N              N8N           `toml:"n8n,omitempty"`
	Grafana          Dashboards    `toml:"grafana,omitempty"`
	Restore          FullRestore   `toml:"restore,omitempty"`

	// Rehearsals is when Rehearse says, by the clock of the stack's zone. Nil: nothing is rehearsed by itself.
	Rehearsals   cron.Schedule `toml:"-"`
	HeartbeatURL Secret        `toml:"-"` // empty: nobody is told that every proof holds
}

// Given says whether backups are looked after.
func (b Backup) Given() bool { return b.Newer != 0 }

// Keep is how many backups stay when older ones are thinned out: one of each of the last so many days that have one, and so on.
type Keep struct {
	Days   int `toml:"days"`
	Weeks  int `toml:"weeks"`
	Months int `toml:"months"`
	Years  int `toml:"years"`
}

// BackupFiles are what the stack's own script leaves of one thing, or of one sort of things.
type BackupFiles struct {
	Artefact string `toml:"artefact"` // "redis", or "postgres:{name}" with {name} from the file's name
	Path     string `toml:"path"`     // a pattern; only its last part holds * and {name}
}

// N8N is the n8n whose workflows are saved.
type N8N struct {
	Service string `toml:"service,omitempty"` // empty: none are
}

// Dashboards are those of a Grafana, which are saved.
type Dashboards struct {
	URL          string `toml:"url,omitempty"`  // empty: none are
	User         string `toml:"user,omitempty"` // empty: Password is a token of a service account
	PasswordFile string `toml:"password_file,omitempty"`

	Password Secret `toml:"-"`
}

// FullRestore is how all of the stack comes back on a machine that has nothing.
type FullRestore struct {
	Target string   `toml:"target,omitempty"` // where a person puts what comes from off-site; empty: it is not offered
	How    Why      `toml:"how,omitempty"`    // where that is found
	Expect []string `toml:"expect,omitempty"` // artefacts that must come back, in that order; none: what was known to be live last
	Phases []string `toml:"phases,omitempty"` // in the order in which they are brought up; none: those of the compose files that are found out
	Data   string   `toml:"data,omitempty"`   // the phase after which data is restored; empty: the first
}

package postgres

import (
	"strings"
	"time"
)

// About is which server this is.
type About struct {
	Container string // id
	Version   string // "15.18"
	Super     bool   // we are a superuser
	Standby   bool   // it takes no changes
	MaxWAL    int64  // bytes that its log may grow to before it is emptied
}

// A Database is one database of the server.
type Database struct {
	Name       string
	OID        int64
	Owner      string
	Size       int64
	Encoding   string
	Provider   string // of its locale: libc, icu, builtin
	Locale     string // "fr-FR", or the collation where the provider is libc
	Tablespace string
	Open       bool // takes connections
	Mark       Mark
	Prepared   int      // transactions prepared for a two-phase commit: they forbid a new name
	Slots      []string // logical replication slots: they stay with the database that had them
}

// system reports a database that belongs to the server and not to an app.
func (d Database) system() bool { return d.Name == "postgres" || strings.HasPrefix(d.Name, "template") }

// ours reports a database that stands beside a live one and is not for apps.
func (d Database) ours() bool { return d.Mark.Role.aside() }

// A MarkRole is what a marked database is to us.
type MarkRole string

const (
	Scratch   MarkRole = "scratch"   // a dump is being restored into it
	Live      MarkRole = "live"      // it took the live database's place
	Kept      MarkRole = "kept"      // it was live before
	Undone    MarkRole = "undone"    // it was live for a while, and was put back
	Replaced  MarkRole = "replaced"  // a dump was restored over it, in place
	Rehearsed MarkRole = "rehearsal" // a throw-away
)

func (r MarkRole) aside() bool {
	return r == Scratch || r == Kept || r == Undone || r == Rehearsed
}

// A Mark is what says that a database is ours, and which restore it belongs to: the setting vigie.mark of the database, in words.
type Mark struct {
	Role   MarkRole
	Key    string
	Loaded bool      // of a scratch: the whole dump is in it
	At     time.Time // of what is kept: since when
}

func (m Mark) String() string {
	words := []string{string(m.Role), m.Key}
	if m.Loaded {
		words = append(words, "loaded")
	}
	if !m.At.IsZero() {
		words = append(words, m.At.UTC().Format(time.RFC3339))
	}
	return strings.Join(words, " ")
}

// parseMark reads a mark; what is none gives the zero Mark.
func parseMark(s string) (m Mark) {
	words := strings.Fields(s)
	if len(words) < 2 {
		return Mark{}
	}
	m.Role, m.Key = MarkRole(words[0]), words[1]
	for _, w := range words[2:] {
		if w == "loaded" {
			m.Loaded = true
		} else if at, err := time.Parse(time.RFC3339, w); err == nil {
			m.At = at
		}
	}
	return m
}

// is reports whether m is of that role and restore.
func (m Mark) is(role MarkRole, key string) bool { return m.Role == role && m.Key == key }

// A Copy is one restore, as steps name it.
type Copy struct {
	Database string `json:"database"`          // the live one
	Scratch  string `json:"scratch,omitempty"` // where the dump goes
	Before   string `json:"before,omitempty"`  // what the live one is called afterwards
	Dump     string `json:"dump"`              // path, as [File] has it
	SHA256   string `json:"sha256"`            // of the dump, in hex
	Key      string `json:"key"`               // 8 hex digits, made of the dump and the live database
	// Owner, if it is set, gets everything in the dump, without the grants in it. Otherwise owners and grants are the dump's.
	Owner string `json:"owner,omitempty"`
	// Role is what the scratch database is marked as; "" is Scratch.
	Role MarkRole `json:"role,omitempty"`
}

func (c Copy) role() MarkRole {
	if c.Role == "" {
		return Scratch
	}
	return c.Role
}

// A Session is connections to a database that are alike.
type Session struct {
	User, App, From string // App is what it calls itself; From its address, "" for the container itself
	Count           int
	Busy            int // in a transaction now
}

// A Table is one table, counted.
type Table struct {
	Name   string // with its schema, unless that is public
	Rows   int64
	Newest time.Time // of the column that says when a row was made; zero where there is none
	Timed  bool      // there is such a column
	Fresh  int64     // rows newer than was asked for
}

// A Probe is a query with a user's rights.
type Probe struct {
	User     string
	Password Secret // nil takes the rights without the login
	SQL      string // "" reads a row of each of the largest tables
}

// A File is one dump.
type File struct {
	Path     string // "container:" before it where it is in the container
	Name     string // its last part
	Database string // as its name says
	Size     int64
	Made     time.Time // as its name says, otherwise Modified
	Modified time.Time
	Ours     bool // a safety dump, made before a restore
}

// Contents is what a dump was found to hold, read to its end.
type Contents struct {
	SHA256     string
	Format     Format
	Packed     string           // "gzip" or "zstd" round it
	Database   string           // that was dumped; "" where the format does not say
	Version    string           // of the server that was dumped, "18.1"; "" if unknown
	Rows       map[string]int64 // by table, as [Table.Name]; tables without data are not there
	Tables     []string         // that it makes
	Owners     []string         // roles that get something in it
	Grantees   []string         // roles that are granted something in it
	Extensions []string
	Objects    int   // large objects
	Text       int64 // bytes of SQL that it comes to
	Inserts    bool  // its rows are INSERTs, which are not counted
}

// A Format is how a dump is written.
type Format string

const (
	Custom    Format = "custom"
	Directory Format = "directory"
	Tar       Format = "tar"
	Plain     Format = "plain"
)

// Room is free space in bytes.
type Room struct {
	Data   int64 // where the server keeps the database
	Folder int64 // where our dumps go
	Path   string
}

package config

// Postgres is a PostgreSQL server in a container of the stack, and where the dumps of its databases are.
type Postgres struct {
	Service      string              `toml:"service,omitempty"` // as the compose file has it; empty: there is none
	User         string              `toml:"user,omitempty"`    // a superuser
	PasswordFile string              `toml:"password_file,omitempty"`
	Dumps        []string            `toml:"dumps,omitempty"`    // patterns of paths; one that begins with "container:" is in the container
	DumpDir      string              `toml:"dump_dir,omitempty"` // where Vigie's own go, on this machine; empty: the folder of the first of Dumps on this machine
	Databases    map[string]Database `toml:"databases,omitempty"`

	Password Secret `toml:"-"` // of User; empty: none is asked for
}

// A Database is what is known of one beforehand. What it leaves out is found out.
type Database struct {
	Apps            []string `toml:"apps,omitempty"`     // services that use it, stopped while another takes its place
	Owner           string   `toml:"owner,omitempty"`    // if it must be made from nothing; else it keeps the owner it has
	Probe           string   `toml:"probe,omitempty"`    // SQL that must work as AppUser after a restore; empty: the watcher's own
	AppUser         string   `toml:"app_user,omitempty"` // empty: the owner
	AppPasswordFile string   `toml:"app_password_file,omitempty"`

	AppPassword Secret `toml:"-"` // empty: the probe takes AppUser's rights without its login
}

// Redis is a Redis in a container of the stack, and where its dumps are.
type Redis struct {
	Service      string   `toml:"service,omitempty"` // as the compose file has it; empty: there is none
	PasswordFile string   `toml:"password_file,omitempty"`
	Dumps        []string `toml:"dumps,omitempty"`    // patterns of paths on this machine; at least one
	DataDir      string   `toml:"data_dir,omitempty"` // its data as this machine sees it; empty: only its container does
	Apps         []string `toml:"apps,omitempty"`     // services that use it, stopped while its data is replaced

	Password Secret `toml:"-"` // empty: none is asked for
}

// Qdrant is a Qdrant that is asked over HTTP.
type Qdrant struct {
	URL     string   `toml:"url,omitempty"` // empty: there is none
	KeyFile string   `toml:"key_file,omitempty"`
	DumpDir string   `toml:"dump_dir,omitempty"` // where snapshots of collections are brought, on this machine
	Names   []string `toml:"names,omitempty"`    // patterns of files that hold a snapshot's name and nothing of it

	Key Secret `toml:"-"` // empty: none is asked for
}

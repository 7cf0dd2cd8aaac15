package config

// Loki is a Loki that is asked over HTTP: directly, or as a datasource of [Grafana].
type Loki struct {
	URL          string `toml:"url,omitempty"`        // empty: Datasource says where it is
	Datasource   string `toml:"datasource,omitempty"` // its uid in Grafana
	Tenant       string `toml:"tenant,omitempty"`     // X-Scope-OrgID; empty: none is sent
	User         string `toml:"user,omitempty"`       // empty: Password is a bearer token
	PasswordFile string `toml:"password_file,omitempty"`
	Label        string `toml:"label,omitempty"`  // the one that names containers
	Prefix       string `toml:"prefix,omitempty"` // of containers' names; empty: the project's

	Password Secret `toml:"-"` // empty: nobody is asked for one
}

// Grafana is a Grafana that is asked over HTTP.
type Grafana struct {
	URL          string   `toml:"url,omitempty"`  // empty: there is none
	User         string   `toml:"user,omitempty"` // empty: Password is a token of a service account
	PasswordFile string   `toml:"password_file,omitempty"`
	Service      string   `toml:"service,omitempty"`     // of the stack
	Datasources  []string `toml:"datasources,omitempty"` // by uid; none: all that it lists
	Rules        bool     `toml:"rules"`                 // what its alert rules find is told
	Every        Duration `toml:"every,omitempty"`

	Password Secret `toml:"-"`
}

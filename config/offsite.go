package config

// Restic is the restic repositories that are looked at, with the restic program of this machine.
type Restic struct {
	Program      string       `toml:"program,omitempty"`      // one word is looked for where programs are
	RestoreRoot  string       `toml:"restore_root,omitempty"` // files are restored into new folders in it; empty: nothing can be restored
	Cache        string       `toml:"cache,omitempty"`        // empty: restic's own place
	Every        Duration     `toml:"every,omitempty"`
	Repositories []Repository `toml:"repositories,omitempty"`
}

// A Repository is one place with snapshots.
type Repository struct {
	Name           string   `toml:"name"`
	Repository     string   `toml:"repository,omitempty"` // without a password
	RepositoryFile string   `toml:"repository_file,omitempty"`
	PasswordFile   string   `toml:"password_file,omitempty"`
	EnvFile        string   `toml:"env_file,omitempty"`
	Host           string   `toml:"host,omitempty"`  // only snapshots of that host; empty: of all
	Tags           []string `toml:"tags,omitempty"`  // only snapshots with all of these tags
	Newer          Duration `toml:"newer,omitempty"` // how old the newest snapshot may be; 0: not asked
	Paths          []string `toml:"paths,omitempty"` // absolute; each must have a snapshot that is new enough

	URL      Secret            `toml:"-"` // of Repository or RepositoryFile: an absolute path, or with one of [ResticBackends] before it
	Password Secret            `toml:"-"`
	Env      map[string]Secret `toml:"-"` // of EnvFile: what the backend needs, by the variable's name
}

// ResticBackends are what an address of a repository begins with, unless it is a path.
var ResticBackends = []string{"rest:", "s3:", "sftp:", "b2:", "azure:", "gs:", "swift:", "rclone:"}

// Zerobyte is a Zerobyte that is asked over HTTP, with a key or, where it has none yet, as a user.
type Zerobyte struct {
	URL          string   `toml:"url,omitempty"` // empty: there is none
	KeyFile      string   `toml:"key_file,omitempty"`
	User         string   `toml:"user,omitempty"`
	PasswordFile string   `toml:"password_file,omitempty"`
	RestoreRoot  string   `toml:"restore_root,omitempty"` // a clean path on its own machine; empty: nothing can be restored
	Every        Duration `toml:"every,omitempty"`

	// What should be there; what is not listed is not asked for.
	Repositories []ZerobyteRepository `toml:"repositories,omitempty"`
	Volumes      []ZerobyteVolume     `toml:"volumes,omitempty"`
	Jobs         []ZerobyteJob        `toml:"jobs,omitempty"`

	Key      Secret `toml:"-"` // empty: User and Password are used
	Password Secret `toml:"-"`
}

// A ZerobyteRepository is a repository that should be there.
type ZerobyteRepository struct {
	Name string `toml:"name"`
	Type string `toml:"type,omitempty"` // s3, rest, rclone, local; empty: any
}

// A ZerobyteVolume is a volume that should be there, and mounted.
type ZerobyteVolume struct {
	Name string `toml:"name"`
	Path string `toml:"path,omitempty"` // absolute, on the machine that is backed up; empty: any
}

// A ZerobyteJob is a job that should be there, and enabled. What it leaves out is not compared.
type ZerobyteJob struct {
	Name       string  `toml:"name"`
	Volume     string  `toml:"volume,omitempty"`
	Repository string  `toml:"repository,omitempty"`
	Cron       string  `toml:"cron,omitempty"` // by the clock of Zerobyte's machine
	Keep       JobKeep `toml:"keep,omitempty"`
}

// JobKeep is how many snapshots a job keeps: of the last ones, and one of each of so many hours, days, and so on.
type JobKeep struct {
	Last   int `toml:"last,omitempty"`
	Hours  int `toml:"hours,omitempty"`
	Days   int `toml:"days,omitempty"`
	Weeks  int `toml:"weeks,omitempty"`
	Months int `toml:"months,omitempty"`
	Years  int `toml:"years,omitempty"`

	Within string `toml:"within,omitempty"` // all that are younger, as restic writes it: "14d"
}

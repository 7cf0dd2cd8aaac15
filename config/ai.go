package config

// N8NServer is the n8n whose workflows are looked at and switched.
type N8NServer struct {
	URL     string   `toml:"url,omitempty"` // empty: there is none
	KeyFile string   `toml:"key_file,omitempty"`
	Every   Duration `toml:"every,omitempty"`

	Key Secret `toml:"-"`
}

// OpenClaw is the OpenClaw that is asked through its own program, in its container.
type OpenClaw struct {
	Service  string            `toml:"service,omitempty"`  // empty: there is none
	Program  []string          `toml:"program,omitempty"`  // before its own words, as the container has it
	Channels []string          `toml:"channels,omitempty"` // where people ask to be let in
	Personas map[string]string `toml:"personas,omitempty"` // what an agent is called, by its id
	Every    Duration          `toml:"every,omitempty"`
	LinkFile string            `toml:"link_file,omitempty"` // holds the bootstrap link, which is shown to admins alone
	Deploy   OpenClawDeploy    `toml:"deploy,omitempty"`

	Link Secret `toml:"-"`
}

// OpenClawDeploy is how the deployment sets the agents' models, where it does.
type OpenClawDeploy struct {
	Variables  string   `toml:"variables,omitempty"` // the file, YAML
	Model      string   `toml:"model,omitempty"`     // an agent's variable, with {agent} in it
	Run        []string `toml:"run,omitempty"`
	Profile    string   `toml:"profile,omitempty"` // the variable that holds the active profile
	Profiles   []string `toml:"profiles,omitempty"`
	ProfileRun []string `toml:"profile_run,omitempty"` // with {profile} in it; default: run
	Limit      Duration `toml:"limit,omitempty"`
}

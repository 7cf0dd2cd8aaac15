package config

// Creative is n8n's creative pipeline: a webhook that has pictures and videos made, which may cost money.
type Creative struct {
	URL        string          `toml:"url,omitempty"` // of the webhook; empty: there is none
	HeaderFile string          `toml:"header_file,omitempty"`
	DailyLimit float64         `toml:"daily_limit,omitempty"` // dollars a day, for all that is paid together
	Deadline   Duration        `toml:"deadline,omitempty"`    // how long a result may take
	Routes     []CreativeRoute `toml:"routes,omitempty"`

	Header Header `toml:"-"` // sent along; zero: none
}

// A CreativeRoute is what the pipeline does with one type, and some models of it. What there is no route for is refused.
type CreativeRoute struct {
	Type         string   `toml:"type"`
	Models       []string `toml:"models,omitempty"` // none: no model is sent
	Provider     string   `toml:"provider"`         // as the pipeline calls it
	Price        float64  `toml:"price"`            // dollars for each Per; 0 is free
	Per          string   `toml:"per,omitempty"`    // piece or second
	Seconds      int      `toml:"seconds,omitempty"`
	MostSeconds  int      `toml:"most_seconds,omitempty"` // 0: it has no length
	Sizes        []string `toml:"sizes,omitempty"`        // none: any
	Compositions []string `toml:"compositions,omitempty"` // none: it takes none
	Result       string   `toml:"result,omitempty"`       // comfyui, remotion, url or assets
	From         []string `toml:"from,omitempty"`         // hosts that a result may be fetched from
	Broken       Why      `toml:"broken,omitempty"`       // why it is known not to work; zero: it does
}

// Assets is where what was made is registered: a table asset_provenance of one of several databases.
type Assets struct {
	DSN       string   `toml:"dsn,omitempty"` // without a password
	DSNFile   string   `toml:"dsn_file,omitempty"`
	Databases []string `toml:"databases,omitempty"` // on that server, all of which are asked

	Database Secret `toml:"-"` // PostgreSQL's connection string; empty: those of LiteLLM and the scores alone
	Wanted   bool   `toml:"-"` // there is at least one database to ask
}

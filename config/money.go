package config

// LiteLLM is where money is spent, and how much may be.
type LiteLLM struct {
	DSN     string `toml:"dsn,omitempty"` // without a password
	DSNFile string `toml:"dsn_file,omitempty"`
	Config  string `toml:"config,omitempty"` // LiteLLM's own configuration file
	URL     string `toml:"url,omitempty"`    // of its proxy; empty: it is not asked over HTTP
	KeyFile string `toml:"key_file,omitempty"`
	// OpenRouterKeyFile holds a key that may ask what is left of the credits.
	OpenRouterKeyFile string             `toml:"openrouter_key_file,omitempty"`
	Every             Duration           `toml:"every,omitempty"`
	Warn              []int              `toml:"warn,omitempty"`    // percent of a budget: to be known, at risk, broken. Three, rising
	Budgets           map[string]float64 `toml:"budgets,omitempty"` // dollars a day by provider; "global" is all of them together

	Database      Secret `toml:"-"` // PostgreSQL's connection string; empty: money is not watched
	Key           Secret `toml:"-"` // of the proxy
	OpenRouterKey Secret `toml:"-"`
}

// Victoria is a VictoriaMetrics that is asked over HTTP.
type Victoria struct {
	URL string `toml:"url,omitempty"` // empty: there is none
}

// Scores is where the models' scores are kept: a table model_scores of a PostgreSQL.
type Scores struct {
	DSN     string `toml:"dsn,omitempty"` // without a password
	DSNFile string `toml:"dsn_file,omitempty"`

	Database Secret `toml:"-"` // PostgreSQL's connection string; empty: there are none
}

// A Bot is another bot, whose webhook is looked at.
type Bot struct {
	Name      string `toml:"name"`
	TokenFile string `toml:"token_file,omitempty"`
	Webhook   string `toml:"webhook"` // what it must be: an address, "" for none, "*" for any

	Token Secret `toml:"-"`
}
